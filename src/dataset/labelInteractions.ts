import { BEFORE_ALL, PARTS } from '../splits/splitter';
import type { ArrangedInteractions } from './arrangeInteractions';
import type { LabeledInteractions } from './labeledInteractions';
import { orderByPart } from './splitInteractions';

/** Rows of all users, each user's oldest first. */
type Rows = Pick<ArrangedInteractions, 'offsets' | 'items' | 'times' | 'parts'>;

/** What users took, and what they were shown: rows of both are in order of time, not yet of parts. */
interface Separated {
  clicks: Rows;
  labeled: LabeledInteractions;
}

/**
 * Takes labeled rows apart: into the clicks, and into all that was shown, each row with its label and the end of its
 * history.
 * @param labels of the rows, 1 or 0
 * @param isTimed whether the times of the rows are times, and not places
 */
export function labelInteractions(
  arranged: Rows & Pick<ArrangedInteractions, 'impressions'>,
  labels: Uint8Array,
  isTimed: boolean,
): Separated {
  const { impressions } = arranged;
  const clicks = rowsWhere(arranged, (row) => labels[row] === 1);
  const shown = rowsWhere(arranged, (row) => impressions?.[row] !== BEFORE_ALL);
  const historyEnds = historyEndsOf(arranged, labels, clicks.offsets);
  const { trainEnd, validationEnd, rows } = orderByPart(shown.offsets, shown.parts);
  const places = rows ? rows.map((row) => shown.rows[row]!) : shown.rows;
  return {
    clicks,
    labeled: {
      offsets: shown.offsets,
      trainEnd,
      validationEnd,
      items: places.map((row) => arranged.items[row]!),
      labels: Uint8Array.from(places, (row) => labels[row]!),
      times: isTimed ? Float64Array.from(places, (row) => arranged.times[row]!) : null,
      impressions: impressions && renumbered(places.map((row) => impressions[row]!)),
      historyEnd: places.map((row) => historyEnds[row]!),
    },
  };
}

/** The rows that meet a condition; `rows` are their numbers. */
function rowsWhere(
  { offsets, items, times, parts }: Rows,
  holds: (row: number) => boolean,
): Rows & { rows: Uint32Array } {
  const kept = new Uint8Array(items.length);
  const ends = offsets.slice();
  for (let user = 0; user < offsets.length - 1; user++) {
    let count = 0;
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++)
      if (holds(row)) {
        kept[row] = 1;
        count++;
      }
    ends[user + 1] = ends[user]! + count;
  }
  const rows = Uint32Array.from(items.keys()).filter((row) => kept[row] === 1);
  return {
    rows,
    offsets: ends,
    items: rows.map((row) => items[row]!),
    times: Float64Array.from(rows, (row) => times[row]!),
    parts: Uint8Array.from(rows, (row) => parts[row]!),
  };
}

/**
 * Where the history of each row ends among its user's clicks: before the first one of the row's time or impression. A row of
 * training counts clicks of training alone, whose places are those of the dataset; others count all, in order of time.
 */
function historyEndsOf(
  { offsets, times, parts, impressions }: Rows & Pick<ArrangedInteractions, 'impressions'>,
  labels: Uint8Array,
  clickOffsets: Uint32Array,
): Uint32Array {
  const ends = new Uint32Array(labels.length);
  for (let user = 0; user < offsets.length - 1; user++) {
    const firstOf = new Map<number, number>();
    // By whether the row is of training: clicks so far, and those before the time of the row.
    const counts = [0, 0];
    let before = [0, 0];
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++) {
      if (row === offsets[user] || times[row] !== times[row - 1]) before = counts.slice();
      const learns = parts[row] === PARTS.training ? 1 : 0;
      const impression = impressions?.[row] ?? BEFORE_ALL;
      const own = impression === BEFORE_ALL ? Infinity : (firstOf.get(impression) ?? Infinity);
      ends[row] = clickOffsets[user]! + Math.min(before[learns]!, own);
      if (labels[row] !== 1) continue;
      if (own === Infinity) firstOf.set(impression, counts[learns]!);
      counts[0]!++;
      counts[1]! += learns;
    }
  }
  return ends;
}

/** Numbers from 0, in the order in which they come. */
function renumbered(numbers: Uint32Array): Uint32Array {
  const known = new Map<number, number>();
  return numbers.map((number) => {
    const next = known.get(number) ?? known.size;
    known.set(number, next);
    return next;
  });
}
