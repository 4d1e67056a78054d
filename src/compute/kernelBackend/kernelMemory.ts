import { ComputeError } from '../computeError';
import { sizes } from '../kernels/signatures';

const PAGE = 65_536;
/** Grow by at least this much, so that a growing run does not ask for every tensor anew. */
const GROWTH_PAGES = 512;
/** Vectors may be read past the end of the last block. */
const SLACK = 4096;
/** A freed block may serve a smaller tensor of the next classes, up to 1.5 times its size. */
const CLASSES_ABOVE = 2;

/** Free space of any size. */
interface Range {
  offset: number;
  size: number;
}

/**
 * The memory of our kernels: blocks of one WebAssembly.Memory, handed out by size class and taken back into lists, so that
 * training steps of the same shapes need no new memory. Before it grows, free neighbors are joined and divided anew: batches
 * of ever other lengths, as in an evaluation, would else keep a set of blocks for each length. Offsets are bytes; 0 is never
 * handed out and stands for "none".
 */
export class KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly #sizes = new Map<number, number>();
  readonly #free = new Map<number, number[]>();
  /** What was joined and is in no list, by offset. */
  #ranges: Range[] = [];
  readonly #base: number;
  readonly #maxPages: number;
  #top: number;
  #used = 0;
  #peak = 0;

  /**
   * @param base where the program's own data end
   * @param maxPages that the memory may grow to
   */
  constructor(memory: WebAssembly.Memory, base: number, maxPages: number = sizes.MAX_PAGES) {
    this.memory = memory;
    this.#maxPages = maxPages;
    this.#base = Math.ceil(Math.max(base, 64) / 64) * 64;
    this.#top = this.#base;
  }

  /** Bytes that there can be. Memory that is not shared has them from the start. */
  get limitBytes(): number {
    return this.#maxPages * PAGE;
  }

  /** The most that was in use at once since the last `resetPeak`. */
  get peakBytes(): number {
    return this.#peak;
  }

  resetPeak(): void {
    this.#peak = this.#used;
  }

  /** Bytes in use. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Where all that was ever in use ends: with `usedBytes` it tells how much lies free in between. */
  get reservedBytes(): number {
    return this.#top;
  }

  /** @throws ComputeError when the memory is full */
  allocate(bytes: number): number {
    const size = classOf(bytes);
    const block = this.#reuse(size) ?? this.#cut(size) ?? (this.#join(size) ? this.#cut(size) : null);
    const { offset, size: taken } = block ?? { offset: this.#extend(size), size };
    this.#sizes.set(offset, taken);
    this.#used += taken;
    this.#peak = Math.max(this.#peak, this.#used);
    return offset;
  }

  release(offset: number): void {
    const size = this.#sizes.get(offset);
    if (size === undefined) return;
    this.#sizes.delete(offset);
    this.#used -= size;
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [offset]);
    else list.push(offset);
  }

  /** A view of `length` numbers. Growth leaves it valid only where the memory is shared. */
  floats(offset: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, offset, length);
  }

  /** A block of this class or of one just above. */
  #reuse(size: number): Range | null {
    let candidate = size;
    for (let step = 0; step <= CLASSES_ABOVE; step++) {
      const offset = this.#free.get(candidate)?.pop();
      if (offset !== undefined) return { offset, size: candidate };
      candidate = classOf(candidate + 1);
    }
    return null;
  }

  /** A piece of the smallest range that has room for it. */
  #cut(size: number): Range | null {
    let best = -1;
    this.#ranges.forEach((range, place) => {
      if (range.size >= size && (best < 0 || range.size < this.#ranges[best]!.size)) best = place;
    });
    const range = this.#ranges[best];
    if (range === undefined) return null;
    const { offset } = range;
    if (range.size === size) this.#ranges.splice(best, 1);
    else this.#ranges[best] = { offset: offset + size, size: range.size - size };
    return { offset, size };
  }

  /** Empties the lists into ranges, free neighbors joined. @returns whether there may be room in them */
  #join(size: number): boolean {
    if (this.#top - this.#base - this.#used < size) return false;
    const free = [...this.#ranges];
    for (const [listed, offsets] of this.#free) {
      for (const offset of offsets) free.push({ offset, size: listed });
      offsets.length = 0;
    }
    free.sort((a, b) => a.offset - b.offset);
    const joined: Range[] = [];
    for (const range of free) {
      const last = joined.at(-1);
      if (last !== undefined && last.offset + last.size === range.offset) last.size += range.size;
      else joined.push({ ...range });
    }
    this.#ranges = joined;
    return true;
  }

  #extend(size: number): number {
    const last = this.#ranges.at(-1);
    const offset = last !== undefined && last.offset + last.size === this.#top ? last.offset : this.#top;
    const missing = offset + size + SLACK - this.memory.buffer.byteLength;
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE));
    if (offset < this.#top) this.#ranges.pop();
    this.#top = offset + size;
    return offset;
  }

  #grow(pages: number): void {
    const present = this.memory.buffer.byteLength / PAGE;
    try {
      this.memory.grow(Math.max(pages, Math.min(GROWTH_PAGES, this.#maxPages - present)));
    } catch {
      throw new ComputeError(
        `The engine's memory is full: ${gigabytes(this.#used)} of ${gigabytes(this.limitBytes)} are in use and ` +
          `${gigabytes(pages * PAGE)} more were requested. Lower \`training.batchSize\`, \`model.maxSequenceLength\` or ` +
          '`model.hiddenSize`, or use the backend `tensorflow`, which has no such limit.',
      );
    }
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Sizes that are told apart: multiples of 64 bytes up to 4 KB, then four between a power of two and the next. */
function classOf(bytes: number): number {
  if (bytes <= 4096) return Math.max(64, Math.ceil(bytes / 64) * 64);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}
