import type { ModelSize, SizeContext } from '../model';
import { nextItemLossSize } from '../parts/nextItemLoss';
import { headSizes, type HstuConfig } from './options';
import { TIME_BUCKETS } from './hstu';

/** How much an HSTU takes. A layer's output stays until its gradient is made, as for SASRec. */
export function hstuSize(
  config: HstuConfig,
  { data: { numItems }, batchSize, threads }: SizeContext,
): ModelSize {
  const { hiddenSize: d, numBlocks, numHeads, maxSequenceLength: length, dropout: rate, loss } = config;
  const { keySize, valueSize } = headSizes(config);
  const values = numHeads * valueSize;
  const projected = 2 * (values + numHeads * keySize);
  const positions = batchSize * length;
  const biases = (config.positionBias ? length : 0) + (config.timeBias === 'none' ? 0 : TIME_BUCKETS);
  const norms = config.affineNorm ? 2 * (d + values) : 0;
  const block = d * projected + values * d + d + biases + norms;
  // The input normalized and projected, before and after SiLU; the joined heads, gated, dropped; the sum, and the logits.
  const perBlock = 2 * d + 2 * projected + (2 + (rate > 0 ? 1 : 0)) * values + numHeads * length;
  // The items, scaled, with positions, dropped, what is read of them; and a gradient, with that of one projection.
  const perPosition = (5 + (rate > 0 ? 1 : 0)) * d + projected + numBlocks * perBlock;
  return {
    parameters: (numItems + 1 + length + (config.finalNorm ? 2 : 0)) * d + numBlocks * block,
    activations:
      positions * perPosition + nextItemLossSize(loss, { rows: positions, width: d, numItems, threads }),
  };
}
