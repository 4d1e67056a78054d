import * as tf from '@tensorflow/tfjs-core';
import { checkShapes } from './layerShapes';

/**
 * Runs a fused layer's kernel if the engine in use has one.
 * @param name of the layer, as in docs/compute.md
 * @returns its outputs, or null where the caller has to run the plain definition
 * @throws LayerInputError when the inputs' shapes do not fit each other, whether there is a kernel or not
 */
export function fused(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, number | boolean | string> = {},
): tf.Tensor[] | null {
  checkShapes(name, inputs);
  const kernelName = kernelNameOf(name, Object.keys(inputs));
  if (findKernel(kernelName, tf.getBackend()) === undefined) return null;
  return tf.engine().runKernel(kernelName, inputs, attributes);
}

/** A kernel is registered under its layer's name and the inputs it gets, because the tape knows no optional inputs. */
export function kernelNameOf(layer: string, inputs: readonly string[]): string {
  return `${layer}(${[...inputs].sort().join()})`;
}

/** TensorFlow.js says that there always is one. */
export function findKernel(kernelName: string, backendName: string): tf.KernelConfig | undefined {
  return tf.getKernel(kernelName, backendName);
}
