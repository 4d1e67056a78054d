import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linear } from '../../../../src/compute/layers/linear';
import { change, checkLayer, draw, expectClose, fill, outputsOf } from '../checkLayer';
import { linear as reference } from '../reference/linear';
import type { Values } from '../reference/special';
import { keepsNaN, TEST_BACKENDS, useBackend } from '../useBackend';

const ACTIVATIONS = ['none', 'relu', 'gelu', 'sigmoid', 'tanh', 'silu'] as const;

describe.each(TEST_BACKENDS)('linear on %s', (backend) => {
  useBackend(backend);

  it.each([
    [1, 1, 1],
    [3, 17, 5],
    [17, 63, 65],
    [65, 3, 63],
    [63, 65, 1],
    [2, 1, 17],
  ])('%i rows, %i to %i', async (rows, inputSize, outputSize) => {
    for (const activation of ACTIVATIONS) {
      await checkLayer({
        inputs: { x: draw(rows, inputSize), kernel: draw(inputSize, outputSize), bias: draw(outputSize) },
        layer: ({ x, kernel, bias }) => [linear(x, kernel, bias, activation)],
        reference: ({ x, kernel, bias }) => [reference(x, kernel, bias, inputSize, outputSize, activation)],
      });
    }
  });

  it('works on the last axis, and without a bias', async () => {
    await checkLayer({
      inputs: { x: draw(2, 3, 5), kernel: draw(5, 7) },
      layer: ({ x, kernel }) => {
        const y = linear(x, kernel, null);
        expect(y.shape).toEqual([2, 3, 7]);
        return [y];
      },
      reference: ({ x, kernel }) => [reference(x, kernel, null, 5, 7)],
    });
  });

  it('treats every row alike, wherever it stands', async () => {
    const rows = fc
      .integer({ min: 1, max: 20 })
      .chain((count) =>
        fc.tuple(fc.constant(count), fc.shuffledSubarray([...Array(count).keys()], { minLength: count })),
      );
    const [kernel, bias] = [draw(9, 11), draw(11)];
    await fc.assert(
      fc.asyncProperty(rows, async ([count, order]) => {
        const x = draw(count, 9);
        const permuted = change(x, (_, place) => x.values[order[Math.floor(place / 9)]! * 9 + (place % 9)]!);
        const through = async (input: typeof x) => {
          const [output] = await outputsOf({
            inputs: { input, kernel, bias },
            layer: ({ input, kernel, bias }) => [linear(input, kernel, bias, 'gelu')],
          });
          return output!;
        };
        const y = await through(x);
        const z = await through(permuted);
        const expected = z.map((_, place) => y[order[Math.floor(place / 11)]! * 11 + (place % 11)]!);
        expectClose(z, expected, 'permuted rows', 1e-6);
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  it.skipIf(!keepsNaN(backend)).each(ACTIVATIONS)('%s: NaN stays in its row', async (activation) => {
    const x = change(draw(5, 17), (value, place) => (place === 2 * 17 + 3 ? NaN : value));
    const [y] = await outputsOf({
      inputs: { x, kernel: draw(17, 19), bias: draw(19) },
      layer: ({ x, kernel, bias }) => [linear(x, kernel, bias, activation)],
    });
    y!.forEach((value, place) => expect(Number.isNaN(value)).toBe(Math.floor(place / 19) === 2));
  });

  it.each(ACTIVATIONS)('%s: holds for very large, very small and denormal values', async (activation) => {
    const positive = [0, 1e-40, 1e-20, 1e-4, 0.3, 2.5, 9, 30, 88, 1e4, 1e38];
    const values = [...positive, ...positive.map((value) => -value)];
    const layer = ({ x }: { x: tf.Tensor2D }) => [linear(x, tf.tensor2d([[1]]), null, activation)];
    const oracle = (x: Values) => reference(x, [1], null, 1, 1, activation);
    const x = fill([values.length, 1], (place) => values[place]!);
    const [y] = await outputsOf({ inputs: { x }, layer });
    y!.forEach((value, place) => expectClose([value], oracle([x.values[place]!]), `at ${values[place]}`));

    const smooth = values.filter((value) => Math.abs(value) >= 1e-4 && Math.abs(value) <= 1e4);
    await checkLayer({
      inputs: { x: fill([smooth.length, 1], (place) => smooth[place]!) },
      layer,
      reference: ({ x }) => [oracle(x)],
    });
  });
});
