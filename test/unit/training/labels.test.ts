import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';
import type { ExperimentConfig, TrainedConfig } from '../../../src/config/schema';
import { modelDataOf } from '../../../src/inference/modelData';
import { unmeasuredText } from '../../../src/inference/evaluateLabels';
import { shownTask } from '../../../src/inference/shownTask';
import { modelProbabilities } from '../../../src/inference/labelScores';
import { createModel, modelSize } from '../../../src/model/createModel';
import type { ModelData } from '../../../src/model/model';
import { readLabeledResults } from '../../../src/runs/labeledFile';
import { readPerUserResults } from '../../../src/runs/perUserFile';
import { createRun, type RunDirectory } from '../../../src/runs/runDirectory';
import { testBaseline, testModel } from '../../../src/training/measureTest';
import { RunRecorder } from '../../../src/training/runRecorder';
import { measureStored } from '../../../src/training/storedTest';
import { TrainingLoop, type TrainingOutcome } from '../../../src/training/trainingLoop';
import { useBackend } from '../compute/useBackend';
import { clickLog } from '../inference/clickLog';

const { dataset, labeled } = clickLog(12, 8);
const SMALL = { embeddingSize: 4, attentionLayers: [8], headLayers: [8], maxSequenceLength: 6 };
const MODELS = {
  din: { type: 'din', ...SMALL, headDropout: 0.2, historyProjection: true },
  'din, as LibRecommender': { type: 'din', preset: 'librecommender', maxSequenceLength: 4 },
  dien: { type: 'dien', ...SMALL },
  'dien, as RecBole': { type: 'dien', preset: 'recbole', maxSequenceLength: 5 },
  sum: { type: 'sum', hiddenSize: 8, slots: 3, layerSizes: [8], maxSequenceLength: 6, minBatchSize: 3 },
};
const METRICS = ['auc', 'gauc', 'logLoss', 'prAuc', 'calibrationError', 'ndcg'];

function configOf(model: object): ExperimentConfig {
  const { config, problems } = parseConfig(
    JSON.stringify({
      dataset: { path: 'log.csv', columns: { label: 'clicked' } },
      model,
      training: { epochs: 2, batchSize: 64, earlyStopping: { patience: null } },
      evaluation: { metrics: METRICS, cutoffs: [3] },
    }),
    'json',
  );
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
}

useBackend('wasm');
let folder: string;
beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'recsight-labels-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const newRun = (config: ExperimentConfig): Promise<RunDirectory> =>
  createRun(path.join(folder, 'runs'), {
    name: 'labels',
    model: config.model.type,
    configPath: path.join(folder, 'labels.recsight.json'),
    config,
    configDigest: '',
    seed: 7,
    mainMetric: 'auc',
    epochs: 2,
    git: null,
    versions: {},
  });

async function withRecorder<Result>(
  run: RunDirectory,
  work: (recorder: RunRecorder) => Promise<Result>,
): Promise<Result> {
  const recorder = await RunRecorder.open(run);
  try {
    await recorder.setStatus('running');
    return await work(recorder);
  } finally {
    await recorder.close();
  }
}

describe.each(Object.entries(MODELS))('%s on labels', (_, options) => {
  const config = configOf(options) as TrainedConfig;

  /** Trains until so many steps are done, or to the end; then it is tested. */
  const trainFor = (run: RunDirectory, steps: number, resume = false): Promise<TrainingOutcome> =>
    withRecorder(run, async (recorder) => {
      const loop = await TrainingLoop.create(config, dataset, recorder);
      if (resume) await loop.restore();
      const append = recorder.event.bind(recorder);
      recorder.event = (body) => {
        append(body);
        if (body.kind === 'step' && --steps === 0) recorder.requestStop();
      };
      const outcome = await loop.run();
      if (outcome === 'completed') await testModel(recorder, config, dataset, loop.model);
      return outcome;
    });

  it('learns, is measured by them, and gives the same numbers when it is resumed', async () => {
    const [whole, parts] = [await newRun(config), await newRun(config)];
    expect(await trainFor(whole, Infinity)).toBe('completed');
    expect(await trainFor(parts, 5)).toBe('stopped');
    expect(await trainFor(parts, Infinity, true)).toBe('completed');

    const { best, test, protocol, progress } = await whole.readManifest();
    const names = [...METRICS.slice(0, -1), 'ndcg@3'];
    expect(Object.keys(best!.metrics)).toEqual(names);
    expect(Object.values(best!.metrics).every(Number.isFinite)).toBe(true);
    expect(protocol).toMatchObject({ candidates: 'shown', shown: { by: 'impression' }, part: 'validation' });
    // All rows of training, whatever their history.
    const numRows = labeled.trainEnd.reduce((sum, end, user) => sum + end - labeled.offsets[user]!, 0);
    expect(progress.stepsPerEpoch).toBe(Math.ceil(numRows / 64));
    expect(Object.keys(test!.baselines)).toEqual(['clickRate', 'logisticRegression']);
    const resumed = await parts.readManifest();
    expect(resumed.best).toEqual(best);
    expect(resumed.test!.metrics).toEqual(test!.metrics);

    const results = (await readLabeledResults(whole, 'test'))!;
    expect(await readLabeledResults(parts, 'test')).toEqual(results);
    expect([...results.rankers.keys()]).toEqual(['model', 'clickRate', 'logisticRegression']);
    expect(results.protocol.numCandidates).toBe(results.shown.labels.length);
    expect(await readPerUserResults(whole, 'test')).toBeNull();
  });
});

