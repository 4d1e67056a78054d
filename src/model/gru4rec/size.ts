import type { ModelSize, SizeContext } from '../model';
import { gruParameters } from '../parts/gruLayer';
import { nextItemLossSize } from '../parts/nextItemLoss';
import { hasOutputProjection, type Gru4recConfig } from './options';

/** How much a GRU4Rec takes. What a layer made stays until its gradient is made, when that of its output is there. */
export function gru4recSize(
  config: Gru4recConfig,
  { data: { numItems }, batchSize, threads }: SizeContext,
): ModelSize {
  const { embeddingSize: e, hiddenSize: h, numLayers, maxSequenceLength, trainOn, loss } = config;
  const layers = Array.from({ length: numLayers }, (_, index) => gruParameters(index === 0 ? e : h, h));
  const tables = (config.outputEmbedding === 'separate' ? 2 : 1) * (numItems + 1);
  const projection = hasOutputProjection(config) ? (h + 1) * e : 0;
  const positions = batchSize * maxSequenceLength;
  const rows = trainOn === 'all' ? positions : batchSize;
  return {
    parameters: tables * e + layers.reduce((sum, size) => sum + size, 0) + projection,
    // Vectors, dropout, and for each layer its input, gates, candidates and states; gradients of one layer.
    activations:
      positions * (2 * e + (6 * numLayers + 1) * h) +
      nextItemLossSize(loss, { rows, width: e, numItems, threads }),
  };
}
