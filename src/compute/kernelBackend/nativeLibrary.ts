import { createRequire } from 'node:module';
import path from 'node:path';
import { KernelLibrary, TEAM_BYTES } from './kernelLibrary';
import { sizes } from '../kernels/signatures';
import { KernelMemory } from './kernelMemory';

/** The functions of kernels/addon.c. */
interface KernelAddon {
  start(
    memory: Uint8Array,
    team: number,
    threads: number,
  ): { names: string[]; instructions: string; threads: number };
  run(kernel: number, parts: number): number;
  stop(): void;
}

export interface NativeLibrary {
  library: KernelLibrary;
  /** Such as `AVX2`. */
  instructions: string;
  /** Why this is not all that it could be; null when there is nothing to say. */
  degraded: string | null;
}

/** File name of the addon for this machine. */
export const ADDON = `kernels-${process.platform}-${process.arch}.node`;

/**
 * Loads the addon and starts its threads. Tensors are in a WebAssembly.Memory here too: memory that grows without moving,
 * and that Electron accepts, which forbids addons to bring buffers of their own.
 * @throws when there is none for this machine, or it does not load
 */
export function loadNativeLibrary(assets: string, threads: number): NativeLibrary {
  const addon = createRequire(__filename)(path.join(assets, ADDON)) as KernelAddon;
  const memory = new WebAssembly.Memory({ initial: 256, maximum: sizes.MAX_PAGES, shared: true });
  const kernelMemory = new KernelMemory(memory, 0);
  const team = kernelMemory.allocate(TEAM_BYTES);
  const started = addon.start(new Uint8Array(memory.buffer), team, threads);
  const executor = {
    names: started.names,
    threads: started.threads,
    run: (kernel: number, parts: number) => addon.run(kernel, parts),
    dispose: () => addon.stop(),
  };
  return {
    library: new KernelLibrary(kernelMemory, executor, team),
    instructions: started.instructions,
    degraded:
      started.threads < threads
        ? `Only ${started.threads} of ${threads} compute threads could be started.`
        : null,
  };
}
