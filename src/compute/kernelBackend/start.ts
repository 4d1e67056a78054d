import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { findKernel } from '../fused';
import { KernelBackend } from './kernelBackend';
import type { KernelLibrary } from './kernelLibrary';
import { registerLayers } from './layerKernels';
import { registerOperations } from './operations';

/** Loads a library of kernels and makes it TensorFlow.js's backend of this process. */
export async function startKernelBackend<Loaded extends { library: KernelLibrary }>(
  name: 'native' | 'wasm',
  load: () => Loaded | Promise<Loaded>,
): Promise<Loaded> {
  // First, because an addon has one set of threads, which ends with the backend that started it.
  if (tf.engine().registryFactory[name] !== undefined) tf.removeBackend(name);
  const loaded = await load();
  tf.registerBackend(name, () => new KernelBackend(loaded.library));
  if (findKernel(tf.BatchMatMul, name) === undefined) {
    registerOperations(name);
    registerLayers(name);
  }
  if (!(await tf.setBackend(name))) throw new Error('TensorFlow.js did not take it.');
  return loaded;
}
