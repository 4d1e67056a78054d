import { letEventsIn, nowAndThen } from '../protocol/letEventsIn';

/** Long work that can be paused, and given up, wherever it yields. Its result does not depend on that. */
export type Steps<Result> = Generator<undefined, Result>;

/** Rows after which work over many of them yields. */
export const ROWS_PER_STEP = 1 << 16;

/** Does all of it at once. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Does the work and lets events in between steps. Throws the signal's reason when it is aborted. */
export async function finishInTurns<Result>(steps: Steps<Result>, signal?: AbortSignal): Promise<Result> {
  const rest = nowAndThen(letEventsIn);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await rest();
    signal?.throwIfAborted();
  }
}

/** Sorts indices in place, as their own `sort` does where no two of them are equal. */
export function* sortSteps(
  order: Uint32Array,
  compare: (a: number, b: number) => number,
  rowsPerStep = ROWS_PER_STEP,
): Steps<void> {
  for (let from = 0; from < order.length; from += rowsPerStep) {
    order.subarray(from, from + rowsPerStep).sort(compare);
    if (order.length > rowsPerStep) yield;
  }
  const merged = order.length > rowsPerStep ? new Uint32Array(order.length) : order;
  for (let width = rowsPerStep; width < order.length; width *= 2) {
    for (let from = 0; from < order.length; from += 2 * width) {
      const middle = Math.min(from + width, order.length);
      const end = Math.min(from + 2 * width, order.length);
      for (let to = from, left = from, right = middle; to < end; to++) {
        const takeLeft = right >= end || (left < middle && compare(order[left]!, order[right]!) <= 0);
        merged[to] = order[takeLeft ? left++ : right++]!;
        if (to % rowsPerStep === 0) yield;
      }
    }
    order.set(merged);
  }
}
