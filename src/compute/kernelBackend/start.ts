import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { version } from '../../../package.json';
import type { StartedBackend } from '../backends/backend';
import { findKernel } from '../fused';
import { KernelBackend } from './kernelBackend';
import type { KernelLibrary } from './kernelLibrary';
import { registerLayers } from './registerLayers';
import { registerOperations } from './operations';

export interface LoadedLibrary {
  library: KernelLibrary;
  /** Instruction set that the kernels use, for people. */
  instructions: string;
  /** What is not as it should be, though it works; null if all is well. */
  degraded: string | null;
}

/** Loads a library of kernels and makes it TensorFlow.js's backend of this process. */
export async function startKernelBackend(
  name: 'native' | 'wasm',
  load: () => LoadedLibrary | Promise<LoadedLibrary>,
  onWarning: (message: string) => void,
): Promise<StartedBackend> {
  // First, because an addon has one set of threads, which ends with the backend that started it.
  if (tf.engine().registryFactory[name] !== undefined) tf.removeBackend(name);
  const { library, instructions, degraded } = await load();
  tf.registerBackend(name, () => new KernelBackend(library));
  if (findKernel(tf.BatchMatMul, name) === undefined) {
    registerOperations(name);
    registerLayers(name);
  }
  if (!(await tf.setBackend(name))) throw new Error('TensorFlow.js rejected it.');
  if (degraded !== null) onWarning(degraded);
  return {
    name,
    device: `cpu (${instructions})`,
    threads: library.threads,
    version: `RecSight kernels ${version}`,
    isGpu: false,
    memoryLimit: library.memory.limitBytes,
  };
}
