import type { ModelSize, SizeContext } from '../model';
import type { BprMfConfig } from './options';

/** How much BPR-MF takes. */
export function bprMfSize(
  { embeddingSize, itemBias, numNegatives, l2 }: BprMfConfig,
  { data, batchSize }: SizeContext,
): ModelSize {
  const candidates = 1 + numNegatives;
  const users = data.numUsers * embeddingSize;
  const items = (data.numItems + 1) * (embeddingSize + (itemBias ? 1 : 0));
  // Rows of the triples with their squares and gradients; the tables' gradients then come in two parts, beside their sum.
  const penalty = l2 > 0 ? 3 * batchSize * (1 + candidates) * embeddingSize + 2 * (users + items) : 0;
  return {
    parameters: users + items,
    activations: batchSize * (2 * embeddingSize + 8 * candidates) + penalty,
  };
}
