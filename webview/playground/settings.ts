import type { HistoryEnd, ItemLabel } from '../../src/protocol/inspection';
import { isRecord } from '../../src/protocol/isRecord';
import type { Comparison } from '../ui/checkpoints';
import { isComparison, isIndex, isItem } from '../ui/keptSettings';

export const LENGTHS = ['10', '20', '50', '100'] as const;
/** Recommendations that are listed. */
export type Length = (typeof LENGTHS)[number];

/** What the user set, kept when the window is reloaded. */
export interface PlaygroundSettings {
  /** Null for the best one. */
  checkpoint: string | null;
  /** Index from 0. */
  user: number;
  end: HistoryEnd;
  /** A history that the user of the panel put together, instead of that of `user`. */
  composed: ItemLabel[] | null;
  comparison: Comparison | null;
  length: Length;
  keepSeen: boolean;
  /** Id of the item whose reasons are shown; the best one where it is null, or not listed. */
  selected: string | null;
}

/** What an earlier page kept, which may have been another version: what is not understood is set anew. */
export function readSettings(kept: unknown): PlaygroundSettings {
  const given: { [Name in keyof PlaygroundSettings]?: unknown } = isRecord(kept) ? kept : {};
  const oneOf = <Value extends string>(value: unknown, choices: readonly Value[], fallback: Value): Value =>
    choices.find((choice) => choice === value) ?? fallback;
  const { checkpoint, user, end, composed, comparison, length, keepSeen, selected } = given;
  return {
    checkpoint: typeof checkpoint === 'string' ? checkpoint : null,
    user: isIndex(user) ? user : 0,
    // What is known at the test, so that there is something to be found.
    end: oneOf(end, ['train', 'validation', 'all'], 'validation'),
    composed: Array.isArray(composed) && composed.every(isItem) ? composed : null,
    comparison: isComparison(comparison) ? comparison : null,
    length: oneOf(length, LENGTHS, '10'),
    keepSeen: keepSeen === true,
    selected: typeof selected === 'string' ? selected : null,
  };
}
