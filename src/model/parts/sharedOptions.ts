import { z } from 'zod';
import { describe } from '../../options/describe';

/* Fields that several models have in common. */

export const maxSequenceLengthField = z
  .int()
  .min(1)
  .max(2048)
  .default(50)
  .meta(describe('Longest history the model sees; of longer ones the newest items are used.'));

export const outputEmbeddingField = z
  .enum(['shared', 'separate'])
  .default('shared')
  .meta(
    describe(
      'Vectors that states are scored against: those of the input (`shared`), or a table of their own (`separate`).',
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
        `What \`training.batchSize\` counts: interactions, whatever their negatives (\`interactions\`), or ${meaning} (\`candidates\`, LibRecommender).`,
      ),
    );

export const samplerField = (preferred: 'uniform' | 'unconsumed') =>
  z
    .enum(['uniform', 'unconsumed', 'popular', 'logUniform', 'inBatch'])
    .default(preferred)
    .meta(
      describe(
        'Where negatives come from. `uniform`: any item but the one that was chosen. `unconsumed`: any that the user has not met in training. `popular`: by training interactions to the power of 0.75. `logUniform`: by popularity rank, about 1/rank. `inBatch`: what was chosen elsewhere in the batch.',
      ),
    );
