import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, sampledCrossEntropy } from '../../compute/layers/losses';
import type { Projection } from '../../compute/layers/projections';
import type { Parameters } from '../../compute/parameters';
import type { DinConfig } from '../din/options';
import type { DienConfig } from '../dien/options';
import type { ExampleRequest, ModelData } from '../model';
import { chosenColumns } from './chosenColumns';
import { createDense } from './dense';
import type { DiceOptions } from './diceActivation';
import {
  FeatureEmbedding,
  featureParameters,
  featureWidth,
  type FeatureEmbeddingOptions,
} from './featureEmbedding';
import type { ActivationName } from './layerActivation';
import { createMlp, type BatchNormOptions, type Mlp } from './multilayerPerceptron';
import { pairInputsWidth } from './pairInputs';
import type { TargetAttentionOptions } from './targetAttention';

/*
 * What DIN and DIEN have in common: vectors of users and items, the layers that score a pair, the loss, and how much all
 * of it takes.
 */

/** What the two models' configs share. */
export type PairConfig = Pick<DinConfig, Exclude<keyof DinConfig & keyof DienConfig, 'type' | 'preset'>>;

/** The examples that such a model learns from: interactions with a history of an item at least. */
export function exampleRequest(config: PairConfig, negativeHistories: boolean): ExampleRequest {
  return {
    kind: 'examples',
    maxLength: config.maxSequenceLength,
    minLength: 1,
    numNegatives: config.numNegatives,
    sampler: config.sampler,
    rowsPerExample: rowsPerExample(config),
    negativeHistories,
  };
}

/** How much of the batch size an interaction takes up. */
export function rowsPerExample({ batchSizeCounts, numNegatives }: PairConfig): number {
  return batchSizeCounts === 'candidates' ? 1 + numNegatives : 1;
}

/** What the attention's shape follows from, but for the width of the vectors. */
export function attentionOptions(config: PairConfig): TargetAttentionOptions {
  return {
    unit: config.attentionUnit,
    layers: config.attentionLayers,
    activation: config.attentionActivation,
    scaled: config.attentionScale,
    softmax: config.attentionSoftmax,
    countedLength: config.attentionPadding === 'counted' ? config.maxSequenceLength : 0,
    dice: diceOptions(config),
    initializer: { kind: config.initializer },
  };
}

/**
 * Makes the tables of items and users; null for users when there is nothing to know of them.
 * @throws ModelError when the config names a feature that the dataset does not have
 */
export function createPairEmbeddings(
  parameters: Parameters,
  config: PairConfig,
  data: ModelData,
): { items: FeatureEmbedding; users: FeatureEmbedding | null } {
  const { items, users } = embeddingOptions(config, data);
  return {
    items: new FeatureEmbedding(parameters, 'items', items),
    users: users === null ? null : new FeatureEmbedding(parameters, 'users', users),
  };
}

function embeddingOptions(
  config: PairConfig,
  data: ModelData,
): { items: FeatureEmbeddingOptions; users: FeatureEmbeddingOptions | null } {
  const { embeddingSize, userIds } = config;
  const options = {
    featureSize: embeddingSize,
    initializer: { kind: config.initializer },
    pooling: config.featurePooling,
  } as const;
  const userColumns = chosenColumns(data.userFeatures, config.userFeatures, 'model.userFeatures');
  const readsUsers = config.headInputs.includes('user') && (userIds || userColumns.length > 0);
  return {
    items: {
      of: 'items',
      count: data.numItems,
      columns: chosenColumns(data.itemFeatures, config.itemFeatures, 'model.itemFeatures'),
      idSize: embeddingSize,
      ...options,
    },
    users: readsUsers
      ? {
          of: 'users',
          count: data.numUsers,
          columns: userColumns,
          idSize: userIds ? embeddingSize : 0,
          ...options,
        }
      : null,
  };
}

/** Widths of the vectors that {@link createPairEmbeddings} makes, 0 for users when there is none, and values of their tables. */
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

export function diceOptions({ batchNormDecay, diceEpsilon }: PairConfig): DiceOptions {
  return { decay: batchNormDecay, epsilon: diceEpsilon };
}

export function batchNormOptions(config: PairConfig): BatchNormOptions {
  return {
    decay: config.batchNormDecay,
    epsilon: config.batchNormEpsilon,
    frozen: config.batchNormFrozen,
    unbiased: config.batchNormVariance === 'unbiased',
  };
}

/** Makes the layers that score a pair: `head/<n>/…` and `output/…`. */
export function createHead(
  parameters: Parameters,
  config: PairConfig,
  itemWidth: number,
  userWidth: number,
): { head: Mlp; output: Projection } {
  const inputSize = pairInputsWidth(config.headInputs, itemWidth, userWidth);
  const initializer = { kind: config.initializer } as const;
  const head = createMlp(parameters, 'head', inputSize, config.headLayers, {
    activation: config.headActivation,
    linearLast: config.headLinearLast,
    dropout: config.headDropout,
    dropoutAt: config.headDropoutAt,
    batchNorm: config.headBatchNorm,
    batchNormInput: config.headBatchNormInput,
    decay: config.batchNormDecay,
    epsilon: config.batchNormEpsilon,
    frozenStatistics: config.batchNormFrozen,
    unbiasedVariance: config.batchNormVariance === 'unbiased',
    diceEpsilon: config.diceEpsilon,
    initializer,
  });
  const output = createDense(parameters, 'output', config.headLayers.at(-1) ?? inputSize, 1, initializer);
  return { head, output };
}

/**
 * Mean loss of scores whose first column is the item that the user chose: binary cross-entropy of every pair, or softmax
 * cross-entropy of every row.
 * @param logits `[B, C]`
 */
export function pairLoss(logits: tf.Tensor2D, loss: 'bce' | 'softmax'): tf.Scalar {
  if (loss === 'softmax') return sampledCrossEntropy(logits);
  const [rows, columns] = logits.shape;
  const labels = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) labels[row * columns] = 1;
  return binaryCrossEntropy(logits, tf.tensor2d(labels, [rows, columns]), null);
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
