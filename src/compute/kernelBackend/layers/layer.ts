import * as tf from '@tensorflow/tfjs-core';
import { sizes } from '../../kernels/signatures';
import type { KernelBackend } from '../kernelBackend';

export type Inputs = Record<string, tf.TensorInfo>;
export type Attributes = Record<string, number | boolean | string>;
export type LayerKernel = (backend: KernelBackend, inputs: Inputs, attributes: Attributes) => tf.TensorInfo[];

export interface Gradient {
  /** Inputs that the gradient needs again. */
  inputs: string[];
  /** Which outputs it needs again, by place, ascending. */
  outputs: number[];
  /** Gets the saved inputs by name, the saved outputs as `output0`, …, and the outputs' gradients as `dy0`, …; `dy` is `dy0`. */
  kernel: LayerKernel;
  /** The inputs that the kernel's results are gradients of, in order; optional ones have a result only if given. */
  of: string[];
}

/** A fused layer on our kernels: which inputs it takes, and what runs for it. */
export interface Layer {
  /** Names of the inputs that are always given. */
  required: string[];
  /** Names of those that may be. */
  optional?: string[];
  forward: LayerKernel;
  /** Left out where nothing can be differentiated. */
  gradient?: Gradient;
}

/** Exponentials and the like take about so many operations per value. */
export const COSTLY = 16;
/** Columns that so many take when they are packed into panels, at most. */
export const wholePanels = (columns: number): number =>
  Math.ceil(columns / sizes.MAX_PANEL) * sizes.MAX_PANEL;

export const sizeOf = tf.util.sizeFromShape;

/** The block of random numbers that a layer with dropout takes its mask from. */
export function maskArguments(attributes: Attributes): { rate: number; key: number; start: number } {
  const { rate, key, start } = attributes as Record<'rate' | 'key' | 'start', number>;
  return { rate, key, start };
}
