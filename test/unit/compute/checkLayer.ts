import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import { directionalDerivative } from './reference/directionalDerivative';

/** Values on the way into a tensor; the shape's length is known to the compiler. */
export interface NdArray<Shape extends readonly number[] = readonly number[]> {
  shape: Shape;
  values: Float32Array;
}

type Inputs = Record<string, NdArray>;

type TensorOf<Shape extends readonly number[]> = Shape['length'] extends 0
  ? tf.Scalar
  : Shape['length'] extends 1
    ? tf.Tensor1D
    : Shape['length'] extends 2
      ? tf.Tensor2D
      : Shape['length'] extends 3
        ? tf.Tensor3D
        : tf.Tensor4D;

/** A layer, its inputs, and the oracle's word on it. What is no input, such as indices and masks, has no gradient. */
export interface LayerCase<I extends Inputs> {
  inputs: I;
  layer: (inputs: { [Name in keyof I]: TensorOf<I[Name]['shape']> }) => tf.Tensor[];
  reference: (inputs: { [Name in keyof I]: Float64Array }) => Float64Array[];
}

let stream = new RandomStream(2026);

/** Makes what is drawn from here on the same as from the start. */
export function restartDraws(): void {
  stream = new RandomStream(2026);
}

/** Normally distributed values. */
export function draw<Shape extends number[]>(...shape: Shape): NdArray<Shape> {
  return fill(shape, () => stream.nextNormal());
}

/** Indices from 0 on. */
export function drawIndices(count: number, bound: number): Int32Array {
  return Int32Array.from({ length: count }, () => stream.nextInt(bound));
}

/** Ones and zeros, `rate` of them ones. */
export function drawMask(count: number, rate = 0.7): Float32Array {
  return Float32Array.from({ length: count }, () => (stream.nextFloat() < rate ? 1 : 0));
}

export function fill<const Shape extends readonly number[]>(
  shape: Shape,
  value: (index: number) => number,
): NdArray<Shape> {
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, (_, index) => value(index)) };
}

