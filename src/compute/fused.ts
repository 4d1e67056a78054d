import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs a fused layer's kernel if the engine in use has one.
 * @param name of the layer, as in docs/compute.md
 * @returns its outputs, or null where the caller has to run the plain definition
 */
export function fused(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, number | boolean | string> = {},
): tf.Tensor[] | null {
  if (tf.getKernel(name, tf.getBackend()) === undefined) return null;
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, inputs, attributes);
  return Array.isArray(outputs) ? outputs : [outputs];
}
