import type { ModelData } from '../model';
import { featureParameters, featureWidth } from './featureEmbedding';
import type { ActivationName } from './layerActivation';
import { embeddingOptions } from './pairConfig';
import { pairInputsWidth } from './pairInputs';
import type { PairConfig } from './pairOptions';

/* How much the parts of DIN and DIEN take, in numbers of values. */

/** Widths of the vectors of items and users, 0 for users when there is none, and values of their tables. */
export function pairTables(
  config: PairConfig,
  data: ModelData,
): { itemWidth: number; userWidth: number; itemTables: number; userTables: number } {
  const { items, users } = embeddingOptions(config, data);
  return {
    itemWidth: featureWidth(items),
    userWidth: users === null ? 0 : featureWidth(users),
    itemTables: featureParameters(items),
    userTables: users === null ? 0 : featureParameters(users),
  };
}

/** Values that DIN has at once for each pair of user and candidate outside training, about. @param length of the histories */
export function valuesPerPair(
  { attentionUnit, attentionLayers, headLayers }: PairConfig,
  itemWidth: number,
  length: number,
): number {
  const [first = 1, ...others] = attentionLayers;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const perPosition = attentionUnit === 'dotProduct' ? 4 : 3 * itemWidth + 3 * first + sum(others);
  return length * perPosition + 4 * itemWidth + 2 * sum(headLayers);
}

/** Values of an activation, for each column. */
function activationParameters(name: ActivationName): number {
  if (name === 'scaledDice') return 2;
  return name === 'dice' || name === 'prelu' ? 1 : 0;
}

/** Trainable values of the attention's layers, and what they have at once of each position of a pair. */
export function attentionSize(
  { attentionUnit, attentionLayers, attentionActivation }: PairConfig,
  itemWidth: number,
): { parameters: number; activations: number } {
  if (attentionUnit === 'dotProduct') return { parameters: 0, activations: 4 };
  let parameters = 0;
  let inputSize = 4 * itemWidth;
  for (const size of attentionLayers) {
    parameters += (inputSize + 1 + activationParameters(attentionActivation)) * size;
    inputSize = size;
  }
  const hidden = attentionLayers.reduce((sum, size) => sum + size, 0);
  return { parameters: parameters + inputSize + 1, activations: 2 * itemWidth + 3 * hidden + 4 };
}

/** Trainable values of the layers that score, and what they have at once of each pair. */
export function headSize(
  config: PairConfig,
  itemWidth: number,
  userWidth: number,
): { parameters: number; activations: number } {
  const { headLayers, headActivation, headBatchNorm, headBatchNormInput, headLinearLast } = config;
  let inputSize = pairInputsWidth(config.headInputs, itemWidth, userWidth);
  let parameters = headBatchNormInput ? 2 * inputSize : 0;
  let activations = (headBatchNormInput ? 2 : 1) * inputSize;
  headLayers.forEach((size, index) => {
    const bare = headLinearLast && index === headLayers.length - 1;
    const perColumn = bare ? 0 : activationParameters(headActivation) + (headBatchNorm === 'none' ? 0 : 2);
    parameters += (inputSize + 1 + perColumn) * size;
    activations += 4 * size;
    inputSize = size;
  });
  return { parameters: parameters + inputSize + 1, activations };
}
