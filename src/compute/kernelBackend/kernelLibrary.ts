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
const SCRATCH_FLOATS_AT = 24;
const SCRATCH_AT = 32;
const ARGUMENTS_AT = 40;
const MAX_ARGUMENTS = 32;
export const TEAM_BYTES = ARGUMENTS_AT + 8 * MAX_ARGUMENTS;

/** OWN_FLOATS of kernels/kernel.h: what every kernel may count on. */
const OWN_SCRATCH_FLOATS = 1_310_720;
/** Multiplications and additions below which waking other threads costs more than it gains. */
const WORK_PER_PART = 131_072;

/** Our kernels, by name, on one memory. */
export class KernelLibrary {
  readonly memory: KernelMemory;
  readonly #executor: KernelExecutor;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #arguments: Float64Array;
  readonly #team: number;
  /** What each thread's scratch holds beside the kernel's own part. */
  readonly #multiplyFloats: number;
  #scratch = { at: 0, ownFloats: 0 };

  /**
   * @param team offset of the kernels' struct Team
   * @param scratchBytes what a thread needs for itself
   */
  constructor(memory: KernelMemory, executor: KernelExecutor, team: number, scratchBytes: number) {
    this.memory = memory;
    this.#executor = executor;
    this.#numbers = new Map(executor.names.map((name, number) => [name, number]));
    this.#team = team;
    this.#multiplyFloats = scratchBytes / 4 - OWN_SCRATCH_FLOATS;
    this.reserveScratch(OWN_SCRATCH_FLOATS);
    this.#arguments = new Float64Array(memory.memory.buffer, team + ARGUMENTS_AT, MAX_ARGUMENTS);
  }

  get threads(): number {
    return this.#executor.threads;
  }

  /** Into how many parts to split a kernel of so many operations. */
  parts(work: number): number {
    return Math.max(1, Math.min(this.#executor.threads, Math.floor(work / WORK_PER_PART)));
  }

  /** Sees to it that each thread has so many floats of scratch for the kernel itself. */
  reserveScratch(ownFloats: number): void {
    if (ownFloats <= this.#scratch.ownFloats) return;
    const { memory } = this.memory;
    const floats = Math.ceil((this.#multiplyFloats + ownFloats) / 64) * 64;
    this.memory.release(this.#scratch.at);
    const at = this.memory.allocate(4 * floats * this.#executor.threads);
    this.#scratch = { at, ownFloats };
    new Uint32Array(memory.buffer, this.#team + SCRATCH_FLOATS_AT, 1)[0] = floats;
    new Float64Array(memory.buffer, this.#team + SCRATCH_AT, 1)[0] = at;
  }

  /** Runs a kernel to its end. @throws ComputeError when a thread was lost in the middle of it */
  run(name: string, parts: number, ...values: number[]): void {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new Error(`There is no kernel named ${name}.`);
    if (values.length > MAX_ARGUMENTS) {
      throw new Error(
        `The kernel ${name} was given ${values.length} arguments, and there is room for ${MAX_ARGUMENTS}: raise MAX_ARGUMENTS here and in kernels/team.c.`,
      );
    }
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
