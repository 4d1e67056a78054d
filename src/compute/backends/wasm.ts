import * as tf from '@tensorflow/tfjs-core';
import { BackendError, type BackendDefinition } from './backend';

/** WebAssembly: no build, no installation, everywhere. */
export const wasm: BackendDefinition = {
  name: 'wasm',
  async start({ assets }) {
    const { setWasmPaths, version_wasm: version } = await import('@tensorflow/tfjs-backend-wasm');
    const { registerWasmKernels } = await import('../wasmKernels');
    setWasmPaths(assets.endsWith('/') ? assets : `${assets}/`);
    registerWasmKernels();
    if (!(await tf.setBackend('wasm'))) {
      throw new BackendError(`Its WebAssembly files in ${assets} are missing or cannot be run.`);
    }
    return { name: 'wasm', device: 'cpu', threads: 1, version, isGpu: false };
  },
};
