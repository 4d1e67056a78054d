import { z } from 'zod';
import { describe } from '../../options/describe';

/* Fields that several models have in common. */

export const maxSequenceLengthField = z
  .int()
  .min(1)
  .max(2048)
  .default(50)
  .meta(describe('Maximum history length that is read; of longer histories, the newest items.'));

export const longHistoriesField = z
  .enum(['windows', 'newest'])
  .default('windows')
  .meta(
    describe(
      'Training on histories longer than `maxSequenceLength`. `windows`: all items, in windows of that length, each a row of its own. `newest`: the newest window only. Ranking always reads the newest items.',
    ),
  );

/** `hiddenSize` of a stack of transformer blocks. */
export const transformerWidthField = z
  .int()
  .min(1)
  .max(4096)
  .default(64)
  .meta(describe('Width d of the item vectors and of the blocks.'));

export const numBlocksField = z
  .int()
  .min(1)
  .max(64)
  .default(2)
  .meta(describe('Number of transformer blocks.'));

export const outputEmbeddingField = z
  .enum(['shared', 'separate'])
  .default('shared')
  .meta(
    describe(
      'Item embeddings that states are scored against: the input embeddings (`shared`) or a table of their own (`separate`).',
    ),
  );

/** Names of feature columns, each once; null for all there are. */
export const featureNames = z
  .array(z.string().min(1))
  .refine((names) => new Set(names).size === names.length, 'must not name a feature twice')
  .nullable()
  .default(null);

/** @param meaning of `candidates` */
export const batchSizeCountsField = (meaning: string) =>
  z
    .enum(['interactions', 'candidates'])
    .default('interactions')
    .meta(
      describe(
        `Unit of \`training.batchSize\`: interactions, whatever their negatives (\`interactions\`), or ${meaning} (\`candidates\`, LibRecommender).`,
      ),
    );

export const samplerField = (preferred: 'uniform' | 'unconsumed') =>
  z
    .enum(['uniform', 'unconsumed', 'popular', 'logUniform', 'inBatch'])
    .default(preferred)
    .meta(
      describe(
        'Sampling of negatives. `uniform`: any item except the positive. `unconsumed`: items without a training interaction of the user. `popular`: in proportion to training interactions to the power of 0.75. `logUniform`: by popularity rank, about 1/rank. `inBatch`: the other positives of the batch.',
      ),
    );
