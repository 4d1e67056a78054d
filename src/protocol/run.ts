import { countOf } from './countOf';
import type { EvaluationProtocol, Metrics } from './evaluation';

/** The version of the run directory's files that this code writes. Readers accept the same major. */
export const RUN_SCHEMA_VERSION = '1.0';

/**
 * What the trainer itself writes about its state.
 * `preparing` reads the data, `running` trains, `evaluating` reads the test split,
 * `stopping` has accepted a stop request and saves its checkpoint.
 */
export type RecordedStatus =
  'preparing' | 'running' | 'evaluating' | 'stopping' | 'finished' | 'stopped' | 'failed';

/** What a reader shows: the recorded status, or `lost` when the recorded one needs a trainer and none is alive. */
export type RunStatus = RecordedStatus | 'lost';

/** Statuses in which a trainer process must exist. */
export const ACTIVE_STATUSES: readonly RunStatus[] = ['preparing', 'running', 'evaluating', 'stopping'];

export function isActive(status: RunStatus): boolean {
  return ACTIVE_STATUSES.includes(status);
}

/** Whether a run ended before its time. */
export function endedEarly(status: RunStatus): boolean {
  return status === 'stopped' || status === 'failed' || status === 'lost';
}

/** Metrics measured at one point of training. */
export interface MeasuredMetrics {
  epoch: number;
  step: number;
  metrics: Metrics;
}

/** The result of the test split: the model's metrics beside those of the baselines, all by one protocol. */
export interface TestResult extends MeasuredMetrics {
  protocol: EvaluationProtocol;
  /** Baseline → its metrics by the same protocol: `itemKnn`, or with options of its own `itemKnn(shrinkage=50)`. */
  baselines: Record<string, Metrics>;
  /** What people call each baseline. Results of older versions lack it. */
  baselineTitles?: Record<string, string>;
  evaluatedAt: number;
}

/**
 * The baselines that a model's test stands beside. The run of a baseline is measured beside all of them, itself included, and
 * to be as good as itself says nothing; but item-kNN with options of its own is another than the one with the defaults.
 */
export function baselinesBeside(
  model: string,
  test: Omit<TestResult, 'protocol' | 'evaluatedAt'>,
): [title: string, metrics: Metrics][] {
  return baselineKeysBeside(model, test).map((key) => [baselineTitle(test, key), test.baselines[key]!]);
}

/** The keys of the same. */
export function baselineKeysBeside(
  model: string,
  { metrics, baselines }: Pick<TestResult, 'metrics' | 'baselines'>,
): string[] {
  return Object.entries(baselines).flatMap(([key, others]) =>
    key.split('(')[0] !== model || Object.entries(metrics).some(([metric, value]) => others[metric] !== value)
      ? [key]
      : [],
  );
}

export function baselineTitle(
  { baselineTitles = OLDER_TITLES }: Pick<TestResult, 'baselineTitles'>,
  key: string,
): string {
  return baselineTitles[key] ?? key;
}

const OLDER_TITLES: Readonly<Record<string, string>> = { itemKnn: 'item-kNN', markov: 'Markov' };

export interface RunError {
  /** A stable, machine-readable code such as `dataset/missing-column`. */
  code: string;
  /** What was found, what was expected, where, what to do. No stack trace. */
  message: string;
}

/**
 * Why the numbers of a run are to be doubted although it came to its end:
 * - `training/diverging`: the loss of its newest epoch is far above that of its first step
 * - `result/below-popularity`: on test a popularity ranking does better than the trained model
 * - `result/constant-scores`: on test all candidates of a user have the same score
 * - `result/too-good`: on test the model is far above its baselines and what the data let be predicted
 * - `data/…`: test leaks into training
 */
export interface RunWarning {
  code:
    | 'training/diverging'
    | 'result/below-popularity'
    | 'result/constant-scores'
    | 'result/too-good'
    | 'data/copied-interactions'
    | 'data/copied-users'
    | 'data/target-in-history'
    | 'data/later-training'
    | 'data/training-after-test';
  /** What was found, and what to do. */
  message: string;
}

/** A warning about the data of a run. */
export type DataDoubt = RunWarning & { code: Extract<RunWarning['code'], `data/${string}`> };

/** What a batch is made of, and so what the throughput counts. */
export type BatchUnit = 'sequences' | 'interactions';

export interface BackendInfo {
  name: string;
  device: string;
  threads: number;
  version: string;
}

/** What a training was expected to take before it began, in bytes. */
export interface MemoryEstimate {
  parameters: number;
  gradients: number;
  optimizer: number;
  /** What a step keeps for its backward pass. */
  activations: number;
  /** All of these, with an allowance. */
  tensors: number;
  /** The whole process. */
  total: number;
  /** What the machine had free. */
  available: number;
}

export interface GitState {
  commit: string;
  dirty: boolean;
}

export interface DatasetSummary {
  fingerprint: string;
  numUsers: number;
  numItems: number;
  numInteractions: number;
  /** Rows that users were shown, where the data have labels; the interactions are clicks then. */
  numShown?: number;
}

