import * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend, Output } from './kernelBackend';

const sizeOf = tf.util.sizeFromShape;

/* Rows of tables, on our kernels: for TensorFlow.js's operations and for lookups. */

/** A new tensor of zeros. */
export function zeros(backend: KernelBackend, shape: number[]): Output {
  const output = backend.output(shape);
  const count = sizeOf(shape);
  backend.run('zero', backend.library.parts(count), { to: output, count });
  return output;
}

/** Copies rows between offsets. `width` may be 0 for tables without columns; nothing is copied then. */
export function copyRows(
  backend: KernelBackend,
  from: number,
  to: number,
  rows: number,
  width: number,
  fromStep: number,
  toStep: number,
): void {
  // One long row instead of many where both sides are contiguous.
  const whole = fromStep === width && toStep === width;
  const sizes = whole ? { rows: 1, width: rows * width } : { rows, width };
  const parts = whole ? 1 : backend.library.parts(rows * width);
  backend.run('copyRows', parts, { from, to, ...sizes, fromStep, toStep });
}

/** Rows of a table by index. */
export function gather(
  backend: KernelBackend,
  table: tf.TensorInfo,
  indices: tf.TensorInfo,
  width: number,
  shape: number[],
): tf.TensorInfo {
  const count = sizeOf(indices.shape);
  const out = backend.output(shape);
  const parts = backend.library.parts(count * width);
  backend.run('gatherRows', parts, { table, indices, out, count, width, rows: table.shape[0]! });
  return out.info;
}

/** Adds rows into a new table by index. */
export function scatter(
  backend: KernelBackend,
  from: tf.TensorInfo,
  indices: tf.TensorInfo,
  width: number,
  shape: number[],
): tf.TensorInfo {
  const count = sizeOf(indices.shape);
  const tableSize = sizeOf(shape);
  const table = backend.output(shape);
  const parts = backend.library.parts(count * width + tableSize);
  backend.run('scatterRows', parts, { table, tableSize, from, indices, count, width, rows: shape[0]! });
  return table.info;
}
