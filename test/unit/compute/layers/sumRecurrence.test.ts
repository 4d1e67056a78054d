import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { sumRecurrence, type SumOutput } from '../../../../src/compute/layers/sumRecurrence';
import { change, checkLayer, draw, drawMask, expectClose, fill, outputsOf } from '../checkLayer';
import { sumRecurrence as reference, type SumInput } from '../reference/sumRecurrence';
import { TEST_BACKENDS, useBackend } from '../useBackend';

interface Shape {
  size: number;
  length: number;
  inputSize: number;
  hiddenSize: number;
  slots: number;
}

function drawInputs({ size, length, inputSize, hiddenSize, slots }: Shape) {
  const kernel = (outputSize: number) =>
    change(draw(inputSize + hiddenSize, outputSize), (value) => value / Math.sqrt(inputSize));
  return {
    x: draw(size, length, inputSize),
    eraseKernel: kernel(hiddenSize),
    eraseBias: draw(hiddenSize),
    resetKernel: kernel(1),
    resetBias: draw(1),
    addKernel: kernel(hiddenSize),
    addBias: draw(hiddenSize),
    alpha: fill([], () => 0.8),
    heads: draw(slots, inputSize),
    beta: fill([], () => 1.3),
  };
}

const drawWriting = ({ inputSize, hiddenSize, slots }: Shape) => ({
  writingKernel: change(draw(inputSize + hiddenSize, hiddenSize), (value) => value / Math.sqrt(inputSize)),
  writingBias: draw(hiddenSize),
  writingHeads: draw(hiddenSize, slots),
});

type Tensors = { x: tf.Tensor3D } & Parameters<typeof sumRecurrence>[1];
interface Writing {
  writingKernel: tf.Tensor2D;
  writingBias: tf.Tensor1D;
  writingHeads: tf.Tensor2D;
}

function layer({ x, ...parameters }: Tensors, mask: Float32Array, writing?: Writing): SumOutput {
  const present = tf.tensor2d(mask, [x.shape[0], x.shape[1]]);
  return sumRecurrence(
    x,
    parameters,
    present,
    writing === undefined ? { type: 'SUM' } : { type: 'SUMV2', writing },
  );
}

function layerV2(
  { writingKernel, writingBias, writingHeads, ...inputs }: Tensors & Writing,
  mask: Float32Array,
) {
  return layer(inputs, mask, { writingKernel, writingBias, writingHeads });
}

