import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Parameters } from '../../../../src/compute/parameters';
import {
  createTargetAttention,
  targetAttention,
  weightedSum,
  type TargetAttention,
  type TargetAttentionOptions,
} from '../../../../src/model/parts/targetAttention';
import { TEST_BACKENDS, useBackend } from '../../compute/useBackend';

const WIDTH = 3;
const PRESENT = Float32Array.from([0, 1, 1, 1, 1, 1, 0, 0, 0]);
const normal = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);

function unit(options: Partial<TargetAttentionOptions>): TargetAttention {
  return createTargetAttention(new Parameters(3), 'attention', WIDTH, {
    layers: [4, 2],
    activation: 'sigmoid',
    scaled: true,
    softmax: true,
    dice: { decay: 0.9, epsilon: 1e-9 },
    ...options,
  });
}

/** The same by its definition: every pair's vectors side by side through the layers. */
function byDefinition(
  query: tf.Tensor3D,
  keys: tf.Tensor3D,
  { unit, scaled, softmax }: TargetAttention,
): number[] {
  const { hidden, output } = unit!;
  const [size, length] = keys.shape;
  const shape = [size, query.shape[1], length, WIDTH];
  const q = tf.broadcastTo(tf.expandDims(query, 2), shape);
  const k = tf.broadcastTo(tf.expandDims(keys, 1), shape);
  let x: tf.Tensor2D = tf.reshape(tf.concat([q, k, tf.sub(q, k), tf.mul(q, k)], 3), [-1, 4 * WIDTH]);
  for (const { dense } of hidden) x = tf.sigmoid(tf.add(tf.matMul(x, dense.kernel), dense.bias));
  const outputs = tf.add(tf.matMul(x, output.kernel), output.bias).dataSync();
  const weights: number[] = [];
  for (let row = 0; row < size * query.shape[1]; row++) {
    const mask = PRESENT.subarray(Math.floor(row / query.shape[1]) * length).subarray(0, length);
    const logits = [...mask].map(
      (_, place) => outputs[row * length + place]! / (scaled ? Math.sqrt(WIDTH) : 1),
    );
    const raw = logits.map((logit, place) => mask[place]! * (softmax ? Math.exp(logit) : logit));
    const sum = softmax ? raw.reduce((total, value) => total + value, 0) || 1 : 1;
    weights.push(...raw.map((value) => value / sum));
  }
  return weights;
}

describe.each(TEST_BACKENDS)('attention to a history on %s', (backend) => {
  useBackend(backend);

  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('with scale %s and softmax %s is what its definition says', (scaled, softmax) => {
    const [query, keys] = [normal([3, 2, WIDTH], 1) as tf.Tensor3D, normal([3, 3, WIDTH], 2) as tf.Tensor3D];
    for (const layers of [[4, 2], []]) {
      const layer = unit({ scaled, softmax, layers });
      const weights = targetAttention(query, keys, PRESENT, layer, 'training');
      const expected = byDefinition(query, keys, layer);
      weights.dataSync().forEach((weight, place) => expect(weight).toBeCloseTo(expected[place]!, 5));
      expect(weightedSum(weights, keys).shape).toEqual([3, 2, WIDTH]);
    }
  });

  it('gives shared candidates what it gives to each user’s own', () => {
    const [shared, keys] = [normal([1, 4, WIDTH], 1) as tf.Tensor3D, normal([3, 3, WIDTH], 2) as tf.Tensor3D];
    for (const activation of ['sigmoid', 'dice'] as const) {
      const layer = unit({ activation });
      const own = tf.tile(shared, [3, 1, 1]);
      for (const mode of ['batch', 'running'] as const) {
        const expected = targetAttention(own, keys, PRESENT, layer, mode).dataSync();
        const weights = targetAttention(shared, keys, PRESENT, layer, mode).dataSync();
        weights.forEach((weight, place) => expect(weight).toBeCloseTo(expected[place]!, 5));
      }
    }
  });

  it.each([
    [true, true],
    [false, false],
  ])('is made of products with scale %s and softmax %s', (scaled, softmax) => {
    const keys = normal([3, 3, WIDTH], 2) as tf.Tensor3D;
    for (const query of [normal([3, 2, WIDTH], 1), normal([1, 2, WIDTH], 1)] as tf.Tensor3D[]) {
      const layer = unit({ unit: 'dotProduct', scaled, softmax });
      const weights = targetAttention(query, keys, PRESENT, layer, 'training').arraySync();
      const [q, k] = [query.arraySync(), keys.arraySync()];
      weights.forEach((candidates, user) =>
        candidates.forEach((row, candidate) => {
          const own = q[query.shape[0] === 3 ? user : 0]![candidate]!;
          const mask = PRESENT.subarray(3 * user, 3 * user + 3);
          const logits = k[user]!.map(
            (key) =>
              key.reduce((sum, value, i) => sum + value * own[i]!, 0) / (scaled ? Math.sqrt(WIDTH) : 1),
          );
          const raw = logits.map((logit, place) => mask[place]! * (softmax ? Math.exp(logit) : logit));
          const sum = softmax ? raw.reduce((total, value) => total + value, 0) || 1 : 1;
          row.forEach((weight, place) => expect(weight).toBeCloseTo(raw[place]! / sum, 5));
        }),
      );
    }
  });

  it('lets padding take its share if it counts, that of the batch and what lacks of the length', () => {
    const [query, keys] = [normal([3, 2, WIDTH], 1) as tf.Tensor3D, normal([3, 3, WIDTH], 2) as tf.Tensor3D];
    const layer = unit({ unit: 'dotProduct', countedLength: 5 });
    const weights = targetAttention(query, keys, PRESENT, layer, 'training').arraySync();
    const [q, k] = [query.arraySync(), keys.arraySync()];
    // The first user has two items and three positions of padding with the output 0.
    const powers = [1, 2].map((place) =>
      Math.exp(k[0]![place]!.reduce((sum, value, i) => sum + value * q[0]![0]![i]!, 0) / Math.sqrt(WIDTH)),
    );
    const sum = powers[0]! + powers[1]! + 3;
    [0, powers[0]! / sum, powers[1]! / sum].forEach((expected, place) =>
      expect(weights[0]![0]![place]).toBeCloseTo(expected, 5),
    );
    expect(weights[2]![0]).toEqual([0, 0, 0]);
  });

  it('gives a history of padding alone no weight', () => {
    const [query, keys] = [normal([1, 1, WIDTH], 1) as tf.Tensor3D, normal([1, 2, WIDTH], 2) as tf.Tensor3D];
    for (const softmax of [true, false]) {
      for (const activation of ['sigmoid', 'dice'] as const) {
        const weights = targetAttention(
          query,
          keys,
          new Float32Array(2),
          unit({ softmax, activation }),
          'training',
        );
        expect([...weights.dataSync()].map(Math.abs)).toEqual([0, 0]);
      }
    }
  });
});
