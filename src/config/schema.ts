import { z } from 'zod';
import { DEFAULT_METRICS, findMetric, LABEL_METRICS, METRICS } from '../evaluation/metrics/metrics';
import { BACKEND_NAMES } from '../protocol/backends';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import { candidatesSchema } from '../options/candidatesSchema';
import { describe } from '../options/describe';
import { datasetSchema } from '../options/datasetSchema';
import { fieldRule, nameList } from '../options/fieldRule';
import {
  BASELINE_OPTIONS,
  BASELINES,
  DEFAULT_BASELINES,
  describedModel,
  isBaseline,
  MODEL_OPTIONS,
  type ModelConfig,
  type TrainedModelConfig,
} from '../model/models';
import type { OwnModelOptions } from '../model/ownModel';
import { trainingSchema } from '../options/trainingSchema';
import type { Metric } from '../evaluation/metrics/metric';
import { applyLabelDefaults } from './labelDefaults';
import { labelProblems } from './labelProblems';
import { PROTOCOL_NAMES, PROTOCOL_PRESETS } from './protocolPresets';
import type { MetricDeclaration, OwnCode } from '../userCode/declaration';
import { optionsSchema } from '../userCode/optionSchema';

/*
 * The one description of a config file. The validator, the defaults, the table in docs/config.md and the JSON Schema
 * that gives completion and hovers in the editor all come from here, so every field has a `.meta({ description })`
 * written for the person who hovers over it.
 */

/** The name of a metric: one of ours, or a file of the user's own. */
function metricSchema(own: OwnCode) {
  const files = [...own].flatMap(([file, { declaration }]) => (declaration?.kind === 'model' ? [] : [file]));
  const names = [...METRICS.map(({ name }) => name), ...files];
  return z
    .string()
    .superRefine((name, context) => {
      if (!names.includes(name)) context.addIssue({ code: 'invalid_value', values: names, input: name });
    })
    .meta({ enum: names });
}

const protocolMeanings = Object.entries(PROTOCOL_PRESETS).map(
  ([name, { meaning }]) => `\`${name}\`: ${meaning}`,
);

const evaluationSchema = (own: OwnCode) =>
  z
    .strictObject({
      protocol: z
        .enum(PROTOCOL_NAMES)
        .default('full')
        .meta(
          describe(
            `Preset of \`dataset.split\` and of the fields below; those that the config sets itself come first. ${protocolMeanings.join('; ')}.`,
          ),
        ),
      metrics: z
        .array(metricSchema(own))
        .min(1)
        .refine((metrics) => new Set(metrics).size === metrics.length, 'must not name a metric twice')
        .default(DEFAULT_METRICS.map(({ name }) => name))
        .meta(
          describe(
            'Metrics, each at every cut-off, in the order of results. `docs/metrics.md` defines them. Models that learn from labels have others as defaults: `auc`, `gauc`, `logLoss`, `prAuc` and `calibrationError`.',
          ),
        ),
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
            'Number of users in validation, drawn once, for models that rank slowly. `null`: all. The test always uses all.',
          ),
        ),
      candidates: candidatesSchema,
      filterSeen: z
        .union([z.literal('auto'), z.boolean()])
        .default('auto')
        .meta(
          describe(
            'Leave items of the user’s history out of the ranking. Held-out items that are in the history are then not counted. `auto`: leave them out, unless at least a tenth of the interactions before test repeat an item of the user.',
          ),
        ),
      baselines: z
        .array(z.union([z.enum(BASELINES), z.discriminatedUnion('type', BASELINE_OPTIONS)]))
        .default(DEFAULT_BASELINES)
        .meta(
          describe(
            'Baselines evaluated on test by the same protocol: names, or objects with `type` and options as `model` has them. Next to models that learn from labels, the default is `clickRate` and `logisticRegression`.',
          ),
        ),
    })
    .prefault({})
    .meta(describe('Evaluation protocol.'));

/** The model that `type` selects: one of ours, or of the user's own. */
const modelSchema = (own: OwnCode) =>
  z
    .discriminatedUnion('type', [...MODEL_OPTIONS, ...ownModels(own)] as unknown as [
      ...typeof MODEL_OPTIONS,
      OwnModelOptions,
    ])
    .meta(describe('The model. `type` selects it and determines the other fields.'));

/** What a config is for: an evaluation compares no epochs, and so needs no metric that does. */
export type ConfigPurpose = 'training' | 'evaluation';

