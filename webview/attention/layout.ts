import { ROW_HEIGHT } from '../ui/virtualList';
import { currentAttention, displayOf } from './shownAttention';
import type { AttentionState } from './state';

/** CSS pixels above the cells, where the titles of the columns are. */
export const HEAD_HEIGHT = 112;
/** CSS pixels of the narrowest columns, which those of a map that scrolls are. */
export const LEAST_WIDTH = 10;
/** Below this width the map is not beside the history. */
const NARROW = 760;
/** Below this width everything is in one column. */
const ONE_COLUMN = 560;
/** CSS pixels that the page takes above and below the lines. */
const AROUND = 400;
/** CSS pixels that the page takes beside them. */
export const MARGINS = 32;
/** Between columns, as in userView.css. */
export const GAP = 24;

/** How the page is laid out for its size. */
export interface Layout {
  narrow: boolean;
  /** Whether the recommendations have room beside the history although the page is narrow. */
  twoColumns: boolean;
  /** CSS pixels of rows; more of them scroll. */
  maxHeight: number;
}

export function layoutFor(state: AttentionState): Layout {
  const { width, height } = state.size;
  const { side } = currentAttention(state);
  const rows = Math.floor((height - AROUND) / ROW_HEIGHT);
  // Lines join all positions: the lists beside them begin and end where they do.
  const whole = side !== null && displayOf(state, side) === 'lines';
  return {
    narrow: width < NARROW,
    twoColumns: width >= ONE_COLUMN,
    maxHeight: whole ? Infinity : Math.max(12, rows) * ROW_HEIGHT,
  };
}

/** CSS pixels that a column takes at least, likes to have, and makes use of. */
export interface ColumnRoom {
  least: number;
  wanted: number;
  most: number;
}

const HISTORY: ColumnRoom = { least: 168, wanted: 220, most: 300 };
const BARS = {
  plain: { least: 132, wanted: 220, most: 300 },
  /** With what changed beside each weight. */
  changed: { least: 176, wanted: 220, most: 300 },
  /** With those of another run beside them. */
  two: { least: 208, wanted: 220, most: 300 },
} satisfies Record<string, ColumnRoom>;
const LISTS: ColumnRoom = { least: 240, wanted: 300, most: 380 };
/** With what changed beside ranks and scores. */
const CHANGED_LISTS: ColumnRoom = { least: 320, wanted: 360, most: 420 };

export interface Columns {
  /** CSS pixels of each, from the left: history, what is in the middle, bars, and recommendations if these are beside. */
  widths: number[];
  /** Whether the recommendations are beside the others, and not below. */
  listsBeside: boolean;
}

/**
 * Columns of a wide page.
 * @param middle of the map, or of what is shown in its place
 */
export function columnsFor(
  { width }: AttentionState['size'],
  middle: ColumnRoom,
  { bars, lists }: { bars: 'none' | keyof typeof BARS; lists: 'plain' | 'changed' | 'two' },
): Columns {
  const room = width - MARGINS;
  const before = [HISTORY, middle, ...(bars === 'none' ? [] : [BARS[bars]])];
  const all = [...before, lists === 'changed' ? CHANGED_LISTS : LISTS];
  const listsBeside = lists !== 'two' && widthOf(all.map(({ least }) => least)) <= room;
  return { widths: widthsIn(listsBeside ? all : before, room), listsBeside };
}

function widthOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
}

/** What is left over is shared, first up to what each wants, then up to what it makes use of. */
function widthsIn(columns: readonly ColumnRoom[], room: number): number[] {
  let widths = columns.map(({ least }) => least);
  for (const goal of ['wanted', 'most'] as const) {
    const lacks = columns.map((column, index) => Math.max(0, column[goal] - widths[index]!));
    const lack = lacks.reduce((sum, one) => sum + one, 0);
    const share = lack > 0 ? Math.max(0, Math.min(1, (room - widthOf(widths)) / lack)) : 0;
    widths = widths.map((width, index) => Math.floor(width + share * lacks[index]!));
  }
  return widths;
}
