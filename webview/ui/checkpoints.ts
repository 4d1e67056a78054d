import type { InspectedRun } from '../../src/protocol/inspection';

/* Which state of which run a panel shows, and which one next to it. */

/** A checkpoint of a run that is shown next to the panel's own. */
export interface Comparison {
  /** Absolute path of the run directory. */
  run: string;
  checkpoint: string;
}

/** The checkpoint that is shown: the chosen one, else the best, else the newest; null where there is none. */
export function shownCheckpoint(
  { checkpoints }: Pick<InspectedRun, 'checkpoints'>,
  chosen: string | null,
): string | null {
  const names = checkpoints.map(({ name }) => name);
  if (chosen !== null && names.includes(chosen)) return chosen;
  return names.includes('best') ? 'best' : (names.at(-1) ?? null);
}
