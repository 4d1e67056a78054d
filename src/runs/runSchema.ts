import { z } from 'zod';
import type {
  EvaluationProtocol,
  ListedCandidates,
  SampledNegatives,
  ShownRows,
  SplitName,
} from '../protocol/evaluation';
import type {
  BackendInfo,
  DatasetSummary,
  MeasuredMetrics,
  MemoryEstimate,
  RefitOf,
  RunError,
  RunManifest,
  RunWarning,
  TestResult,
} from '../protocol/run';

/*
 * What the manifest of a run may hold, so that whoever shows a run meets no value that is not what its type says. Fields
 * that are not named here may be there: newer minor versions add some. Numbers that were measured may be anything, as
 * those of a run that diverged are; counts and times may not. Sizes are bounded by far more than a run needs.
 */

// Validators made from strings are not allowed everywhere this runs.
z.config({ jitless: true });

const MAX_ENTRIES = 100_000;
/** What `Date` can hold, in ms since 1970. */
const MAX_TIME = 8.64e15;

/** A schema for each field that a type has, so that none which is added there is forgotten here. */
type FieldsOf<Type> = Record<keyof Required<Type>, z.ZodType>;

/** One that is not finite, too. */
export const measuredNumber = z.custom<number>((value) => typeof value === 'number');
export const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
const bytes = z.number().nonnegative();
const time = z.number().min(-MAX_TIME).max(MAX_TIME);
const text = z.string().max(1 << 16);
/** Which texts there are says the type; one that is added later is only shown. */
const nameOf = <Name extends string>() =>
  z.custom<Name>((value) => typeof value === 'string' && value.length <= 100);

/** A name under which something is looked up, which must not find what every object has. */
const key = z
  .string()
  .max(200)
  .refine((name) => !(name in Object.prototype));
const recordOf = <Value extends z.ZodType>(value: Value) =>
  z.record(key, value).refine((record) => Object.keys(record).length <= MAX_ENTRIES);

export const metricsSchema = recordOf(measuredNumber);
export const measuredSchema = z.looseObject({
  epoch: count,
  step: count,
  metrics: metricsSchema,
} satisfies FieldsOf<MeasuredMetrics>);
export const protocolSchema = z.looseObject({
  split: nameOf<string>(),
  splitName: z
    .looseObject({ badge: nameOf<string>(), text: nameOf<string>() } satisfies FieldsOf<SplitName>)
    .exactOptional(),
  part: nameOf<'validation' | 'test'>(),
  candidates: nameOf<EvaluationProtocol['candidates']>(),
  numCandidates: count,
  negatives: z
    .looseObject({
      count,
      distribution: nameOf<'uniform' | 'popularity'>(),
      seed: z.number(),
      fewer: z.looseObject({ users: count, fewest: count }).exactOptional(),
    } satisfies FieldsOf<SampledNegatives>)
    .exactOptional(),
  lists: z
    .looseObject({ file: text, hash: text, unlistedUsers: count } satisfies FieldsOf<ListedCandidates>)
    .exactOptional(),
  shown: z
    .looseObject({
      by: nameOf<'impression' | 'user'>(),
      lists: count,
      leftOut: count,
    } satisfies FieldsOf<ShownRows>)
    .exactOptional(),
  filterSeen: z.boolean(),
  seenTargets: count.exactOptional(),
  repeatShare: z.number().exactOptional(),
  targetTime: z.literal(true).exactOptional(),
  refit: z.literal(true).exactOptional(),
  ties: nameOf<'expectation' | 'average'>(),
  cutoffs: z.array(count).max(MAX_ENTRIES),
  numUsers: count,
  numTargets: count.exactOptional(),
} satisfies FieldsOf<EvaluationProtocol>);
export const datasetSchema = z.looseObject({
  fingerprint: text,
  numUsers: count,
  numItems: count,
  numInteractions: count,
  numShown: count.exactOptional(),
} satisfies FieldsOf<DatasetSummary>);
export const backendSchema = z.looseObject({
  name: text,
  device: text,
  threads: count,
  version: text,
} satisfies FieldsOf<BackendInfo>);
export const memorySchema = z.looseObject({
  parameters: bytes,
  gradients: bytes,
  optimizer: bytes,
  activations: bytes,
  tensors: bytes,
  total: bytes,
  available: bytes,
} satisfies FieldsOf<MemoryEstimate>);
export const errorSchema = z.looseObject({ code: text, message: text } satisfies FieldsOf<RunError>);
/** Readers ignore what they do not know, so a code that comes later is no damage. */
const warningSchema = z.looseObject({
  code: nameOf<RunWarning['code']>(),
  message: text,
} satisfies FieldsOf<RunWarning>);
export const baselinesSchema = recordOf(metricsSchema);
export const statusSchema = z.enum([
  'preparing',
  'running',
  'evaluating',
  'stopping',
  'finished',
  'stopped',
  'failed',
]);

