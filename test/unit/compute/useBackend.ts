import path from 'node:path';
import { beforeAll } from 'vitest';
import type { BackendName } from '../../../src/compute/backends/backend';
import { startOnly } from '../../../src/compute/engine';

/** Where the WebAssembly files of the engine are before they are built into `dist`. */
export const ENGINE_ASSETS = path.resolve('node_modules/@tensorflow/tfjs-backend-wasm/dist');

/** Makes one backend the one of all tests of a file. */
export function useBackend(name: BackendName): void {
  beforeAll(async () => {
    await startOnly(name, { assets: ENGINE_ASSETS, searchPaths: [] });
  });
}
