import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { configSchema, type TrainedConfig } from '../../../src/config/schema';
import { rankByScores } from '../../../src/inference/rankByScores';
import { createModel } from '../../../src/model/createModel';
import type { Model, ProductScoring, Query, Scoring } from '../../../src/model/model';
import { createRun, type RunDirectory } from '../../../src/runs/runDirectory';
import { evaluateModel, rankingTask } from '../../../src/inference/evaluateModel';
import { queryOf } from '../../../src/inference/query';
import { modelDataOf } from '../../../src/inference/modelData';
import { ModelRanker } from '../../../src/inference/modelRanker';
import { RunRecorder } from '../../../src/training/runRecorder';
import { decodeSafetensors } from '../../../src/formats/safetensors';
import { TrainingLoop, type TrainingOutcome } from '../../../src/training/trainingLoop';
import { useBackend } from '../compute/useBackend';
import { datasetOf, tinyDataset, withFeatures, withTimes } from '../inference/tinyDataset';

/* What holds for every model that is trained, whatever it is. */

type ModelInput = z.input<typeof configSchema>['model'];

/** With dropout, running statistics and side features wherever a model has them. */
const MODELS: Record<string, ModelInput> = {
  sasrec: { type: 'sasrec', maxSequenceLength: 8, hiddenSize: 8, numBlocks: 1, dropout: 0.2 },
  'sasrec, BCE': {
    type: 'sasrec',
    maxSequenceLength: 8,
    hiddenSize: 8,
    numBlocks: 1,
    loss: { type: 'bce', numNegatives: 2 },
  },
  'sasrec, eSASRec': {
    type: 'sasrec',
    maxSequenceLength: 8,
    hiddenSize: 8,
    numBlocks: 1,
    activation: 'swiglu',
    feedForwardBias: false,
    gatedResiduals: true,
    loss: { type: 'sampledSoftmax', numNegatives: 4 },
  },
  gru4rec: { type: 'gru4rec', maxSequenceLength: 8, embeddingSize: 8, hiddenSize: 8, embeddingDropout: 0.2 },
  bert4rec: { type: 'bert4rec', maxSequenceLength: 8, hiddenSize: 8, numBlocks: 1, dropout: 0.2 },
  hstu: { type: 'hstu', maxSequenceLength: 8, hiddenSize: 8, numBlocks: 1, dropout: 0.2 },
  'hstu, target time, as research': {
    type: 'hstu',
    maxSequenceLength: 8,
    hiddenSize: 8,
    numHeads: 2,
    timeBias: 'target',
    affineNorm: false,
    finalNorm: false,
    positions: 'fromOldest',
    loss: { type: 'sampledSoftmax', numNegatives: 4, temperature: 0.05, normalize: true },
  },
  'bert4rec, BPR, as RecBole': {
    type: 'bert4rec',
    maxSequenceLength: 8,
    hiddenSize: 8,
    numBlocks: 1,
    normalization: 'post',
    positions: 'fromOldest',
    maskLastProbability: 0.5,
    supervision: 'newest',
    oldestItem: 'lost',
    loss: { type: 'bpr', numNegatives: 2 },
  },
  sum: {
    type: 'sum',
    maxSequenceLength: 6,
    hiddenSize: 8,
    slots: 3,
    layerSizes: [8],
    batchNorm: true,
    dropout: 0.2,
    userEmbeddingSize: 4,
  },
  din: {
    type: 'din',
    maxSequenceLength: 6,
    embeddingSize: 4,
    attentionLayers: [6],
    headLayers: [8],
    headBatchNorm: 'beforeActivation',
    headDropout: 0.2,
  },
  dien: {
    type: 'dien',
    maxSequenceLength: 6,
    embeddingSize: 4,
    attentionLayers: [6],
    auxiliaryLayers: [6],
    auxiliaryBatchNorm: true,
    headLayers: [8],
    headDropout: 0.2,
  },
  twoTower: {
    type: 'twoTower',
    embeddingSize: 4,
    hiddenSizes: [8, 4],
    dropout: 0.2,
    selfSupervised: 'cfm',
    idDropout: 0.1,
  },
  'twoTower, no user ids': {
    type: 'twoTower',
    embeddingSize: 4,
    hiddenSizes: [8, 4],
    maxSequenceLength: 3,
    userIds: false,
    userFeatures: [],
  },
  'twoTower, no history': { type: 'twoTower', embeddingSize: 4, hiddenSizes: [8, 4], maxSequenceLength: 0 },
  'twoTower, max-margin': {
    type: 'twoTower',
    embeddingSize: 4,
    hiddenSizes: [8, 4],
    loss: { type: 'maxMargin' },
  },
  bprMf: { type: 'bprMf', embeddingSize: 8, l2: 0.01 },
  'bprMf, RecBole': {
    type: 'bprMf',
    preset: 'recbole',
    embeddingSize: 8,
    itemBias: false,
    sigmoidEpsilon: 1e-10,
  },
};