/** `run.json`: everything a list of runs needs to know, replaced atomically by the trainer. Times are ms since 1970. */
export interface RunManifest {
  schemaVersion: string;
  id: string;
  name: string;
  /** Model type, such as `sasrec`. */
  model: string;
  status: RecordedStatus;
  createdAt: number;
  /** When the trainer last wrote this file. */
  updatedAt: number;
  finishedAt: number | null;
  /** Path of the config file, relative to the folder that holds `.recsight` where it lies below it, else absolute. */
  configPath: string;
  /** SHA-256 of the resolved config, hex. */
  configDigest: string;
  seed: number;
  dataset: DatasetSummary | null;
  /** The protocol of the validation metrics. */
  protocol: EvaluationProtocol | null;
  /** The metric that early stopping and `best` use, such as `ndcg@10`. */
  mainMetric: string;
  progress: {
    /** Finished epochs: trained, validated and saved. All counts of epochs are of these; one under way is a fraction. */
    epoch: number;
    /** Planned epochs. */
    epochs: number;
    /** Optimizer steps taken. */
    step: number;
    stepsPerEpoch: number;
    /** Estimated ms to the end of the last planned epoch; null while unknown. */
    remainingMs: number | null;
    /** Loss of the newest step. */
    loss: number | null;
    /** Loss of the first step, before anything was learned. Left out by older versions. */
    startLoss?: number;
    /** Left out by older versions. */
    batchUnit?: BatchUnit;
  };
  best: MeasuredMetrics | null;
  last: MeasuredMetrics | null;
  test: TestResult | null;
  git: GitState | null;
  versions: Record<string, string>;
  backend: BackendInfo | null;
  /** Left out by versions before 0.2 and before the data are known. */
  memory?: MemoryEstimate;
  /** Wall-clock seconds by phase. */
  timings: { prepare: number; train: number; evaluate: number };
  error: RunError | null;
  /** Left out by older versions, and where there are none. */
  warnings?: RunWarning[];
  /** Of a refit. */
  refitOf?: RefitOf;
}

/** The run whose chosen epochs a refit trains again, on training and validation together. */
export interface RefitOf {
  /** Its id. */
  run: string;
  epochs: number;
  /** It had not come to its end: later epochs might have been better. */
  unfinished?: true;
}

/** What a refit is, for people. */
export function refitText({ run, epochs }: RefitOf): string {
  return `refit of ${run}: ${countOf(epochs, 'epoch')} on training and validation together`;
}

/** `process.json`: who trains this run. */
export interface TrainerProcess {
  pid: number;
  /** Start time of the process as the operating system tells it, which a reused pid does not share. */
  processStartTime: string;
  host: string;
  /** Random; tells two trainers that claim one run apart. */
  nonce: string;
  /** ms since 1970, renewed every few seconds. */
  heartbeat: number;
  /** Of a process that is no trainer and holds the run for a moment, to write down how its trainer ended. */
  purpose?: 'record';
}

/** A request written into `control/`: the only way to talk to a trainer. */
export type ControlRequest = { kind: 'stop' };

/** Whether a run has weights to look into: those of a model that learns, after its first epoch. Baselines have none. */
export function hasLearned({ progress, best }: RunManifest): boolean {
  return progress.epochs > 0 && (progress.epoch > 0 || best !== null);
}

/** Whether a run has what recommends: weights, or a baseline that was measured and can be fitted again. */
export function canRecommend(manifest: RunManifest): boolean {
  const isBaseline = manifest.progress.epochs === 0;
  return hasLearned(manifest) || (isBaseline && manifest.status === 'finished' && manifest.dataset !== null);
}

/** A run's warnings, with one more, or one of its kind taken back. */
export function withWarning(
  warnings: readonly RunWarning[] | undefined,
  code: RunWarning['code'],
  message: string | null,
): RunWarning[] {
  const others = (warnings ?? []).filter((warning) => warning.code !== code);
  return message === null ? others : [...others, { code, message }];
}

/** How far a run is: `7/20 epochs`, finished ones of those that are planned; empty for models that need none, as baselines do. */
export function epochsText({
  progress: { epoch, epochs },
}: {
  progress: Pick<RunManifest['progress'], 'epoch' | 'epochs'>;
}): string {
  return epochs === 0 ? '' : `${epoch}/${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`;
}

/** What a run's throughput counts, as a unit: `sequences/s`, `interactions/s`. */
export function throughputUnit({ progress }: RunManifest): string {
  return `${progress.batchUnit ?? 'examples'}/s`;
}

/** A warning in two words, for lists. */
export function warningName({ code }: RunWarning): string {
  switch (code) {
    case 'training/diverging':
      return 'loss diverged';
    case 'result/below-popularity':
      return 'below popularity';
    case 'result/constant-scores':
      return 'constant scores';
    case 'result/too-good':
      return 'too good';
    case 'data/copied-interactions':
      return 'copied interactions';
    case 'data/copied-users':
      return 'copied users';
    case 'data/target-in-history':
      return 'test in histories';
    case 'data/later-training':
      return 'later training';
    case 'data/training-after-test':
      return 'training after test';
    default:
      return 'in doubt'; // of a newer version
  }
}

/** Whether a run ended as it should, and its numbers are to be doubted all the same: it is then not shown as one that is well. */
export function endedInDoubt({ status, manifest }: RunSummary): boolean {
  return (status === 'finished' || status === 'stopped') && (manifest.warnings ?? []).length > 0;
}

/** A run as readers see it. */
export interface RunSummary {
  /** Absolute path of the run directory. */
  directory: string;
  manifest: RunManifest;
  status: RunStatus;
  /** It ended before its time, and there is a checkpoint from which training can go on. */
  resumable: boolean;
}
