import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Adam } from '../../../src/compute/adam';
import { RandomStream } from '../../../src/compute/random';
import { sumSchema, type SumConfig } from '../../../src/model/sum/options';
import { applyPreset } from '../../../src/config/presets';
import { configSchema } from '../../../src/config/schema';
import type { JointScoring, ModelData } from '../../../src/model/model';
import type { ExampleBatch } from '../../../src/model/batches/exampleBatches';
import { Sum } from '../../../src/model/sum/sum';
import { sumSize } from '../../../src/model/sum/size';
import type { FeatureColumn } from '../../../src/protocol/features';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData, queryOf } from './modelData';

const NUM_ITEMS = 9;
const NONE = { embeddingL2: 0, layerL2: 0 };

type Change = Partial<SumConfig>;
const config = (change: Change = {}): SumConfig => ({
  ...sumSchema.parse({
    type: 'sum',
    slots: 3,
    hiddenSize: 4,
    itemEmbeddingSize: 3,
    featureEmbeddingSize: 2,
    layerSizes: [5, 3],
    initializer: 'normal',
    initializerRange: 0.5,
  }),
  ...change,
});
const lossOptions = (change: Partial<SumConfig['loss']>): SumConfig['loss'] => ({
  ...config().loss,
  ...change,
});

const category: FeatureColumn = {
  kind: 'category',
  name: 'category',
  labels: ['', 'a', 'b'],
  values: Int32Array.from({ length: NUM_ITEMS + 1 }, (_, item) => item % 3),
};
const tags: FeatureColumn = {
  kind: 'multi',
  name: 'tags',
  labels: ['', 'x', 'y', 'z'],
  offsets: Uint32Array.from({ length: NUM_ITEMS + 2 }, (_, item) => Math.max(0, item - 1)),
  values: Int32Array.from({ length: NUM_ITEMS }, (_, place) => 1 + (place % 3)),
};
const withFeatures: ModelData = modelData(NUM_ITEMS, { itemFeatures: [category, tags] });

function batch(histories: number[][], candidates: number[][]): ExampleBatch {
  return {
    kind: 'examples',
    size: histories.length,
    length: histories[0]!.length,
    users: Int32Array.from(histories.keys()),
    histories: Int32Array.from(histories.flat()),
    candidates: Int32Array.from(candidates.flat()),
    numNegatives: candidates[0]!.length - 1,
    negativeHistories: null,
  };
}

const DATA = batch(
  [
    [0, 1, 2],
    [3, 4, 5],
    [0, 0, 7],
  ],
  [
    [3, 6, 8],
    [6, 1, 2],
    [9, 4, 4],
  ],
);

const ALL = Int32Array.from({ length: NUM_ITEMS }, (_, index) => index + 1);

const scores = (model: Sum, ...rows: number[][]): number[][] =>
  tf.tidy(() =>
    model
      .scoring(queryOf(...rows))
      .score(ALL)
      .arraySync(),
  );

const lossOf = (model: Sum, data: ExampleBatch): number =>
  tf.tidy(() => model.loss(data, new RandomStream(1)).dataSync()[0]!);

function gradientsOf(model: Sum, data: ExampleBatch): tf.NamedTensorMap {
  const { value, grads } = tf.variableGrads(
    () => model.loss(data, new RandomStream(1)),
    [...model.variables.values()],
  );
  value.dispose();
  return grads;
}

