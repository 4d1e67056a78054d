import { ComputeError } from '../computeError';
import { codes, kernels, sizes, team, type KernelArguments, type KernelName } from '../kernels/signatures';
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

/** Where the fields of the struct Team are, in bytes, each at a multiple of its size; its arguments begin at its end. */
const { offsets: teamOffsets, end: argumentsAt } = layOut(team);
/** Names of each kernel's arguments, in the order in which C reads them. */
const argumentNames = Object.fromEntries(
  Object.entries(kernels).map(([name, kernel]) => [name, Object.keys(kernel.arguments)]),
) as Record<KernelName, string[]>;
const MAX_ARGUMENTS = Math.max(...Object.values(argumentNames).map((names) => names.length));
/** What a team takes of the memory. */
export const TEAM_BYTES = argumentsAt + 8 * MAX_ARGUMENTS;

/** Multiplications and additions below which waking other threads costs more than it gains. */
const WORK_PER_PART = 131_072;

/** Our kernels, by name, on one memory. */
export class KernelLibrary {
  readonly memory: KernelMemory;
  readonly #executor: KernelExecutor;
  /** Numbers by name. */
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #arguments: Float64Array;
  readonly #team: number;
  #scratch = { at: 0, ownFloats: 0 };

  /** @param team offset of the kernels' struct Team */
  constructor(memory: KernelMemory, executor: KernelExecutor, team: number) {
    this.memory = memory;
    this.#executor = executor;
    this.#numbers = new Map(executor.names.map((name, number) => [name, number]));
    this.#team = team;
    this.reserveScratch(sizes.OWN_FLOATS);
    this.#arguments = new Float64Array(memory.memory.buffer, team + argumentsAt, MAX_ARGUMENTS);
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
    const floats = Math.ceil((sizes.MULTIPLY_FLOATS + ownFloats) / 64) * 64;
    this.memory.release(this.#scratch.at);
    const at = this.memory.allocate(4 * floats * this.#executor.threads);
    this.#scratch = { at, ownFloats };
    new Uint32Array(memory.buffer, this.#team + teamOffsets.scratchFloats, 1)[0] = floats;
    new Float64Array(memory.buffer, this.#team + teamOffsets.scratch, 1)[0] = at;
  }

  /**
   * Runs a kernel to its end.
   * @param values its arguments as kernels/signatures.ts has them, pointers as offsets
   * @throws ComputeError when a thread was lost in the middle of it
   */
  run<Name extends KernelName>(name: Name, parts: number, values: KernelArguments<Name, number>): void {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new Error(`There is no kernel named ${name}.`);
    const given: Readonly<Record<string, number | boolean | string | undefined>> = values;
    const names = argumentNames[name];
    for (let place = 0; place < names.length; place++) {
      const value = given[names[place]!];
      this.#arguments[place] =
        typeof value === 'string' ? codeOf(name, names[place]!, value) : Number(value ?? 0);
    }
    if (this.#executor.run(number, parts) !== 0) {
      throw new ComputeError(
        `A compute thread ended during the kernel ${name}, so this step has no result. ` +
          'Resume the run: it continues from its last checkpoint with new threads.',
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

/** The number that stands for one of a list of `codes`. */
function codeOf(kernel: KernelName, argument: string, value: string): number {
  const kinds: Readonly<Record<string, string>> = kernels[kernel].arguments;
  const list: readonly string[] = codes[kinds[argument] as keyof typeof codes];
  return list.indexOf(value);
}

function layOut<Field extends string>(
  fields: Readonly<Record<Field, string>>,
): { offsets: Record<Field, number>; end: number } {
  let end = 0;
  const offsets = Object.entries(fields).map(([field, type]) => {
    const bytes = type === 'double' ? 8 : 4;
    const at = Math.ceil(end / bytes) * bytes;
    end = at + bytes;
    return [field, at];
  });
  return { offsets: Object.fromEntries(offsets) as Record<Field, number>, end };
}
