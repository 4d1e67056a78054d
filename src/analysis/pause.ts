/** Milliseconds after which events of the process are let in. */
const EVENTS_EVERY = 50;

/**
 * Gives a function that lets events of the process in if the last time was long enough ago; for loops over long work. What an
 * engine computes at once is there at once, so that waiting for it lets nothing else in.
 */
export function createPause(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < EVENTS_EVERY) return;
    await new Promise((resolve) => setImmediate(resolve));
    last = performance.now();
  };
}
