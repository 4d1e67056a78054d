import type { ModelSize, SizeContext } from '../model';
import { stepSize } from '../parts/pairConfig';
import { attentionSize, headSize, pairTables } from '../parts/pairSize';
import type { DinConfig } from './options';

/** How much a DIN takes. Every layer's output stays until the backward pass is through, and so does its gradient. */
export function dinSize(config: DinConfig, context: SizeContext): ModelSize {
  const { data } = context;
  const { examples, candidates } = stepSize(config, context);
  const { itemWidth: d, userWidth, itemTables, userTables } = pairTables(config, data);
  const rows = examples * candidates;
  const attention = attentionSize(config, d);
  const head = headSize(config, d, userWidth);
  const projection = config.historyProjection ? d * d + 3 * d : 0;
  const bias = config.itemBias ? data.numItems + 1 : 0;
  const length = config.maxSequenceLength;
  const histories = config.negativeHistory === 'random' ? rows : examples;
  return {
    parameters: itemTables + userTables + attention.parameters + head.parameters + projection + bias,
    activations:
      2 * (histories * length * d + rows * (length * attention.activations + 4 * d + head.activations)) +
      (config.historyProjection ? 4 * rows * d : 0) +
      // History and candidates each give the tables of items a gradient, beside the sum.
      2 * itemTables,
  };
}
