import { ComputeError } from '../computeError';
import type { KernelMemory } from './kernelMemory';

/** How kernels get executed; the rest of the library is the same for WebAssembly and for the addon. */
export interface KernelExecutor {
  /** Names of the kernels, in the order of their numbers. */
  readonly names: readonly string[];
  /** Threads that compute, the caller among them; may fall when one is lost. */
  readonly threads: number;
  /** Runs a kernel whose arguments have been written. @returns 0, or 1 when a thread took a part and was lost */
  run(kernel: number, parts: number): number;
  dispose(): void;
}

/* Where things are in the struct Team of kernels/team.c, in bytes. */
const SCRATCH_AT = 32;
const ARGUMENTS_AT = 40;
const MAX_ARGUMENTS = 32;
export const TEAM_BYTES = ARGUMENTS_AT + 8 * MAX_ARGUMENTS;

/** Multiplications and additions below which waking other threads costs more than it gains. */
const WORK_PER_PART = 131_072;

/** Our kernels, by name, on one memory. */
export class KernelLibrary {
  readonly memory: KernelMemory;
  readonly #executor: KernelExecutor;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #arguments: Float64Array;

  /**
   * @param team offset of the kernels' struct Team
   * @param scratchBytes what a thread needs for itself
   */
  constructor(memory: KernelMemory, executor: KernelExecutor, team: number, scratchBytes: number) {
    this.memory = memory;
    this.#executor = executor;
    this.#numbers = new Map(executor.names.map((name, number) => [name, number]));
    const scratch = memory.allocate(scratchBytes * executor.threads);
    new Float64Array(memory.memory.buffer, team + SCRATCH_AT, 1)[0] = scratch;
    this.#arguments = new Float64Array(memory.memory.buffer, team + ARGUMENTS_AT, MAX_ARGUMENTS);
  }

  get threads(): number {
    return this.#executor.threads;
  }

  /** Into how many parts to split a kernel of so many operations. */
  parts(work: number): number {
    return Math.max(1, Math.min(this.#executor.threads, Math.floor(work / WORK_PER_PART)));
  }

  /** Runs a kernel to its end. @throws ComputeError when a thread was lost in the middle of it */
  run(name: string, parts: number, ...values: number[]): void {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new Error(`There is no kernel named ${name}.`);
    for (let index = 0; index < values.length; index++) this.#arguments[index] = values[index]!;
    if (this.#executor.run(number, parts) !== 0) {
      throw new ComputeError(
        `A compute thread ended in the middle of the kernel ${name}, so this step has no result. ` +
          'Resume the run: it goes on from its last checkpoint with new threads.',
      );
    }
  }

  /** Runs a kernel with room for intermediate results that is given back afterwards. */
  withWorkspace<T>(floats: number, body: (workspace: number) => T): T {
    const workspace = this.memory.allocate(4 * floats);
    try {
      return body(workspace);
    } finally {
      this.memory.release(workspace);
    }
  }

  dispose(): void {
    this.#executor.dispose();
  }
}
