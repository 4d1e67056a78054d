import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropout } from '../../../../src/compute/layers/dropout';
import { RandomStream } from '../../../../src/compute/random';
import { checkLayer, draw, fill, outputsOf } from '../checkLayer';
import { TEST_BACKENDS, useBackend } from '../useBackend';

/** What each value is multiplied by, number by number. */
function factors(random: RandomStream, count: number, rate: number): Float64Array {
  return Float64Array.from({ length: count }, () =>
    random.nextUint32() >= rate * 2 ** 32 ? 1 / (1 - rate) : 0,
  );
}

describe.each(TEST_BACKENDS)('dropout on %s', (backend) => {
  useBackend(backend);

  it.each([[1], [3], [17], [63], [65], [3, 5, 7], [1000]])(
    'drops in the same places: %o',
    async (...shape) => {
      for (const rate of [0.1, 0.5, 0.9]) {
        await checkLayer({
          inputs: { x: draw(...shape) },
          layer: ({ x }) => [dropout(x, rate, new RandomStream(3, 4))],
          reference: ({ x }) => {
            const kept = factors(new RandomStream(3, 4), x.length, rate);
            return [x.map((value, place) => value * kept[place]!)];
          },
        });
      }
    },
  );

  it('takes its numbers from the stream, and leaves it where they end', async () => {
    const random = new RandomStream(8);
    const plain = new RandomStream(8);
    const [first, second] = await outputsOf({
      inputs: { x: fill([65], () => 1) },
      layer: ({ x }) => [dropout(x, 0.5, random), dropout(x, 0.5, random)],
    });
    expect([...first!]).toEqual([...factors(plain, 65, 0.5)]);
    expect([...second!]).toEqual([...factors(plain, 65, 0.5)]);
    expect(random.nextUint32()).toBe(plain.nextUint32());
  });

  it('keeps the mean and drops its share', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.double({ min: 0.05, max: 0.8, noNaN: true }), async (seed, rate) => {
        const count = 20_000;
        const [y] = await outputsOf({
          inputs: { x: fill([count], () => 1) },
          layer: ({ x }) => [dropout(x, rate, new RandomStream(seed))],
        });
        const dropped = y!.filter((value) => value === 0).length / count;
        const mean = y!.reduce((sum, value) => sum + value, 0) / count;
        // Six standard deviations of a coin with this rate.
        const deviation = 6 * Math.sqrt((rate * (1 - rate)) / count);
        expect(Math.abs(dropped - rate)).toBeLessThan(deviation);
        expect(Math.abs(mean - 1)).toBeLessThan(deviation / (1 - rate));
      }),
      { numRuns: 10, seed: 1 },
    );
  });

  it('does nothing outside training or at rate 0, and draws nothing then', () => {
    const x = tf.tensor1d([1, 2]);
    const random = new RandomStream(1);
    expect(dropout(x, 0.3, null)).toBe(x);
    expect(dropout(x, 0, random)).toBe(x);
    expect(random.nextUint32()).toBe(new RandomStream(1).nextUint32());
    x.dispose();
  });
});
