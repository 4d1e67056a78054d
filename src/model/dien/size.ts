import type { ModelSize, SizeContext } from '../model';
import { gruParameters } from '../parts/gruLayer';
import { stepSize } from '../parts/pairConfig';
import { attentionSize, headSize, pairTables } from '../parts/pairSize';
import type { DienConfig } from './options';

/** How much a DIEN takes. Every layer's output stays until the backward pass is through, and so does its gradient. */
export function dienSize(config: DienConfig, context: SizeContext): ModelSize {
  const { data } = context;
  const { examples, candidates } = stepSize(config, context);
  const { itemWidth: d, userWidth, itemTables, userTables } = pairTables(config, data);
  const rows = examples * candidates;
  const length = config.maxSequenceLength;
  const attention = attentionSize(config, d);
  const head = headSize(config, d, userWidth);
  let parameters = itemTables + userTables + attention.parameters + head.parameters + 2 * gruParameters(d, d);
  // Input, gates, candidates and states of the interest GRU, with gradients.
  let perPosition = 12 * d;
  if (config.auxiliaryWeight > 0) {
    let inputSize = 2 * d;
    if (config.auxiliaryBatchNorm) parameters += 2 * inputSize;
    for (const layer of config.auxiliaryLayers) {
      parameters += (inputSize + 1) * layer;
      perPosition += 3 * layer;
      inputSize = layer;
    }
    parameters += inputSize + 1;
    perPosition += 5 * d;
  }
  if (config.attentionQuery === 'projected') parameters += d * d + 2 * d;
  const perPair = length * (attention.activations + (config.evolution === 'GRU' ? 0 : 5 * d));
  return {
    parameters,
    activations:
      examples * length * perPosition +
      2 * rows * (perPair + 6 * d + head.activations) +
      // Histories, candidates and what was not chosen each give the tables of items a gradient, beside the sum.
      (config.auxiliaryWeight > 0 ? 3 : 2) * itemTables,
  };
}
