import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { dinSchema, type DinConfig } from '../../../src/model/din/options';
import { dinPresets } from '../../../src/model/din/presets';
import { applyPreset } from '../../../src/config/presets';
import { Din } from '../../../src/model/din/din';
import { dinSize } from '../../../src/model/din/size';
import type { ModelData } from '../../../src/model/model';
import type { ExampleBatch } from '../../../src/model/batches/exampleBatches';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData, queryOf } from './modelData';
import {
  examples,
  expectBlindToPadding,
  expectNoTensorsKept,
  expectRightGradients,
  expectRowsApart,
  expectSameBits,
  featureData,
  lossOf,
  numParameters,
  plainData,
  scoresOf,
  SOME_EXAMPLES,
  thirtyTwoExamples,
  train,
} from './pairModelChecks';

type Change = Partial<DinConfig>;
const TINY = { embeddingSize: 3, attentionLayers: [4, 3], headLayers: [5, 3], maxSequenceLength: 5 };
const config = (change: Change = {}): DinConfig => ({
  ...dinSchema.parse({ type: 'din', ...TINY }),
  ...change,
});
const presetNames = Object.keys(dinPresets) as (keyof typeof dinPresets)[];
const preset = (name: keyof typeof dinPresets, change: Change = {}): DinConfig =>
  config({ ...(dinPresets[name].model as Change), ...TINY, ...change });

const OPTIONS: [string, Change, ModelData][] = [
  ['the defaults', {}, plainData],
  ['features of items and users', {}, featureData],
  ['no user vectors, one feature', { userIds: false, itemFeatures: ['tags'] }, featureData],
  ['the notebook', preset('notebook'), plainData],
  ['the paper’s repository', preset('paperRepository'), plainData],
  ['RecBole', preset('recbole'), featureData],
  ['LibRecommender', preset('librecommender'), featureData],
  [
    'Dice in the attention, raw weights, softmax loss',
    { attentionActivation: 'dice', attentionSoftmax: false, attentionScale: false, loss: 'softmax' },
    plainData,
  ],
  [
    'PReLU everywhere, dropout inside',
    {
      attentionActivation: 'prelu',
      headActivation: 'prelu',
      headDropout: 0.3,
      headDropoutAt: 'beforeActivation',
    },
    plainData,
  ],
  ['no hidden layers', { attentionLayers: [], headLayers: [] }, plainData],
  [
    'pooled histories, frozen batch normalization',
    {
      headInputs: ['pooled', 'interest', 'pooledProduct'],
      pooling: 'sum',
      headBatchNorm: 'beforeActivation',
      headBatchNormInput: true,
      batchNormFrozen: true,
      historyProjection: true,
    },
    plainData,
  ],
];

/** Each negative with another history than the item that was chosen; one of them has none. */
const OWN_HISTORIES: ExampleBatch = {
  ...SOME_EXAMPLES,
  candidateHistories: Int32Array.from([
    ...[0, 1, 2, 0, 0, 1, 2, 4, 6],
    ...[3, 4, 5, 0, 0, 0, 0, 9, 3],
    ...[0, 0, 7, 0, 0, 8, 1, 2, 3],
  ]),
};

describe.each(TEST_BACKENDS)('DIN on %s', (backend) => {
  useBackend(backend);

  it.each(OPTIONS)('%s: gradients agree with finite differences', (_, change, data) => {
    const model = new Din(config(change), data, 5);
    expectRightGradients(model, SOME_EXAMPLES);
    model.dispose();
  });

  it('histories of their own for negatives, some empty: gradients agree with finite differences', () => {
    const model = new Din(config({ emptyHistory: 'learned', negativeHistory: 'random' }), featureData, 5);
    expectRightGradients(model, OWN_HISTORIES);
    model.dispose();
  });

  it('keeps no tensors from step to step', () => {
    expectNoTensorsKept(new Din(preset('librecommender', { headDropout: 0.2 }), featureData, 2));
  });

  it.each([
    ['the defaults', {}],
    ['RecBole', preset('recbole')],
    ['Dice in the attention', { attentionActivation: 'dice' } as const],
  ])('%s: does not see padding, and rows do not see each other', (_, change) => {
    const model = new Din(config(change), featureData, 3);
    train(model, SOME_EXAMPLES, 3, 0.01);
    expectBlindToPadding(model);
    expectRowsApart(model);
  });
});

