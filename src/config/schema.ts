import { z } from 'zod';
import { BACKEND_NAMES } from '../protocol/backends';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import { describe } from './describe';
import { datasetSchema } from './datasetSchema';
import { fieldRule, nameList } from './fieldRule';
import { itemKnnSchema, markovSchema, popularitySchema, type BaselineConfig } from './models/baselines';
import { dienSchema } from './models/dien';
import { dinSchema } from './models/din';
import { gru4recSchema } from './models/gru4rec';
import { sasrecSchema } from './models/sasrec';
import { sumSchema } from './models/sum';
import { hasHideableFeatures, knowsUsers, twoTowerSchema } from './models/twoTower';
import { trainingSchema } from './trainingSchema';

/*
 * The one description of a config file. The validator, the defaults, the table in docs/config.md and the JSON Schema
 * that gives completion and hovers in the editor all come from here, so every field has a `.meta({ description })`
 * written for the person who hovers over it.
 */

const evaluationSchema = z
  .strictObject({
    cutoffs: z
      .array(z.int().min(1).max(10_000))
      .min(1)
      .refine((cutoffs) => new Set(cutoffs).size === cutoffs.length, 'must not name a cut-off twice')
      .default([5, 10, 20])
      .meta(describe('Cut-offs k of the ranking metrics.')),
    maxValidationUsers: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .meta(
        describe(
          'Measure validation on this many users, drawn once by the seed, because some models take long to rank a catalogue. `null`: all. Test always counts all.',
        ),
      ),
    candidates: z
      .discriminatedUnion('type', [
        z.strictObject({ type: z.literal('full') }).meta(describe('The whole catalogue.')),
        z
          .strictObject({
            type: z.literal('sampled'),
            count: z.int().min(1).max(100_000).default(100).meta(describe('Negatives for each user.')),
            distribution: z
              .enum(['uniform', 'popularity'])
              .default('uniform')
              .meta(describe('How negatives are drawn: each item alike, or by its training interactions.')),
            seed: z
              .int()
              .min(0)
              .max(0xffffffff)
              .default(DEFAULT_SEED)
              .meta(describe('Seed of the draw. Runs with the same data and seed meet the same negatives.')),
          })
          .meta(
            describe(
              'The held-out item against a random sample of items that the user has never met (or of all others, if seen items stay in the ranking): the protocol of many older papers. Its numbers are far higher than those of full ranking and must not be compared with them.',
            ),
          ),
      ])
      .prefault({ type: 'full' })
      .meta(describe('What the held-out item is ranked against.')),
    filterSeen: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .meta(
        describe(
          'Leave items of the user’s history out of the ranking. Users whose held-out item is in their history are then not counted. `auto`: leave them out, unless at least a tenth of the interactions before test repeat an item that the user had met.',
        ),
      ),
    baselines: z
      .array(z.enum(['popularity', 'itemKnn', 'markov']))
      .default(['popularity', 'itemKnn', 'markov'])
      .meta(
        describe('Simple recommenders that are evaluated on test beside the model, by the same protocol.'),
      ),
  })
  .prefault({})
  .meta(describe('How the model is measured.'));