it('takes less memory than learning from negatives does', async () => {
  for (const type of ['din', 'dien', 'sum']) {
    const { model } = configOf({ type }) as TrainedConfig;
    const data = modelDataOf({ ...dataset, labeled: null });
    const sizeOf = (of: ModelData) => modelSize(model, { data: of, batchSize: 256, threads: 2 });
    const [labels, negatives] = [await sizeOf({ ...data, labeled: true }), await sizeOf(data)];
    expect(labels.parameters).toBe(negatives.parameters);
    expect(labels.activations).toBeLessThan(negatives.activations);
  }
});

describe('stored results of labels', () => {
  const config = configOf({ type: 'logisticRegression' });

  it('are measured again without the model, to the last bit', async () => {
    const run = await newRun(config);
    await withRecorder(run, (recorder) => testBaseline(recorder, config, dataset));
    const first = (await run.readManifest()).test!;
    const others = {
      ...config,
      evaluation: { ...config.evaluation, metrics: ['auc', 'hr'], cutoffs: [1, 3] },
    };
    await withRecorder(run, async (recorder) => {
      expect(await measureStored(recorder, config, dataset)).toBe(true);
      expect(recorder.manifest.test!.metrics).toEqual(first.metrics);
      expect(await measureStored(recorder, others, dataset)).toBe(true);
    });
    const { metrics } = (await run.readManifest()).test!;
    expect(Object.keys(metrics)).toEqual(['auc', 'hr@1', 'hr@3']);
    expect(metrics.auc).toBe(first.metrics.auc);
  });

  it('that are damaged are refused, and made again', async () => {
    const run = await newRun(config);
    await withRecorder(run, (recorder) => testBaseline(recorder, config, dataset));
    const file = path.join(run.evaluationPath, 'test-labels.safetensors');
    const bytes = await readFile(file);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(file, bytes);
    await expect(readLabeledResults(run, 'test')).rejects.toMatchObject({ code: 'run/corrupt' });
    await rm(file);
    await expect(readLabeledResults(run, 'test')).rejects.toThrow('it is missing');
    await withRecorder(run, async (recorder) =>
      expect(await measureStored(recorder, config, dataset)).toBe(false),
    );
  });
});

describe('probabilities of shown items', () => {
  it('are those of each row alone, and the same each time', async () => {
    const model = await createModel((configOf(MODELS.dien) as TrainedConfig).model, modelDataOf(dataset), 3);
    const task = shownTask(dataset, labeled, 'test', { cutoffs: [3], maxValidationUsers: null });
    const together = await modelProbabilities(model, task, () => undefined);
    expect(await modelProbabilities(model, task, () => undefined)).toEqual(together);
    for (const row of [0, 1, 17, together.length - 1]) {
      const { users, items, labels } = task.shown;
      const shown = {
        users: users.slice(row, row + 1),
        items: items.slice(row, row + 1),
        labels: labels.slice(row, row + 1),
        impressions: null,
      };
      const alone = await modelProbabilities(
        model,
        { ...task, shown, history: () => task.history(row) },
        () => undefined,
      );
      expect(alone[0]).toBeCloseTo(together[row]!, 6);
    }
    model.dispose();
  });

  it('of some users only, where validation has a limit', () => {
    const some = shownTask(dataset, labeled, 'validation', { cutoffs: [3], maxValidationUsers: 5 });
    expect(some.protocol.numUsers).toBe(5);
    const all = shownTask(dataset, labeled, 'test', { cutoffs: [3], maxValidationUsers: 5 });
    expect(all.protocol.numUsers).toBe(12);
    // The clicks before the row, in all parts.
    const [first] = all.shown.users;
    expect(all.history(0).length).toBeGreaterThan(dataset.trainEnd[first!]! - dataset.offsets[first!]!);
  });

  it('have no value in some metrics where no list has both labels', () => {
    const evaluation = { metrics: ['auc', 'gauc', 'ndcg'], cutoffs: [3] };
    const textOf = (changed: Partial<typeof labeled>, part: 'validation' | 'test', main: string) => {
      const rows = { ...labeled, ...changed };
      const task = shownTask(dataset, rows, part, { cutoffs: [3], maxValidationUsers: null });
      return unmeasuredText(task, evaluation, main);
    };
    expect(textOf({}, 'validation', 'ndcg@3')).toBeNull();
    const alone = { impressions: Uint32Array.from(labeled.items.keys()) };
    const reason = /^NDCG@3 cannot be computed on (validation|test): none of the \d+ impressions there has/;
    expect(textOf(alone, 'validation', 'auc')).toMatch(reason);
    expect(textOf(alone, 'test', 'ndcg@3')).toMatch(reason);
    expect(() => textOf(alone, 'validation', 'ndcg@3')).toThrow(reason);
    const userOf = Array.from(labeled.items.keys(), (row) =>
      labeled.offsets.findLastIndex((at) => at <= row),
    );
    const ofUsers = { impressions: null, labels: Uint8Array.from(userOf, (user) => user % 2) };
    expect(() => textOf(ofUsers, 'validation', 'gauc')).toThrow(
      'GAUC and NDCG@3 cannot be computed on validation: no user was shown items with both labels there. Hold more out, ' +
        'or select the epoch by another metric: `training.earlyStopping.metric`.',
    );
  });

  it('are not measured where all rows have one label', () => {
    const none = { ...labeled, labels: labeled.labels.map(() => 0) };
    expect(() => shownTask(dataset, none, 'test', { cutoffs: [3], maxValidationUsers: null })).toThrow(
      'All 48 rows held out for test have the label 0, and metrics compare those of both.',
    );
  });
});
