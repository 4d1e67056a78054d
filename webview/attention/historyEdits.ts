import type { HistoryItem, ItemLabel } from '../../src/protocol/inspection';

/** One thing that is otherwise: an item of the history is dropped, or another takes its place. */
export interface HistoryEdit {
  /** In the whole history. */
  position: number;
  /** Null drops it. */
  item: ItemLabel | null;
}

/** A line of the list of the history: what was there, and what is there now. */
export interface HistoryLine {
  /** In the whole history. */
  position: number;
  item: HistoryItem;
  /** Null where it was dropped. */
  now: ItemLabel | null;
  /** Whether another item took its place. */
  swapped: boolean;
}

/** Each position at most once: a new edit takes the place of an old one, and putting back what was there is none. */
export function withEdit(
  edits: readonly HistoryEdit[],
  history: readonly ItemLabel[],
  edit: HistoryEdit,
): HistoryEdit[] {
  const others = withoutEdit(edits, edit.position);
  const isOriginal = edit.item !== null && edit.item.item === history[edit.position]?.item;
  return isOriginal ? others : [...others, edit].sort((a, b) => a.position - b.position);
}

export function withoutEdit(edits: readonly HistoryEdit[], position: number): HistoryEdit[] {
  return edits.filter((edit) => edit.position !== position);
}

export function historyLines(items: readonly HistoryItem[], edits: readonly HistoryEdit[]): HistoryLine[] {
  const byPosition = new Map(edits.map((edit) => [edit.position, edit]));
  return items.map((item, position) => {
    const edit = byPosition.get(position);
    return {
      position,
      item,
      now: edit ? edit.item : item,
      swapped: edit !== undefined && edit.item !== null,
    };
  });
}

/** What is left of the history, oldest first: lines that were not dropped. */
export function keptLines(lines: readonly HistoryLine[]): HistoryLine[] {
  return lines.filter(({ now }) => now !== null);
}

/**
 * Which lines the positions of a map are, when the model has read so many. It reads the newest items only, so the first
 * lines of a long history have no position.
 */
export function linesRead(lines: readonly HistoryLine[], positions: number): number[] {
  return lines.slice(Math.max(0, lines.length - positions)).map(({ position }) => position);
}