describe('DIN', () => {
  useBackend('wasm');

  it('records how candidates attend to a history', () => {
    const model = new Din(config(), plainData, 3);
    const recorded = tf.tidy(() => {
      let weights: number[][] = [];
      model.scoring(queryOf([0, 2, 3], [0, 0, 0])).score(Int32Array.from([4, 5]), (name, values) => {
        expect(name).toBe(model.attentions[0]!.name);
        weights = values.arraySync() as number[][];
      });
      return weights;
    });
    expect(recorded).toHaveLength(4);
    for (const row of recorded.slice(0, 2)) {
      expect(row[0]).toBe(0);
      expect(row[1]! + row[2]!).toBeCloseTo(1, 5);
    }
    expect(recorded.slice(2)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it.each(['dice', 'scaledDice', 'silu', 'prelu', 'relu'] as const)(
    'learns 32 users by heart with %s',
    (headActivation) => {
      const change = { embeddingSize: 8, headLayers: [32, 16], attentionLayers: [8], headActivation };
      const model = new Din(config(change), modelData(40, { numUsers: 32 }), 2);
      const data = thirtyTwoExamples(40);
      train(model, data, 150, 0.02);
      expect(lossOf(model, data)).toBeLessThan(0.05);
      // And so outside training, by the running statistics.
      const query = { size: 32, length: data.length, users: data.users, histories: data.histories };
      const scores = scoresOf(
        model,
        query,
        Int32Array.from({ length: 40 }, (_, place) => place + 1),
      );
      const right = scores.filter((row, user) => {
        const [chosen, ...others] = data.candidates.subarray(user * 5, user * 5 + 5);
        return others.every((other) => row[other - 1]! < row[chosen! - 1]!);
      });
      expect(right.length).toBeGreaterThan(28);
    },
  );

  it('scores each negative with its own history', () => {
    const model = new Din(config({ headLayers: [], negativeHistory: 'random' }), plainData, 3);
    expect(model.batches.ownHistories).toBe(true);
    train(model, SOME_EXAMPLES, 3, 0.05);
    const { size, length, users, candidates } = OWN_HISTORIES;
    const histories = OWN_HISTORIES.candidateHistories!;
    // The mean of the losses of pairs that stand alone, because nothing depends on the rest of the batch here.
    const losses = Array.from(candidates, (item, pair) => {
      const query = {
        size: 1,
        length,
        users: users.subarray(Math.floor(pair / 3), Math.floor(pair / 3) + 1),
        histories: histories.subarray(pair * length, (pair + 1) * length),
      };
      const score = scoresOf(model, query, Int32Array.of(item))[0]![0]!;
      return Math.log1p(Math.exp(pair % 3 === 0 ? -score : score));
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / (3 * size);
    expect(lossOf(model, OWN_HISTORIES)).toBeCloseTo(mean, 5);
    expect(Math.abs(lossOf(model, SOME_EXAMPLES) - mean)).toBeGreaterThan(1e-4);
  });

  it('learns what stands for an empty history', () => {
    const empty = queryOf([0, 0]);
    const [skipping, learning] = (['skip', 'learned'] as const).map(
      (emptyHistory) => new Din(config({ emptyHistory }), plainData, 3),
    );
    expect([skipping!, learning!].map(({ batches }) => batches.minLength)).toEqual([1, 0]);
    const before = [scoresOf(skipping!, empty), scoresOf(learning!, empty)];
    for (const model of [skipping!, learning!])
      tf.tidy(() => {
        const table = model.variables.get('items/id')!;
        const padding = tf.concat([tf.fill([1, 3], 2), tf.slice(table, [1, 0])], 0);
        table.assign(padding);
      });
    expect(scoresOf(skipping!, empty)).toEqual(before[0]);
    expect(scoresOf(learning!, empty)).not.toEqual(before[1]);
    const none: ExampleBatch = {
      ...SOME_EXAMPLES,
      length: 0,
      histories: new Int32Array(),
      negativeHistories: null,
    };
    expect(lossOf(learning!, none)).toBeGreaterThan(0);
  });

  it('gives the same bits for the same seed', () => {
    expectSameBits(() => new Din(preset('librecommender', { headDropout: 0.2 }), featureData, 7));
  });

  it('takes an example alone', () => {
    for (const name of presetNames) {
      const model = new Din(preset(name), featureData, 7);
      expect(lossOf(model, examples([[4]], [[1, 2]]))).toBeGreaterThan(0);
      expect(
        scoresOf(model, queryOf([0]))
          .flat()
          .every(Number.isFinite),
      ).toBe(true);
    }
  });

  it.each(OPTIONS)('%s: says how many parameters there are', (_, change, data) => {
    const model = new Din(config(change), data, 5);
    const size = dinSize(config(change), { data, batchSize: 8, threads: 1 });
    expect(size.parameters).toBe(numParameters(model));
    expect(size.activations).toBeGreaterThan(0);
  });

  it.each(Object.entries(dinPresets))(
    'has the valid preset %s, which a config may change',
    (name, { model }) => {
      const config = { model: { type: 'din', preset: name, embeddingSize: 7 } };
      const merged = dinSchema.parse((applyPreset(config) as typeof config).model);
      expect(merged).toMatchObject({ ...model, preset: name, embeddingSize: 7 });
    },
  );

  it('does not accept layers that the attention does not reach', () => {
    const { error } = dinSchema.safeParse({ type: 'din', headInputs: ['item', 'pooled'] });
    expect(error?.issues[0]?.message).toMatch('must name `interest`');
  });

  it('says which feature the dataset does not have', () => {
    expect(() => new Din(config({ itemFeatures: ['color'] }), featureData, 1)).toThrow('`color`');
  });
});