describe.each(TEST_BACKENDS)('sumRecurrence on %s', (backend) => {
  useBackend(backend);

  it.each([
    [1, 1, 1, 1, 1],
    [2, 3, 17, 5, 3],
    [17, 3, 3, 3, 2],
    [3, 6, 5, 17, 4],
    [1, 3, 63, 65, 1],
    [65, 2, 2, 3, 5],
    [18, 19, 3, 5, 2],
    [2, 3, 3, 4, 17],
  ])('%i × %i × %i to %i in %i slots', async (size, length, inputSize, hiddenSize, slots) => {
    const shape = { size, length, inputSize, hiddenSize, slots };
    const mask = drawMask(size * length, 0.8);
    const inputs = drawInputs(shape);
    await checkLayer({
      inputs,
      layer: (tensors) => [layer(tensors, mask).memory],
      reference: (values) => reference(values, { ...shape, mask }).slice(0, 1),
    });
    await checkLayer({
      inputs: { ...inputs, ...drawWriting(shape) },
      layer: (tensors) => [layerV2(tensors, mask).memory],
      reference: (values) => reference(values, { ...shape, mask }).slice(0, 1),
    });
  });

  it('tells what each step read and wrote with', async () => {
    const shape = { size: 4, length: 6, inputSize: 3, hiddenSize: 5, slots: 3 };
    const mask = drawMask(24);
    const sum = drawInputs(shape);
    const inputs = { ...sum, ...drawWriting(shape) };
    const actual = await outputsOf({
      inputs,
      layer: ({ writingKernel, writingBias, writingHeads, ...tensors }) => {
        const first = layer(tensors, mask);
        const second = layer(tensors, mask, { writingKernel, writingBias, writingHeads });
        return [first.read, first.write, second.read, second.write];
      },
    });
    const values = valuesOf(inputs);
    const [, read, write] = reference(valuesOf(sum), { ...shape, mask });
    const [, readV2, writeV2] = reference(values, { ...shape, mask });
    [read, write, readV2, writeV2].forEach((expected, index) => {
      expectClose(actual[index]!, expected, `output ${index}`);
      expected.forEach((value, place) => {
        if (mask[Math.floor(place / 3)] === 0) expect(actual[index]![place]).toBe(value);
      });
    });
    actual[0]!.forEach((_, place) => {
      if (place % 3 !== 0 || mask[place / 3] === 0) return;
      const total = actual[0]!.subarray(place, place + 3).reduce((total, weight) => total + weight, 0);
      expect(total).toBeCloseTo(1, 5);
    });
  });

  it.each([false, true])('is the highway channel alone with no slots (SUMV2: %s)', async (isV2) => {
    const shape = { size: 3, length: 5, inputSize: 4, hiddenSize: 3, slots: 0 };
    const mask = drawMask(15);
    // Empty inputs have no gradient, and neither has what they alone are used with.
    const { heads, beta, ...inputs } = drawInputs(shape);
    const writing = drawWriting(shape);
    const asTensors = () => ({
      heads: tf.tensor2d(heads.values, [0, 4]),
      beta: tf.scalar(beta.values[0]!),
    });
    await checkLayer({
      inputs,
      layer: (tensors) => {
        const output = layer(
          { ...tensors, ...asTensors() },
          mask,
          isV2
            ? {
                writingKernel: tf.tensor2d(writing.writingKernel.values, [7, 3]),
                writingBias: tf.tensor1d(writing.writingBias.values),
                writingHeads: tf.tensor2d(writing.writingHeads.values, [3, 0]),
              }
            : undefined,
        );
        expect(output.memory.shape).toEqual([3, 1, 3]);
        expect(output.read.shape).toEqual([3, 5, 0]);
        expect(output.write.shape).toEqual([3, 5, 0]);
        return [output.memory];
      },
      reference: (values) =>
        reference({ ...values, heads: heads.values, beta: beta.values }, { ...shape, mask }).slice(0, 1),
    });
  });

  it('is 0 where all is padding, and so are all gradients', async () => {
    const shape = { size: 2, length: 3, inputSize: 2, hiddenSize: 3, slots: 2 };
    const mask = new Float32Array(6);
    await checkLayer({
      inputs: drawInputs(shape),
      layer: (tensors) => [layer(tensors, mask).memory],
      reference: () => [new Float64Array(2 * 3 * 3)],
    });
  });

  it('compares with the last input that was no padding', async () => {
    const shape = { size: 1, length: 4, inputSize: 3, hiddenSize: 2, slots: 2 };
    const inputs = drawInputs(shape);
    const gap = change(inputs.x, (value, place) => [value, 99, value, value][Math.floor(place / 3)]!);
    const inRow = fill([1, 3, 3], (place) => inputs.x.values[place < 3 ? place : place + 3]!);
    const [withGap] = await outputsOf({
      inputs: { ...inputs, x: gap },
      layer: (tensors) => [layer(tensors, Float32Array.of(1, 0, 1, 1)).memory],
    });
    const [without] = await outputsOf({
      inputs: { ...inputs, x: inRow },
      layer: (tensors) => [layer(tensors, Float32Array.of(1, 1, 1)).memory],
    });
    expectClose(withGap!, without!, 'memory', 1e-6);
  });

  it('a zero vector resembles nothing, the one before it and the one behind', async () => {
    const shape = { size: 1, length: 3, inputSize: 3, hiddenSize: 2, slots: 2 };
    const inputs = drawInputs(shape);
    const x = change(inputs.x, (value, place) => (Math.floor(place / 3) === 1 ? 0 : value));
    const mask = Float32Array.of(1, 1, 1);
    const [memory, read, write] = await outputsOf({
      inputs: { ...inputs, x },
      layer: (tensors) => {
        const output = layer(tensors, mask);
        return [output.memory, output.read, output.write];
      },
    });
    expectClose(memory!, reference(valuesOf({ ...inputs, x }), { ...shape, mask })[0], 'memory');
    // The debuff is 1 at all three steps.
    expectClose(write!, read!, 'write', 1e-6);
  });

  it('compares the directions of small inputs, and shortens those below 1e-6', async () => {
    const shape = { size: 2, length: 4, inputSize: 3, hiddenSize: 2, slots: 2 };
    const mask = new Float32Array(8).fill(1);
    const inputs = drawInputs(shape);
    const small = { ...inputs, x: change(inputs.x, (value) => 1e-3 * value) };
    await checkLayer({
      inputs: small,
      layer: (tensors) => [layer(tensors, mask).memory],
      reference: (values) => reference(values, { ...shape, mask }).slice(0, 1),
    });
    const tiny = { ...inputs, x: change(inputs.x, (value) => 3e-7 * value) };
    const [write] = await outputsOf({ inputs: tiny, layer: (tensors) => [layer(tensors, mask).write] });
    expectClose(write!, reference(valuesOf(tiny), { ...shape, mask })[2], 'write');
  });

  it('treats every user alike, wherever they stand in the batch', async () => {
    const shape = { size: 5, length: 6, inputSize: 3, hiddenSize: 4, slots: 3 };
    const inputs = drawInputs(shape);
    const mask = drawMask(30);
    const order = [3, 0, 4, 1, 2];
    const permute = (values: Float32Array) => {
      const width = values.length / shape.size;
      return values.map((_, place) => values[order[Math.floor(place / width)]! * width + (place % width)]!);
    };
    const x = permute(inputs.x.values);
    const [memory] = await outputsOf({ inputs, layer: (tensors) => [layer(tensors, mask).memory] });
    const [permuted] = await outputsOf({
      inputs: { ...inputs, x: change(inputs.x, (_, place) => x[place]!) },
      layer: (tensors) => [layer(tensors, permute(mask)).memory],
    });
    expectClose(permuted!, permute(memory!), 'permuted users', 1e-6);
  });

  it('NaN stays with its user', async () => {
    const shape = { size: 3, length: 4, inputSize: 2, hiddenSize: 3, slots: 2 };
    const inputs = drawInputs(shape);
    const x = change(inputs.x, (value, place) => (place === 1 * 8 + 3 ? NaN : value));
    const [memory] = await outputsOf({
      inputs: { ...inputs, x },
      layer: (tensors) => [layer(tensors, new Float32Array(12).fill(1)).memory],
    });
    memory!.forEach((value, place) => expect(Number.isNaN(value)).toBe(Math.floor(place / 9) === 1));
  });

  it.each([1e4, 1e-40])('holds for inputs of the size of %f', async (magnitude) => {
    const shape = { size: 2, length: 5, inputSize: 3, hiddenSize: 4, slots: 2 };
    const inputs = drawInputs(shape);
    const x = change(inputs.x, (value) => value * magnitude);
    const mask = new Float32Array(10).fill(1);
    const [memory] = await outputsOf({
      inputs: { ...inputs, x },
      layer: (tensors) => [layer(tensors, mask).memory],
    });
    expectClose(memory!, reference(valuesOf({ ...inputs, x }), { ...shape, mask })[0], 'memory');
  });
});

