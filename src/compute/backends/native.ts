import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { version_core as version } from '@tensorflow/tfjs-core';
import { BackendError, type BackendDefinition } from './backend';

/** Our kernels as a Node-API addon. */
export const native: BackendDefinition = {
  name: 'native',
  async start({ assets, threads = availableParallelism(), onWarning = () => undefined }) {
    const [{ ADDON, loadNativeLibrary }, { startKernelBackend }] = await Promise.all([
      import('../kernelBackend/nativeLibrary'),
      import('../kernelBackend/start'),
    ]);
    if (!existsSync(path.join(assets, ADDON))) {
      throw new BackendError(
        `There is no addon for ${process.platform} on ${process.arch} (${ADDON}). ` +
          'Where the sources are, `npm run kernels -- --native` builds it.',
        'absent',
      );
    }
    try {
      const { library, instructions, degraded } = await startKernelBackend('native', () =>
        loadNativeLibrary(assets, threads),
      );
      if (degraded !== null) onWarning(degraded);
      return {
        name: 'native',
        device: `cpu (${instructions})`,
        threads: library.threads,
        version,
        isGpu: false,
        memoryLimit: library.memory.limitBytes,
      };
    } catch (error) {
      throw new BackendError(
        `${ADDON} is there and does not load: ${error instanceof Error ? error.message : String(error)}.`,
      );
    }
  },
};
