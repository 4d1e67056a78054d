import { availableParallelism } from 'node:os';
import { version_core as version } from '@tensorflow/tfjs-core';
import { BackendError, type BackendDefinition } from './backend';

/** Our kernels as WebAssembly SIMD on shared memory with worker threads. */
export const wasm: BackendDefinition = {
  name: 'wasm',
  async start({ assets, threads = availableParallelism(), onWarning = () => undefined }) {
    const [{ loadWasmLibrary }, { startKernelBackend }] = await Promise.all([
      import('../kernelBackend/wasmLibrary'),
      import('../kernelBackend/start'),
    ]);
    try {
      const { library, instructions, degraded } = await startKernelBackend('wasm', () =>
        loadWasmLibrary({ assets, threads, onThreadLost: onWarning }),
      );
      if (degraded !== null) onWarning(degraded);
      return {
        name: 'wasm',
        device: `cpu (${instructions})`,
        threads: library.threads,
        version,
        isGpu: false,
        memoryLimit: library.memory.limitBytes,
      };
    } catch (error) {
      throw new BackendError(error instanceof Error ? error.message : String(error));
    }
  },
};
