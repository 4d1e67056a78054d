import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { Adam } from '../../../src/compute/adam';
import { RandomStream } from '../../../src/compute/random';
import type { JointScoring, Model, Query } from '../../../src/model/model';
import type { ExampleBatch } from '../../../src/model/batches/exampleBatches';
import type { FeatureColumn } from '../../../src/protocol/features';
import { modelData, queryOf } from './modelData';

/* What the tests of DIN and DIEN share. */

export const NUM_ITEMS = 9;

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
const age: FeatureColumn = {
  kind: 'number',
  name: 'age',
  values: Float32Array.from([0.5, -1, 2, 0]),
  shift: 0,
  scale: 1,
};

export const plainData = modelData(NUM_ITEMS);
export const featureData = modelData(NUM_ITEMS, { itemFeatures: [category, tags], userFeatures: [age] });

export const ALL_ITEMS = Int32Array.from({ length: NUM_ITEMS }, (_, index) => index + 1);

/** Examples of users 0, 1, …; a history's negatives are the items two further on. */
export function examples(histories: number[][], candidates: number[][]): ExampleBatch {
  return {
    kind: 'examples',
    size: histories.length,
    length: histories[0]!.length,
    users: Int32Array.from(histories.keys()),
    histories: Int32Array.from(histories.flat()),
    candidates: Int32Array.from(candidates.flat()),
    numNegatives: candidates[0]!.length - 1,
    negativeHistories: Int32Array.from(histories.flat(), (item) =>
      item === 0 ? 0 : 1 + ((item + 1) % NUM_ITEMS),
    ),
  };
}

export const SOME_EXAMPLES = examples(
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

export const lossOf = (model: Model, data: ExampleBatch): number =>
  tf.tidy(() => model.loss(data, new RandomStream(1)).dataSync()[0]!);

/** Scores of all items, or of some. */
export function scoresOf(model: Model, query: Query, items = ALL_ITEMS): number[][] {
  return tf.tidy(() => (model.scoring(query) as JointScoring).score(items).arraySync());
}

export function train(model: Model, data: ExampleBatch, steps: number, learningRate: number): void {
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

/**
 * Compares each variable's gradient with what the loss does along one direction: half that of the gradient, so that its
 * length is checked, and half any other, so that nothing may be missing from it.
 */
export function expectRightGradients(model: Model, data: ExampleBatch): void {
  const { value, grads } = tf.variableGrads(
    () => model.loss(data, new RandomStream(1)),
    [...model.variables.values()],
  );
  value.dispose();
  const step = 5e-3;
  const random = new RandomStream(3);
  for (const [name, variable] of model.variables) {
    const gradient = Float64Array.from(grads[variable.name]!.dataSync());
    const values = Float32Array.from(variable.dataSync());
    const own = unit(gradient);
    const other = unit(gradient.map(() => random.nextNormal()));
    const direction = unit(own.map((part, place) => part + other[place]!));
    const at = (shift: number): number => {
      const shifted = values.map((value, place) => value + shift * direction[place]!);
      tf.tidy(() => variable.assign(tf.tensor(shifted, variable.shape)));
      return lossOf(model, data);
    };
    const numeric = (at(step) - at(-step)) / (2 * step);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
    const along = gradient.reduce((sum, value, place) => sum + value * direction[place]!, 0);
    expect(
      Math.abs(numeric - along),
      `the loss changes by ${numeric} along the gradient of ${name}, not by ${along}`,
    ).toBeLessThan(1e-3 + 0.02 * Math.abs(numeric));
  }
  tf.dispose(grads);
}

/** The vector at length 1, or at 0 where it has none. */
function unit(vector: Float64Array): Float64Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((part) => part / length);
}

/** A history that is padded further has the same scores and the same loss. */
export function expectBlindToPadding(model: Model): void {
  const short = scoresOf(model, queryOf([4, 9, 2], [0, 5, 1]));
  const long = scoresOf(model, queryOf([0, 0, 4, 9, 2], [0, 0, 0, 5, 1]));
  short.flat().forEach((score, place) => expect(score).toBeCloseTo(long.flat()[place]!, 5));
  const candidates = [
    [3, 6],
    [6, 1],
  ];
  const narrow = lossOf(
    model,
    examples(
      [
        [1, 2],
        [0, 5],
      ],
      candidates,
    ),
  );
  const wide = lossOf(
    model,
    examples(
      [
        [0, 0, 1, 2],
        [0, 0, 0, 5],
      ],
      candidates,
    ),
  );
  expect(wide).toBeCloseTo(narrow, 5);
}

/** A user alone has the scores that he has among others, and items alone too; an unknown user has some. */
export function expectRowsApart(model: Model): void {
  const [, together] = scoresOf(model, queryOf([1, 2, 3], [0, 5, 1]));
  const alone: Query = {
    size: 1,
    length: 3,
    users: Int32Array.from([1]),
    histories: Int32Array.from([0, 5, 1]),
  };
  const [single] = scoresOf(model, alone);
  single!.forEach((score, place) => expect(score).toBeCloseTo(together![place]!, 5));
  const [few] = scoresOf(model, alone, Int32Array.from([4]));
  expect(few![0]).toBeCloseTo(together![3]!, 5);
  const unknown = scoresOf(model, { ...alone, users: Int32Array.from([-1]) });
  expect(unknown.flat().every(Number.isFinite)).toBe(true);
}

/** Trains two models of one seed, in which nothing may differ. */
export function expectSameBits(create: () => Model): void {
  const bits = [create(), create()].map((model) => {
    train(model, SOME_EXAMPLES, 3, 0.01);
    return [...model.state.values()].map((variable) => Array.from(variable.dataSync()));
  });
  expect(bits[0]).toEqual(bits[1]);
}

export function expectNoTensorsKept(model: Model): void {
  const step = (): void => {
    const { value, grads } = tf.variableGrads(
      () => model.loss(SOME_EXAMPLES, new RandomStream(1)),
      [...model.variables.values()],
    );
    tf.dispose([value, grads]);
    const scoring = tf.tidy(() => model.scoring(queryOf([1, 2])) as JointScoring & tf.TensorContainer);
    tf.tidy(() => void scoring.score(ALL_ITEMS));
    tf.dispose(scoring.encoded);
  };
  step();
  const before = tf.memory().numTensors;
  for (let count = 0; count < 5; count++) step();
  expect(tf.memory().numTensors).toBe(before);
}

/** What 32 users chose, by no rule, against four other items each. */
export function thirtyTwoExamples(numItems: number): ExampleBatch {
  const random = new RandomStream(5);
  const item = (): number => 1 + random.nextInt(numItems);
  const histories = Array.from({ length: 32 }, () => [item(), item(), item(), item()]);
  const candidates = histories.map(() => {
    const drawn = new Set<number>();
    while (drawn.size < 5) drawn.add(item());
    return [...drawn];
  });
  return {
    ...examples(histories, candidates),
    negativeHistories: Int32Array.from(histories.flat(), (chosen) => 1 + (chosen % numItems)),
  };
}

export function numParameters(model: Model): number {
  return [...model.variables.values()].reduce((sum, { size }) => sum + size, 0);
}
