import { endedEarly, type RunManifest, type RunStatus, type RunSummary } from '../../../src/protocol/run';
import type { RunSettings } from '../../../src/protocol/runSettings';

/** A run to look at, finished unless told otherwise. */
export function makeRun(
  changes: Partial<RunManifest> = {},
  status: RunStatus = changes.status ?? 'finished',
): RunSummary {
  const id = changes.id ?? '20261122-120000-sasrec-3f2a';
  const manifest: RunManifest = {
    schemaVersion: '1.0',
    id,
    name: 'sasrec',
    model: 'sasrec',
    status: status === 'lost' ? 'running' : status,
    createdAt: 1_000_000,
    updatedAt: 2_000_000,
    finishedAt: 2_000_000,
    configPath: 'sasrec.recsight.json',
    configDigest: 'd1',
    seed: 42,
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
    mainMetric: 'ndcg@10',
    progress: { epoch: 7, epochs: 20, step: 700, stepsPerEpoch: 100, remainingMs: 72_000, loss: 0.4312 },
    best: null,
    last: null,
    test: null,
    git: null,
    versions: {},
    backend: null,
    timings: { prepare: 1, train: 60, evaluate: 0 },
    error: null,
    ...changes,
  };
  const resumable = endedEarly(status) && manifest.progress.epoch > 0;
  return { directory: `/ws/.recsight/runs/${id}`, manifest, status, resumable };
}

/** The `best` field of a run that reached this NDCG@10. */
export function reached(value: number): Pick<RunManifest, 'best'> {
  return { best: { epoch: 6, step: 600, metrics: { 'ndcg@10': value } } };
}

export const NO_SETTINGS: RunSettings = { settings: [], usual: { of: 'defaults' } };
