import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LATEST,
  pointwiseAttention,
  recordedPointwiseAttention,
  timeBuckets,
} from '../../../../src/compute/layers/pointwiseAttention';
import { checkLayer, draw, drawIndices, drawMask, expectClose, fill, outputsOf } from '../checkLayer';
import { pointwiseAttention as reference } from '../reference/pointwiseAttention';
import { TEST_BACKENDS, useBackend } from '../useBackend';

interface Shape {
  size: number;
  length: number;
  numHeads: number;
  keySize: number;
  valueSize: number;
}

const BUCKETS = 40;

const drawInputs = ({ size, length, numHeads, keySize, valueSize }: Shape) => ({
  projected: draw(size, length, 2 * numHeads * (keySize + valueSize)),
  gamma: draw(numHeads * valueSize),
  beta: draw(numHeads * valueSize),
  positionBias: draw(length + 2),
  table: draw(BUCKETS),
});

/** Ascending times of each user, such as histories have, with equal ones among them. */
function drawTimes(size: number, length: number): Int32Array {
  const gaps = drawIndices(size * length, 30);
  return gaps.map((_, place) => {
    const start = place - (place % length);
    return gaps
      .subarray(start, place + 1)
      .reduce((sum, gap) => sum + (gap < 8 ? 0 : Math.floor(1.4 ** gap)), 0);
  });
}

function maskOf(mask: Float32Array | null, { size, length }: Shape): tf.Tensor2D | null {
  return mask === null ? null : tf.tensor2d(mask, [size, length]);
}

describe.each(TEST_BACKENDS)('pointwiseAttention on %s', (backend) => {
  useBackend(backend);

  it.each([
    [1, 1, 1, 1, 1],
    [1, 3, 2, 2, 3],
    [3, 17, 3, 2, 1],
    [2, 5, 1, 33, 17],
    [1, 66, 2, 5, 4],
    [2, 31, 1, 4, 65],
  ])('%i × %i with %i heads of %i and %i', async (size, length, numHeads, keySize, valueSize) => {
    const shape = { size, length, numHeads, keySize, valueSize };
    const options = { divisor: 0.7 * Math.sqrt(length), epsilon: 1e-3 };
    for (const mask of [null, drawMask(size * length)]) {
      for (const [byPosition, byTime] of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ]) {
        const keyTimes = drawTimes(size, length);
        const queryTimes = keyTimes.map((time, place) => time + (place % 3) * 1000);
        const { positionBias, table, ...inputs } = drawInputs(shape);
        await checkLayer({
          inputs: { ...inputs, ...(byPosition && { positionBias }), ...(byTime && { table }) } as ReturnType<
            typeof drawInputs
          >,
          layer: ({ projected, gamma, beta, ...biases }) => [
            pointwiseAttention({
              ...shape,
              projected,
              divisor: options.divisor,
              keyMask: maskOf(mask, shape),
              positionBias: byPosition ? biases.positionBias : null,
              timeBias: byTime ? { table: biases.table, queryTimes, keyTimes } : null,
              normalization: { gamma, beta, epsilon: options.epsilon },
            }),
          ],
          reference: ({ projected, gamma, beta, ...biases }) =>
            reference(
              projected,
              gamma,
              beta,
              {
                positionBias: byPosition ? biases.positionBias : null,
                timeBias: byTime ? { table: biases.table, queryTimes, keyTimes } : null,
              },
              { ...shape, ...options, keyMask: mask },
            ).slice(0, 1),
        });
      }
    }
  });

  it('returns its weights, which are 0 where nothing may be seen and need not sum to 1', async () => {
    const shape = { size: 2, length: 19, numHeads: 2, keySize: 3, valueSize: 4 };
    const inputs = drawInputs(shape);
    const mask = drawMask(shape.size * shape.length);
    const times = drawTimes(shape.size, shape.length);
    const [weights] = await outputsOf({
      inputs,
      layer: ({ projected, gamma, beta, positionBias, table }) => [
        recordedPointwiseAttention({
          ...{ ...shape, projected, positionBias, divisor: 3 },
          keyMask: maskOf(mask, shape),
          timeBias: { table, queryTimes: times, keyTimes: times },
          normalization: { gamma, beta, epsilon: 1e-6 },
        }).weights,
      ],
    });
    const [, expected] = reference(
      inputs.projected.values,
      inputs.gamma.values,
      inputs.beta.values,
      {
        positionBias: inputs.positionBias.values,
        timeBias: { table: inputs.table.values, queryTimes: times, keyTimes: times },
      },
      { ...shape, divisor: 3, epsilon: 1e-6, keyMask: mask },
    );
    expectClose(weights!, expected, 'weights');
  });

  it('gives a history the same states, however much padding is before it', async () => {
    const shape = { size: 1, length: 6, numHeads: 2, keySize: 2, valueSize: 3 };
    const inputs = drawInputs(shape);
    const times = Int32Array.of(3, 50, 50, 9000, 9001, 40_000);
    const stateOf = async (padding: number, seconds: number): Promise<Float32Array> => {
      const length = shape.length + padding;
      const width = inputs.projected.shape[2];
      const projected = fill([1, length, width] as const, (place) =>
        place < padding * width ? 7 : inputs.projected.values[place - padding * width]!,
      );
      const later = Int32Array.from({ length }, (_, place) => (times[place - padding] ?? 1) + seconds);
      const [output] = await outputsOf({
        inputs: { ...inputs, projected, positionBias: inputs.positionBias },
        layer: ({ projected: x, gamma, beta, positionBias, table }) => [
          pointwiseAttention({
            ...{ ...shape, projected: x, divisor: 6 },
            keyMask: tf.tensor2d(
              Float32Array.from({ length }, (_, place) => (place < padding ? 0 : 1)),
              [1, length],
            ),
            positionBias: tf.concat([tf.zeros<tf.Rank.R1>([20]), positionBias]),
            timeBias: { table, queryTimes: later, keyTimes: later },
            normalization: { gamma, beta, epsilon: 1e-6 },
          }),
        ],
      });
      return output!.subarray(-shape.length * shape.numHeads * shape.valueSize);
    };
    const alone = await stateOf(0, 0);
    for (const [padding, seconds] of [
      [1, 0],
      [9, 100_000],
      [18, 5],
    ] as const)
      expectClose(await stateOf(padding, seconds), alone, `${padding} before it`, 1e-5);
  });
});

describe('buckets of gaps', () => {
  useBackend('cpu');

  const bucketsOf = (gaps: number[], buckets = 129): number[] =>
    Array.from(
      timeBuckets(
        {
          table: tf.zeros([buckets]),
          queryTimes: Int32Array.from(gaps),
          keyTimes: new Int32Array(gaps.length),
        },
        gaps.length,
        1,
      ),
    );
  const formula = (gap: number, last = 128): number =>
    Math.min(last, Math.trunc(Math.log(Math.max(1, gap)) / 0.301));

  it('grow by e^0.301, and the last takes what is longer', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: LATEST }), { minLength: 1 }), (gaps) => {
        expect(bucketsOf(gaps)).toEqual(gaps.map((gap) => formula(gap)));
        expect(bucketsOf(gaps, 20)).toEqual(gaps.map((gap) => formula(gap, 19)));
      }),
    );
    const edges = Array.from({ length: 72 }, (_, bucket) => Math.ceil(Math.exp(0.301 * bucket)))
      .flatMap((edge) => [edge - 1, edge])
      .filter((gap) => gap <= LATEST);
    expect(bucketsOf(edges)).toEqual(edges.map((gap) => formula(gap)));
  });
});
