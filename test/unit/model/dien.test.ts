import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { dienSchema, type DienConfig } from '../../../src/model/dien/options';
import { dienPresets } from '../../../src/model/dien/presets';
import { applyPreset } from '../../../src/config/presets';
import { Dien } from '../../../src/model/dien/dien';
import { dienSize } from '../../../src/model/dien/size';
import type { ModelData } from '../../../src/model/model';
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

type Change = Partial<DienConfig>;
const TINY = {
  embeddingSize: 3,
  attentionLayers: [4],
  auxiliaryLayers: [4, 3],
  headLayers: [5, 3],
  maxSequenceLength: 5,
};
const config = (change: Change = {}): DienConfig => ({
  ...dienSchema.parse({ type: 'dien', ...TINY }),
  ...change,
});
const presetNames = Object.keys(dienPresets) as (keyof typeof dienPresets)[];
const preset = (name: keyof typeof dienPresets, change: Change = {}): DienConfig =>
  config({ ...(dienPresets[name].model as Change), ...TINY, ...change });

const OPTIONS: [string, Change, ModelData][] = [
  ['the defaults', {}, plainData],
  ['RecBole', preset('recbole'), featureData],
  ['the paper', preset('paper'), featureData],
  ['attention over states, reset before', { evolution: 'GRU', resetGate: 'before' }, plainData],
  ['attention on inputs', { evolution: 'AIGRU', attentionQuery: 'projected' }, plainData],
  ['attention as the gate', { evolution: 'AGRU', attentionSoftmax: false }, plainData],
  ['keeping by attention, reset after', { attentionUpdate: 'attentionKeep' }, plainData],
  [
    'no auxiliary loss, Dice in the attention',
    { auxiliaryWeight: 0, attentionActivation: 'dice' },
    plainData,
  ],
  [
    'a normalized auxiliary loss over positions, softmax loss',
    { auxiliaryBatchNorm: true, auxiliaryAverage: 'positions', auxiliaryWeight: 0.5, loss: 'softmax' },
    plainData,
  ],
  ['the notebook', preset('notebook'), featureData],
  [
    'products as raw attention, unbiased variance',
    {
      attentionUnit: 'dotProduct',
      attentionSoftmax: false,
      headBatchNorm: 'beforeActivation',
      batchNormVariance: 'unbiased',
    },
    plainData,
  ],
  ['a linear auxiliary loss without layers', { auxiliaryLayers: [], auxiliaryActivation: 'none' }, plainData],
];

describe.each(TEST_BACKENDS)('DIEN on %s', (backend) => {
  useBackend(backend);

  it.each(OPTIONS)('%s: gradients agree with finite differences', (_, change, data) => {
    const model = new Dien(config(change), data, 5);
    expectRightGradients(model, SOME_EXAMPLES);
    model.dispose();
  });

  it('keeps no tensors from step to step', () => {
    expectNoTensorsKept(new Dien(preset('paper', { headDropout: 0.2 }), featureData, 2));
  });

  it.each(['GRU', 'AIGRU', 'AGRU', 'AUGRU'] as const)(
    '%s: does not see padding, and rows do not see each other',
    (evolution) => {
      const model = new Dien(config({ evolution }), featureData, 3);
      train(model, SOME_EXAMPLES, 3, 0.01);
      expectBlindToPadding(model);
      expectRowsApart(model);
    },
  );
});

