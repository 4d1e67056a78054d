import path from 'node:path';
import { defaultConfig } from '../../../src/config/schema';
import type { RecordedStatus } from '../../../src/protocol/run';
import { createRun, runsDirectoryOf, type RunDirectory } from '../../../src/runs/runDirectory';

/** Makes a run of SASRec that nobody trained, for lists: 3 of 20 epochs long unless it finished. */
export async function listedRun(
  folder: string,
  name: string,
  model: object,
  { createdAt, status, ndcg = 0.05 }: { createdAt: number; status: RecordedStatus; ndcg?: number },
): Promise<RunDirectory> {
  const defaults = defaultConfig('sasrec')!;
  const config = { ...defaults, name, model: { ...defaults.model, ...model } };
  const run = await createRun(runsDirectoryOf(folder), {
    name,
    model: 'sasrec',
    configPath: path.join(folder, `${name}.recsight.json`),
    config,
    configDigest: JSON.stringify(model),
    seed: 42,
    mainMetric: 'ndcg@10',
    epochs: 20,
    git: null,
    versions: {},
  });
  const epoch = status === 'finished' ? 20 : 3;
  const measured = { epoch, step: 100 * epoch, metrics: { 'ndcg@10': ndcg } };
  const isActive = status === 'running';
  const progress = { epoch, epochs: 20, step: 100 * epoch, stepsPerEpoch: 100, loss: 4.2 };
  await run.writeManifest({
    ...(await run.readManifest()),
    createdAt,
    status,
    finishedAt: isActive ? null : createdAt + 60_000,
    updatedAt: createdAt + 60_000,
    dataset: { fingerprint: 'f1', numUsers: 1000, numItems: 300, numInteractions: 25_000 },
    protocol: {
      split: 'leaveOneOut',
      part: 'validation',
      candidates: 'full',
      numCandidates: 300,
      filterSeen: true,
      ties: 'expectation',
      cutoffs: [10],
      numUsers: 1000,
    },
    progress: { ...progress, remainingMs: isActive ? 72_000 : null },
    best: measured,
    last: measured,
    error:
      status === 'failed'
        ? { code: 'training/diverged', message: 'The loss is NaN at epoch 4, step 312.' }
        : null,
  });
  return run;
}
