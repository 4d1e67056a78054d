import type { ModelSize, SizeContext } from '../model';
import { nextItemLossSize } from '../parts/nextItemLoss';
import { numPositions, type Bert4recConfig } from './options';

/** How much a BERT4Rec takes. A layer's output stays until its gradient is made, as for SASRec. */
export function bert4recSize(
  config: Bert4recConfig,
  { data: { numItems }, batchSize, threads }: SizeContext,
): ModelSize {
  const { hiddenSize: d, numBlocks, numHeads, normalization, outputHead, dropout: rate, loss } = config;
  const inner = config.innerSize ?? 4 * d;
  const length = numPositions(config);
  const positions = batchSize * length;
  const block = 4 * (d * d + d) + 2 * d * inner + inner + d + 4 * d;
  const ownNorms = 2 + (normalization === 'pre' ? 2 : 0);
  const head = outputHead ? d * d + 3 * d + numItems + 1 : 0;
  // Query, key, value, mixed, sum, inner, sum, and the weights.
  const norms = normalization === 'pre' ? 0 : 2;
  const perBlock = (6 + norms) * d + inner + numHeads * length;
  // The items, with positions, normalized, dropped, and two gradients.
  const perPosition = (5 + (rate > 0 ? 1 : 0)) * d + numBlocks * perBlock;
  // Batches in which only the last item is masked are smaller, but not than this.
  const rows = Math.ceil(positions * config.maskProbability) + batchSize;
  const width = d + (outputHead ? 1 : 0);
  // The table without the mask token, with the bias, and the gradients of both.
  const tables = 2 * numItems * (outputHead ? d + width : d);
  return {
    parameters: (numItems + 2 + length + ownNorms) * d + numBlocks * block + head,
    activations:
      positions * perPosition +
      6 * rows * d +
      tables +
      nextItemLossSize(loss, { rows, width, numItems, threads }),
  };
}