describe('DIEN', () => {
  useBackend('wasm');

  it.each(['GRU', 'AIGRU', 'AGRU', 'AUGRU'] as const)('%s: records its gates through time', (evolution) => {
    const model = new Dien(config({ evolution }), plainData, 3);
    const recorded = new Map<string, tf.Tensor>();
    const byUser = new Set<string>();
    tf.tidy(() => {
      const query = queryOf([0, 1, 2], [3, 4, 5]);
      const record = (name: string, weights: tf.Tensor) => void recorded.set(name, tf.keep(weights));
      const scoring = model.scoring(query, (name, weights) => {
        byUser.add(name);
        record(name, weights);
      });
      scoring.score(Int32Array.of(6, 7, 8, 9), record);
    });
    expect([...recorded.keys()].sort()).toEqual(model.attentions.map(({ name }) => name).sort());
    for (const { name, of } of model.attentions) {
      expect(byUser.has(name)).toBe(of === 'user');
      expect(recorded.get(name)!.shape).toEqual([of === 'user' ? 2 : 8, 3]);
    }
    const [attention, gates, interestGates] = ['history', 'gates', 'interestGates'].map((name) =>
      Float32Array.from(recorded.get(name)!.dataSync()),
    );
    for (const values of [gates!, interestGates!])
      values.forEach((value, place) => {
        // The first user's history begins with padding.
        if (place % 3 === 0 && place < values.length / 2) expect(value).toBe(0);
        else expect(value > 0 && value < 1).toBe(true);
      });
    if (evolution === 'AGRU') expect(gates).toEqual(attention);
    if (evolution === 'AUGRU')
      gates!.forEach((gate, place) => expect(gate).toBeLessThanOrEqual(attention![place]!));
    tf.dispose([...recorded.values()]);
    model.dispose();
  });

  it.each(['GRU', 'AIGRU', 'AGRU', 'AUGRU'] as const)('learns 32 users by heart with %s', (evolution) => {
    const change = { embeddingSize: 8, headLayers: [32, 16], attentionLayers: [8], evolution };
    const model = new Dien(config({ ...change, auxiliaryWeight: 0 }), modelData(40, { numUsers: 32 }), 2);
    const data = thirtyTwoExamples(40);
    train(model, data, 150, 0.02);
    expect(lossOf(model, data)).toBeLessThan(0.05);
  });

  it('learns what comes next by the auxiliary loss', () => {
    const model = new Dien(config({ embeddingSize: 8, auxiliaryLayers: [16] }), plainData, 2);
    const { size, length, users, histories } = thirtyTwoExamples(9);
    // Candidates without a difference, so that the other loss stays at −log of ½ or above.
    const data = {
      ...examples(
        Array.from({ length: size }, (_, row) => [...histories.subarray(row * length, (row + 1) * length)]),
        Array.from({ length: size }, () => [1, 1]),
      ),
      users: users.map(() => -1),
    };
    train(model, data, 300, 0.02);
    expect(lossOf(model, data)).toBeLessThan(Math.log(2) + 0.2);
  });

  it('has no auxiliary loss where no history has a second item', () => {
    const data = examples(
      [[4], [5]],
      [
        [1, 2],
        [2, 3],
      ],
    );
    const withIt = lossOf(new Dien(config({ auxiliaryWeight: 1 }), plainData, 3), data);
    const more = lossOf(new Dien(config({ auxiliaryWeight: 9 }), plainData, 3), data);
    expect(withIt).toBeGreaterThan(0);
    expect(more).toBe(withIt);
  });

  it('asks for negative histories only for an auxiliary loss', () => {
    const asks = (auxiliaryWeight: number): boolean =>
      new Dien(config({ auxiliaryWeight }), plainData, 3).batches.negativeHistories;
    expect([asks(1), asks(0)]).toEqual([true, false]);
  });

  it('gives the same bits for the same seed', () => {
    expectSameBits(() => new Dien(preset('recbole', { headDropout: 0.2 }), featureData, 7));
  });

  it.each(presetNames)('%s takes an example alone', (name) => {
    const model = new Dien(preset(name), featureData, 7);
    expect(lossOf(model, examples([[4]], [[1, 2]]))).toBeGreaterThan(0);
    expect(
      scoresOf(model, queryOf([0]))
        .flat()
        .every(Number.isFinite),
    ).toBe(true);
  });

  it.each(OPTIONS)('%s: says how many parameters there are', (_, change, data) => {
    const model = new Dien(config(change), data, 5);
    const size = dienSize(config(change), { data, batchSize: 8, threads: 1 });
    expect(size.parameters).toBe(numParameters(model));
    expect(size.activations).toBeGreaterThan(0);
  });

  it.each(Object.entries(dienPresets))(
    'has the valid preset %s, which a config may change',
    (name, { model }) => {
      const config = { model: { type: 'dien', preset: name, embeddingSize: 7 } };
      const merged = dienSchema.parse((applyPreset(config) as typeof config).model);
      expect(merged).toMatchObject({ ...model, preset: name, embeddingSize: 7 });
    },
  );

  it('does not accept an auxiliary loss on histories of one item', () => {
    const { error } = dienSchema.safeParse({ type: 'dien', maxSequenceLength: 1 });
    expect(error?.issues[0]?.message).toMatch('at least 2');
    expect(dienSchema.safeParse({ type: 'dien', maxSequenceLength: 1, auxiliaryWeight: 0 }).success).toBe(
      true,
    );
  });
});
