/*
 * Long lists of rows of one height, of which only those in sight are in the page: which these are, how far to scroll, and
 * where keys lead. A library of virtual lists is for rows whose heights are not known before they are drawn, and scrolls by
 * itself; the lists of a history scroll together with a map.
 */

/** CSS pixels of a row, as VS Code's lists have. */
export const ROW_HEIGHT = 22;

/** First and last index that are in sight. */
export interface Range {
  first: number;
  last: number;
}

/**
 * The rows that a window shows, also those that it cuts.
 * @param scroll pixels from the first row to the window
 * @param window pixels that it is high
 * @param row pixels of a row
 * @param spare rows more on either side
 */
export function visibleRange(scroll: number, window: number, row: number, count: number, spare = 0): Range {
  return {
    first: Math.max(0, Math.floor(scroll / row) - spare),
    last: Math.min(count - 1, Math.ceil((scroll + window) / row) - 1 + spare),
  };
}

/** How far to scroll so that a row is in sight, moving as little as possible. */
export function scrollToShow(index: number, scroll: number, window: number, row: number): number {
  const start = index * row;
  return Math.max(Math.min(scroll, start), start + row - window);
}

/**
 * The row that a key leads to; null for keys that lead nowhere.
 * @param page rows that Page Up and Page Down go past
 */
export function rowOfKey(key: string, at: number, count: number, page: number): number | null {
  const target = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  }[key];
  return target === undefined ? null : Math.max(0, Math.min(count - 1, target));
}
