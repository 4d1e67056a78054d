import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
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
          'In a clone of the repository, `npm run kernels -- --native` builds it.',
        'absent',
      );
    }
    try {
      return await startKernelBackend('native', () => loadNativeLibrary(assets, threads), onWarning);
    } catch (error) {
      throw new BackendError(
        `${ADDON} exists but does not load: ${error instanceof Error ? error.message : String(error)}.`,
      );
    }
  },
};
