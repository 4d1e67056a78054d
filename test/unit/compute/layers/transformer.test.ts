import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { findKernel, kernelNameOf } from '../../../../src/compute/fused';
import { dropout } from '../../../../src/compute/layers/dropout';
import { feedForward } from '../../../../src/compute/layers/feedForward';
import { layerNorm } from '../../../../src/compute/layers/layerNorm';
import { linear, type Activation } from '../../../../src/compute/layers/linear';
import { projections } from '../../../../src/compute/layers/projections';
import { residualLinear } from '../../../../src/compute/layers/residualLinear';
import { swiGlu } from '../../../../src/compute/layers/swiGlu';
import { RandomStream } from '../../../../src/compute/random';
import { TEST_BACKENDS, useBackend } from '../useBackend';

/** Values of both, and the gradients of the sum of their squares by all inputs. */
function expectSame(
  inputs: tf.Tensor[],
  first: (...inputs: tf.Tensor[]) => tf.Tensor,
  second: (...inputs: tf.Tensor[]) => tf.Tensor,
): void {
  const measure = (layer: (...inputs: tf.Tensor[]) => tf.Tensor) => [
    layer(...inputs),
    ...tf.grads((...values: tf.Tensor[]) => tf.sum(tf.square(layer(...values))))(inputs),
  ];
  const [ours, plain] = [measure(first), measure(second)];
  ours.forEach((tensor, place) => {
    const [values, expected] = [[...tensor.dataSync()], [...plain[place]!.dataSync()]];
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    values.forEach((value, index) => expect(Math.abs(value - expected[index]!)).toBeLessThan(1e-4 * largest));
  });
}

