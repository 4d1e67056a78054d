import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach } from 'vitest';
import { BACKEND_NAMES, type BackendName } from '../../../src/compute/backends/backend';
import { startOnly } from '../../../src/compute/engine';

/** Where the WebAssembly files of the engine are before a build copies them into `dist`. */
export const ENGINE_ASSETS = path.resolve('src/compute/kernels/built');

/** Engines to test, from the environment: `RECSIGHT_TEST_BACKENDS=native,webgpu`. Each must start then. */
const LISTED = process.env.RECSIGHT_TEST_BACKENDS?.split(',').map((name) => {
  const backend = BACKEND_NAMES.find((known) => known === name.trim());
  if (backend === undefined) throw new Error(`RECSIGHT_TEST_BACKENDS names ${name}, which is no engine.`);
  return backend;
});

/** Engines that the layers are tested on. */
export const TEST_BACKENDS: readonly BackendName[] = LISTED ?? ['cpu', 'wasm', 'native'];

/** Whether NaN stays what and where it is. WebGPU's language may assume that there is none, and some shaders clamp it away. */
export const keepsNaN = (name: BackendName): boolean => name !== 'webgpu';

/** Those that start everywhere. */
const ALWAYS_THERE: readonly BackendName[] = ['cpu', 'wasm'];

/**
 * Makes one engine the one of all tests of a suite. Where it does not start, the tests are skipped and say why, unless it
 * was asked for or starts everywhere. `cpu` is there as well, to compare with.
 */
export function useBackend(name: BackendName): void {
  const context = { assets: ENGINE_ASSETS, searchPaths: [path.resolve('.'), path.resolve('test/engines')] };
  let reason: string | null = null;
  beforeAll(async () => {
    try {
      await startOnly(name, context);
    } catch (error) {
      if (ALWAYS_THERE.includes(name) || LISTED?.includes(name)) throw error;
      reason = `${name} does not start: ${error instanceof Error ? error.message : String(error)}`;
    }
    // Afterwards, because TensorFlow's binding brings kernels for cpu that would take the place of our mends.
    await startOnly('cpu', context);
    if (reason === null) await tf.setBackend(name);
  });
  beforeEach((test) => {
    if (reason !== null) test.skip(reason);
  });
}
