/** What users were shown in a part of the data, row by row, and whether they took it. */
export interface ShownItems {
  /** User of each row; those of one user lie together. */
  users: Uint32Array;
  /** Item index of each row. */
  items: Uint32Array;
  /** 1: the user took it; 0: they did not. */
  labels: Uint8Array;
  /** Rows of one number were shown together; null where the data do not say. */
  impressions: Uint32Array | null;
}

/** Rows that are ranked against each other: those of an impression, or of a user where the data name no impressions. */
export interface ShownLists {
  by: 'impression' | 'user';
  /** Rows of each list that has some with both labels. */
  rows: readonly Uint32Array[];
  /** Lists whose rows have all the same label: nothing can be ranked wrongly there. */
  leftOut: number;
}

/** The lists of shown items, in the order of their first rows. */
export function listsOf({ users, labels, impressions }: ShownItems): ShownLists {
  const lists = new Map<number, number[]>();
  (impressions ?? users).forEach((list, row) => {
    const rows = lists.get(list);
    if (rows === undefined) lists.set(list, [row]);
    else rows.push(row);
  });
  const all = [...lists.values()];
  const ranked = all.filter((rows) => rows.some((row) => labels[row] !== labels[rows[0]!]));
  return {
    by: impressions === null ? 'user' : 'impression',
    rows: ranked.map((rows) => Uint32Array.from(rows)),
    leftOut: all.length - ranked.length,
  };
}
