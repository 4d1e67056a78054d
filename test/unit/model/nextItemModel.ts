import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { Adam } from '../../../src/compute/adam';
import { RandomStream } from '../../../src/compute/random';
import type { NextItemLossConfig } from '../../../src/model/parts/nextItemLossOptions';
import type { Model } from '../../../src/model/model';
import type { Batch } from '../../../src/model/batches/batchBuilder';
import type { ExampleBatch, ExampleBuilder } from '../../../src/model/batches/exampleBatches';
import type { SequenceBatch, SequenceBuilder } from '../../../src/model/batches/sequenceBatches';
import { queryOf } from './modelData';

/* What the tests of SASRec and GRU4Rec have in common. */

/** The losses that both can learn with, in all their forms. */
export const LOSSES: Readonly<Record<string, NextItemLossConfig>> = {
  crossEntropy: { type: 'crossEntropy', includePadding: false },
  'crossEntropy with the padding': { type: 'crossEntropy', includePadding: true },
  bce: { type: 'bce', numNegatives: 1, sampler: 'unconsumed', weighting: 'balanced' },
  'bce, halved': { type: 'bce', numNegatives: 2, sampler: 'uniform', weighting: 'halved' },
  'bce of items': { type: 'bce', numNegatives: 2, sampler: 'popular', weighting: 'items' },
  bpr: { type: 'bpr', numNegatives: 2, sampler: 'unconsumed' },
  sampledSoftmax: {
    type: 'sampledSoftmax',
    numNegatives: 3,
    sampler: 'uniform',
    sharedNegatives: false,
    logQCorrection: true,
    temperature: 1,
    normalize: false,
  },
  'sampledSoftmax, shared, corrected': {
    type: 'sampledSoftmax',
    numNegatives: 10,
    sampler: 'logUniform',
    sharedNegatives: true,
    logQCorrection: true,
    temperature: 1,
    normalize: false,
  },
  'sampledSoftmax of the batch, by cosine': {
    type: 'sampledSoftmax',
    numNegatives: 3,
    sampler: 'inBatch',
    sharedNegatives: false,
    logQCorrection: true,
    temperature: 0.2,
    normalize: true,
  },
  gbce: { type: 'gbce', numNegatives: 3, sampler: 'uniform', t: 0.75 },
};

/** A batch of what a model asks for; negatives are any items but the target. */
export function batchFor(
  request: SequenceBuilder | ExampleBuilder,
  rows: number[][],
  targets: number[][],
  numItems: number,
  seed = 1,
): SequenceBatch | ExampleBatch {
  const random = new RandomStream(seed, 77);
  const { numNegatives } = request;
  const other = (target: number): number => {
    const item = 1 + random.nextInt(numItems);
    return item === target ? other(target) : item;
  };
  const drawFor = (target: number) => Array.from({ length: numNegatives }, () => other(target));
  const size = rows.length;
  const length = rows[0]!.length;
  const users = new Int32Array(size);
  const items = Int32Array.from(rows.flat());
  if (request.unit === 'interactions') {
    const last = targets.map((row) => row[row.length - 1]!);
    return {
      kind: 'examples',
      size,
      length,
      users,
      histories: items,
      candidates: Int32Array.from(last.flatMap((target) => [target, ...drawFor(target)])),
      numNegatives,
      negativeHistories: null,
    };
  }
  const flat = Int32Array.from(targets.flat());
  const drawn = request.sharedNegatives ? drawFor(0) : [...flat].flatMap(drawFor);
  return {
    kind: 'sequences',
    size,
    length,
    users,
    items,
    targets: flat,
    negatives: numNegatives > 0 ? Int32Array.from(drawn) : null,
    numNegatives,
  };
}

/** Sequences of 32 users, each told by its first item, and what follows each position. */
export function users(numItems: number): { rows: number[][]; targets: number[][] } {
  const random = new RandomStream(9);
  const sequences = Array.from({ length: 32 }, (_, user) => [
    1 + user,
    ...Array.from({ length: 4 }, () => 1 + random.nextInt(numItems)),
  ]);
  return { rows: sequences.map((row) => row.slice(0, -1)), targets: sequences.map((row) => row.slice(1)) };
}

export const lossOf = (model: Model, batch: Batch): number =>
  tf.tidy(() => model.loss(batch, new RandomStream(1)).dataSync()[0]!);

/** Scores of items 1 to N for each history. */
export const scoresOf = (model: Model, ...histories: number[][]): number[][] =>
  tf.tidy(() => {
    const scoring = model.scoring(queryOf(...histories));
    if (scoring.kind !== 'product') throw new Error('No product.');
    return tf.matMul(scoring.states, scoring.items, false, true).arraySync() as number[][];
  });

/** Steps of Adam on batches that only differ in their negatives. */
export function train(
  model: Model,
  batchAt: (step: number) => Batch,
  steps: number,
  learningRate = 0.01,
): void {
  const adam = new Adam(model.variables, { learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.variableGrads(
      () => model.loss(batchAt(step), new RandomStream(step)),
      [...model.variables.values()],
    );
    adam.apply(model.variables, grads);
    tf.dispose([value, grads]);
  }
}

/** Compares gradients with finite differences at the first, a middle and the last value of every variable. */
export function checkGradients(model: Model, batch: Batch): void {
  const variables = [...model.variables.values()];
  const { value, grads } = tf.variableGrads(() => model.loss(batch, new RandomStream(1)), variables);
  const step = 2e-3;
  for (const [name, variable] of model.variables) {
    const gradient = grads[variable.name]!.dataSync();
    const values = Float32Array.from(variable.dataSync());
    for (const index of new Set([0, Math.floor(values.length / 2), values.length - 1])) {
      const at = (shift: number): number => {
        const shifted = values.slice();
        shifted[index]! += shift;
        assign(variable, shifted);
        return lossOf(model, batch);
      };
      const numeric = (at(step) - at(-step)) / (2 * step);
      assign(variable, values);
      expect(Math.abs(numeric - gradient[index]!), `${name}[${index}]`).toBeLessThan(
        2e-3 + 0.02 * Math.abs(numeric),
      );
    }
  }
  tf.dispose([value, grads]);
}

function assign(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
}

/** All weights after a few steps, for comparing runs bit by bit. */
export function trainedWeights(model: Model, batchAt: (step: number) => Batch): number[][] {
  train(model, batchAt, 3);
  return [...model.variables.values()].map((variable) => Array.from(variable.dataSync()));
}

/** Whether steps and scorings leave tensors behind. */
export function checkTensors(model: Model, batch: Batch): void {
  const step = () => {
    const { value, grads } = tf.variableGrads(
      () => model.loss(batch, new RandomStream(1)),
      [...model.variables.values()],
    );
    tf.dispose([value, grads]);
    scoresOf(model, [1, 2]);
    tf.tidy(() => model.embeddings.forEach((view) => view.vectors()));
  };
  step();
  const before = tf.memory().numTensors;
  for (let count = 0; count < 5; count++) step();
  expect(tf.memory().numTensors).toBe(before);
}
