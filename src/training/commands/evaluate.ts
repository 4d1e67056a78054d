import { changeConfig } from '../../config/changeConfig';
import { isTrained, type ExperimentConfig } from '../../config/schema';
import { readState, type TrainingState } from '../../runs/checkpointState';
import { RunBusyError } from '../../runs/runErrors';
import { EarlyStopping } from '../earlyStopping';
import { testBaseline, testModel } from '../measureTest';
import { learnedData } from '../../inference/learnedData';
import { modelDataOf } from '../../inference/modelData';
import { readConfig } from '../../inference/openRun';
import { openRunModel } from '../../inference/runModel';
import { readOwnCodeOf } from '../../userCode/runDeclarations';
import { measureStored } from '../storedTest';
import { prepare, startEngine, tellChangedCode, tellChanges } from '../prepareRun';
import type { RunRecorder } from '../runRecorder';
import { StopRequested } from '../stopRequested';
import { reportFailure, workOnRun } from './workOnRun';

/** `evaluate`: measures the best checkpoint of an ended run on test. */
export function evaluate(directory: string, overrides: readonly string[]): Promise<void> {
  return workOnRun(directory, (recorder) => evaluateBest(recorder, overrides));
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
    await tellChangedCode(recorder);
    const config = await evaluationConfig(recorder, overrides);
    if (isTrained(config))
      finished ||= trainingIsComplete(await readState(recorder.run.checkpointPath('last')), config);
    const dataset = await prepare(recorder, config);
    // Whoever changes nothing wants the test done again.
    const isMeasured = overrides.length > 0 && (await measureStored(recorder, config, dataset));
    if (isMeasured) {
      // Nothing is left to do.
    } else if (isTrained(config)) {
      await startEngine(recorder, config, 0);
      const implementation = await openRunModel(recorder.run, config);
      const model = implementation.create(
        config.model,
        modelDataOf(learnedData(dataset, config.training)),
        config.seed,
      );
      await testModel(recorder, config, dataset, model);
    } else {
      await testBaseline(recorder, config, dataset);
    }
  } catch (error) {
    if (error instanceof RunBusyError) throw error;
    if (error instanceof StopRequested) recorder.warn('The evaluation was stopped before it finished.');
    else recorder.event({ kind: 'log', level: 'error', message: reportFailure(error).message });
  }
  if (recorded === 'failed') await recorder.setStatus('failed', trainingError);
  else await recorder.setStatus(finished ? 'finished' : 'stopped');
}

/** The config of one evaluation. The run keeps its own: by that its epochs are compared. The result says its protocol. */
async function evaluationConfig(
  recorder: RunRecorder,
  overrides: readonly string[],
): Promise<ExperimentConfig> {
  if (overrides.length === 0) return readConfig(recorder.run);
  const { config, changes } = changeConfig(
    await recorder.run.readConfig(),
    overrides,
    'evaluate',
    await readOwnCodeOf(recorder.run),
  );
  tellChanges(recorder, 'For this evaluation', changes);
  return config;
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
