import type { StartedBackend } from '../compute/backends/backend';
import { startBackend } from '../compute/engine';
import { changeConfig, describeChanges, type ConfigChange } from '../config/changeConfig';
import { configDigest } from '../config/configFile';
import { isTrained, type ExperimentConfig, type TrainedConfig } from '../config/schema';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { RankingResult } from '../evaluation/evaluateRanking';
import { createModel } from '../model/createModel';
import type { Model } from '../model/model';
import { isBaseline, typesOf, type BaselineConfig } from '../model/models';
import { errorText, isSystemError } from '../protocol/errorText';
import {
  withWarning,
  type DatasetSummary,
  type MeasuredMetrics,
  type RunError,
  type TestResult,
} from '../protocol/run';
import type { VectorReport, VectorRequest } from '../protocol/vectors';
import { RunDirectory } from '../runs/runDirectory';
import { RunBusyError } from '../runs/runErrors';
import { BUSY_EXIT_CODE } from '../runs/trainerLock';
import { loadCheckpoint } from './checkpoint';
import { readState, type TrainingState } from '../runs/checkpointState';
import { EarlyStopping } from './earlyStopping';
import { exportVectors } from './exportVectors';
import {
  evaluateBaseline,
  evaluateBaselines,
  evaluateModel,
  newestCountedNotes,
  rankingTask,
} from './evaluateModel';
import { nameOfNotFinite } from './finiteWeights';
import { modelDataOf } from './modelData';
import { probeBackend } from './probe';
import { chosenBackend, engineSearchPaths, prepareUnchanged, readConfig } from './openRun';
import { checkMemory, estimateMemory } from './memoryEstimate';
import { belowPopularityMessage } from './resultWarnings';
import { RunRecorder } from './runRecorder';
import { leftOutText, seenRule, seenRuleText } from './seenItems';
import { StopRequested } from './stopRequested';
import { TrainingError } from './trainingError';
import { TrainingLoop } from './trainingLoop';

/*
 * The trainer process: `trainer.js train|resume|evaluate <run directory> [<changes as a JSON list of path=value>]`. Everything it finds out goes into the run
 * directory; its output is only for trainer.log. Exit code 0 when the work was done or stopped on request, else 1.
 *
 * `trainer.js vectors <run directory> <request as JSON>` writes vectors of a run, without changing it, and prints a report as
 * one line of JSON, the last.
 *
 * `trainer.js probe <backend>` prints what that compute backend is worth here, as one line of JSON, the last.
 */

