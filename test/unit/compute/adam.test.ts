import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Adam, type AdamSettings } from '../../../src/compute/adam';
import { draw, drawMask, expectClose, inScope } from './checkLayer';
import { adamStep, type AdamState } from './reference/adam';
import { TEST_BACKENDS, useBackend } from './useBackend';

const SETTINGS = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };

interface Trace {
  value: Float32Array;
  first: Float32Array;
  second: Float32Array;
}

/** Takes a step per gradient and returns value and moments after each. */
async function train(
  shape: number[],
  start: Float32Array,
  gradients: Float32Array[],
  settings: AdamSettings,
): Promise<Trace[]> {
  return inScope(async () => {
    const variable = tf.variable(tf.tensor(start, shape));
    const variables = new Map([['x', variable]]);
    const adam = new Adam(variables, settings);
    const [first, second] = [adam.state.get('x/m')!, adam.state.get('x/v')!];
    const copy = async (tensor: tf.Tensor) => Float32Array.from(await tensor.data());
    const trace: Trace[] = [];
    for (const gradient of gradients) {
      adam.apply(variables, { [variable.name]: tf.tensor(gradient, shape) });
      trace.push({ value: await copy(variable), first: await copy(first), second: await copy(second) });
    }
    tf.dispose([variable, first, second]);
    return trace;
  });
}

/** The same in float64. */
function trainExactly(start: Float32Array, gradients: Float32Array[], rowSize: number | null): AdamState[] {
  const state: AdamState = {
    value: Float64Array.from(start),
    first: new Float64Array(start.length),
    second: new Float64Array(start.length),
  };
  return gradients.map((gradient, step) => {
    adamStep(state, gradient, step + 1, SETTINGS, rowSize);
    return { value: state.value.slice(), first: state.first.slice(), second: state.second.slice() };
  });
}

/** Gradients of some rows of a table, 0 in the others. */
function sparseGradients(steps: number, rows: number, width: number, rate: number): Float32Array[] {
  return Array.from({ length: steps }, () => {
    const touched = drawMask(rows, rate);
    return draw(rows, width).values.map((value, place) => value * touched[Math.floor(place / width)]!);
  });
}

describe.each(TEST_BACKENDS)('Adam on %s', (backend) => {
  useBackend(backend);

  it.each([[[1]], [[3]], [[17, 3]], [[63, 65]], [[5, 4, 3]], [[]]])(
    'follows the algorithm of the paper, for a shape of %o',
    async (shape) => {
      const size = tf.util.sizeFromShape(shape);
      const start = draw(size).values;
      const gradients = Array.from({ length: 6 }, () => draw(size).values);
      const expected = trainExactly(start, gradients, null);
      const actual = await train(shape, start, gradients, SETTINGS);
      actual.forEach((state, step) => {
        for (const name of ['value', 'first', 'second'] as const)
          expectClose(state[name], expected[step]![name], `${name} after step ${step + 1}`, 1e-5);
      });
    },
  );

  it.each([
    [1, 1],
    [3, 17],
    [17, 3],
    [65, 63],
  ])('lazy: rows without a gradient stay as they are, of %i rows of %i', async (rows, width) => {
    const start = draw(rows, width).values;
    const gradients = sparseGradients(6, rows, width, 0.5);
    const expected = trainExactly(start, gradients, width);
    const actual = await train([rows, width], start, gradients, { ...SETTINGS, lazy: true });
    let before: Trace = {
      value: start,
      first: new Float32Array(rows * width),
      second: new Float32Array(rows * width),
    };
    actual.forEach((state, step) => {
      for (const name of ['value', 'first', 'second'] as const) {
        expectClose(state[name], expected[step]![name], `${name} after step ${step + 1}`, 1e-5);
        for (let row = 0; row < rows; row++) {
          const ofRow = (values: Float32Array) => [...values.subarray(row * width, (row + 1) * width)];
          if (ofRow(gradients[step]!).every((value) => value === 0))
            expect(ofRow(state[name])).toEqual(ofRow(before[name]));
        }
      }
      before = state;
    });
  });

  it('lazy and dense are the same while every row is touched, and differ by the old momentum otherwise', async () => {
    const start = draw(4, 3).values;
    const full = Array.from({ length: 5 }, () => draw(4, 3).values);
    const [dense, lazy] = [
      await train([4, 3], start, full, SETTINGS),
      await train([4, 3], start, full, { ...SETTINGS, lazy: true }),
    ];
    for (const name of ['value', 'first', 'second'] as const) expect(lazy[4]![name]).toEqual(dense[4]![name]);

    const pause = [...full, new Float32Array(12)];
    const [densePause, lazyPause] = [
      await train([4, 3], start, pause, SETTINGS),
      await train([4, 3], start, pause, { ...SETTINGS, lazy: true }),
    ];
    expect(lazyPause[5]!.value).toEqual(lazyPause[4]!.value);
    expect(densePause[5]!.value).not.toEqual(densePause[4]!.value);
    expectClose(
      densePause[5]!.first,
      densePause[4]!.first.map((value) => 0.9 * value),
      'first moment',
      1e-6,
    );
  });

  it('lazy for the variables of these names only, and a gradient of NaN counts as one', async () => {
    await inScope(async () => {
      const variables = new Map([
        ['table', tf.variable(tf.ones([3, 2]))],
        ['kernel', tf.variable(tf.ones([3, 2]))],
      ]);
      const adam = new Adam(variables, { ...SETTINGS, lazy: new Set(['table']) });
      const step = (...gradient: number[]) => {
        const tensor = tf.tensor2d(gradient, [3, 2]);
        const entries = [...variables.values()].map((variable) => [variable.name, tensor] as const);
        adam.apply(variables, Object.fromEntries(entries));
      };
      step(1, 1, 1, 1, 1, 1);
      const before = Float32Array.from(await variables.get('table')!.data());
      step(0, 0, 0, 1, NaN, 0);
      const table = await variables.get('table')!.data();
      const kernel = await variables.get('kernel')!.data();
      expect([...table.subarray(0, 2)]).toEqual([...before.subarray(0, 2)]);
      expect(table[2]).toBeLessThan(before[2]!);
      expect(table[4]).toBeNaN();
      expect(kernel[0]).toBeLessThan(before[0]!);
      tf.dispose([...variables.values(), ...adam.state.values()]);
    });
  });

  it('holds for denormal gradients and moments', async () => {
    const gradients = [1e-40, 1e-22, 0, 0, 0].map((value) => Float32Array.of(value, -value));
    const actual = await train([2], Float32Array.of(1, -1), gradients, SETTINGS);
    expectClose(actual[4]!.value, [1, -1], 'value', 1e-6);
  });

  it('names its state, leaves variables without a gradient alone, and leaks nothing', async () => {
    await inScope(async () => {
      const [used, unused] = [tf.variable(tf.tensor1d([1])), tf.variable(tf.tensor1d([1]))];
      const variables = new Map([
        ['used', used],
        ['unused', unused],
      ]);
      const adam = new Adam(variables, { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
      expect([...adam.state.keys()]).toEqual(['used/m', 'used/v', 'unused/m', 'unused/v']);
      const gradient = { [used.name]: tf.tensor1d([1]) };
      adam.apply(variables, gradient);
      const before = tf.memory().numTensors;
      for (let step = 0; step < 20; step++) adam.apply(variables, gradient);
      expect(tf.memory().numTensors).toBe(before);
      expect(adam.step).toBe(21);
      expect((await unused.data())[0]).toBe(1);
      tf.dispose([used, unused, ...adam.state.values()]);
    });
  });
});