const makeConfigSchema = (own: OwnCode, purpose: ConfigPurpose) =>
  z
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
            'Seed of what is random in a run: initial weights, dropout, negatives, batches. Data and split are the same for all seeds.',
          ),
        ),
      dataset: datasetSchema,
      model: modelSchema(own),
      training: trainingSchema,
      evaluation: evaluationSchema(own),
      backend: z
        .enum(['auto', ...BACKEND_NAMES])
        .default('auto')
        .meta(
          describe(
            'Compute backend. `auto` takes the first that works here: `tensorflow` or `webgpu` on a GPU, `native`, `wasm`, plain JavaScript (`cpu`). `recsight backends` lists them.',
          ),
        ),
    })
    .superRefine(
      fieldRule(
        ['training', 'earlyStopping', 'metric'],
        ({ training, evaluation }) =>
          purpose === 'evaluation' ||
          isOfLabels(training.earlyStopping.metric) ||
          evaluation.cutoffs.includes(Number(training.earlyStopping.metric.split('@')[1])),
        ({ evaluation }) =>
          `needs a cut-off that is in \`evaluation.cutoffs\` (${evaluation.cutoffs.join(', ')})`,
      ),
    )
    .superRefine(
      fieldRule(
        ['training', 'earlyStopping', 'metric'],
        ({ training, evaluation }) =>
          purpose === 'evaluation' ||
          evaluation.metrics.includes(training.earlyStopping.metric.split('@')[0]!),
        ({ evaluation }) =>
          `needs a metric that is in \`evaluation.metrics\` (${nameList(evaluation.metrics)})`,
      ),
    )
    .superRefine(({ evaluation: { metrics, candidates }, dataset }, context) => {
      const features = Object.values(dataset.items?.features ?? {});
      metrics.forEach((name, place) => {
        const refuse = (message: string): void =>
          context.addIssue({ code: 'custom', path: ['evaluation', 'metrics', place], message });
        const metric = declaredMetric(name, own);
        const isTwin = (other: string): boolean =>
          other !== name && declaredMetric(other, own)?.title === metric?.title;
        if (own.has(name) && metric !== undefined && metrics.some(isTwin))
          refuse(`has the title of another metric, \`${metric.title}\`: results could not be told apart`);
        if (metric?.needs !== 'list') return;
        if (candidates.type !== 'full')
          refuse(
            'describes what is recommended from the whole catalog: `evaluation.candidates.type` must be `full`',
          );
        if (metric.needsCategories === true && features.every(({ type }) => type === 'number'))
          refuse(
            'needs categories of the items: a `category` or `multi` feature in `dataset.items.features`',
          );
      });
    })
    .superRefine(({ model, dataset }, context) => {
      const described = describedModel(model);
      for (const rule of described.kind === 'trained' ? (described.rules ?? []) : [])
        if (!rule.holds(model, dataset))
          context.addIssue({
            code: 'custom',
            path: ['model', ...rule.path],
            message: rule.message(model, dataset),
          });
    })
    .superRefine((config, context) => {
      for (const { path, message } of labelProblems(config, (name) => declaredMetric(name, own)?.needs))
        context.addIssue({ code: 'custom', path, message });
    })
    .superRefine(({ model, dataset: { items, users } }, context) => {
      for (const { path, message } of unknownFeatures(model, { items, users }))
        context.addIssue({ code: 'custom', path, message });
    })
    .meta(describe('A RecSight experiment.'));

function ownModels(own: OwnCode): OwnModelOptions[] {
  return [...own].flatMap(([path, { declaration }]) =>
    declaration?.kind === 'metric' ? [] : [optionsSchema(path, declaration) as OwnModelOptions],
  );
}

/** The schema of configs that name no code of their user. */
export const configSchema = makeConfigSchema(new Map(), 'training');

function isOfLabels(metric: string): boolean {
  return LABEL_METRICS.some(({ name }) => name === metric);
}

/** What is known of a metric that a config names. */
function declaredMetric(name: string, own: OwnCode): Metric | MetricDeclaration | undefined {
  const declaration = own.get(name)?.declaration;
  return declaration?.kind === 'metric' ? declaration : findMetric(name);
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

/** The schema of configs that name model and metric files. Those that are not as they should be take anything. */
export function configSchemaWith(own: OwnCode, purpose: ConfigPurpose = 'training'): typeof configSchema {
  if (own.size === 0 && purpose === 'training') return configSchema;
  const key = own.size === 0 ? NO_CODE : own;
  const schema = made[purpose].get(key) ?? makeConfigSchema(key, purpose);
  made[purpose].set(key, schema);
  return schema;
}

const NO_CODE: OwnCode = new Map();

const made = {
  training: new WeakMap<OwnCode, typeof configSchema>(),
  evaluation: new WeakMap<OwnCode, typeof configSchema>(),
};

/** A config file after validation, with all defaults filled in. */
export type ExperimentConfig = z.output<typeof configSchema>;
export type DatasetConfig = ExperimentConfig['dataset'];
/** An experiment with a model that is trained by gradients. */
export type TrainedConfig = ExperimentConfig & { model: TrainedModelConfig };
export type EvaluationConfig = ExperimentConfig['evaluation'];
export type CandidateFileConfig = Extract<EvaluationConfig['candidates'], { type: 'file' }>;

export function isTrained(config: ExperimentConfig): config is TrainedConfig {
  return !isBaseline(config.model);
}

/** The config of a model of which nothing but its type was said; null for a type that this version does not know. */
export function defaultConfig(type: ModelConfig['type'] | (string & {})): ExperimentConfig | null {
  const config = { dataset: { path: '-' }, model: { type } };
  // Some models there are only for data with labels.
  const labeled = { ...config, dataset: { ...config.dataset, columns: { label: '-' } } };
  return (
    configSchema.safeParse(config).data ?? configSchema.safeParse(applyLabelDefaults(labeled)).data ?? null
  );
}
