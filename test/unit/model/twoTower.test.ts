import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { Adam } from '../../../src/compute/adam';
import { RandomStream } from '../../../src/compute/random';
import { twoTowerSchema, type TwoTowerConfig } from '../../../src/model/twoTower/options';
import { parseConfig } from '../../../src/config/parseConfig';
import type { ModelData, ProductScoring } from '../../../src/model/model';
import type { ExampleBatch } from '../../../src/model/batches/exampleBatches';
import { TwoTower } from '../../../src/model/twoTower/twoTower';
import { twoTowerSize } from '../../../src/model/twoTower/size';
import type { FeatureColumn } from '../../../src/protocol/features';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData, queryOf } from './modelData';

const NUM_ITEMS = 8;
type Input = Partial<z.input<typeof twoTowerSchema>>;
const config = (change: Input = {}): TwoTowerConfig =>
  twoTowerSchema.parse({ type: 'twoTower', embeddingSize: 3, hiddenSizes: [5, 4], ...change });

/** Three columns of items and two of users, of every kind. */
const itemFeatures: FeatureColumn[] = [
  {
    kind: 'category',
    name: 'genre',
    values: Int32Array.of(0, 1, 2, 1, 2, 3, 3, 0, 1),
    labels: ['', 'a', 'b', 'c'],
  },
  {
    kind: 'multi',
    name: 'tags',
    offsets: Uint32Array.of(0, 0, 1, 3, 3, 4, 6, 7, 8, 9),
    values: Int32Array.of(1, 1, 2, 2, 1, 2, 1, 2, 1),
    labels: ['', 'x', 'y'],
  },
  {
    kind: 'number',
    name: 'price',
    values: Float32Array.of(0, 1, -1, 0.5, 2, -0.5, 0, 1, -2),
    shift: 0,
    scale: 1,
  },
];
const userFeatures: FeatureColumn[] = [
  { kind: 'category', name: 'job', values: Int32Array.of(1, 2, 1, 0), labels: ['', 'p', 'q'] },
  { kind: 'number', name: 'age', values: Float32Array.of(0.5, -1, 1, 0), shift: 0, scale: 1 },
];
const withFeatures = (change: Partial<ModelData> = {}): ModelData =>
  modelData(NUM_ITEMS, { itemFeatures, userFeatures, ...change });

function batch(users: number[], candidates: number[][]): ExampleBatch {
  return {
    kind: 'examples',
    size: users.length,
    length: 0,
    users: Int32Array.from(users),
    histories: new Int32Array(0),
    candidates: Int32Array.from(candidates.flat()),
    numNegatives: candidates[0]!.length - 1,
    negativeHistories: null,
  };
}

const positives = batch([0, 1, 2, 3, 0], [[1], [2], [3], [5], [3]]);
const withNegatives = batch(
  [0, 1, 2, 3],
  [
    [1, 4, 5],
    [2, 6, 6],
    [3, 7, 8],
    [5, 1, 2],
  ],
);

/** The same with a history for each user; the first has none. */
function withHistories(data: ExampleBatch): ExampleBatch {
  const histories = [
    [0, 0, 0],
    [0, 0, 4],
    [6, 2, 3],
    [0, 7, 7],
    [8, 1, 5],
  ].slice(0, data.size);
  return { ...data, length: 3, histories: Int32Array.from(histories.flat()) };
}

const lossOf = (model: TwoTower, data: ExampleBatch, seed = 1): number =>
  tf.tidy(() => model.loss(data, new RandomStream(seed)).dataSync()[0]!);

const vectors = (
  model: TwoTower,
  users: number[] = [0, 1, 2, 3],
): { states: number[][]; items: number[][] } =>
  tf.tidy(() => {
    const { states, items } = model.scoring({
      ...queryOf(...users.map(() => [0])),
      users: Int32Array.from(users),
    });
    return { states: states.arraySync(), items: items.arraySync() };
  });