const dataset = withTimes(withFeatures(tinyDataset(40)));

function configOf(model: ModelInput): TrainedConfig {
  return configSchema.parse({
    seed: 7,
    dataset: {
      path: 'unused.csv',
      items: { path: 'unused.csv', features: { category: 'category', tags: 'multi' } },
      users: { path: 'unused.csv', features: { age: 'number', group: 'category' } },
    },
    model,
    training: { epochs: 2, batchSize: 32, learningRate: 0.01, earlyStopping: { patience: null } },
  }) as TrainedConfig;
}

/** Some for items that nobody did. */
const timesOf = (histories: readonly Uint32Array[]): Float64Array[] =>
  histories.map((history) => Float64Array.from(history, (_, place) => 1000 * place));

const isFinite = (values: Iterable<number>): boolean => [...values].every(Number.isFinite);

/** Scores of all items, `[query.size][numItems]`, whatever kind the scoring is. */
function scoresOf(model: Model, query: Query): number[][] {
  return tf.tidy(() => {
    const scoring = model.scoring(query);
    return (scoring.kind === 'joint' ? scoring.score(allItems()) : products(scoring)).arraySync();
  });
}

/** The same model, which says that pairs take so much that ranking asks for the scores of one item at a time. */
function oneByOne(model: Model): Model {
  const { variables, state, batches, embeddings, attentions } = model;
  return {
    ...{ variables, state, batches, embeddings, attentions },
    loss: (batch, random) => model.loss(batch, random),
    scoring: (...asked) => {
      const scoring = model.scoring(...asked);
      return scoring.kind === 'joint' ? { ...scoring, valuesPerPair: 1e9 } : scoring;
    },
    dispose: () => model.dispose(),
  };
}

const allItems = (): Int32Array => Int32Array.from({ length: dataset.numItems }, (_, place) => place + 1);

function products({ states, items, bias }: ProductScoring): tf.Tensor2D {
  const scores: tf.Tensor2D = tf.matMul(states, items, false, true);
  return bias === undefined ? scores : tf.add(scores, bias);
}

