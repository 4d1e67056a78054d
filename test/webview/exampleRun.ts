import type { RunEvent, RunEventBody } from '../../src/protocol/events';
import type { EvaluationProtocol } from '../../src/protocol/evaluation';
import { endedEarly, type RunManifest, type RunStatus, type RunSummary } from '../../src/protocol/run';
import type { RunSettings } from '../../src/protocol/runSettings';

/*
 * A run that never was, as input of the page's tests: its curves have the shapes of real ones, from a fixed seed.
 */

export const START = Date.UTC(2026, 10, 22, 9, 0, 0);
export const STEPS_PER_EPOCH = 60;

const protocol: EvaluationProtocol = {
  split: 'leaveOneOut',
  part: 'validation',
  candidates: 'full',
  numCandidates: 3629,
  filterSeen: true,
  ties: 'expectation',
  cutoffs: [5, 10],
  numUsers: 4096,
};
const backend = { name: 'wasm', device: 'cpu', threads: 2, version: 'RecSight kernels 0.1.0' };
const memory = {
  parameters: 0.9e6,
  gradients: 0.9e6,
  optimizer: 1.8e6,
  activations: 61e6,
  tensors: 77e6,
  total: 277e6,
  available: 20.1e9,
};

/** Events of a run that got as far as `epochs`, or a little further. */
export function exampleEvents(epochs: number, stepsPerEpoch = STEPS_PER_EPOCH, extraSteps = 0): RunEvent[] {
  const random = randomNumbers(7);
  const bodies: [RunEventBody, number][] = [[{ kind: 'started', pid: 4711, backend, resumedFromStep: 0 }, 0]];
  let time = 4000;
  let best = 0;
  const step = (epoch: number, number: number): void => {
    time += 240 + 40 * random();
    const loss = 4.2 + 3.8 * Math.exp(-number / (3 * stepsPerEpoch)) + 0.5 * (random() - 0.5);
    bodies.push([
      { kind: 'step', epoch, step: number, loss, sequencesPerSecond: 3400 + 500 * (random() - 0.5) },
      time,
    ]);
    if (number % 8 === 0) {
      bodies.push([
        {
          kind: 'system',
          rssBytes: 4.1e8 + 9e7 * (1 - Math.exp(-number / 90)) + 2e7 * random(),
          cpu: 1.6 + 0.35 * random(),
        },
        time,
      ]);
    }
  };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let i = 1; i <= stepsPerEpoch; i++) step(epoch, (epoch - 1) * stepsPerEpoch + i);
    const at = epoch * stepsPerEpoch;
    const ndcg = exampleNdcg(epoch) + 0.002 * (random() - 0.5);
    time += 900;
    bodies.push([{ kind: 'epoch', epoch, step: at, loss: 5, seconds: 16 }, time]);
    bodies.push([
      {
        kind: 'validation',
        epoch,
        step: at,
        metrics: exampleMetrics(ndcg),
        protocol,
        best: ndcg > best,
        seconds: 0.9,
      },
      time,
    ]);
    bodies.push([{ kind: 'checkpoint', epoch, step: at, which: 'last' }, time]);
    best = Math.max(best, ndcg);
  }
  for (let i = 1; i <= extraSteps; i++) step(epochs + 1, epochs * stepsPerEpoch + i);
  return bodies.map(([body, after], seq) => ({ v: 1, seq, time: START + Math.round(after), ...body }));
}