function valuesOf(inputs: Record<string, { values: Float32Array }>): SumInput {
  const values = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, array.values]));
  return values as unknown as SumInput;
}

interface GoldenCase {
  cell: 'SUM' | 'SUMV2';
  slots: number;
  hidden: number;
  input: number;
  params: Record<string, number | number[] | number[][]>;
  inputs: number[][][];
  lengths: number[];
  /** After every step: memory, highway channel and last input, flat, of each user. */
  states: number[][][];
}

describe.each(TEST_BACKENDS)("sumRecurrence on %s against Microsoft Recommenders' cells", (backend) => {
  useBackend(backend);
  const { cases } = JSON.parse(readFileSync('test/golden/sum_cells.json', 'utf8')) as { cases: GoldenCase[] };

  it.each(cases)(
    '$cell with $slots slots',
    async ({ cell, slots, hidden, params, inputs, lengths, states }) => {
      for (const [step, expected] of states.entries()) {
        const [memory] = await outputsOf({
          inputs: {},
          layer: () => {
            const get = (name: string) => tf.tensor(params[name]!);
            const parameters = {
              heads: get('heads') as tf.Tensor2D,
              eraseKernel: get('erase_W') as tf.Tensor2D,
              eraseBias: get('erase_b') as tf.Tensor1D,
              resetKernel: get('reset_W') as tf.Tensor2D,
              resetBias: get('reset_b') as tf.Tensor1D,
              addKernel: get('add_W') as tf.Tensor2D,
              addBias: get('add_b') as tf.Tensor1D,
              alpha: get('alpha') as tf.Scalar,
              beta: get('beta') as tf.Scalar,
            };
            const x = tf.slice(tf.tensor3d(inputs), [0, 0, 0], [-1, step + 1, -1]);
            const mask = Float32Array.from(
              lengths.flatMap((end) => Array.from({ length: step + 1 }, (_, t) => (t < end ? 1 : 0))),
            );
            if (cell === 'SUM') return [layer({ x, ...parameters }, mask).memory];
            const writing = {
              writingKernel: get('writing_W') as tf.Tensor2D,
              writingBias: get('writing_b') as tf.Tensor1D,
              writingHeads: get('writing_W02') as tf.Tensor2D,
            };
            return [layer({ x, ...parameters }, mask, writing).memory];
          },
        });
        const kept = expected.flatMap((state) => state.slice(0, slots * hidden));
        expectClose(memory!, kept, `memory after step ${step}`, 1e-5);
      }
    },
  );
});
