import { changeConfig } from '../../config/changeConfig';
import { configDigest } from '../../config/configFile';
import { isTrained, type ExperimentConfig } from '../../config/schema';
import { countOf } from '../../protocol/countOf';
import type { MeasuredMetrics } from '../../protocol/run';
import { readState } from '../../runs/checkpointState';
import { labelsOf, measureBaselineByLabels } from '../../inference/evaluateLabels';
import { evaluateBaseline } from '../../inference/evaluateModel';
import { shownTask } from '../../inference/shownTask';
import { baselineOf, NO_TRAINING, testBaseline, testModel } from '../measureTest';
import { checkMemory, estimateMemory, tellMemory } from '../memoryEstimate';
import { learnedData } from '../../inference/learnedData';
import { modelDataOf } from '../../inference/modelData';
import { readConfig } from '../../inference/openRun';
import { isOwn, openRunMetrics, openRunModel } from '../../inference/runModel';
import { readOwnCodeOf } from '../../userCode/runDeclarations';
import { prepare, startEngine, tellChangedCode, tellChanges } from '../prepareRun';
import type { RunRecorder } from '../runRecorder';
import { TrainingError } from '../trainingError';
import { TrainingLoop } from '../trainingLoop';
import { workOnRun } from './workOnRun';

/** `train`: the first process of a run. */
export function train(directory: string): Promise<void> {
  return workOnRun(directory, async (recorder) =>
    runTraining(recorder, await readConfig(recorder.run), false),
  );
}

/** `resume`: takes up a run that was stopped, failed or lost, with what is changed for it. */
export function resume(directory: string, overrides: readonly string[]): Promise<void> {
  return workOnRun(directory, async (recorder) => {
    await tellChangedCode(recorder);
    await runTraining(recorder, await changeRun(recorder, overrides), true);
  });
}

/** Trains until the planned end, early stopping or a request; at a planned end reads the test split, once. */
async function runTraining(
  recorder: RunRecorder,
  config: ExperimentConfig,
  resuming: boolean,
): Promise<void> {
  await recorder.setStatus('preparing');
  if (!isTrained(config)) {
    await measureBaseline(recorder, config);
    return;
  }
  const checkpoint = resuming ? await readState(recorder.run.checkpointPath('last')) : null;
  if (resuming && checkpoint === null) beginAnew(recorder);
  const engine = await startEngine(recorder, config, checkpoint?.step ?? 0);
  const implementation = await openRunModel(recorder.run, config);
  const dataset = await prepare(recorder, config);
  const data = modelDataOf(learnedData(dataset, config.training));
  if (!resuming) await tellRefit(recorder);
  const { batchSize } = config.training;
  const size = implementation.size(config.model, { data, batchSize, threads: engine.threads });
  const memory = estimateMemory(config, size);
  // What an own model takes, its first step shows.
  if (isOwn(implementation)) recorder.update({ memory });
  else tellMemory(recorder, memory);
  checkMemory(memory, engine.memoryLimit ?? null);
  const loop = await TrainingLoop.create(config, dataset, recorder, implementation);
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

/** Says what a refit trains; nothing of other runs. */
async function tellRefit(recorder: RunRecorder): Promise<void> {
  const { refitOf } = recorder.manifest;
  if (refitOf === undefined) return;
  const { run, epochs, unfinished } = refitOf;
  const message = `This is a refit of ${run}: ${countOf(epochs, 'epoch')}, as validation chose there, on training and validation together. Nothing is validated.`;
  recorder.event({ kind: 'log', level: 'info', message });
  await tellChangedCode(recorder);
  if (unfinished)
    recorder.warn(`The training of ${run} had not come to its end: a later epoch might have been better.`);
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
    message: 'The run has no checkpoint: training starts again from the first step.',
  });
  recorder.update({ progress: { ...progress, step: 0, remainingMs: null, loss: null } });
}

/** Puts what was changed for a resume into the run, which goes on with it. */
async function changeRun(recorder: RunRecorder, overrides: readonly string[]): Promise<ExperimentConfig> {
  const { run, manifest } = recorder;
  if (overrides.length === 0) return readConfig(run);
  const own = await readOwnCodeOf(run);
  const { config, changes } = changeConfig(await run.readConfig(), overrides, 'resume', own);
  if (changes.length === 0) return config;
  await run.writeConfig(config, recorder.settle);
  const { epochs } = config.training;
  const progress = isTrained(config) ? { ...manifest.progress, epochs } : manifest.progress;
  recorder.update({ configDigest: configDigest(config), progress });
  tellChanges(recorder, 'From here on', changes);
  return config;
}

/** A model without training: fitted, measured on validation and on test. */
async function measureBaseline(recorder: RunRecorder, config: ExperimentConfig): Promise<void> {
  const dataset = await prepare(recorder, config);
  await recorder.setStatus('running');
  const started = performance.now();
  const letEventsIn = () => recorder.letEventsIn();
  const baseline = { ...config, model: baselineOf(config) };
  const metrics = await openRunMetrics(recorder.run, config);
  const labeled = labelsOf(config, dataset);
  const result =
    labeled === null
      ? await evaluateBaseline(baseline, dataset, 'validation', letEventsIn, metrics)
      : await measureBaselineByLabels(
          baseline,
          dataset,
          shownTask(dataset, labeled, 'validation', config.evaluation),
          letEventsIn,
          metrics,
        );
  const measured: MeasuredMetrics = { ...NO_TRAINING, metrics: result.metrics };
  const seconds = (performance.now() - started) / 1000;
  recorder.event({ kind: 'validation', ...measured, protocol: result.protocol, best: true, seconds });
  recorder.update({ protocol: result.protocol, last: measured, best: measured });
  await recorder.setStatus('evaluating');
  await testBaseline(recorder, config, dataset);
  await recorder.setStatus('finished');
}
