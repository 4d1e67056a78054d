/** Between two looks, in ms. */
const INTERVAL_MS = 50;

/**
 * Waits until `look` returns something else than null, undefined or false, and resolves with that. After `timeoutMs` it
 * throws; the limit is there so that a test ends, and no statement of how fast something is.
 */
export async function until<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  timeoutMs = 60_000,
): Promise<Exclude<Value, null | undefined | false>> {
  const begun = performance.now();
  for (;;) {
    const value = await look();
    if (value !== null && value !== undefined && value !== false) {
      return value as Exclude<Value, null | undefined | false>;
    }
    if (performance.now() - begun > timeoutMs) {
      throw new Error(`Waited ${timeoutMs / 1000} s for ${what}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