async function main(
  command: string | undefined,
  directory: string | undefined,
  request: string | undefined,
): Promise<void> {
  if (command === 'probe' && directory !== undefined) {
    const report = await probeBackend(directory, engineSearchPaths(), __dirname);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  if (command === 'vectors' && directory !== undefined && request !== undefined) {
    // Not the default end, which would leave a half-written file.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
    const report = await writeVectors(new RunDirectory(directory), JSON.parse(request) as VectorRequest);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  if (directory === undefined || !(command === 'train' || command === 'resume' || command === 'evaluate')) {
    throw new TrainingError(
      'trainer/usage',
      'Usage: trainer.js train|resume|evaluate <run directory>, trainer.js vectors <run directory> <request>, or trainer.js probe <backend>',
    );
  }
  const recorder = await RunRecorder.open(new RunDirectory(directory));
  try {
    const overrides = JSON.parse(request ?? '[]') as string[];
    if (command === 'evaluate') await evaluateBest(recorder, overrides);
    else if (command === 'resume') await train(recorder, await changeRun(recorder, overrides), true);
    else await train(recorder, await readConfig(recorder.run), false);
  } catch (error) {
    // Another trainer has the run now, and says how it fares.
    if (error instanceof RunBusyError) throw error;
    if (error instanceof StopRequested) await recorder.setStatus('stopped');
    else await recorder.setStatus('failed', reportFailure(error));
  } finally {
    await recorder.close();
  }
}

/** Trains until the planned end, early stopping or a request; at a planned end reads the test split, once. */
async function train(recorder: RunRecorder, config: ExperimentConfig, resuming: boolean): Promise<void> {
  await recorder.setStatus('preparing');
  if (!isTrained(config)) {
    await measureBaseline(recorder, config);
    return;
  }
  const checkpoint = resuming ? await readState(recorder.run.checkpointPath('last')) : null;
  if (resuming && checkpoint === null) beginAnew(recorder);
  const engine = await startEngine(recorder, config, checkpoint?.step ?? 0);
  const dataset = await prepare(recorder, config);
  const memory = await estimateMemory(config, modelDataOf(dataset), engine.threads);
  recorder.event({ kind: 'memory', estimate: memory });
  recorder.update({ memory });
  checkMemory(memory, engine.memoryLimit ?? null);
  const loop = await TrainingLoop.create(config, dataset, recorder);
  if (checkpoint !== null) {
    await loop.restore();
    const left = loop.whatIsLeft();
    if (left !== null) recorder.event({ kind: 'log', level: 'info', message: left });
  }

  await recorder.setStatus('running');
  if ((await loop.run()) === 'stopped') {
    await recorder.setStatus('stopped');
    return;
  }
  await recorder.setStatus('evaluating');
  await testModel(recorder, config, dataset, loop.model);
  await recorder.setStatus('finished');
}

/** A run that ended before its first checkpoint is resumed from the start. */
function beginAnew(recorder: RunRecorder): void {
  const { progress, best } = recorder.manifest;
  if (progress.epoch > 0 || best !== null) {
    throw new TrainingError(
      'checkpoint/missing',
      `The checkpoint in ${recorder.run.checkpointPath('last')} is gone, although the run has finished ` +
        `${progress.epoch === 1 ? 'an epoch' : `${progress.epoch} epochs`}. Put it back, or start a new run from the config file.`,
    );
  }
  recorder.event({
    kind: 'log',
    level: 'info',
    message: 'The run has no checkpoint to go on from: training starts again at its first step.',
  });
  recorder.update({ progress: { ...progress, step: 0, remainingMs: null, loss: null } });
}

/**
 * Reads the test split with the best checkpoint of a run that has ended. The run keeps its status whatever comes of it:
 * an evaluation that fails takes nothing away from a training that went well.
 */
async function evaluateBest(recorder: RunRecorder, overrides: readonly string[]): Promise<void> {
  const { status: recorded, error: trainingError } = recorder.manifest;
  let finished = recorded === 'finished';
  await recorder.setStatus('evaluating');
  try {
    const config = await evaluationConfig(recorder, overrides);
    if (isTrained(config)) {
      finished ||= trainingIsComplete(await readState(recorder.run.checkpointPath('last')), config);
      await startEngine(recorder, config, 0);
      const dataset = await prepare(recorder, config);
      const model = await createModel(config.model, modelDataOf(dataset), config.seed);
      await testModel(recorder, config, dataset, model);
    } else {
      await testBaseline(recorder, config, await prepare(recorder, config));
    }
  } catch (error) {
    if (error instanceof RunBusyError) throw error;
    if (error instanceof StopRequested) recorder.warn('The evaluation was stopped before it was done.');
    else recorder.event({ kind: 'log', level: 'error', message: reportFailure(error).message });
  }
  if (recorded === 'failed') await recorder.setStatus('failed', trainingError);
  else await recorder.setStatus(finished ? 'finished' : 'stopped');
}

/** Puts what was changed for a resume into the run, which goes on with it. */
async function changeRun(recorder: RunRecorder, overrides: readonly string[]): Promise<ExperimentConfig> {
  const { run, manifest } = recorder;
  if (overrides.length === 0) return readConfig(run);
  const { config, changes } = changeConfig(await run.readConfig(), overrides, 'resume');
  if (changes.length === 0) return config;
  await run.writeConfig(config, recorder.settle);
  const { epochs } = config.training;
  const progress = isTrained(config) ? { ...manifest.progress, epochs } : manifest.progress;
  recorder.update({ configDigest: configDigest(config), progress });
  tellChanges(recorder, 'From here on', changes);
  return config;
}

/** The config of one evaluation. The run keeps its own: by that its epochs are compared. The result says its protocol. */
async function evaluationConfig(
  recorder: RunRecorder,
  overrides: readonly string[],
): Promise<ExperimentConfig> {
  if (overrides.length === 0) return readConfig(recorder.run);
  const { config, changes } = changeConfig(await recorder.run.readConfig(), overrides, 'evaluate');
  tellChanges(recorder, 'For this evaluation', changes);
  return config;
}

function tellChanges(recorder: RunRecorder, since: string, changes: readonly ConfigChange[]): void {
  if (changes.length === 0) return;
  recorder.event({ kind: 'log', level: 'info', message: `${since}: ${describeChanges(changes)}.` });
}

/** Whether a checkpoint is that of a training that came to its planned end. */
function trainingIsComplete(state: TrainingState | null, { training }: ExperimentConfig): boolean {
  const { metric, patience, minDelta } = training.earlyStopping;
  return (
    state !== null &&
    (state.epoch > training.epochs ||
      new EarlyStopping(metric, patience, minDelta, state.earlyStopping).shouldStop)
  );
}

async function startEngine(
  recorder: RunRecorder,
  config: ExperimentConfig,
  resumedFromStep: number,
): Promise<StartedBackend> {
  const warn = (message: string) => recorder.warn(message);
  const { fallback, ...started } = await startBackend(chosenBackend(config, warn), {
    assets: __dirname,
    searchPaths: engineSearchPaths(),
    onWarning: warn,
  });
  const { name, device, threads, version } = started;
  const backend = { name, device, threads, version };
  recorder.event({ kind: 'started', pid: process.pid, backend, resumedFromStep });
  recorder.update({ backend });
  if (fallback !== null) recorder.warn(`Computing with ${name}: ${fallback}`);
  return started;
}

async function prepare(recorder: RunRecorder, config: ExperimentConfig): Promise<PreparedDataset> {
  const { run, manifest } = recorder;
  const { dataset, cached, seconds, warnings, checkSource } = await prepareUnchanged(
    run,
    manifest,
    config,
    recorder.stopSignal,
  );
  const summary: DatasetSummary = {
    fingerprint: dataset.fingerprint,
    numUsers: dataset.numUsers,
    numItems: dataset.numItems,
    numInteractions: dataset.items.length,
  };
  const notice = await checkSource();
  for (const warning of [...(notice === null ? [] : [notice]), ...warnings]) recorder.warn(warning);
  recorder.event({ kind: 'dataset', dataset: summary, seconds, cached });
  recorder.update({ dataset: summary, timings: { ...manifest.timings, prepare: seconds } });
  for (const message of newestCountedNotes(dataset, config))
    recorder.event({ kind: 'log', level: 'info', message });
  sayWhatIsRanked(recorder, dataset, config);
  return dataset;
}

/** Says how seen items count, where that is not what the config says alone. @throws TrainingError when no user counts */
function sayWhatIsRanked(
  recorder: RunRecorder,
  dataset: PreparedDataset,
  { evaluation }: ExperimentConfig,
): void {
  const decision = seenRuleText(seenRule(dataset, evaluation));
  if (decision !== null) recorder.event({ kind: 'log', level: 'info', message: decision });
  for (const part of ['validation', 'test'] as const) {
    const text = leftOutText(rankingTask(dataset, part, evaluation));
    if (text !== null) recorder.event({ kind: 'log', level: 'info', message: text });
  }
}

/** Writes vectors of the best checkpoint of a run. The run may be in training. */
async function writeVectors(run: RunDirectory, request: VectorRequest): Promise<VectorReport> {
  const config = await readConfig(run);
  if (!isTrained(config)) {
    throw new TrainingError(
      'vectors/none',
      `The baseline \`${config.model.type}\` has no vectors. Models that have some: ${typesOf((model) => model.kind === 'trained' && model.scoresByProduct)}.`,
    );
  }
  const warn = (message: string) => console.error(message);
  await startBackend(chosenBackend(config, warn), {
    assets: __dirname,
    searchPaths: engineSearchPaths(),
    onWarning: warn,
  });
  const { dataset, checkSource } = await prepareUnchanged(run, await run.readManifest(), config);
  const model = await createModel(config.model, modelDataOf(dataset), config.seed);
  const state = await loadCheckpoint(run.checkpointPath('best'), model.state, null);
  const written = await exportVectors(model, dataset, request);
  return { ...written, epoch: state.earlyStopping.best?.epoch ?? state.epoch, notice: await checkSource() };
}

/** A model without training: fitted, measured on validation and on test. */
async function measureBaseline(recorder: RunRecorder, config: ExperimentConfig): Promise<void> {
  const dataset = await prepare(recorder, config);
  await recorder.setStatus('running');
  const started = performance.now();
  const breathe = () => recorder.breathe();
  const result = await evaluateBaseline(
    baselineOf(config),
    dataset,
    'validation',
    config.evaluation,
    breathe,
  );
  const measured: MeasuredMetrics = { ...NO_TRAINING, metrics: result.metrics };
  const seconds = (performance.now() - started) / 1000;
  recorder.event({ kind: 'validation', ...measured, protocol: result.protocol, best: true, seconds });
  recorder.update({ protocol: result.protocol, last: measured, best: measured });
  await recorder.setStatus('evaluating');
  await testBaseline(recorder, config, dataset);
  await recorder.setStatus('finished');
}

function baselineOf({ model }: ExperimentConfig): BaselineConfig {
  if (isBaseline(model)) return model;
  throw new Error(`${model.type} is no baseline.`);
}

/** Where a model stands that needs no steps. */
const NO_TRAINING = { epoch: 0, step: 0 };

async function testBaseline(
  recorder: RunRecorder,
  config: ExperimentConfig,
  dataset: PreparedDataset,
): Promise<void> {
  await test(recorder, config, dataset, NO_TRAINING, () =>
    evaluateBaseline(baselineOf(config), dataset, 'test', config.evaluation, () => recorder.breathe()),
  );
}

/** Measures the best checkpoint on test. */
async function testModel(
  recorder: RunRecorder,
  config: TrainedConfig,
  dataset: PreparedDataset,
  model: Model,
): Promise<void> {
  const { best } = (await loadCheckpoint(recorder.run.checkpointPath('best'), model.state, null))
    .earlyStopping;
  if (best === null) {
    throw new TrainingError(
      'checkpoint/missing',
      'No epoch of this run was validated, so there is nothing to test.',
    );
  }
  const broken = await nameOfNotFinite(model.state);
  if (broken !== null) {
    throw new TrainingError(
      'checkpoint/not-finite',
      `The weights \`${broken}\` of the best checkpoint are not finite, so there is nothing to test. ` +
        'Train anew with a lower `training.learningRate`.',
    );
  }
  await test(recorder, config, dataset, best, () =>
    evaluateModel(model, dataset, 'test', config.evaluation, () => recorder.breathe()),
  );
  recorder.update({ best });
  const { test: result, warnings, mainMetric } = recorder.manifest;
  const message = result && belowPopularityMessage(result.metrics, result.baselines, mainMetric);
  if (message !== null) recorder.warn(message);
  recorder.update({ warnings: withWarning(warnings, 'result/below-popularity', message) });
}

/** Measures a model and the baselines on test, and stores the metrics and each user's rank. */
async function test(
  recorder: RunRecorder,
  config: ExperimentConfig,
  dataset: PreparedDataset,
  { epoch, step }: Pick<MeasuredMetrics, 'epoch' | 'step'>,
  evaluateOwn: () => Promise<RankingResult>,
): Promise<void> {
  const started = performance.now();
  const own = await evaluateOwn();
  const baselineResults = await evaluateBaselines(dataset, config.evaluation, () => recorder.breathe());
  const seconds = (performance.now() - started) / 1000;

  const baselines: TestResult['baselines'] = {};
  for (const [name, { metrics }] of baselineResults) baselines[name] = metrics;
  const { metrics, protocol } = own;
  const { users } = rankingTask(dataset, 'test', config.evaluation);
  const results = {
    schemaVersion: '1.0',
    epoch,
    step,
    protocol,
    userIds: Array.from(users, (user) => dataset.userIds[user]!),
    model: perUser(own),
    baselines: Object.fromEntries([...baselineResults].map(([name, result]) => [name, perUser(result)])),
  };
  await recorder.run.writeEvaluation('test', results, recorder.settle);
  recorder.event({ kind: 'test', epoch, step, metrics, baselines, protocol, seconds });
  recorder.update({
    test: { epoch, step, metrics, baselines, protocol, evaluatedAt: Date.now() },
    timings: { ...recorder.manifest.timings, evaluate: seconds },
  });
}

function perUser({ metrics, tieBounds, ranks: { best, worst } }: RankingResult): Record<string, unknown> {
  return {
    metrics,
    tieBounds,
    ranks: Array.from(best, (first, user) => (first + worst[user]!) / 2),
    bestRanks: [...best],
    worstRanks: [...worst],
  };
}

/** Puts the whole error into the log and returns what to tell people. Errors of ours carry a code and say what to do. */
function reportFailure(error: unknown): RunError {
  process.exitCode = 1;
  console.error(error);
  const message = errorText(error);
  if (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.includes('/')
  ) {
    return { code: error.code, message };
  }
  // What the system says names its own remedy; all else is a fault of ours, of which the log tells more.
  const told = isSystemError(error) ? message : `Unexpected error: ${message}. Details are in trainer.log.`;
  return { code: 'trainer/unexpected', message: told };
}

main(process.argv[2], process.argv[3], process.argv[4]).catch((error: unknown) => {
  console.error(errorText(error));
  process.exitCode = error instanceof RunBusyError ? BUSY_EXIT_CODE : 1;
});
