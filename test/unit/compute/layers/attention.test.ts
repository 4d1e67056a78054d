import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiHeadAttention, type AttentionInput } from '../../../../src/compute/layers/attention';
import { RandomStream } from '../../../../src/compute/random';
import { change, checkLayer, draw, drawMask, expectClose, fill, outputsOf } from '../checkLayer';
import { attention } from '../reference/attention';
import { keepsNaN, TEST_BACKENDS, useBackend } from '../useBackend';

type Projections = Pick<AttentionInput, 'query' | 'key' | 'value'>;

interface Shape {
  size: number;
  length: number;
  width: number;
  numHeads: number;
}

const drawInputs = ({ size, length, width }: Shape) => ({
  query: draw(size, length, width),
  key: draw(size, length, width),
  value: draw(size, length, width),
});

/** The layer in evaluation, with a mask given as numbers. */
function attend(
  projections: Projections,
  { size, length, numHeads }: Shape,
  causal: boolean,
  mask: Float32Array | null,
): tf.Tensor[] {
  const keyMask = mask === null ? null : tf.tensor2d(mask, [size, length]);
  const { output, weights } = multiHeadAttention({
    ...projections,
    numHeads,
    causal,
    keyMask,
    dropout: 0.5,
    random: null,
  });
  return [output, weights];
}

