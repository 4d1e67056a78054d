import type { ModelData, SizeContext } from '../model';
import { examplesPerStep, type ExampleRequest } from '../batches/exampleBatches';
import { chosenColumns } from './chosenColumns';
import type { DiceOptions } from './diceActivation';
import type { FeatureEmbeddingOptions } from './featureEmbedding';
import type { BatchNormOptions } from './multilayerPerceptron';
import type { PairConfig } from './pairOptions';
import type { TargetAttentionOptions } from './targetAttention';

/* What the options that DIN and DIEN share mean for the parts that the two are made of. */

/** The examples that such a model learns from: interactions with a history of an item at least. */
export function exampleRequest(config: PairConfig, negativeHistories: boolean): ExampleRequest {
  return {
    maxLength: config.maxSequenceLength,
    minLength: 1,
    numNegatives: config.numNegatives,
    sampler: config.sampler,
    rowsPerExample: rowsPerExample(config),
    negativeHistories,
  };
}

/** How much of the batch size an interaction takes up. */
function rowsPerExample({ batchSizeCounts, numNegatives }: PairConfig): number {
  return batchSizeCounts === 'candidates' ? 1 + numNegatives : 1;
}

/** Examples of a step, and candidates of each. */
export function stepSize(
  config: PairConfig,
  { batchSize, data }: Pick<SizeContext, 'batchSize' | 'data'>,
): { examples: number; candidates: number } {
  if (data.labeled) return { examples: batchSize, candidates: 1 };
  return {
    examples: examplesPerStep(batchSize, rowsPerExample(config)),
    candidates: 1 + config.numNegatives,
  };
}

/**
 * The tables of items and users; null for users when there is nothing to know of them.
 * @throws ModelError when the config names a feature that the dataset does not have
 */
export function embeddingOptions(
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
