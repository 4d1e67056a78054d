import { DEFAULT_SEED } from '../../src/protocol/defaultSeed';
import type { HistoryEnd, ItemLabel } from '../../src/protocol/inspection';
import { isRecord } from '../../src/protocol/isRecord';
import type { HeatMapFocus } from '../plot/heatMapModel';
import type { Comparison } from '../ui/checkpoints';
import { isComparison, isIndex, isItem } from '../ui/keptSettings';
import type { HistoryEdit } from './historyEdits';

export type Tab = 'user' | 'users';
/** How weights are shown: `lines` join positions, `curves` go through time. */
export type Display = 'map' | 'lines' | 'curves' | 'table';
export type GroupMeasure = 'entropy' | 'meanDistance' | 'lastShare';

/** Which weights are shown large. */
export interface Selection {
  view: string;
  /** Heads whose mean is shown; all of them where it is empty. */
  heads: number[];
}

/** What the user set, kept when the window is reloaded. */
export interface AttentionSettings {
  tab: Tab;
  /** Null for the best one. */
  checkpoint: string | null;
  /** Index from 0. */
  user: number;
  end: HistoryEnd;
  /** A history that the user of the panel put together, instead of that of `user`. */
  composed: ItemLabel[] | null;
  edits: HistoryEdit[];
  /** Chosen by the user; the best recommendations where there are none. */
  candidates: ItemLabel[];
  /** Index in the candidates, of the one that is explained. */
  candidate: number;
  comparison: Comparison | null;
  selection: Selection | null;
  display: Display;
  scale: 'auto' | 'full';
  /** Whether the map shows how weights changed by the edits instead of the weights. */
  showsChange: boolean;
  pinned: HeatMapFocus;
  maxUsers: number;
  seed: number;
  measure: GroupMeasure;
}

/** No row and no column. */
export const NOTHING: HeatMapFocus = { row: null, column: null };

const DEFAULTS: AttentionSettings = {
  tab: 'user',
  checkpoint: null,
  user: 0,
  end: 'validation',
  composed: null,
  edits: [],
  candidates: [],
  candidate: 0,
  comparison: null,
  selection: null,
  display: 'map',
  scale: 'auto',
  showsChange: false,
  pinned: NOTHING,
  maxUsers: 1000,
  seed: DEFAULT_SEED,
  measure: 'entropy',
};

/** What an earlier page kept, which may have been another version: what is not understood is set anew. */
export function readSettings(kept: unknown): AttentionSettings {
  const given: { [Name in keyof AttentionSettings]?: unknown } =
    typeof kept === 'object' && kept !== null ? kept : {};
  const oneOf = <Value extends string>(value: unknown, choices: readonly Value[], fallback: Value): Value =>
    choices.find((choice) => choice === value) ?? fallback;
  const list = <Entry>(value: unknown, fits: (entry: unknown) => entry is Entry): Entry[] | null =>
    Array.isArray(value) && value.every(fits) ? value : null;
  return {
    tab: oneOf(given.tab, ['user', 'users'], DEFAULTS.tab),
    checkpoint: typeof given.checkpoint === 'string' ? given.checkpoint : null,
    user: isIndex(given.user) ? given.user : DEFAULTS.user,
    end: oneOf(given.end, ['train', 'validation', 'all'], DEFAULTS.end),
    composed: list(given.composed, isItem),
    edits: list(given.edits, isEdit) ?? [],
    candidates: list(given.candidates, isItem) ?? [],
    candidate: isIndex(given.candidate) ? given.candidate : 0,
    comparison: isComparison(given.comparison) ? given.comparison : null,
    selection: isSelection(given.selection) ? given.selection : null,
    display: oneOf(given.display, ['map', 'lines', 'curves', 'table'], DEFAULTS.display),
    scale: oneOf(given.scale, ['auto', 'full'], DEFAULTS.scale),
    showsChange: given.showsChange === true,
    pinned: isFocus(given.pinned) ? given.pinned : NOTHING,
    maxUsers: isIndex(given.maxUsers) && given.maxUsers > 0 ? given.maxUsers : DEFAULTS.maxUsers,
    seed: isIndex(given.seed) ? given.seed : DEFAULTS.seed,
    measure: oneOf(given.measure, ['entropy', 'meanDistance', 'lastShare'], DEFAULTS.measure),
  };
}

function isEdit(value: unknown): value is HistoryEdit {
  return isRecord(value) && isIndex(value.position) && (value.item === null || isItem(value.item));
}

function isSelection(value: unknown): value is Selection {
  return (
    isRecord(value) &&
    typeof value.view === 'string' &&
    Array.isArray(value.heads) &&
    value.heads.every(isIndex)
  );
}

function isFocus(value: unknown): value is HeatMapFocus {
  const fits = (index: unknown): boolean => index === null || isIndex(index);
  return isRecord(value) && fits(value.row) && fits(value.column);
}