describe.each(TEST_BACKENDS)('the layers of a transformer on %s', (name) => {
  useBackend(name);

  const draw = (...shape: number[]) => tf.randomNormal(shape, 0, 1, 'float32', shape.length + shape[0]!);

  test('swiGlu is z·σ(z)·v, also far from 0, and leaves no tensors behind', () => {
    const far = tf.tensor([-90, -20, -1, 0, 1, 20, 90]);
    const plain = (z: tf.Tensor, v: tf.Tensor) => tf.mul(tf.mul(z, tf.sigmoid(z)), v);
    expectSame([draw(3, 65), tf.mul(draw(3, 65), 2)], swiGlu, plain);
    expectSame([far, tf.onesLike(far)], swiGlu, plain);
    const inputs = [draw(4, 5), draw(4, 5)];
    const before = tf.memory().numTensors;
    const gradients = tf.grads((z: tf.Tensor, v: tf.Tensor) => swiGlu(z, v))(inputs);
    tf.dispose(gradients);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    [1, 1, 1],
    [3, 17, 5],
    [65, 63, 64],
    [200, 64, 33],
  ])('projections of %i rows, %i to %i, are three linear layers', (rows, inputSize, outputSize) => {
    const parameters = [0, 1, 2].flatMap((place) => [
      tf.mul(draw(inputSize, outputSize), place + 0.5),
      tf.mul(draw(outputSize), place + 1),
    ]);
    const of = (values: tf.Tensor[], place: number) => ({
      kernel: values[2 * place] as tf.Tensor2D,
      bias: values[2 * place + 1] as tf.Tensor1D,
    });
    expectSame(
      [draw(rows, inputSize), ...parameters],
      (x, ...values) => tf.concat(projections(x, [of(values, 0), of(values, 1), of(values, 2)]), -1),
      (x, ...values) =>
        tf.concat(
          [0, 1, 2].map((place) => linear(x, of(values, place).kernel, of(values, place).bias)),
          -1,
        ),
    );
  });

  test.each([
    [1, 1, 1],
    [3, 17, 5],
    [65, 63, 64],
    [200, 64, 33],
  ])('projections of %i normalized rows, %i to %i', (rows, inputSize, outputSize) => {
    const parameters = [0, 1, 2].flatMap(() => [draw(inputSize, outputSize), draw(outputSize)]);
    const split = ([gamma, beta, ...values]: tf.Tensor[]) => ({
      normalization: { gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D, epsilon: 1e-5 },
      all: [0, 2, 4].map((place) => ({
        kernel: values[place] as tf.Tensor2D,
        bias: values[place + 1] as tf.Tensor1D,
      })) as unknown as Parameters<typeof projections>[1],
    });
    expectSame(
      [draw(rows, inputSize), draw(inputSize), tf.mul(draw(inputSize), 2), ...parameters],
      (x, ...values) => tf.concat(projections(x, split(values).all, split(values).normalization), -1),
      (x, ...values) => {
        const { normalization, all } = split(values);
        const normalized = layerNorm(x, normalization);
        return tf.concat(
          all.map(({ kernel, bias }) => linear(normalized, kernel, bias)),
          -1,
        );
      },
    );
  });

  const sizes: [Activation, number, number, number, number, number][] = [
    ['relu', 1, 1, 1, 0, 0],
    ['gelu', 3, 17, 5, 0.5, 0],
    ['silu', 7, 9, 6, 0, 0.2],
    ['none', 65, 63, 64, 0, 0.2],
    ['relu', 100, 64, 130, 0.1, 0.3],
    ['gelu', 100, 33, 17, 0.1, 0.3],
    ['sigmoid', 17, 17, 33, 0.1, 0.3],
    ['tanh', 17, 33, 17, 0, 0],
  ];
  describe.each([true, false])('feedForward, normalized: %s', (isNormalized) => {
    test.each(sizes)(
      '%s of %i rows, %i through %i, drops %d and %d',
      (activation, rows, width, size, innerDropout, outerDropout) => {
        const split = (values: tf.Tensor[]) => ({
          inner: { kernel: values[0] as tf.Tensor2D, bias: values[1] as tf.Tensor1D },
          outer: { kernel: values[2] as tf.Tensor2D, bias: values[3] as tf.Tensor1D },
          normalization: isNormalized
            ? { gamma: values[4] as tf.Tensor1D, beta: values[5] as tf.Tensor1D, epsilon: 1e-5 }
            : null,
        });
        const parameters = [draw(width, size), draw(size), draw(size, width), draw(width)];
        const scales = isNormalized ? [draw(width), tf.mul(draw(width), 2)] : [];
        expectSame(
          [draw(rows, width), ...parameters.map((values) => tf.mul(values, 0.2)), ...scales],
          (x, ...values) =>
            feedForward({
              x,
              ...split(values),
              activation,
              innerDropout,
              outerDropout,
              random: new RandomStream(7),
            }),
          (x, ...values) => {
            const { inner, outer, normalization } = split(values);
            const random = new RandomStream(7);
            const input = normalization === null ? x : layerNorm(x, normalization);
            const between = linear(input, inner.kernel, inner.bias, activation);
            const dropped = dropout(between, innerDropout, random);
            return tf.add(x, dropout(linear(dropped, outer.kernel, outer.bias), outerDropout, random));
          },
        );
      },
    );
  });

  test.each([
    [1, 1, 1, 0],
    [3, 17, 5, 0.5],
    [65, 63, 64, 0.2],
    [200, 64, 33, 0],
  ])('residualLinear of %i rows, %i to %i, drops %d and adds', (rows, inputSize, outputSize, rate) => {
    expectSame(
      [draw(rows, inputSize), draw(inputSize, outputSize), draw(outputSize), draw(rows, outputSize)],
      (x, kernel, bias, residual) =>
        residualLinear(
          x,
          { kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D },
          residual,
          rate,
          new RandomStream(7),
        ),
      (x, kernel, bias, residual) =>
        tf.add(
          residual,
          dropout(linear(x, kernel as tf.Tensor2D, bias as tf.Tensor1D), rate, new RandomStream(7)),
        ),
    );
  });

  test.runIf(name === 'wasm' || name === 'native')('every layer has its kernel here', () => {
    const layers: Record<string, string[]> = {
      EmbeddingLookup: ['table', 'indices'],
      EmbeddingBag: ['table', 'indices'],
      WeightedEmbeddingBag: ['table', 'indices', 'weights'],
      Linear: ['x', 'kernel', 'bias'],
      Projections: ['x', 'kernel0', 'bias0', 'kernel1', 'bias1', 'kernel2', 'bias2'],
      ResidualLinear: ['x', 'kernel', 'bias', 'residual'],
      FeedForward: ['x', 'innerKernel', 'innerBias', 'outerKernel', 'outerBias', 'gamma', 'beta'],
      LayerNorm: ['x', 'gamma', 'beta'],
      Dropout: ['x'],
      Attention: ['query', 'key', 'value', 'keyMask'],
      PointwiseAttention: [
        'projected',
        'gamma',
        'beta',
        'keyMask',
        'positionBias',
        'timeBias',
        'bounds',
        'times',
      ],
      Gru: ['x', 'mask', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias', 'attention'],
      BatchNorm: ['x', 'gamma', 'beta', 'mean', 'variance'],
      Dice: ['x', 'alpha', 'mean', 'variance'],
      CandidateCrossEntropy: ['states', 'candidates', 'targets', 'scale', 'logitBias'],
      RowwiseScores: ['states', 'table', 'ids'],
      SampledCrossEntropy: ['logits'],
      BinaryCrossEntropy: ['logits', 'labels', 'weights'],
      Adam: ['value', 'first', 'second', 'gradient'],
      TopItems: ['states', 'items', 'bias', 'excludedOffsets', 'excludedColumns'],
      TargetRanks: ['states', 'items', 'targetOffsets', 'targets', 'excludedOffsets', 'excludedColumns'],
    };
    for (const [layer, inputs] of Object.entries(layers))
      expect(findKernel(kernelNameOf(layer, inputs), name), layer).toBeDefined();
  });
});