/** A copy with other values. */
export function change<Shape extends readonly number[]>(
  array: NdArray<Shape>,
  to: (value: number, index: number) => number,
): NdArray<Shape> {
  return { shape: array.shape, values: array.values.map(to) };
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/**
 * Compares a layer's outputs and the gradients of all its inputs, under a random weighting of the outputs,
 * with the oracle's (gradients: finite differences in float64) and with the plain definition's on the cpu engine.
 */
export async function checkLayer<I extends Inputs>(layerCase: LayerCase<I>): Promise<void> {
  const { inputs, reference } = layerCase;
  const exact = float64(inputs);
  const expected = reference(exact);
  const actual = await evaluate(layerCase);
  expect(actual.outputs.length).toBe(expected.length);
  actual.outputs.forEach((output, index) => expectClose(output, expected[index]!, `output ${index}`));
  for (const [name, values] of Object.entries(exact)) {
    const loss = (moved: Float64Array) => weightedSum(reference({ ...exact, [name]: moved }));
    const gradient = actual.gradients[name]!;
    const length = Math.hypot(...gradient);
    for (const direction of directions(values.length)) {
      const along = gradient.reduce((sum, value, index) => sum + value * direction[index]!, 0);
      const numeric = directionalDerivative(loss, values, direction);
      if (Math.abs(along - numeric) <= 1e-4 * Math.max(length, Math.abs(numeric), 0.1)) continue;
      const place = direction.filter((part) => part !== 0).length === 1 ? `[${direction.indexOf(1)}]` : '';
      expect.fail(`gradient of ${name}${place} is ${along}, not ${numeric}`);
    }
  }

  if (tf.getBackend() !== 'cpu') expectLikePlain(actual, await onCpu(() => evaluate(layerCase)));
}

/** Compares a layer's outputs and gradients with the plain definition's alone, for shapes that are much for the oracle. */
export async function checkAgainstPlain<I extends Inputs>(
  layerCase: Omit<LayerCase<I>, 'reference'>,
): Promise<void> {
  expectLikePlain(await evaluate(layerCase), await onCpu(() => evaluate(layerCase)));
}

function expectLikePlain(actual: Evaluation, plain: Evaluation): void {
  actual.outputs.forEach((output, index) =>
    expectClose(output, plain.outputs[index]!, `output ${index}, against the plain definition`),
  );
  for (const [name, gradient] of Object.entries(actual.gradients))
    expectClose(gradient, plain.gradients[name]!, `gradient of ${name}, against the plain definition's`);
}

/** The outputs of a layer, for tests of some property that the oracle is not needed for. */
export async function outputsOf<I extends Inputs>({
  inputs,
  layer,
}: Omit<LayerCase<I>, 'reference'>): Promise<Float32Array[]> {
  return inScope(() => dataOf(layer(tensors(inputs))));
}

/** The value of a layer whose only output is a scalar, and its gradients. */
export async function lossAndGradients<I extends Inputs>({
  inputs,
  layer,
}: Omit<LayerCase<I>, 'reference'>): Promise<{ loss: number; gradients: Record<string, Float32Array> }> {
  const { outputs, gradients } = await evaluate({ inputs, layer }, () => Float32Array.of(1));
  return { loss: outputs[0]![0]!, gradients };
}

/** Every value within `tolerance` of what is expected, relative to the largest of them; NaN and infinities alike. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  label: string,
  tolerance = 1e-4,
): void {
  expect(actual.length, label).toBe(expected.length);
  const finite = Array.from(expected).filter(Number.isFinite);
  const allowed = tolerance * finite.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0.1);
  const place = Array.from(expected).findIndex((right, index) => {
    const value = actual[index]!;
    return Number.isFinite(right) ? !(Math.abs(value - right) <= allowed) : !Object.is(value, right);
  });
  if (place < 0) return;
  expect.fail(`${label}[${place}] is ${actual[place]}, not ${expected[place]} (within ${allowed})`);
}

/** Runs with the plain definitions instead of the engine that is tested. */
export async function onCpu<T>(compute: () => Promise<T>): Promise<T> {
  const engine = tf.getBackend();
  await tf.setBackend('cpu');
  try {
    return await compute();
  } finally {
    await tf.setBackend(engine);
  }
}

/** Disposes every tensor that is made on the way. */
export async function inScope<T>(compute: () => Promise<T>): Promise<T> {
  tf.engine().startScope();
  try {
    return await compute();
  } finally {
    tf.engine().endScope();
  }
}

export async function dataOf(values: tf.Tensor[]): Promise<Float32Array[]> {
  // Copies: an engine may hand out its own memory.
  return Promise.all(values.map(async (tensor) => Float32Array.from(await tensor.data())));
}

interface Evaluation {
  outputs: Float32Array[];
  gradients: Record<string, Float32Array>;
}

/** Outputs, and gradients of their weighted sum. */
async function evaluate<I extends Inputs>(
  { inputs, layer }: Omit<LayerCase<I>, 'reference'>,
  weigh: (output: number, count: number) => Float32Array = weightsOf,
): Promise<Evaluation> {
  return inScope(async () => {
    const names = Object.keys(inputs);
    const made = tensors(inputs);
    let outputs: tf.Tensor[] = [];
    const loss = (...values: tf.Tensor[]): tf.Scalar => {
      const named = Object.fromEntries(names.map((name, index) => [name, values[index]!]));
      outputs = layer(named as typeof made).map((output) => tf.keep(output));
      const terms = outputs.map((output, index) =>
        tf.sum<tf.Scalar>(tf.mul(output, tf.tensor(weigh(index, output.size), output.shape))),
      );
      return terms.reduce((total, term) => tf.add<tf.Scalar>(total, term), tf.scalar(0));
    };
    const gradients = tf.grads(loss)(names.map((name) => made[name]!));
    const read = await dataOf(gradients);
    gradients.forEach((gradient, index) => expect(gradient.shape).toEqual(inputs[names[index]!]!.shape));
    const values = await dataOf(outputs);
    tf.dispose(outputs);
    return {
      outputs: values,
      gradients: Object.fromEntries(names.map((name, index) => [name, read[index]!])),
    };
  });
}

/** What each value of an output counts for in the sum that is differentiated. */
function weightsOf(output: number, count: number): Float32Array {
  const random = new RandomStream(1, output);
  return Float32Array.from({ length: count }, () => random.nextNormal());
}

function tensors<I extends Inputs>(inputs: I): { [Name in keyof I]: TensorOf<I[Name]['shape']> } {
  const entries = Object.entries(inputs).map(([name, { values, shape }]) => [
    name,
    tf.tensor(values, [...shape]),
  ]);
  return Object.fromEntries(entries) as { [Name in keyof I]: TensorOf<I[Name]['shape']> };
}

function float64<I extends Inputs>(inputs: I): { [Name in keyof I]: Float64Array } {
  const entries = Object.entries(inputs).map(([name, { values }]) => [name, Float64Array.from(values)]);
  return Object.fromEntries(entries) as { [Name in keyof I]: Float64Array };
}

function weightedSum(outputs: Float64Array[]): number {
  let sum = 0;
  outputs.forEach((output, index) => {
    const weights = weightsOf(index, output.length);
    output.forEach((value, place) => (sum += value * weights[place]!));
  });
  return sum;
}

/** Where to differentiate: along each axis of a small array; along a few axes of a large one, and in all at once. */
function directions(count: number): Float64Array[] {
  const axis = (index: number) =>
    Float64Array.from({ length: count }, (_, other) => (other === index ? 1 : 0));
  if (count <= 12) return Array.from({ length: count }, (_, index) => axis(index));
  const signs = () => Float64Array.from({ length: count }, () => (stream.nextFloat() < 0.5 ? 1 : -1));
  return [
    axis(0),
    axis(count - 1),
    axis(stream.nextInt(count)),
    axis(stream.nextInt(count)),
    signs(),
    signs(),
  ];
}
