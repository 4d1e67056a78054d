import type { AttentionState } from './state';

/** CSS pixels of a line, as VS Code's lists have. */
export const lineHeight = 22;
/** CSS pixels above the cells, where the titles of the columns are. */
export const HEAD_HEIGHT = 112;
/** CSS pixels of the narrowest columns, which those of a map that scrolls are. */
export const LEAST_WIDTH = 10;
/** Below this width everything is in one column. */
const NARROW = 760;
/** CSS pixels that the page takes above and below the lines. */
const AROUND = 400;

/** How the page is laid out for its size. */
export interface Layout {
  narrow: boolean;
  /** CSS pixels of rows; more of them scroll. */
  maxHeight: number;
}

export function layoutFor({ size }: AttentionState): Layout {
  const rows = Math.floor((size.height - AROUND) / lineHeight);
  return { narrow: size.width < NARROW, maxHeight: Math.max(12, rows) * lineHeight };
}
