import { isCodePath } from '../protocol/codePath';
import type { ExperimentConfig, TrainedConfig } from '../config/schema';
import type { OwnMetrics } from '../evaluation/metrics/metrics';
import type { TrainedImplementation } from '../model/description';
import { describedModel, type TrainedModelConfig } from '../model/models';
import type { RunDirectory } from '../runs/runDirectory';
import { openOwnMetrics } from '../userCode/openOwnMetrics';
import { openOwnModel, type OwnImplementation } from '../userCode/openOwnModel';
import { changedFiles, readRunCode } from '../userCode/runCode';
import { InferenceError } from './inferenceError';

/** What builds the model of a run: one of ours, or what its user wrote. */
export type RunModel = TrainedImplementation<TrainedModelConfig> | OwnImplementation;

/** Whether the user wrote it. */
export function isOwn(model: RunModel): model is OwnImplementation {
  return 'file' in model;
}

/**
 * What builds the model of a run. Code of its user is taken from the run, and run.
 * @throws CodeError where the user has not agreed to run it, or it fails
 */
export async function openRunModel(run: RunDirectory, { model }: TrainedConfig): Promise<RunModel> {
  if (!isCodePath(model.type)) return describedModel(model).load();
  const code = await readRunCode(run);
  if (code === null) throw codeMissing(run, model.type);
  return openOwnModel(code, model.type);
}

/**
 * The metrics of its user that a run is measured by, by their names in the config; none where it has none.
 * @throws CodeError as {@link openRunModel} does
 */
export async function openRunMetrics(
  run: RunDirectory,
  { evaluation }: Pick<ExperimentConfig, 'evaluation'>,
): Promise<OwnMetrics> {
  const names = evaluation.metrics.filter(isCodePath);
  if (names.length === 0) return new Map();
  const code = await readRunCode(run);
  if (code === null) throw codeMissing(run, names[0]!);
  return openOwnMetrics(code, names);
}

function codeMissing(run: RunDirectory, name: string): InferenceError {
  return new InferenceError(
    'code/missing',
    `The code of \`${name}\` is missing from the run: there is no code.json in ${run.path}. Restore it, or start a new run.`,
  );
}

/** What to tell people where the code of a run is no longer that of the workspace; null where it is, or the run has none. */
export async function codeNotice(run: RunDirectory): Promise<string | null> {
  const code = await readRunCode(run);
  const changed = code === null ? [] : await changedFiles(code);
  if (changed.length === 0) return null;
  const names = changed.map((file) => `\`${file}\``).join(', ');
  return `${names} ${changed.length === 1 ? 'has' : 'have'} changed in the workspace since this run was started: the source that the run keeps is used.`;
}
