import type { ModelSize, SizeContext } from '../model';
import { nextItemLossSize } from '../parts/nextItemLoss';
import type { SasrecConfig } from './options';
import { positionRows } from './quirks';

/**
 * How much a SASRec takes. A layer's output stays until its gradient is made, so that the most is there when the backward
 * pass begins: all outputs, and what the loss makes.
 */
export function sasrecSize(
  config: SasrecConfig,
  { data: { numItems }, batchSize, threads }: SizeContext,
): ModelSize {
  const { hiddenSize: d, numBlocks, numHeads, maxSequenceLength: length, dropout: rate } = config;
  const { normalization, loss } = config;
  const inner = config.innerSize ?? d;
  const positions = batchSize * length;
  const isSwiGlu = config.activation === 'swiglu';
  const kernels = (config.outputProjection ? 4 : 3) + (config.gatedResiduals ? 2 : 0);
  const feedForward =
    (isSwiGlu ? 3 : 2) * d * inner + (config.feedForwardBias ? (isSwiGlu ? 2 : 1) * inner + d : 0);
  const block = kernels * (d * d + d) + feedForward + 4 * d;
  const tables = (config.outputEmbedding === 'separate' ? 2 : 1) * (numItems + 1) + positionRows(config);
  const ownNorms = (config.inputNorm ? 2 : 0) + (config.finalNorm ? 2 : 0);
  const dropped = rate > 0 ? 1 : 0;
  const zeroes = config.padding === 'zeroed' || normalization === 'kang' ? 3 : 0;
  // Query, key, value, mixed, sum, inner, sum, and the weights. The norms before sub-layers stay within our kernels, as the
  // dropped inner values do; engines without them keep those as well.
  const norms = normalization === 'pre' ? 0 : 2;
  // LiGR's parts are kernels of their own: what a gate multiplies, dropped, the gate and their product; the norm before the
  // feed-forward layer, and of the inner values those of both kernels, their product, dropped.
  const isFused = !config.gatedResiduals && !isSwiGlu && config.feedForwardBias;
  const gates = config.gatedResiduals ? 2 * (3 + dropped) : isFused ? 0 : 1 + dropped;
  const widths = 6 + norms + zeroes + gates + (isFused || norms > 0 ? 0 : 1);
  const inners = isFused ? 1 : (isSwiGlu ? 3 : 1) + dropped;
  const perBlock = widths * d + inners * inner + numHeads * length;
  // The items, scaled, with positions, dropped; where every position learns, what is read of them; and two gradients.
  const read = config.trainOn === 'all' ? 1 : 0;
  // SwiGLU's gradient, of one block at a time.
  const passing = isSwiGlu ? 6 * inner : 0;
  const perPosition = (5 + dropped + read) * d + numBlocks * perBlock + passing;
  const rows = config.trainOn === 'all' ? positions : batchSize;
  return {
    parameters: (tables + ownNorms) * d + numBlocks * block,
    activations: positions * perPosition + nextItemLossSize(loss, { rows, width: d, numItems, threads }),
  };
}