/** A manifest in the given status; `changes` replace top-level fields. */
export function exampleRun(status: RunStatus, epoch: number, changes: Partial<RunManifest> = {}): RunSummary {
  const measured = (at: number) => ({
    epoch: at,
    step: at * STEPS_PER_EPOCH,
    metrics: exampleMetrics(exampleNdcg(at)),
  });
  const preparing = status === 'preparing';
  const finished = status === 'finished';
  const bestEpoch = Math.min(epoch, 17);
  return {
    directory: '/workspace/.recsight/runs/20261122-090000-sasrec-movietweetings-3fa1',
    status,
    resumable: endedEarly(status) && epoch > 0,
    manifest: {
      schemaVersion: '1.0',
      id: '20261122-090000-sasrec-movietweetings-3fa1',
      name: 'sasrec-movietweetings',
      model: 'sasrec',
      status: status === 'lost' ? 'running' : status,
      createdAt: START - 2000,
      updatedAt: START + 60_000,
      finishedAt: finished ? START + 320_000 : null,
      configPath: 'sasrec-movietweetings.recsight.json',
      configDigest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      seed: 42,
      dataset: preparing
        ? null
        : {
            fingerprint: '2c26b46b68ffc68ff99b453c1d304134',
            numUsers: 4096,
            numItems: 3629,
            numInteractions: 119_873,
          },
      protocol: preparing ? null : protocol,
      mainMetric: 'ndcg@10',
      progress: {
        epoch,
        epochs: 20,
        step: epoch * STEPS_PER_EPOCH,
        stepsPerEpoch: preparing ? 0 : STEPS_PER_EPOCH,
        batchUnit: 'sequences',
        remainingMs: status === 'running' ? 72_000 : null,
        loss: epoch > 0 ? 4.6312 : null,
      },
      best: epoch > 0 ? measured(bestEpoch) : null,
      last: epoch > 0 ? measured(epoch) : null,
      test: null,
      git: { commit: '8b1a9953c4611296a827abf8c47804d7e6b1c2aa', dirty: true },
      versions: { recsight: '0.1.0', node: '24.2.0' },
      backend: preparing ? null : backend,
      ...(preparing ? {} : { memory }),
      timings: { prepare: 2.1, train: 16 * epoch, evaluate: finished ? 3.4 : 0 },
      error: null,
      ...changes,
    },
  };
}

/** A finished run of a model without training. */
export function exampleBaseline(): RunSummary {
  const run = exampleRun('finished', 0, { name: 'markov', model: 'markov' });
  const { progress } = run.manifest;
  const metrics = exampleMetrics(0.108);
  const test = { ...exampleTest(), epoch: 0, step: 0, metrics };
  const manifest = { ...run.manifest, progress: { ...progress, epochs: 0 }, backend: null, test };
  delete manifest.memory;
  return { ...run, manifest };
}

/** What the test split said; with `share` < 1 the model is worse than the baselines. */
export function exampleTest(share = 1): NonNullable<RunManifest['test']> {
  return {
    epoch: 19,
    step: 19 * STEPS_PER_EPOCH,
    metrics: exampleMetrics(0.1213 * share),
    baselines: {
      popularity: exampleMetrics(0.079),
      itemKnn: exampleMetrics(0.094),
      markov: exampleMetrics(0.108),
    },
    protocol: { ...protocol, part: 'test' },
    evaluatedAt: START + 320_000,
  };
}

/** Settings of a run as the extension tells them, some of them unlike those of its group. */
export function exampleSettings(): RunSettings {
  const usual = (path: string, value: string) => ({ path, value, usual: value, differs: false });
  return {
    settings: [
      usual('seed', '42'),
      usual('dataset.path', 'a-folder-with-a-long-name/interactions-of-all-users-since-2010.csv.gz'),
      usual('model.type', 'sasrec'),
      { path: 'model.hiddenSize', value: '128', usual: '64', differs: true },
      usual('model.numBlocks', '2'),
      { path: 'model.attentionOutputDropout', value: '0.25', usual: 'null', differs: true },
      usual('model.loss.type', 'crossEntropy'),
      { path: 'model.loss.numNegatives', value: null, usual: '256', differs: true },
      usual('evaluation.cutoffs', '[5,10,20]'),
    ],
    usual: { of: 'runs', numRuns: 4 },
  };
}

function exampleNdcg(epoch: number): number {
  return 0.125 * (1 - Math.exp(-epoch / 4)) - 0.0004 * Math.max(0, epoch - 14);
}

function exampleMetrics(ndcg: number): Record<string, number> {
  return {
    'ndcg@10': ndcg,
    'hr@10': 1.86 * ndcg,
    'ndcg@5': 0.83 * ndcg,
    'hr@5': 1.27 * ndcg,
    mrr: 0.78 * ndcg,
  };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
