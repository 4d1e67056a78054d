/** Signals that end a process, and the exit code that tells of each, as shells count them. */
export const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** What shells report of a process whose reader went away (SIGPIPE). */
export const CLOSED_OUTPUT_EXIT_CODE = 141;

/** Ends this process on a signal, in the way that ends what it started as well. */
export function exitOnSignals(): void {
  for (const [signal, code] of Object.entries(SIGNAL_EXIT_CODES))
    process.once(signal, () => process.exit(code));
}
