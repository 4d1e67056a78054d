import { readFile } from 'node:fs/promises';
import path from 'node:path';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import { sizes } from '../kernels/signatures';
import { KernelLibrary, TEAM_BYTES, type KernelExecutor } from './kernelLibrary';
import { KernelMemory } from './kernelMemory';

interface KernelExports {
  run: (team: number, kernel: number, parts: number) => number;
  serve: (team: number, thread: number) => void;
  kernelName: (kernel: number) => number;
  __stack_pointer: WebAssembly.Global;
  __heap_base: WebAssembly.Global;
}

export interface WasmOptions {
  /** Folder of the modules. */
  assets: string;
  threads: number;
  /** Use fused multiply-add where the processor has it; found out if left out. */
  relaxed?: boolean;
  /** Told when a thread ends that should not have. */
  onThreadLost?: (message: string) => void;
}

export interface WasmLibrary {
  library: KernelLibrary;
  /** `relaxed SIMD` or `SIMD`. */
  instructions: string;
  /** Why this is not all that it could be; null when there is nothing to say. */
  degraded: string | null;
  /** Its threads beside the caller's. */
  workers: ReadonlySet<Worker>;
}

/** Each thread's stack in the shared memory. */
const STACK_BYTES = 131_072;
/** What memory that is not shared gets at once: it cannot grow without cutting off all views. */
const UNSHARED_PAGES = 32_768;

/**
 * Loads the WebAssembly build of the kernels and starts its threads.
 * Without SharedArrayBuffer it runs on one thread and 2 GB.
 * @throws when the module is missing or the machine cannot run it
 */
export async function loadWasmLibrary(options: WasmOptions): Promise<WasmLibrary> {
  const relaxed = options.relaxed ?? supportsRelaxedSimd();
  const shared = typeof SharedArrayBuffer !== 'undefined';
  const file = `kernels${shared ? '' : '-single'}${relaxed && shared ? '-relaxed' : ''}.wasm`;
  const module = await WebAssembly.compile(await readFile(path.join(options.assets, file)));
  const memory = shared
    ? new WebAssembly.Memory({ initial: 256, maximum: sizes.MAX_PAGES, shared: true })
    : new WebAssembly.Memory({ initial: UNSHARED_PAGES, maximum: UNSHARED_PAGES });
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const exports = instance.exports as KernelExports;
  const kernelMemory = new KernelMemory(
    memory,
    exports.__heap_base.value,
    shared ? sizes.MAX_PAGES : UNSHARED_PAGES,
  );
  const team = kernelMemory.allocate(TEAM_BYTES);
  new Uint8Array(memory.buffer, team, TEAM_BYTES).fill(0);

  const executor = new WasmExecutor(exports, team, kernelNames(exports, memory));
  let degraded = shared ? null : 'SharedArrayBuffer is switched off, so it runs on one thread and 2 GB.';
  try {
    if (shared) await executor.startThreads(module, kernelMemory, options);
  } catch (error) {
    degraded = `Its threads do not start (${error instanceof Error ? error.message : String(error)}), so it runs on one.`;
  }
  const library = new KernelLibrary(kernelMemory, executor, team);
  return {
    library,
    instructions: relaxed && shared ? 'relaxed SIMD' : 'SIMD',
    degraded,
    workers: executor.workers,
  };
}

/*
 * A thread's whole program. It never comes back from `serve`, so it answers no message and needs no more JavaScript.
 * It is a string because it has to be found from the sources, from tests and from a bundle alike.
 */
const THREAD = `
const { workerData, parentPort } = require('node:worker_threads');
const { module, memory, team, thread, stack } = workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports.__stack_pointer.value = stack;
parentPort.postMessage('ready');
exports.serve(team, thread);
`;

class WasmExecutor implements KernelExecutor {
  readonly names: readonly string[];
  readonly #exports: KernelExports;
  readonly #team: number;
  readonly workers = new Set<Worker>();
  #disposed = false;

  constructor(exports: KernelExports, team: number, names: readonly string[]) {
    this.#exports = exports;
    this.#team = team;
    this.names = names;
  }

  get threads(): number {
    return this.workers.size + 1;
  }

  async startThreads(
    module: WebAssembly.Module,
    memory: KernelMemory,
    { threads, onThreadLost }: WasmOptions,
  ): Promise<void> {
    const starts: Promise<void>[] = [];
    for (let thread = 1; thread < threads; thread++) {
      const stack = memory.allocate(STACK_BYTES) + STACK_BYTES;
      const worker = new Worker(THREAD, {
        eval: true,
        workerData: { module, memory: memory.memory, team: this.#team, thread, stack },
        // A thread computes and nothing else: options of the process, such as a debugger's, are not for it.
        execArgv: [],
      });
      this.workers.add(worker);
      worker.unref();
      starts.push(
        new Promise((resolve, reject) => {
          worker.once('message', () => resolve());
          worker.once('error', reject);
          worker.once('exit', () => {
            reject(new Error('it ended while starting'));
            this.workers.delete(worker);
            if (!this.#disposed) {
              onThreadLost?.(
                `A compute thread has ended; ${this.threads} of ${threads} continue, more slowly.`,
              );
            }
          });
        }),
      );
    }
    await Promise.all(starts);
  }

  run(kernel: number, parts: number): number {
    return this.#exports.run(this.#team, kernel, parts);
  }

  dispose(): void {
    this.#disposed = true;
    for (const worker of this.workers) void worker.terminate();
  }
}

function kernelNames({ kernelName }: KernelExports, memory: WebAssembly.Memory): string[] {
  const names: string[] = [];
  for (let kernel = 0; ; kernel++) {
    const at = kernelName(kernel);
    if (at === 0) return names;
    const bytes = new Uint8Array(memory.buffer);
    let name = '';
    for (let index = at; bytes[index] !== 0; index++) name += String.fromCharCode(bytes[index]!);
    names.push(name);
  }
}

/** (module (func (result v128) (f32x4.relaxed_madd of three zeros))) */
const RELAXED_PROBE = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0,
  253, 17, 65, 0, 253, 17, 253, 133, 2, 11,
]);

/** Whether this engine has relaxed SIMD. V8 11, that of Node.js 20, has it behind a flag that can be set at run time. */
function supportsRelaxedSimd(): boolean {
  if (Number(process.versions.v8.split('.')[0]) === 11)
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(RELAXED_PROBE);
}
