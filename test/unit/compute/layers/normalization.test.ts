import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { batchNorm, type Statistics } from '../../../../src/compute/layers/batchNorm';
import { dice } from '../../../../src/compute/layers/dice';
import { layerNorm } from '../../../../src/compute/layers/layerNorm';
import { change, checkLayer, draw, expectClose, fill, outputsOf, type NdArray } from '../checkLayer';
import * as reference from '../reference/normalization';
import { keepsNaN, TEST_BACKENDS, useBackend } from '../useBackend';

const SIZES = [
  [1, 1],
  [1, 17],
  [3, 3],
  [17, 63],
  [65, 5],
  [63, 65],
] as const;

/** Some statistics that are not those of the batch. */
const running = (width: number) => ({
  mean: draw(width),
  variance: change(draw(width), (value) => 0.2 + value ** 2),
});
const tensorsOf = ({ mean, variance }: { mean: NdArray; variance: NdArray }): Statistics => ({
  mean: tf.tensor1d(mean.values),
  variance: tf.tensor1d(variance.values),
});
const valuesOf = ({ mean, variance }: { mean: NdArray; variance: NdArray }) => ({
  mean: mean.values,
  variance: variance.values,
});

describe.each(TEST_BACKENDS)('normalization on %s', (backend) => {
  useBackend(backend);

  it.each([...SIZES, [2, 2] as const])('layerNorm of %i rows of %i', async (rows, width) => {
    await checkLayer({
      inputs: { x: draw(rows, width), gamma: draw(width), beta: draw(width) },
      layer: ({ x, gamma, beta }) => [layerNorm(x, { gamma, beta, epsilon: 1e-5 })],
      reference: ({ x, gamma, beta }) => [reference.layerNorm(x, gamma, beta, 1e-5)],
    });
  });

  it('layerNorm works on the last axis and keeps its digits far from 0', async () => {
    await checkLayer({
      inputs: { x: change(draw(2, 3, 9), (value) => value + 100), gamma: draw(9), beta: draw(9) },
      layer: ({ x, gamma, beta }) => {
        const y = layerNorm(x, { gamma, beta, epsilon: 1e-8 });
        expect(y.shape).toEqual([2, 3, 9]);
        return [y];
      },
      reference: ({ x, gamma, beta }) => [reference.layerNorm(x, gamma, beta, 1e-8)],
    });
  });

  it('layerNorm of a constant or denormal row is beta', async () => {
    const beta = draw(5);
    const [y] = await outputsOf({
      inputs: {
        x: fill([3, 5], (place) => [0, 7, 1e-40 * (place % 5)][Math.floor(place / 5)]!),
        gamma: draw(5),
        beta,
      },
      layer: ({ x, gamma, beta }) => [layerNorm(x, { gamma, beta, epsilon: 1e-8 })],
    });
    expectClose(y!, [...beta.values, ...beta.values, ...beta.values], 'output');
  });

  it('layerNorm keeps NaN in its row', async () => {
    const [y] = await outputsOf({
      inputs: {
        x: change(draw(4, 17), (value, place) => (place === 20 ? NaN : value)),
        gamma: draw(17),
        beta: draw(17),
      },
      layer: ({ x, gamma, beta }) => [layerNorm(x, { gamma, beta, epsilon: 1e-8 })],
    });
    y!.forEach((value, place) => expect(Number.isNaN(value)).toBe(Math.floor(place / 17) === 1));
  });

  it.each(SIZES)('batchNorm of %i rows of %i by the statistics of the batch', async (rows, width) => {
    const x = change(draw(rows, width), (value) => 2 * value + 1);
    await checkLayer({
      inputs: { x, gamma: draw(width), beta: draw(width) },
      layer: ({ x, gamma, beta }) => [batchNorm(x, gamma, beta, null, 1e-3).output],
      reference: ({ x, gamma, beta }) => reference.batchNorm(x, gamma, beta, null, 1e-3).slice(0, 1),
    });
  });

  it.each(SIZES)('batchNorm of %i rows of %i by given statistics', async (rows, width) => {
    const statistics = running(width);
    await checkLayer({
      inputs: { x: draw(rows, width), gamma: draw(width), beta: draw(width) },
      layer: ({ x, gamma, beta }) => [batchNorm(x, gamma, beta, tensorsOf(statistics), 1e-3).output],
      reference: ({ x, gamma, beta }) =>
        reference.batchNorm(x, gamma, beta, valuesOf(statistics), 1e-3).slice(0, 1),
    });
  });

  it.each(SIZES)('dice of %i rows of %i by the statistics of the batch', async (rows, width) => {
    await checkLayer({
      inputs: { x: draw(rows, width), alpha: draw(width) },
      layer: ({ x, alpha }) => [dice(x, alpha, null, 1e-3).output],
      reference: ({ x, alpha }) => reference.dice(x, alpha, null, 1e-3).slice(0, 1),
    });
  });

  it.each(SIZES)('dice of %i rows of %i by given statistics', async (rows, width) => {
    const statistics = running(width);
    await checkLayer({
      inputs: { x: draw(rows, width), alpha: draw(width) },
      layer: ({ x, alpha }) => [dice(x, alpha, tensorsOf(statistics), 1e-3).output],
      reference: ({ x, alpha }) => reference.dice(x, alpha, valuesOf(statistics), 1e-3).slice(0, 1),
    });
  });

  it('batchNorm and dice tell which statistics they used', async () => {
    const x = change(draw(17, 5), (value) => 3 * value + 10);
    const gamma = draw(5);
    const given = running(5);
    for (const statistics of [null, given]) {
      const used = () => (statistics === null ? null : tensorsOf(statistics));
      const actual = await outputsOf({
        inputs: { x, gamma },
        layer: ({ x, gamma }) => {
          const normalized = batchNorm(x, gamma, gamma, used(), 1e-3);
          const active = dice(x, gamma, used(), 1e-3);
          return [normalized.mean, normalized.variance, active.mean, active.variance];
        },
      });
      const values = statistics === null ? null : valuesOf(statistics);
      const [, mean, variance] = reference.batchNorm(x.values, gamma.values, gamma.values, values, 1e-3);
      [mean, variance, mean, variance].forEach((expected, index) =>
        expectClose(actual[index]!, expected, `statistics ${index}`),
      );
    }
  });

  it('the statistics of a column far from 0 keep their digits', async () => {
    const x = change(draw(65, 3), (value) => value + 300);
    const [variance] = await outputsOf({
      inputs: { x, gamma: draw(3) },
      layer: ({ x, gamma }) => [batchNorm(x, gamma, gamma, null, 1e-3).variance],
    });
    const [, , expected] = reference.batchNorm(x.values, [1, 1, 1], [0, 0, 0], null, 1e-3);
    expectClose(variance!, expected, 'variance', 1e-3);
  });

  it('a batch of one row is beta after batchNorm, and half of (1 + alpha)·x after dice', async () => {
    const [x, gamma, beta] = [draw(1, 9), draw(9), draw(9)];
    const [normalized, active] = await outputsOf({
      inputs: { x, gamma, beta },
      layer: ({ x, gamma, beta }) => [
        batchNorm(x, gamma, beta, null, 1e-3).output,
        dice(x, gamma, null, 1e-9).output,
      ],
    });
    expectClose(normalized!, beta.values, 'batchNorm');
    const halves = x.values.map((value, column) => (value * (1 + gamma.values[column]!)) / 2);
    expectClose(active!, halves, 'dice');
  });

  it.skipIf(!keepsNaN(backend))(
    'NaN stays in its column with the statistics of the batch, and in its place with given ones',
    async () => {
      const statistics = running(9);
      const isNaNAt = 2 * 9 + 4;
      const outputs = await outputsOf({
        inputs: {
          x: change(draw(5, 9), (value, place) => (place === isNaNAt ? NaN : value)),
          gamma: draw(9),
        },
        layer: ({ x, gamma }) => [
          batchNorm(x, gamma, gamma, null, 1e-3).output,
          dice(x, gamma, null, 1e-3).output,
          batchNorm(x, gamma, gamma, tensorsOf(statistics), 1e-3).output,
          dice(x, gamma, tensorsOf(statistics), 1e-3).output,
        ],
      });
      outputs.forEach((output, index) =>
        output.forEach((value, place) =>
          expect(Number.isNaN(value)).toBe(index < 2 ? place % 9 === 4 : place === isNaNAt),
        ),
      );
    },
  );
});