function train(model: Sum, data: ExampleBatch, steps: number, learningRate: number): void {
  const adam = new Adam(model.variables, { learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.variableGrads(
      () => model.loss(data, new RandomStream(step)),
      [...model.variables.values()],
    );
    adam.apply(model.variables, grads);
    tf.dispose([value, grads]);
  }
  for (const moment of adam.state.values()) moment.dispose();
}

const bitsOf = (model: Sum): number[][] =>
  [...model.state.values()].map((variable) => Array.from(variable.dataSync()));

describe.each(TEST_BACKENDS)('SUM on %s', (backend) => {
  useBackend(backend);

  const softness = { activation: 'tanh' } as const;
  it.each<[string, Change, ModelData]>([
    ['SUM, softmax', softness, modelData(NUM_ITEMS)],
    ['SUMV2, all features', { ...softness, cell: 'SUMV2' }, withFeatures],
    ['SUM, α free, one feature', { ...softness, alpha: 'free', itemFeatures: ['category'] }, withFeatures],
    [
      'SUM, α softplus, cross-entropy',
      { ...softness, alpha: 'softplus', loss: lossOptions({ type: 'crossEntropy' }) },
      modelData(NUM_ITEMS),
    ],
    [
      'the highway channel alone, log loss',
      { ...softness, slots: 1, loss: lossOptions({ type: 'log' }) },
      withFeatures,
    ],
    [
      'SUMV2 with the highway channel alone, MSE',
      { ...softness, cell: 'SUMV2', slots: 1, loss: lossOptions({ type: 'mse' }) },
      modelData(NUM_ITEMS),
    ],
    [
      'two channels, RMSE of the score, users',
      {
        ...softness,
        slots: 2,
        userEmbeddingSize: 2,
        loss: lossOptions({ type: 'rmse', prediction: 'score' }),
      },
      modelData(NUM_ITEMS),
    ],
    [
      'dropout before ReLU without batch normalization',
      { batchNorm: false, dropout: 0.3, dropoutPlace: 'beforeActivation' },
      modelData(NUM_ITEMS),
    ],
    ['dropout behind the sigmoid', { activation: 'sigmoid', dropout: 0.3 }, modelData(NUM_ITEMS)],
    [
      'strong penalties, as a sum',
      { ...softness, userEmbeddingSize: 2, embeddingL2: 0.3, layerL2: 0.2, embeddingPenalty: 'sum' },
      withFeatures,
    ],
    [
      'strong absolute penalties, as a mean',
      { ...softness, embeddingL1: 0.3, layerL1: 0.2, layerSizes: [] },
      withFeatures,
    ],
  ])('%s: gradients agree with finite differences', (_, change, data) => {
    const model = new Sum(config(change), data, 5);
    // Biases start at 0, where a row without anything else would be on the corner of ReLU.
    for (const [name, variable] of model.variables)
      if (/^head.*bias$/.test(name)) variable.assign(tf.fill(variable.shape, 0.1));
    const grads = gradientsOf(model, DATA);
    // Small enough to keep clear of the corners of ReLU.
    const step = 2e-3;
    let compared = 0;
    for (const [name, variable] of model.variables) {
      const gradient = grads[variable.name]!.dataSync();
      const values = Float32Array.from(variable.dataSync());
      for (const index of new Set([0, Math.floor(values.length / 2), values.length - 1])) {
        // Where a penalty has its corner there is no difference to compare with.
        if (Math.abs(values[index]!) <= step && (change.layerL1 ?? 0) > 0) continue;
        const at = (shift: number): number => {
          const shifted = values.slice();
          shifted[index]! += shift;
          variable.assign(tf.tensor(shifted, variable.shape));
          return lossOf(model, DATA);
        };
        const numeric = (at(step) - at(-step)) / (2 * step);
        variable.assign(tf.tensor(values, variable.shape));
        expect(Math.abs(numeric - gradient[index]!), `${name}[${index}]`).toBeLessThan(
          3e-3 + 0.03 * Math.abs(numeric),
        );
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(1.5 * model.variables.size);
  });

  it.each(['SUM', 'SUMV2'] as const)('%s does not see padding: a longer row gives the same', (cell) => {
    const model = new Sum(config({ cell, userEmbeddingSize: 2 }), withFeatures, 3);
    const [short] = scores(model, [4, 9, 2]);
    const [long] = scores(model, [0, 0, 4, 9, 2]);
    short!.forEach((value, index) => expect(value).toBeCloseTo(long![index]!, 5));
    const candidates = [
      [1, 2, 3],
      [5, 8, 7],
    ];
    const loss = lossOf(model, batch([[4, 9], [0, 3]], candidates)); // prettier-ignore
    expect(lossOf(model, batch([[0, 0, 4, 9], [0, 0, 0, 3]], candidates))).toBeCloseTo(loss, 5); // prettier-ignore
  });

  it.each<[string, Change]>([
    ['SUM', {}],
    ['SUMV2', { cell: 'SUMV2' }],
    ['the highway channel alone', { slots: 1 }],
  ])('%s: the loss is made of the scores that ranking sees', (_, change) => {
    const model = new Sum(
      config({ ...change, ...NONE, batchNorm: false, userEmbeddingSize: 2 }),
      withFeatures,
      3,
    );
    const rows = scores(model, [0, 1, 2], [3, 4, 5], [0, 0, 7]);
    const expected = rows.map((row, user) => {
      const group = [0, 1, 2].map((column) => row[DATA.candidates[3 * user + column]! - 1]!);
      return Math.log(group.reduce((sum, score) => sum + Math.exp(score), 0)) - group[0]!;
    });
    expect(lossOf(model, DATA)).toBeCloseTo(expected.reduce((sum, value) => sum + value, 0) / 3, 5);
  });

  it('learns from a batch of one example', () => {
    const model = new Sum(config(), withFeatures, 3);
    const data = batch([[5]], [[1, 2]]);
    const before = lossOf(model, data);
    train(model, data, 5, 0.01);
    expect(lossOf(model, data)).toBeLessThan(before);
  });

  it('gives the same bits for the same seed', () => {
    const [first, second, other] = [7, 7, 8].map((seed) => {
      const model = new Sum(config({ dropout: 0.2 }), withFeatures, seed);
      train(model, DATA, 3, 0.01);
      return bitsOf(model);
    });
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('keeps no tensors from step to step', () => {
    const model = new Sum(config({ dropout: 0.2, userEmbeddingSize: 2 }), withFeatures, 2);
    const step = (): void => {
      tf.dispose(gradientsOf(model, DATA));
      scores(model, [1, 2]);
      const { encoded } = tf.tidy(() => model.scoring(queryOf([1, 2])) as JointScoring & tf.TensorContainer);
      tf.dispose(encoded);
    };
    step();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 5; count++) step();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

describe('SUM', () => {
  useBackend('wasm');

  it.each(['softmax', 'crossEntropy', 'log', 'rmse', 'mse'] as const)(
    'learns what 32 users chose by heart with %s',
    (type) => {
      const numItems = 40;
      const random = new RandomStream(4);
      const change = { ...NONE, hiddenSize: 16, itemEmbeddingSize: 16, layerSizes: [32, 16] };
      const model = new Sum(config({ ...change, loss: lossOptions({ type }) }), modelData(numItems), 2);
      const draw = (): number => 1 + random.nextInt(numItems);
      const histories = Array.from({ length: 32 }, () => Array.from({ length: 5 }, draw));
      const candidates = histories.map((_, user) => {
        const chosen = 1 + user;
        return [chosen, ...[3, 11, 17, 29].map((shift) => 1 + ((user + shift) % numItems))];
      });
      const data = batch(histories, candidates);
      train(model, data, 150, 0.01);
      expect(lossOf(model, data)).toBeLessThan(0.05);
    },
  );

  it('adds the penalties of the rows that the batch touches, each once, and of the layers', () => {
    const strengths = { embeddingL2: 0.3, embeddingL1: 0.2, layerL2: 0.05, layerL1: 0.07 };
    const part = { itemFeatures: ['category'], userEmbeddingSize: 2 };
    const plain = new Sum(config({ ...NONE, ...part }), withFeatures, 3);
    const values = (name: string): Float32Array => plain.variables.get(name)!.dataSync<'float32'>();
    const rows = (name: string, width: number, indices: readonly number[]): number[] =>
      indices.flatMap((row) => [...values(name).subarray(row * width, (row + 1) * width)]);
    const touched = [
      ...rows('items/id', 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      ...rows('items/feature/category', 2, [0, 1, 2]),
      ...rows('users/id', 2, [0, 1, 2]),
    ];
    const layers = [...plain.variables.keys()]
      .filter((name) => !/^(items|users)\/|alpha|beta$/.test(name) || name.endsWith('norm/beta'))
      .flatMap((name) => [...values(name)]);
    const squares = (list: number[]): number => list.reduce((sum, value) => sum + value * value, 0) / 2;
    const sizes = (list: number[]): number => list.reduce((sum, value) => sum + Math.abs(value), 0);
    for (const embeddingPenalty of ['sum', 'mean'] as const) {
      const share = embeddingPenalty === 'sum' ? 1 : 1 / 3;
      const penalized = new Sum(config({ ...strengths, ...part, embeddingPenalty }), withFeatures, 3);
      const expected =
        share * (0.3 * squares(touched) + 0.2 * sizes(touched)) +
        0.05 * squares(layers) +
        0.07 * sizes(layers);
      expect(lossOf(penalized, DATA) - lossOf(plain, DATA)).toBeCloseTo(expected, 4);
    }
  });

  it('shows what its memory is read, written and asked with', () => {
    const model = new Sum(config({ slots: 4 }), withFeatures, 3);
    const recorded = new Map<string, tf.Tensor>();
    const record = (name: string, weights: tf.Tensor) => void recorded.set(name, tf.keep(weights.clone()));
    tf.tidy(() => {
      const scoring = model.scoring(queryOf([0, 1, 2], [3, 4, 5]), record);
      scoring.score(ALL.subarray(0, 4), record);
    });
    expect(model.attentions.map(({ name }) => name)).toEqual([...recorded.keys()]);
    expect(recorded.get('reads')!.shape).toEqual([2, 3, 3]);
    expect(recorded.get('writes')!.shape).toEqual([2, 3, 3]);
    expect(recorded.get('query')!.shape).toEqual([8, 4]);
    const sums = (name: string): number[] => tf.tidy(() => [...tf.sum(recorded.get(name)!, -1).dataSync()]);
    sums('reads').forEach((sum, place) => expect(sum).toBeCloseTo(place === 0 ? 0 : 1, 5));
    sums('query').forEach((sum) => expect(sum).toBeCloseTo(1, 5));
    tf.dispose([...recorded.values()]);
    expect(new Sum(config({ slots: 1 }), withFeatures, 3).attentions).toEqual([]);
  });

  it('shows the vectors of items and of features', () => {
    const model = new Sum(config({ userEmbeddingSize: 2 }), withFeatures, 3);
    const shapes = tf.tidy(() => model.embeddings.map((view) => [view.label, ...view.vectors().shape]));
    expect(shapes).toEqual([
      ['Items', NUM_ITEMS, 3],
      ['category', 3, 2],
      ['tags', 4, 2],
      ['Users', 4, 2],
    ]);
  });

  it('knows an unknown user as one for themselves', () => {
    const model = new Sum(config({ userEmbeddingSize: 2 }), withFeatures, 3);
    const query = { ...queryOf([1, 2], [1, 2]), users: Int32Array.from([-1, 0]) };
    const [unknown, known] = tf.tidy(() => model.scoring(query).score(ALL).arraySync());
    expect(unknown!.every((score) => Number.isFinite(score))).toBe(true);
    expect(unknown).not.toEqual(known);
  });

  it.each<[string, Change]>([
    ['SUM', {}],
    ['SUMV2', { cell: 'SUMV2', userEmbeddingSize: 2 }],
    ['the highway channel alone', { slots: 1, batchNorm: false }],
  ])('%s has as many parameters as was said beforehand', (_, change) => {
    const model = new Sum(config(change), withFeatures, 3);
    const size = [...model.variables.values()].reduce((sum, variable) => sum + variable.size, 0);
    expect(sumSize(config(change), { data: withFeatures, batchSize: 3, threads: 1 }).parameters).toBe(size);
  });

  it('stays finite whatever α becomes, unless it is free as in the reference', () => {
    for (const [alpha, finite] of [
      ['exponential', true],
      ['softplus', true],
      ['free', false],
    ] as const) {
      // prettier-ignore
      const model = new Sum(config({ alpha }), modelData(NUM_ITEMS), 3);
      model.variables.get('cell/alpha')!.assign(tf.scalar(-0.5));
      expect(Number.isFinite(lossOf(model, DATA)), alpha).toBe(finite);
    }
  });
});

describe('configs of SUM', () => {
  const errorsOf = (model: object): string =>
    sumSchema
      .safeParse({ type: 'sum', ...model })
      .error!.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join();

  it('say what is wrong', () => {
    expect(errorsOf({ slots: 0 })).toBe('slots: must be at least 1, which is the highway channel alone');
    expect(errorsOf({ loss: { type: 'log', prediction: 'score' } })).toMatch(
      /^loss.prediction: must be `probability`/,
    );
    expect(errorsOf({ minSequenceLength: 9, maxSequenceLength: 8 })).toMatch(
      /^minSequenceLength: must not be longer/,
    );
    expect(errorsOf({ dropout: [0.1], layerSizes: [8, 4] })).toMatch(
      /^dropout: must be one number, or a list with as many as `layerSizes` has/,
    );
    expect(sumSchema.safeParse({ type: 'sum', dropout: [0.1, 0.2] }).success).toBe(true);
    expect(errorsOf({ itemFeatures: ['a', 'a'] })).toMatch(/^itemFeatures: must not name a feature twice/);
    expect(sumSchema.safeParse({ type: 'sum', slots: 1 }).success).toBe(true);
  });

  it('name features that the data have', () => {
    expect(() => new Sum(config({ itemFeatures: ['price'] }), withFeatures, 1)).toThrow(
      '`model.itemFeatures` names the feature `price`, and the dataset has `category`, `tags`.',
    );
  });

  it('follow Microsoft’s defaults where they ask for them, and keep what they say themselves', () => {
    const { model, training } = configSchema.parse(
      applyPreset({
        dataset: { path: 'interactions.csv' },
        model: { type: 'sum', preset: 'microsoft', cell: 'SUMV2' },
      }),
    );
    expect(model).toMatchObject({
      cell: 'SUMV2',
      minBatchSize: 5,
      alpha: 'free',
      loss: { type: 'softmax', numNegatives: 4, sampler: 'inBatch' },
      embeddingPenalty: 'sum',
      dropoutPlace: 'beforeActivation',
    });
    expect(training.batchSize).toBe(400);
  });
});
