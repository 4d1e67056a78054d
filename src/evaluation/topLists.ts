/** What was recommended to users. Item indices start at 1. */
export interface TopLists {
  /** Places of a list. */
  length: number;
  /** `[users, length]`, best first; 0 in the last places of a list that has fewer items. */
  items: Int32Array;
  /** The held-out items of the user of a row. */
  relevant(row: number): ArrayLike<number>;
}

/** What metrics of lists know of the items: counts in training, by item index. Index 0 is the padding's. */
export interface Catalog {
  numItems: number;
  /** Users with interactions in training. */
  numUsers: number;
  /** Interactions with each item, repeats among them. */
  interactions: Uint32Array;
  /** Users with at least one interaction with each item. */
  users: Uint32Array;
  /** Numbers of the categories of each item, distinct and ascending; null where the data have no categories. */
  categories: readonly (readonly number[])[] | null;
}

/** A value for each list, made of the items in its first k places; NaN for a list without items. */
export function valuePerList(
  { length, items }: TopLists,
  k: number,
  valueOf: (list: Int32Array, row: number) => number,
): Float64Array {
  return Float64Array.from({ length: items.length / length }, (_, row) => {
    const places = items.subarray(row * length, row * length + Math.min(k, length));
    const end = places.indexOf(0);
    const list = end < 0 ? places : places.subarray(0, end);
    return list.length === 0 ? NaN : valueOf(list, row);
  });
}

/** How often each item is in the first k places of a list, by item index. */
export function timesShown(lists: TopLists, k: number, numItems: number): Uint32Array {
  const times = new Uint32Array(numItems + 1);
  valuePerList(lists, k, (list) => {
    for (const item of list) times[item]!++;
    return 0;
  });
  return times;
}

/** The mean of the items' values in a list. */
export function meanOf(list: Int32Array, valueOf: (item: number) => number): number {
  let sum = 0;
  for (const item of list) sum += valueOf(item);
  return sum / list.length;
}
