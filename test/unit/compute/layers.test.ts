import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { multiHeadAttention } from '../../../src/compute/layers/attention';
import { dropout } from '../../../src/compute/layers/dropout';
import { layerNorm } from '../../../src/compute/layers/layerNorm';
import { linear } from '../../../src/compute/layers/linear';
import { binaryCrossEntropy, candidateCrossEntropy } from '../../../src/compute/layers/losses';
import { RandomStream } from '../../../src/compute/random';
import { useBackend } from './useBackend';

const random = new RandomStream(7);
const tensor = (...shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () =>
      random.nextNormal(),
    ),
    shape,
  );

/** Compares the gradients of two functions that should be one, under a random weighting of their outputs. */
function expectSameGradients(
  inputs: tf.Tensor[],
  actual: (...x: tf.Tensor[]) => tf.Tensor,
  expected: typeof actual,
): void {
  const output = actual(...inputs);
  const weights = tensor(...output.shape);
  const gradients = (f: typeof actual) =>
    tf.grads((...x: tf.Tensor[]) => tf.sum(tf.mul(f(...x), weights)))(inputs);
  expectClose(output, expected(...inputs));
  gradients(actual).forEach((gradient, index) => expectClose(gradient, gradients(expected)[index]!));
}

function expectClose(actual: tf.Tensor, expected: tf.Tensor, tolerance = 1e-4): void {
  expect(actual.shape).toEqual(expected.shape);
  const right = expected.dataSync();
  actual.dataSync().forEach((value, index) => {
    expect(Math.abs(value - right[index]!)).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(right[index]!)),
    );
  });
}

describe.each(['cpu', 'wasm'] as const)('layers on %s', (backend) => {
  useBackend(backend);

  it('linear equals the sum over inputs', () => {
    const x = tensor(2, 3, 4);
    const kernel = tensor(4, 5) as tf.Tensor2D;
    const bias = tensor(5) as tf.Tensor1D;
    const products = tf.mul(tf.expandDims(x, -1), kernel);
    expectClose(linear(x, kernel, bias), tf.add(tf.sum(products, 2), bias));
  });

  it.each([
    [1, 3],
    [17, 8],
    [2, 63],
  ])('layerNorm of %i rows of %i has the gradient of the plain formula', (rows, width) => {
    const plain = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-8))), gamma), beta);
    };
    expectSameGradients(
      [tensor(rows, width), tensor(width), tensor(width)],
      (x, gamma, beta) => layerNorm(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-8),
      plain,
    );
  });

  it('candidateCrossEntropy has the value and gradient of −log softmax', () => {
    const targets = tf.tensor1d([3, 0, 6], 'int32');
    expectSameGradients(
      [tensor(3, 5), tensor(7, 5)],
      (states, items) => candidateCrossEntropy(states as tf.Tensor2D, items as tf.Tensor2D, targets),
      (states, items) => {
        const logProbabilities = tf.logSoftmax(tf.matMul(states, items, false, true));
        return tf.neg(tf.mean(tf.sum(tf.mul(logProbabilities, tf.oneHot(targets, 7)), -1)));
      },
    );
  });

  it('candidateCrossEntropy stays a number for huge logits', () => {
    const states = tf.tensor2d([
      [1000, 0],
      [0, -1000],
    ]);
    const items = tf.tensor2d([
      [1, 0],
      [0, 1],
      [-1, 0],
    ]);
    const loss = candidateCrossEntropy(states, items, tf.tensor1d([0, 1], 'int32')).dataSync()[0]!;
    expect(loss).toBeCloseTo((0 + 1000 + Math.log(2)) / 2, 2);
  });

  it.runIf(backend === 'wasm')(
    'candidateCrossEntropy refuses what cannot fit into WebAssembly, before it tries',
    () => {
      const loss = () =>
        tf.tidy(() =>
          candidateCrossEntropy(tf.zeros([30_000, 1]), tf.zeros([10_000, 1]), tf.zeros([30_000], 'int32')),
        );
      expect(loss).toThrow(/30000 positions against 10000 items takes 4\.8 GB.*batchSize/);
    },
  );

  it('binaryCrossEntropy is the weighted mean', () => {
    const loss = binaryCrossEntropy(
      tf.tensor1d([2, -1, 0]),
      tf.tensor1d([1, 0, 1]),
      tf.tensor1d([1, 0.5, 2]),
    );
    const softplus = (x: number) => Math.log1p(Math.exp(x));
    const expected = (softplus(-2) + 0.5 * softplus(-1) + 2 * softplus(0)) / 3.5;
    expect(loss.dataSync()[0]).toBeCloseTo(expected, 5);
  });

  it('attention with several heads equals attention head by head, and sees no future and no padding', () => {
    const [size, length, width, numHeads] = [2, 4, 6, 3];
    const sequences = Int32Array.of(5, 6, 7, 8, 0, 0, 1, 2);
    const keyMask = tf.tensor2d(
      Float32Array.from(sequences, (item) => (item === 0 ? 0 : 1)),
      [size, length],
    );
    const [query, key, value] = [
      tensor(size, length, width),
      tensor(size, length, width),
      tensor(size, length, width),
    ];
    const { output } = multiHeadAttention({
      query,
      key,
      value,
      numHeads,
      causal: true,
      keyMask,
      dropout: 0,
      random: null,
    });
    const result = output.arraySync() as number[][][];
    const [q, k, v] = [query, key, value].map((x) => x.arraySync() as number[][][]) as [
      number[][][],
      number[][][],
      number[][][],
    ];
    for (let user = 0; user < size; user++) {
      for (let i = 0; i < length; i++) {
        if (sequences[user * length + i] === 0) continue;
        for (let column = 0; column < width; column++) {
          const head = Math.floor(column / 2) * 2;
          const visible = [0, 1, 2, 3].filter((j) => j <= i && sequences[user * length + j] !== 0);
          const logits = visible.map(
            (j) =>
              (q[user]![i]![head]! * k[user]![j]![head]! +
                q[user]![i]![head + 1]! * k[user]![j]![head + 1]!) /
              Math.SQRT2,
          );
          const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
          const expected = visible.reduce(
            (sum, j, index) => sum + (Math.exp(logits[index]!) / total) * v[user]![j]![column]!,
            0,
          );
          expect(result[user]![i]![column]).toBeCloseTo(expected, 4);
        }
      }
    }
  });

  it('dropout keeps the mean, drops its share, and does nothing outside training', () => {
    const x = tf.ones([200, 100]);
    const dropped = dropout(x, 0.3, new RandomStream(3));
    const zeros = dropped.dataSync().filter((value) => value === 0).length;
    expect(zeros / x.size).toBeCloseTo(0.3, 1);
    expect(tf.mean(dropped).dataSync()[0]).toBeCloseTo(1, 1);
    expect(dropout(x, 0.3, null)).toBe(x);
  });
});