describe.each(TEST_BACKENDS)('multiHeadAttention on %s', (backend) => {
  useBackend(backend);

  it.each([
    [1, 1, 1, 1],
    [1, 3, 4, 2],
    [3, 17, 6, 3],
    [2, 5, 63, 1],
    [1, 65, 8, 1],
    [1, 63, 4, 2],
    [3, 4, 65, 5],
  ])('%i × %i × %i with %i heads', async (size, length, width, numHeads) => {
    const shape = { size, length, width, numHeads };
    for (const causal of [false, true]) {
      for (const mask of [null, drawMask(size * length)]) {
        await checkLayer({
          inputs: drawInputs(shape),
          layer: (inputs) => attend(inputs, shape, causal, mask).slice(0, 1),
          reference: ({ query, key, value }) =>
            attention(query, key, value, {
              ...shape,
              causal,
              scale: 1 / Math.sqrt(width / numHeads),
              keyMask: mask,
            }).slice(0, 1),
        });
      }
    }
  });

  it('takes another scale', async () => {
    const shape = { size: 2, length: 5, width: 4, numHeads: 2 };
    await checkLayer({
      inputs: drawInputs(shape),
      layer: (inputs) => [
        multiHeadAttention({
          ...inputs,
          numHeads: 2,
          causal: true,
          keyMask: null,
          dropout: 0,
          random: null,
          scale: 0.25,
        }).output,
      ],
      reference: ({ query, key, value }) =>
        attention(query, key, value, { ...shape, causal: true, scale: 0.25, keyMask: null }).slice(0, 1),
    });
  });

  it('drops weights by the numbers of the stream, and returns them as they were before', async () => {
    const shape = { size: 2, length: 9, width: 6, numHeads: 3 };
    const mask = drawMask(shape.size * shape.length);
    const rate = 0.4;
    const random = new RandomStream(5, 6);
    const reference = new RandomStream(5, 6);
    const count = shape.size * shape.numHeads * shape.length ** 2;
    const dropoutFactors = Float64Array.from({ length: count }, () =>
      reference.nextUint32() >= rate * 2 ** 32 ? 1 / (1 - rate) : 0,
    );
    const options = { ...shape, causal: true, scale: 1 / Math.SQRT2, keyMask: mask };
    const inputs = drawInputs(shape);
    const layer = (projections: Projections, stream: RandomStream) =>
      multiHeadAttention({
        ...projections,
        numHeads: shape.numHeads,
        causal: true,
        keyMask: tf.tensor2d(mask, [shape.size, shape.length]),
        dropout: rate,
        random: stream,
      });
    await checkLayer({
      inputs,
      layer: (projections) => [layer(projections, new RandomStream(5, 6)).output],
      reference: ({ query, key, value }) =>
        attention(query, key, value, { ...options, dropoutFactors }).slice(0, 1),
    });

    const [weights] = await outputsOf({
      inputs,
      layer: (projections) => [layer(projections, random).weights],
    });
    const [, expected] = attention(inputs.query.values, inputs.key.values, inputs.value.values, options);
    expectClose(weights!, expected, 'weights');
    expect(random.nextUint32()).toBe(reference.nextUint32());
  });

  it('weights of what may be seen sum to 1; of the rest they are 0, and a row that sees nothing is 0', async () => {
    const shapes = fc.record({
      size: fc.integer({ min: 1, max: 3 }),
      length: fc.integer({ min: 1, max: 20 }),
      numHeads: fc.integer({ min: 1, max: 3 }),
      causal: fc.boolean(),
      rate: fc.constantFrom(0, 0.3, 1),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ size, length, numHeads, causal, rate }) => {
        const shape = { size, length, width: 2 * numHeads, numHeads };
        const mask = drawMask(size * length, rate);
        const [output, weights] = await outputsOf({
          inputs: drawInputs(shape),
          layer: (inputs) => attend(inputs, shape, causal, mask),
        });
        for (let row = 0; row < weights!.length / length; row++) {
          const [i, user] = [row % length, Math.floor(row / (numHeads * length))];
          const visible = (j: number) => (!causal || j <= i) && mask[user * length + j] === 1;
          const values = weights!.subarray(row * length, (row + 1) * length);
          const sum = values.reduce((total, value) => total + value, 0);
          const seesNothing = !values.some((_, j) => visible(j));
          expect(Math.abs(sum - (seesNothing ? 0 : 1))).toBeLessThan(1e-5);
          values.forEach((value, j) => {
            if (!visible(j)) expect(value).toBe(0);
          });
          if (seesNothing) {
            const from = (user * length + i) * shape.width;
            expect(output!.subarray(from, from + shape.width).every((value) => value === 0)).toBe(true);
          }
        }
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it('gives nothing a gradient through a row that sees nothing', async () => {
    const shape = { size: 2, length: 3, width: 4, numHeads: 2 };
    const mask = Float32Array.of(0, 0, 0, 0, 1, 1);
    await checkLayer({
      inputs: drawInputs(shape),
      layer: (inputs) => attend(inputs, shape, true, mask).slice(0, 1),
      reference: ({ query, key, value }) =>
        attention(query, key, value, { ...shape, causal: true, scale: 1 / Math.SQRT2, keyMask: mask }).slice(
          0,
          1,
        ),
    });
  });

  it('treats every user alike, wherever they stand in the batch', async () => {
    const shape = { size: 3, length: 7, width: 4, numHeads: 2 };
    const mask = drawMask(shape.size * shape.length);
    const inputs = drawInputs(shape);
    const order = [2, 0, 1];
    const permute = (values: Float32Array) => {
      const width = values.length / shape.size;
      return values.map((_, place) => values[order[Math.floor(place / width)]! * width + (place % width)]!);
    };
    const [output] = await outputsOf({ inputs, layer: (x) => attend(x, shape, true, mask).slice(0, 1) });
    const permuted = {
      query: change(inputs.query, (_, place) => permute(inputs.query.values)[place]!),
      key: change(inputs.key, (_, place) => permute(inputs.key.values)[place]!),
      value: change(inputs.value, (_, place) => permute(inputs.value.values)[place]!),
    };
    const [other] = await outputsOf({
      inputs: permuted,
      layer: (x) => attend(x, shape, true, permute(mask)).slice(0, 1),
    });
    expectClose(other!, permute(output!), 'permuted users', 1e-6);
  });

  it.skipIf(!keepsNaN(backend))(
    'NaN in a query stays in its row, NaN in a key or value with its user',
    async () => {
      const shape = { size: 3, length: 5, width: 4, numHeads: 2 };
      const row = 1 * shape.length + 2;
      for (const name of ['query', 'key', 'value'] as const) {
        const inputs = drawInputs(shape);
        inputs[name] = change(inputs[name], (value, place) => (place === row * shape.width ? NaN : value));
        const [output] = await outputsOf({ inputs, layer: (x) => attend(x, shape, false, null).slice(0, 1) });
        const rowsWithNaN = new Set<number>();
        output!.forEach((value, place) => {
          if (Number.isNaN(value)) rowsWithNaN.add(Math.floor(place / shape.width));
        });
        expect([...rowsWithNaN]).toEqual(name === 'query' ? [row] : [5, 6, 7, 8, 9]);
      }
    },
  );

  it.each([1e4, 1e-40])('holds for logits of the size of %f', async (magnitude) => {
    const shape = { size: 1, length: 9, width: 4, numHeads: 2 };
    const large = (...dimensions: [number, number, number]) =>
      change(draw(...dimensions), (value) => value * Math.sqrt(magnitude));
    const inputs = { query: large(1, 9, 4), key: large(1, 9, 4), value: draw(1, 9, 4) };
    const [output, weights] = await outputsOf({ inputs, layer: (x) => attend(x, shape, true, null) });
    const expected = attention(inputs.query.values, inputs.key.values, inputs.value.values, {
      ...shape,
      causal: true,
      scale: 1 / Math.SQRT2,
      keyMask: null,
    });
    // The logits themselves are only good to 1e-3 where they are 1e4.
    expectClose(output!, expected[0], 'output', 2e-3);
    expectClose(weights!, expected[1], 'weights', 2e-3);
  });

  it('holds where one logit dwarfs the others', async () => {
    const inputs = {
      query: fill([1, 2, 1], () => 100),
      key: fill([1, 2, 1], (j) => (j === 0 ? 100 : -100)),
      value: draw(1, 2, 1),
    };
    const shape = { size: 1, length: 2, width: 1, numHeads: 1 };
    const [output] = await outputsOf({ inputs, layer: (x) => attend(x, shape, false, null).slice(0, 1) });
    expectClose(output!, [inputs.value.values[0]!, inputs.value.values[0]!], 'output');
  });
});
