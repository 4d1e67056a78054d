import { availableParallelism } from 'node:os';
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
      return await startKernelBackend(
        'wasm',
        () => loadWasmLibrary({ assets, threads, onThreadLost: onWarning }),
        onWarning,
      );
    } catch (error) {
      throw new BackendError(error instanceof Error ? error.message : String(error));
    }
  },
};