function train(model: TwoTower, data: ExampleBatch, steps: number, learningRate = 0.01): void {
  const adam = new Adam(model.variables, { learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.variableGrads(
      () => model.loss(data, new RandomStream(step)),
      [...model.variables.values()],
    );
    adam.apply(model.variables, grads);
    tf.dispose([value, grads]);
  }
}

function bits(model: TwoTower): number[] {
  return [...model.state.values()].flatMap((variable) => Array.from(variable.dataSync()));
}

describe.each(TEST_BACKENDS)('TwoTower on %s', (backend) => {
  useBackend(backend);

  const softmax = (change: object): Input => ({ loss: { type: 'softmax', ...change } });
  it.each<[string, Input, ExampleBatch]>([
    ['softmax', softmax({}), positives],
    ['softmax without BatchNorm', { useBatchNorm: false, ...softmax({ correction: 'counts' }) }, positives],
    [
      'softmax, learned temperature, length 1',
      { normalizeOutput: true, ...softmax({ temperature: 'learned', removeAccidentalHits: false }) },
      positives,
    ],
    [
      'softmax, unbounded temperature, no correction, L2, unknown ids',
      { l2: 0.1, idDropout: 0.4, ...softmax({ temperature: 'learnedUnbounded', correction: 'none' }) },
      positives,
    ],
    ['cross-entropy', { loss: { type: 'crossEntropy', numNegatives: 2 } }, withNegatives],
    ['max margin', { loss: { type: 'maxMargin', numNegatives: 2, margin: 5 } }, withNegatives],
    [
      'max margin, negatives for themselves',
      { loss: { type: 'maxMargin', numNegatives: 2, margin: 5 }, negativeBatchNorm: 'separate' },
      withNegatives,
    ],
    ['softmax with histories', {}, withHistories(positives)],
    ['softmax with histories alike', { historyPooling: 'mean' }, withHistories(positives)],
    [
      'softmax with histories alone, L2',
      { userIds: false, userFeatures: [], l2: 0.1, normalizeOutput: true },
      withHistories(positives),
    ],
    [
      'max margin with histories, unknown ids',
      { loss: { type: 'maxMargin', numNegatives: 2, margin: 5 }, idDropout: 0.4 },
      withHistories(withNegatives),
    ],
    ['rfm', { selfSupervised: 'rfm', selfSupervisedWeight: 1 }, positives],
    ['rfmComplementary', { selfSupervised: 'rfmComplementary', selfSupervisedMasks: 'perBatch' }, positives],
    [
      'cfm, shared BatchNorm',
      { selfSupervised: 'cfm', selfSupervisedBatchNorm: 'shared', ...softmax({ temperature: 0.5 }) },
      positives,
    ],
  ])('%s: gradients agree with finite differences', (_, change, data) => {
    const model = new TwoTower(config(change), withFeatures(), 5);
    // Away from the kinks of relu, where differences mean nothing, and without columns that are all the same.
    const random = new RandomStream(3);
    for (const [name, variable] of model.variables) {
      if (name.endsWith('bias')) variable.assign(tf.fill(variable.shape, 3));
      else if (variable.shape.length === 2)
        variable.assign(
          tf.tensor(
            Float32Array.from({ length: variable.size }, () => 0.3 * random.nextNormal()),
            variable.shape,
          ),
        );
    }
    const { grads } = tf.variableGrads(
      () => model.loss(data, new RandomStream(1)),
      [...model.variables.values()],
    );
    const step = 3e-3;
    for (const [name, variable] of model.variables) {
      const gradient = grads[variable.name]!.dataSync();
      const values = Float32Array.from(variable.dataSync());
      for (const index of new Set([0, Math.floor(values.length / 2), values.length - 1])) {
        const at = (shift: number): number => {
          const shifted = values.slice();
          shifted[index]! += shift;
          variable.assign(tf.tensor(shifted, variable.shape));
          return lossOf(model, data);
        };
        const numeric = (at(step) - at(-step)) / (2 * step);
        variable.assign(tf.tensor(values, variable.shape));
        expect(Math.abs(numeric - gradient[index]!), `${name}[${index}]`).toBeLessThan(
          3e-3 + 0.03 * Math.abs(numeric),
        );
      }
    }
  });

  it('scores by the product of both vectors, whatever the history where none is read', () => {
    const model = new TwoTower(config({ maxSequenceLength: 0 }), withFeatures(), 3);
    const score = (history: number[]): ArrayLike<number> =>
      tf.tidy(() => {
        const { states, items } = model.scoring(queryOf(history));
        return tf.matMul(states, items, false, true).dataSync();
      });
    expect(score([0, 0, 4])).toHaveLength(NUM_ITEMS);
    expect(score([0, 0, 4])).toEqual(score([7]));
    expect(model.batches.maxLength).toBe(0);
  });

  describe('with a history', () => {
    /** User vectors that are the input of the tower itself. */
    const transparent = (change: Input = {}, data = withFeatures()): TwoTower => {
      const model = new TwoTower(
        config({ useBatchNorm: false, hiddenSizes: [9], userIds: false, userFeatures: [], ...change }),
        data,
        3,
      );
      const identity = Array.from({ length: 9 }, (_, row) =>
        Array.from({ length: 9 }, (__, column) => Number(row === column)),
      );
      model.variables.get('userTower/0/kernel')!.assign(tf.tensor2d(identity));
      return model;
    };
    const narrow: Input = { itemFeatures: ['genre', 'price'] };
    const stateOf = (model: TwoTower, history: number[], user = 0): number[] =>
      tf.tidy(
        () => model.scoring({ ...queryOf(history), users: Int32Array.of(user) }).states.arraySync()[0]!,
      );
    /** The vector of an item as it goes into the item tower, by hand. */
    const vectorOf = (model: TwoTower, item: number): number[] => {
      const rows = (name: string) => model.variables.get(name)!.arraySync() as number[][];
      const [genre, price] = [itemFeatures[0]!, itemFeatures[2]!];
      if (genre.kind !== 'category' || price.kind !== 'number') throw new Error('Other columns.');
      return [
        ...rows('item/id')[item]!,
        ...rows('item/feature/genre')[genre.values[item]!]!,
        ...rows('item/feature/price')[0]!.map((value) => value * price.values[item]!),
      ];
    };

    it('reads the mean of its items’ vectors, in any order, padding aside', () => {
      const model = transparent({ ...narrow, historyPooling: 'mean' });
      const [first, second] = [vectorOf(model, 4), vectorOf(model, 7)];
      const mean = first.map((value, index) => (value + second[index]!) / 2);
      for (const history of [
        [4, 7],
        [7, 4],
        [0, 0, 4, 7],
      ])
        stateOf(model, history).forEach((value, index) => expect(value).toBeCloseTo(mean[index]!, 6));
      expect(stateOf(model, [0])).toEqual(new Array(9).fill(0));
      expect(model.batches.maxLength).toBe(20);
    });

    it('starts with the weight 1/n for the item of place n from the newest, and learns others', () => {
      const model = transparent(narrow);
      const vectors = [4, 7, 2].map((item) => vectorOf(model, item));
      const expectMean = (weights: number[]): void => {
        const total = weights.reduce((sum, weight) => sum + weight);
        stateOf(model, [0, 4, 7, 2]).forEach((value, index) =>
          expect(value).toBeCloseTo(
            vectors.reduce((sum, vector, place) => sum + (weights[place]! / total) * vector[index]!, 0),
            5,
          ),
        );
      };
      expectMean([1 / 3, 1 / 2, 1]);
      expect(stateOf(model, [0, 0])).toEqual(new Array(9).fill(0));

      const learned = new Float32Array(20);
      learned[17] = Math.log(9);
      model.variables.get('historyRecency')!.assign(tf.tensor1d(learned));
      expectMean([3, 1 / 2, 1]);
      // However large, they stay shares.
      learned[19] = 1e4;
      model.variables.get('historyRecency')!.assign(tf.tensor1d(learned));
      expectMean([0, 0, 1]);
    });

    it('knows users whom training has not seen as well as others, where users have no vectors', () => {
      const model = new TwoTower(config({ userIds: false, userFeatures: [] }), withFeatures(), 3);
      expect(stateOf(model, [2, 5], -1)).toEqual(stateOf(model, [2, 5], 3));
      expect(model.variables.has('user/id')).toBe(false);
      expect(model.inputs.filter(({ of }) => of === 'users')).toEqual([]);
    });

    it('takes an item that training never saw for the mean of all, and for its features', () => {
      const itemCounts = Uint32Array.of(0, 3, 2, 4, 5, 1, 2, 0, 3);
      const model = transparent({ ...narrow, historyPooling: 'mean' }, withFeatures({ itemCounts }));
      const ids = (model.variables.get('item/id')!.arraySync() as number[][]).filter(
        (_, item) => itemCounts[item]! > 0,
      );
      const mean = [0, 1, 2].map((place) => ids.reduce((sum, row) => sum + row[place]!, 0) / ids.length);
      const expected = [...mean, ...vectorOf(model, 7).slice(3)];
      stateOf(model, [0, 7]).forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
    });

    it('takes items of the history for unknown in training too, where ids are dropped', () => {
      const ofUnknown = (change: Input): number[] => {
        const model = transparent({ ...narrow, ...change });
        // The item tower is deaf to ids, so what the vector of the unknown learns, it learns from histories.
        const kernel = model.variables.get('itemTower/0/kernel')!;
        kernel.assign(tf.concat([tf.zeros([3, 9]), tf.slice(kernel, [3, 0], [-1, -1])]));
        const table = model.variables.get('item/id')!;
        const { grads } = tf.variableGrads(
          () => model.loss(withHistories(positives), new RandomStream(1)),
          [...model.variables.values()],
        );
        return Array.from(grads[table.name]!.dataSync().subarray(0, 3), Math.abs);
      };
      expect(Math.max(...ofUnknown({ idDropout: 0.5 }))).toBeGreaterThan(1e-4);
      expect(ofUnknown({ idDropout: 0 })).toEqual([0, 0, 0]);

      const itemCounts = Uint32Array.of(0, 3, 2, 4, 5, 1, 2, 0, 3);
      const cold = transparent(
        { ...narrow, historyPooling: 'mean', idDropout: 0.5 },
        withFeatures({ itemCounts }),
      );
      const [learned] = cold.variables.get('item/id')!.arraySync() as number[][];
      const expected = [...learned!, ...vectorOf(cold, 7).slice(3)];
      stateOf(cold, [0, 7]).forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
    });

    it('shows no vectors of users before their history', () => {
      const names = (change: Input): string[] =>
        new TwoTower(config(change), withFeatures(), 3).embeddings.map(({ name }) => name);
      expect(names({})).not.toContain('userTower');
      expect(names({ maxSequenceLength: 0 })).toContain('userTower');
      expect(names({ userIds: false })).not.toContain('user');
    });
  });

  it('makes vectors of length 1 where it is told to', () => {
    const { states, items } = vectors(new TwoTower(config({ normalizeOutput: true }), withFeatures(), 3));
    for (const vector of [...states, ...items]) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  it('reads every feature, or those it is told to', () => {
    const moved = (change: Input): boolean[] => {
      const model = new TwoTower(config(change), withFeatures(), 3);
      const before = vectors(model).items[0]!;
      return itemFeatures.map(({ name }) => {
        const table = model.variables.get(`item/feature/${name}`);
        if (table === undefined) return false;
        const values = tf.clone(table);
        table.assign(tf.add(table, 1));
        const after = vectors(model).items[0]!;
        table.assign(values);
        return after.some((value, index) => Math.abs(value - before[index]!) > 1e-6);
      });
    };
    expect(moved({})).toEqual([true, true, true]);
    expect(moved({ itemFeatures: ['tags'] })).toEqual([false, true, false]);
    expect(moved({ itemFeatures: [] })).toEqual([false, false, false]);
  });

  it('takes an unknown user for the mean of all, and one without features', () => {
    const model = new TwoTower(config({ userFeatures: [] }), withFeatures(), 3);
    const table = model.variables.get('user/id')!;
    const before = vectors(model, [-1]).states[0]!;
    // The row of an unknown id takes no part.
    table.assign(tf.concat([tf.slice(table, [0, 0], [4, -1]), tf.fill([1, 3], 9)]));
    expect(vectors(model, [-1]).states[0]).toEqual(before);
    // Where everybody is the same, so is the unknown.
    const mean = tf.mean(tf.slice(table, [0, 0], [4, -1]), 0, true);
    table.assign(tf.tile(mean, [5, 1]));
    vectors(model, [0, -1]).states.forEach((state) =>
      state.forEach((value, index) => expect(value).toBeCloseTo(before[index]!, 5)),
    );
  });

  it('goes by the features of items that training never saw', () => {
    const itemCounts = Uint32Array.of(0, 3, 2, 4, 5, 1, 2, 0, 0);
    const twins: FeatureColumn[] = [
      {
        kind: 'category',
        name: 'genre',
        values: Int32Array.of(0, 1, 2, 1, 2, 1, 2, 1, 1),
        labels: ['', 'a', 'b'],
      },
    ];
    const model = new TwoTower(config(), withFeatures({ itemCounts, itemFeatures: twins }), 3);
    const { items } = vectors(model);
    expect(items[6]).toEqual(items[7]);
    const table = model.variables.get('item/id')!;
    const known = tf.mean(tf.slice(table, [1, 0], [6, -1]), 0, true);
    table.assign(tf.concat([tf.slice(table, [0, 0], [1, -1]), tf.tile(known, [8, 1])]));
    const same = vectors(model).items;
    same[0]!.forEach((value, index) => expect(value).toBeCloseTo(items[6]![index]!, 5));
    expect(same[1]).not.toEqual(same[0]);
  });

  it('trains the vector of the unknown where ids are dropped', () => {
    const model = new TwoTower(config({ idDropout: 0.5 }), withFeatures(), 3);
    const before = vectors(model, [-1]).states[0]!;
    const table = model.variables.get('user/id')!;
    table.assign(tf.concat([tf.slice(table, [0, 0], [4, -1]), tf.fill([1, 3], 1)]));
    expect(vectors(model, [-1]).states[0]).not.toEqual(before);
  });

  it('keeps a learned temperature within its bounds, and lets it come back', () => {
    const model = new TwoTower(config(softmax({ temperature: 'learned' })), withFeatures(), 3);
    const temperature = model.variables.get('logTemperature')!;
    const lossAt = (value: number) => {
      temperature.assign(tf.scalar(value));
      return lossOf(model, positives);
    };
    expect(lossAt(20)).toBe(lossAt(Math.log(100)));
    expect(lossAt(-20)).toBe(lossAt(Math.log(0.01)));
    // One of both bounds is on the wrong side of the best temperature.
    const gradients = [-20, 20].map((value) => {
      temperature.assign(tf.scalar(value));
      const { grads } = tf.variableGrads(() => model.loss(positives, new RandomStream(1)), [temperature]);
      return grads[temperature.name]!.dataSync()[0]!;
    });
    for (const gradient of gradients) expect(Number.isFinite(gradient)).toBe(true);
    expect(gradients[0]).toBeLessThanOrEqual(0);
    expect(gradients[1]).toBeGreaterThanOrEqual(0);
  });

  it('has a loss at temperature 0 where it is unbounded: that of equal scores', () => {
    const change = softmax({
      temperature: 'learnedUnbounded',
      correction: 'none',
      removeAccidentalHits: false,
    });
    const model = new TwoTower(config(change), withFeatures(), 3);
    model.variables.get('temperature')!.assign(tf.scalar(0));
    expect(lossOf(model, positives)).toBeCloseTo(Math.log(5), 5);
    train(model, positives, 1);
    for (const value of bits(model)) expect(Number.isFinite(value)).toBe(true);
  });

  it('keeps masked items out of the running statistics, unless they are shared', () => {
    const statistics = (change: Input): number[] => {
      const model = new TwoTower(config(change), withFeatures(), 3);
      lossOf(model, positives);
      const names = [...model.state.keys()].filter((name) => !model.variables.has(name));
      expect(names.length).toBeGreaterThan(0);
      return names.flatMap((name) => Array.from(model.state.get(name)!.dataSync()));
    };
    const without = statistics({});
    expect(statistics({ selfSupervised: 'rfm' })).toEqual(without);
    expect(statistics({ selfSupervised: 'rfm', selfSupervisedBatchNorm: 'shared' })).not.toEqual(without);
  });

  it.each<[string, Input, ExampleBatch]>([
    ['softmax', { selfSupervised: 'cfm' }, batch([2], [[3]])],
    ['cross-entropy', { loss: { type: 'crossEntropy' } }, batch([2], [[3, 4]])],
  ])('learns from a batch of one with %s', (_, change, data) => {
    const model = new TwoTower(config(change), withFeatures(), 3);
    train(model, data, 2);
    expect(lossOf(model, data)).toBeLessThan(5);
    for (const value of bits(model)) expect(Number.isFinite(value)).toBe(true);
  });

  it('ends with the same bits for the same seed', () => {
    const trained = () => {
      const model = new TwoTower(
        config({ dropout: 0.3, idDropout: 0.2, selfSupervised: 'rfm' }),
        withFeatures(),
        2,
      );
      train(model, positives, 3);
      return bits(model);
    };
    expect(trained()).toEqual(trained());
  });

  it('keeps no tensors from step to step', () => {
    const model = new TwoTower(
      config({ dropout: 0.2, idDropout: 0.2, selfSupervised: 'cfm', l2: 0.1 }),
      withFeatures(),
      2,
    );
    const step = () => {
      const { value, grads } = tf.variableGrads(
        () => model.loss(positives, new RandomStream(1)),
        [...model.variables.values()],
      );
      tf.dispose([value, grads]);
      const scoring = tf.tidy(() => model.scoring(queryOf([0])) as ProductScoring & tf.TensorContainer);
      tf.dispose(scoring);
    };
    step();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 5; count++) step();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('shows vectors of ids, of features and of both towers', () => {
    const model = new TwoTower(config({ maxSequenceLength: 0 }), withFeatures(), 3);
    const shapes = model.embeddings.map((view) => [view.rows, tf.tidy(() => view.vectors().shape)]);
    expect(shapes).toEqual([
      ['items', [NUM_ITEMS, 3]],
      [{ of: 'items', feature: 'genre' }, [4, 3]],
      [{ of: 'items', feature: 'tags' }, [3, 3]],
      ['users', [4, 3]],
      [{ of: 'users', feature: 'job' }, [3, 3]],
      ['items', [NUM_ITEMS, 4]],
      ['users', [4, 4]],
    ]);
    expect(new Set(model.embeddings.map(({ name }) => name)).size).toBe(shapes.length);
    const tower = model.embeddings.find(({ name }) => name === 'itemTower')!;
    expect(tf.tidy(() => tower.vectors().arraySync())).toEqual(vectors(model).items);
  });
});

describe('TwoTower', () => {
  useBackend('wasm');

  it.each<[string, Input]>([
    ['softmax', {}],
    ['softmax and cosines', { normalizeOutput: true, loss: { type: 'softmax', temperature: 0.05 } }],
    ['cross-entropy', { loss: { type: 'crossEntropy', numNegatives: 3 } }],
    ['max margin', { loss: { type: 'maxMargin', numNegatives: 3 } }],
    ['no history', { maxSequenceLength: 0 }],
  ])('learns 32 users by heart with %s', (_, change) => {
    const numItems = 32;
    const users = Array.from({ length: 32 }, (__, user) => user);
    const model = new TwoTower(
      config({ embeddingSize: 16, hiddenSizes: [32, 16], ...change }),
      modelData(numItems, { numUsers: 32 }),
      2,
    );
    const data = batch(
      users,
      users.map((user) => {
        const item = (offset: number) => 1 + ((user * 5 + offset) % numItems);
        return model.batches.numNegatives === 0 ? [item(0)] : [0, 7, 11, 20].map(item);
      }),
    );
    train(model, data, 150);
    expect(lossOf(model, data)).toBeLessThan(0.05);
  });

  it('learns histories by heart where users have no vectors', () => {
    const numItems = 32;
    const users = Array.from({ length: 32 }, (_, user) => user);
    const model = new TwoTower(
      config({ embeddingSize: 16, hiddenSizes: [32, 16], userIds: false }),
      modelData(numItems, { numUsers: 32 }),
      2,
    );
    const items = users.map((user) => 1 + ((user * 5) % numItems));
    const data = {
      ...batch(
        users,
        items.map((item) => [item]),
      ),
      length: 2,
      histories: Int32Array.from(items.flatMap((item) => [0, 1 + (item % numItems)])),
    };
    train(model, data, 150);
    expect(lossOf(model, data)).toBeLessThan(0.05);
  });

  it('counts its parameters', () => {
    const changes: Input[] = [
      {},
      { useBatchNorm: false },
      { hiddenSizes: [6] },
      { itemFeatures: ['price'] },
      { maxSequenceLength: 0 },
      { historyPooling: 'mean' },
      { userIds: false },
      { userIds: false, userFeatures: [] },
    ];
    for (const change of changes) {
      const data = withFeatures();
      const model = new TwoTower(config(change), data, 1);
      const values = [...model.variables.values()].reduce((sum, { size }) => sum + size, 0);
      const { parameters, activations } = twoTowerSize(config(change), { data, batchSize: 8, threads: 2 });
      expect(parameters).toBe(values);
      expect(activations).toBeGreaterThan(0);
    }
  });

  it('says which feature there is not', () => {
    expect(() => new TwoTower(config({ itemFeatures: ['color'] }), withFeatures(), 1)).toThrow(
      '`model.itemFeatures` names the feature `color`, and the dataset has `genre`, `tags`, `price`',
    );
    expect(() => new TwoTower(config({ userFeatures: ['age'] }), modelData(3), 1)).toThrow(
      'the dataset has none',
    );
  });

  it('has nothing to hide without features', () => {
    const build = (change: Input, data: ModelData) => new TwoTower(config(change), data, 1);
    expect(() => build({ selfSupervised: 'rfm' }, modelData(3))).toThrow(/hides features of items/);
    expect(() => build({ selfSupervised: 'rfm', itemFeatures: ['price'] }, withFeatures())).toThrow(
      /hides features of items/,
    );
  });
});

describe('the batches of two towers', () => {
  it.each<[Input, number]>([
    [{ loss: { type: 'softmax' } }, 1],
    [{ loss: { type: 'crossEntropy', numNegatives: 3 } }, 4],
    [{ loss: { type: 'maxMargin', numNegatives: 3 } }, 3],
  ])('count interactions, or with %o as LibRecommender does %i rows of each', (change, rows) => {
    const rowsOf = (batchSizeCounts: 'interactions' | 'candidates') =>
      new TwoTower(config({ ...change, batchSizeCounts }), modelData(9), 1).batches.rowsPerExample;
    expect([rowsOf('interactions'), rowsOf('candidates')]).toEqual([1, rows]);
  });
});

describe('a two-tower config', () => {
  const problems = (model: object, items?: object, users?: object): string[] =>
    parseConfig(
      JSON.stringify({ dataset: { path: 'x.csv', items, users }, model: { type: 'twoTower', ...model } }),
      'json',
    ).problems.map(({ path, message }) => `${path}: ${message}`);
  const genres = { path: 'items.csv', features: { genres: 'multi', price: 'number' } };

  it('is complete with its type alone', () => {
    expect(problems({})).toEqual([]);
  });

  it('refuses temperature 0 and says how to have one learned', () => {
    const [problem] = problems({ loss: { type: 'softmax', temperature: 0 } });
    expect(problem).toMatch(/^model\.loss\.temperature: .* must be above 0.*`"learned"`.*found `0`\.$/);
    expect(problems({ loss: { type: 'softmax', temperature: 'learned' } })).toEqual([]);
  });

  it('refuses self-supervised learning without the softmax or without features to hide', () => {
    const learned = { selfSupervised: 'cfm' };
    expect(problems({ ...learned, loss: { type: 'maxMargin' } }, genres)).toEqual([
      expect.stringMatching(/^model\.selfSupervised: .*needs `loss\.type` to be `softmax`/),
    ]);
    expect(problems(learned)).toEqual([
      expect.stringMatching(/^model\.selfSupervised: .*needs item features to hide/),
    ]);
    expect(problems({ ...learned, itemFeatures: ['price'] }, genres)).toHaveLength(1);
    expect(problems(learned, genres)).toEqual([]);
  });

  it('refuses a user tower that has nothing to read', () => {
    const nothing = { userIds: false, maxSequenceLength: 0 };
    expect(problems(nothing)).toEqual([
      expect.stringMatching(/^model\.userIds: .*leaves the user tower with nothing to read/),
    ]);
    expect(problems({ ...nothing, maxSequenceLength: 1 })).toEqual([]);
    expect(problems({ ...nothing, userIds: true })).toEqual([]);
    const users = { path: 'users.csv', features: { age: 'number' } };
    expect(problems(nothing, undefined, users)).toEqual([]);
    expect(problems({ ...nothing, userFeatures: [] }, undefined, users)).toHaveLength(1);
  });

  it('takes all options of a preset, and a field of its own instead of the preset’s', () => {
    const text = (model: object) =>
      JSON.stringify({
        dataset: { path: 'x.csv', items: genres },
        model: { type: 'twoTower', preset: 'librecommender', ...model },
      });
    const { config: parsed, problems: found } = parseConfig(text({ embeddingSize: 8 }), 'json');
    expect(found).toEqual([]);
    expect(parsed?.model).toMatchObject({
      embeddingSize: 8,
      selfSupervisedMasks: 'perBatch',
      selfSupervisedBatchNorm: 'shared',
      loss: { type: 'softmax', temperature: 1, correction: 'counts', removeAccidentalHits: false },
    });
    expect(parsed?.training).toMatchObject({ batchSize: 256, optimizer: { type: 'adam', epsilon: 1e-5 } });
    // Another temperature keeps the rest of the preset's loss; another loss has nothing of it.
    const loss = (change: object) => {
      const { config: changed } = parseConfig(text({ loss: change }), 'json');
      return changed?.model.type === 'twoTower' ? changed.model.loss : undefined;
    };
    expect(loss({ type: 'softmax', temperature: 0.5 })).toEqual({
      type: 'softmax',
      temperature: 0.5,
      correction: 'counts',
      removeAccidentalHits: false,
    });
    expect(loss({ type: 'maxMargin' })).toEqual({
      type: 'maxMargin',
      margin: 1,
      numNegatives: 1,
      sampler: 'unconsumed',
    });
  });
});