describe.each(Object.entries(MODELS))('%s', (_, modelConfig) => {
  useBackend('wasm');
  const settings = configOf(modelConfig);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-models-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const newRun = (): Promise<RunDirectory> =>
    createRun(folder, {
      name: 'tiny',
      model: settings.model.type,
      configPath: path.join(folder, 'tiny.recsight.json'),
      config: settings,
      configDigest: '',
      seed: 7,
      mainMetric: 'ndcg@10',
      epochs: 2,
      git: null,
      versions: {},
    });

  /** Trains until so many steps from here are done, or to the end, in a loop of its own as a new process would. */
  async function trainFor(run: RunDirectory, steps: number, resume = false): Promise<TrainingOutcome> {
    const recorder = await RunRecorder.open(run);
    try {
      const loop = await TrainingLoop.create(settings, dataset, recorder);
      if (resume) await loop.restore();
      await recorder.setStatus('running');
      const append = recorder.event.bind(recorder);
      recorder.event = (body) => {
        append(body);
        if (body.kind === 'step' && --steps === 0) recorder.requestStop();
      };
      return await loop.run();
    } finally {
      await recorder.close();
    }
  }

  /** Every file of both checkpoints: weights with running statistics, and the optimizer's state. */
  async function checkpointsOf(run: RunDirectory): Promise<unknown[]> {
    const checkpoints = (['last', 'best'] as const).map(async (which) => {
      const directory = run.checkpointPath(which);
      const state = JSON.parse(await readFile(path.join(directory, 'state.json'), 'utf8')) as {
        files: Record<string, string | null>;
      };
      return Promise.all(
        Object.entries(state.files).map(async ([kind, file]) => [
          kind,
          file === null ? null : decodeSafetensors(await readFile(path.join(directory, file))),
        ]),
      );
    });
    return Promise.all(checkpoints);
  }

  it('gives the same run for the same seed, also when it is stopped amid an epoch and resumed', async () => {
    const [whole, again, parts] = [await newRun(), await newRun(), await newRun()];
    expect(await trainFor(whole, Infinity)).toBe('completed');
    expect(await trainFor(again, Infinity)).toBe('completed');
    const { step, stepsPerEpoch } = (await whole.readManifest()).progress;
    expect(step).toBe(2 * stepsPerEpoch);
    expect(stepsPerEpoch).toBeGreaterThan(1);
    expect(await trainFor(parts, 1)).toBe('stopped');
    expect(await trainFor(parts, stepsPerEpoch, true)).toBe('stopped');
    expect(await trainFor(parts, Infinity, true)).toBe('completed');

    const expected = await checkpointsOf(whole);
    expect(await checkpointsOf(again)).toEqual(expected);
    expect(await checkpointsOf(parts)).toEqual(expected);
    expect((await parts.readManifest()).best).toEqual((await whole.readManifest()).best);
  });

  it('is validated with finite metrics, by the ranks that its scores make', async () => {
    const model = await createModel(settings.model, modelDataOf(dataset), 7);
    const result = await evaluateModel(model, dataset, 'validation', settings.evaluation);
    expect(isFinite(Object.values(result.metrics))).toBe(true);

    const task = rankingTask(dataset, 'validation', settings.evaluation, model.batches);
    const users = Array.from(task.users);
    const histories = users.map((user) => task.history(user));
    const targets = Uint32Array.from(users, (user) => task.targets(user)[0]!);
    const targetOffsets = Uint32Array.from({ length: users.length + 1 }, (_, row) => row);
    const times = users.map((user) => task.times!(user));
    const nextTimes = task.tellsTargetTime && users.map((user) => task.targetTimes!(user)[0]!);
    const told = { times, ...(nextTimes && { nextTimes }) };
    const scores = scoresOf(model, queryOf({ users, histories, ...told }, model.batches));
    const { numItems } = dataset;
    const ranker = rankByScores({ score: () => Promise.resolve(Float32Array.from(scores.flat())) });
    const { filterSeen } = task;
    const batch = {
      ...{ users, histories, targetOffsets, targets, filterSeen, numItems, ...told },
      ...{ negatives: null, listLength: 3 },
    };
    const ranking = await ranker.rank(batch);
    expect(users.map((_, row) => ({ best: result.ranks.best[row], worst: result.ranks.worst[row] }))).toEqual(
      ranking.ranks,
    );
    const ofModel = new ModelRanker(model, () => undefined);
    expect(await ofModel.rank(batch)).toEqual(ranking);
    ofModel.dispose();

    const inBlocks = await evaluateModel(oneByOne(model), dataset, 'validation', settings.evaluation);
    expect(inBlocks.ranks).toEqual(result.ranks);
    model.dispose();
  });

  it('scores items alone as it scores them among all', async () => {
    const model = await createModel(settings.model, modelDataOf(dataset), 7);
    const histories = [Uint32Array.of(1, 2, 3), Uint32Array.of(5)];
    const query = queryOf({ users: [0, 3], histories, times: timesOf(histories) }, model.batches);
    tf.tidy(() => {
      const scoring: Scoring = model.scoring(query);
      if (scoring.kind === 'product') return;
      const all = scoring.score(allItems()).arraySync();
      for (const items of [[4], [9, 2, 2], [12, 11, 10, 9, 8]]) {
        const some = scoring.score(Int32Array.from(items)).arraySync();
        some.forEach((row, user) =>
          row.forEach((score, place) => expect(score).toBeCloseTo(all[user]![items[place]! - 1]!, 5)),
        );
      }
    });
    model.dispose();
  });

  it('has a score for everything: items that training never saw, unknown users, users without a history', async () => {
    // Item 5 is known, but in nobody's training part.
    const itemCounts = modelDataOf(dataset).itemCounts.slice();
    itemCounts[5] = 0;
    const model = await createModel(settings.model, { ...modelDataOf(dataset), itemCounts }, 7);
    const histories = [Uint32Array.of(5), Uint32Array.of(1, 5, 2), new Uint32Array(), Uint32Array.of(3)];
    const query = queryOf({ users: [0, 1, -1, -1], histories, times: timesOf(histories) }, model.batches);
    const scores = scoresOf(model, query);
    expect(scores).toHaveLength(4);
    expect(scores[0]).toHaveLength(dataset.numItems);
    expect(isFinite(scores.flat())).toBe(true);
    model.dispose();
  });

  it('learns from the shortest histories that it accepts, or says that there are none', async () => {
    // Every training part is of one or two items.
    const short = withTimes(
      withFeatures(datasetOf([[1, 2, 3], [2, 3, 4, 5], [6, 7, 8, 9], [1]], dataset.numItems)),
    );
    const run = await newRun();
    const recorder = await RunRecorder.open(run);
    try {
      const loop = await TrainingLoop.create(settings, short, recorder);
      await recorder.setStatus('running');
      await loop.run();
      for (const variable of loop.model.state.values()) expect(isFinite(variable.dataSync())).toBe(true);
    } finally {
      await recorder.close();
    }
  });
});
