import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { version_cpu as cpuVersion } from '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths, version_wasm as wasmVersion } from '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels } from './wasmKernels';

/** Backends that exist; `auto` takes the first of them that starts. */
const BACKENDS = ['wasm', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface Backend {
  name: BackendName;
  device: string;
  threads: number;
  version: string;
  /** Why a backend that was asked for, or that would have been faster, is not used; null when there is nothing to say. */
  fallback: string | null;
}

export class BackendError extends Error {
  readonly code = 'backend/unavailable';
}

/**
 * Starts the tensor engine and makes it TensorFlow.js's backend for this process.
 * @param choice a backend by name, or `auto` for the fastest that works here
 * @param assets folder with the WebAssembly files of the engine
 * @throws BackendError when no backend starts
 */
export async function startBackend(choice: 'auto' | BackendName, assets: string): Promise<Backend> {
  // Without this the CPU backend advertises native TensorFlow on stderr.
  tf.enableProdMode();
  const candidates = choice === 'auto' ? BACKENDS : [choice];
  const failures: string[] = [];
  for (const name of candidates) {
    try {
      if (name === 'wasm') {
        setWasmPaths(assets.endsWith('/') ? assets : `${assets}/`);
        registerWasmKernels();
      }
      if (!(await tf.setBackend(name))) throw new Error('it did not start');
      await tf.ready();
      return {
        name,
        device: 'cpu',
        threads: 1,
        version: name === 'wasm' ? wasmVersion : cpuVersion,
        fallback: failures.length > 0 ? failures.join('; ') : null,
      };
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new BackendError(`No compute backend could be started (${failures.join('; ')}).`);
}