export const configSchema = z
  .strictObject({
    $schema: z.string().optional().meta(describe('Address of the JSON Schema. Ignored.')),
    name: z
      .string()
      .regex(
        /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u,
        'must start with a letter or digit and hold only letters, digits, spaces and ._-, at most 64',
      )
      .optional()
      .meta(describe('Name of the runs. Default: the file name without `.recsight.json`.')),
    seed: z
      .int()
      .min(0)
      .max(0xffffffff)
      .default(DEFAULT_SEED)
      .meta(
        describe(
          'Seed of everything random: initial weights, dropout, negatives, batches, order of simultaneous interactions.',
        ),
      ),
    dataset: datasetSchema,
    model: z
      .discriminatedUnion('type', [
        sasrecSchema,
        gru4recSchema,
        sumSchema,
        dinSchema,
        dienSchema,
        twoTowerSchema,
        popularitySchema,
        itemKnnSchema,
        markovSchema,
      ])
      .meta(describe('The model; `type` says which, and with that which fields there are.')),
    training: trainingSchema,
    evaluation: evaluationSchema,
    backend: z
      .enum(['auto', ...BACKEND_NAMES])
      .default('auto')
      .meta(
        describe(
          'What computes. `auto` takes the first that works here: `tensorflow` or `webgpu` on a GPU, `native`, `wasm`, plain JavaScript (`cpu`). `recsight backends` lists them.',
        ),
      ),
  })
  .superRefine(
    fieldRule(
      ['training', 'earlyStopping', 'metric'],
      ({ training, evaluation }) =>
        evaluation.cutoffs.includes(Number(training.earlyStopping.metric.split('@')[1])),
      ({ evaluation }) =>
        `needs a cut-off that is in \`evaluation.cutoffs\` (${evaluation.cutoffs.join(', ')})`,
    ),
  )
  .superRefine(
    fieldRule(
      ['model', 'selfSupervised'],
      ({ model, dataset }) => hasHideableFeatures(model, dataset.items?.features ?? {}),
      ({ model, dataset }) =>
        'needs item features to hide: name a column with categories in `dataset.items.features` ' +
        `(declares ${featureList(dataset.items?.features ?? {})})` +
        ('itemFeatures' in model && model.itemFeatures !== null
          ? `, and in \`model.itemFeatures\` (names ${nameList(model.itemFeatures)})`
          : ''),
    ),
  )
  .superRefine(
    fieldRule(
      ['model', 'userIds'],
      ({ model, dataset }) => knowsUsers(model, dataset.users?.features ?? {}),
      ({ model, dataset }) =>
        'leaves the user tower with nothing to read: set it to true, or `model.maxSequenceLength` (0) above 0, or name columns in `dataset.users.features` ' +
        `(declares ${featureList(dataset.users?.features ?? {})})` +
        ('userFeatures' in model && model.userFeatures !== null
          ? ` and in \`model.userFeatures\` (names ${nameList(model.userFeatures)})`
          : ''),
    ),
  )
  .superRefine(({ model, dataset: { items, users } }, context) => {
    for (const { path, message } of unknownFeatures(model, { items, users }))
      context.addIssue({ code: 'custom', path, message });
  })
  .meta(describe('A RecSight experiment.'));

/** The features that a table declares, each with what it holds. */
function featureList(features: Readonly<Record<string, { type: string }>>): string {
  return nameList(Object.entries(features).map(([name, { type }]) => `${name}: ${type}`));
}

/** The features that a model's config names and the dataset does not declare. */
function unknownFeatures(
  model: object,
  dataset: Readonly<Record<'items' | 'users', { features: object } | undefined>>,
): { path: (string | number)[]; message: string }[] {
  return (['items', 'users'] as const).flatMap((of) => {
    const field = of === 'items' ? 'itemFeatures' : 'userFeatures';
    const named = (model as Partial<Record<typeof field, string[] | null>>)[field] ?? [];
    const known = Object.keys(dataset[of]?.features ?? {});
    return named.flatMap((name, place) =>
      known.includes(name)
        ? []
        : [
            {
              path: ['model', field, place],
              message: `must be a feature that the dataset has (\`dataset.${of}.features\` declares ${nameList(known)})`,
            },
          ],
    );
  });
}

/** A config file after validation, with all defaults filled in. */
export type ExperimentConfig = z.output<typeof configSchema>;
export type DatasetConfig = ExperimentConfig['dataset'];
export type ModelConfig = ExperimentConfig['model'];
/** Of a model that is trained by gradients. */
export type TrainedModelConfig = Exclude<ModelConfig, BaselineConfig>;
/** An experiment with such a model. */
export type TrainedConfig = ExperimentConfig & { model: TrainedModelConfig };

export function isBaseline(model: ModelConfig): model is BaselineConfig {
  return model.type === 'popularity' || model.type === 'itemKnn' || model.type === 'markov';
}

export function isTrained(config: ExperimentConfig): config is TrainedConfig {
  return !isBaseline(config.model);
}

/**
 * The longest history that a model reads, if it is meant to read all of it, so that people should know where it does not. Two
 * towers are meant to read only what a user did last.
 */
export function maxSequenceLengthOf(model: ModelConfig): number | undefined {
  return 'maxSequenceLength' in model && model.type !== 'twoTower' ? model.maxSequenceLength : undefined;
}
export type EvaluationConfig = ExperimentConfig['evaluation'];
