import { startBackend } from '../../compute/engine';
import { isTrained } from '../../config/schema';
import { typesOf } from '../../model/models';
import type { VectorReport, VectorRequest } from '../../protocol/vectors';
import { RunDirectory } from '../../runs/runDirectory';
import { loadCheckpoint } from '../../inference/checkpoint';
import { exportVectors } from '../exportVectors';
import { learnedData } from '../../inference/learnedData';
import { modelDataOf } from '../../inference/modelData';
import { chosenBackend, engineSearchPaths, prepareUnchanged, readConfig } from '../../inference/openRun';
import { codeNotice, openRunModel } from '../../inference/runModel';
import { TrainingError } from '../trainingError';

/** `vectors`: writes vectors of the best checkpoint of a run, which may be in training. Changes nothing in the run. */
export async function vectors(directory: string, request: VectorRequest): Promise<VectorReport> {
  // Not the default end, which would leave a half-written file.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
  const run = new RunDirectory(directory);
  const config = await readConfig(run);
  if (!isTrained(config)) {
    throw new TrainingError(
      'vectors/none',
      `The baseline \`${config.model.type}\` has no vectors. Models that do: ${typesOf((model) => model.kind === 'trained' && model.scoresByProduct)}.`,
    );
  }
  const warn = (message: string) => console.error(message);
  await startBackend(chosenBackend(config, warn), {
    assets: __dirname,
    searchPaths: engineSearchPaths(),
    onWarning: warn,
  });
  const implementation = await openRunModel(run, config);
  const { dataset, checkSource } = await prepareUnchanged(run, await run.readManifest(), config);
  const model = implementation.create(
    config.model,
    modelDataOf(learnedData(dataset, config.training)),
    config.seed,
  );
  const state = await loadCheckpoint(run.checkpointPath('best'), model.state, null);
  const written = await exportVectors(model, dataset, request);
  const notices = [await checkSource(), await codeNotice(run)].filter((notice) => notice !== null);
  const notice = notices.length === 0 ? null : notices.join('\n');
  return { ...written, epoch: state.earlyStopping.best?.epoch ?? state.epoch, notice };
}
