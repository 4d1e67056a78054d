import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work after which pending events are let in. */
const EVENTS_EVERY = 50;

/** A way to let events in; it throws where the work is to be given up. */
export type LetEventsIn = () => void | Promise<void>;

/**
 * Lets the pending events of the process in: messages, timers, files. Awaiting what an engine computes at once does not, since it
 * ends no turn of the event loop.
 */
export async function letEventsIn(): Promise<void> {
  await nextTurn();
}

/** To be called at every step of long work: it lets events in when the last time was long enough ago. */
export function nowAndThen(letIn: LetEventsIn | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < EVENTS_EVERY) return;
    await letIn?.();
    last = performance.now();
  };
}
