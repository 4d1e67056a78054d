/*
 * How the benchmark talks with the processes that it times, ours and PyTorch's alike: a line of JSON each way. Each process
 * first says that it is ready, or why it cannot be.
 */

export type Greeting = { ready: string; threads: number } | { unavailable: string };

export type Request =
  /** Write the problem into this folder (ours only); answered by `{}`. */
  | { export: string }
  /** Take so many steps; answered by a Block. It ends early, but not before one step, after so many seconds. */
  | { steps: number; seconds: number };

/** Some steps on end. */
export interface Block {
  ms: number[];
  losses: number[];
  /** Processor time of all threads during the block, and since the block before. */
  processorMs: number;
  idleProcessorMs: number;
}