export const manifestSchema: z.ZodType<RunManifest> = z.looseObject({
  schemaVersion: text,
  id: text,
  name: text,
  model: text,
  status: statusSchema,
  createdAt: time,
  updatedAt: time,
  finishedAt: time.nullable(),
  configPath: text,
  configDigest: text,
  seed: z.number(),
  dataset: datasetSchema.nullable(),
  protocol: protocolSchema.nullable(),
  mainMetric: key,
  progress: z.looseObject({
    epoch: count,
    epochs: count,
    step: count,
    stepsPerEpoch: count,
    remainingMs: measuredNumber.nullable(),
    loss: measuredNumber.nullable(),
    startLoss: measuredNumber.exactOptional(),
    batchUnit: z.enum(['sequences', 'interactions']).exactOptional(),
  } satisfies FieldsOf<RunManifest['progress']>),
  best: measuredSchema.nullable(),
  last: measuredSchema.nullable(),
  test: z
    .looseObject({
      ...measuredSchema.shape,
      protocol: protocolSchema,
      baselines: baselinesSchema,
      baselineTitles: recordOf(nameOf<string>()).exactOptional(),
      evaluatedAt: time,
    } satisfies FieldsOf<TestResult>)
    .nullable(),
  git: z.looseObject({ commit: text, dirty: z.boolean() }).nullable(),
  versions: recordOf(text),
  backend: backendSchema.nullable(),
  memory: memorySchema.exactOptional(),
  timings: z.looseObject({ prepare: seconds, train: seconds, evaluate: seconds }),
  error: errorSchema.nullable(),
  warnings: z.array(warningSchema).max(MAX_ENTRIES).exactOptional(),
  refitOf: z
    .looseObject({
      run: text,
      epochs: count,
      unfinished: z.literal(true).exactOptional(),
    } satisfies FieldsOf<RefitOf>)
    .exactOptional(),
} satisfies FieldsOf<RunManifest>);

const header = { v: z.literal(1), seq: z.number(), time: z.number() };
/** Events of the kinds whose fields are deep. */
export const eventSchema = z.discriminatedUnion('kind', [
  z.looseObject({
    ...header,
    kind: z.literal('started'),
    pid: count,
    backend: backendSchema,
    resumedFromStep: count,
  }),
  z.looseObject({
    ...header,
    kind: z.literal('status'),
    status: statusSchema,
    error: errorSchema.exactOptional(),
  }),
  z.looseObject({
    ...header,
    kind: z.literal('dataset'),
    dataset: datasetSchema,
    seconds,
    cached: z.boolean(),
  }),
  z.looseObject({ ...header, kind: z.literal('memory'), estimate: memorySchema }),
  z.looseObject({
    ...header,
    kind: z.literal('validation'),
    ...measuredSchema.shape,
    protocol: protocolSchema,
    best: z.boolean(),
    seconds,
  }),
  z.looseObject({
    ...header,
    kind: z.literal('test'),
    ...measuredSchema.shape,
    baselines: baselinesSchema,
    protocol: protocolSchema,
    seconds,
  }),
]);

/** The first field of a value that does not fit, as a dotted path; `(top level)` where it is the whole. */
export function misfitOf(error: z.ZodError): string {
  const path = error.issues[0]?.path ?? [];
  return path.length === 0 ? '(top level)' : path.map(String).join('.').slice(0, 200);
}
