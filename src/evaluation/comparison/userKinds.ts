/** A value for each user, in an order that all columns share. NaN: the user does not count. */
export type UserValues = Float64Array;

/** Where random numbers come from: integers in [0, 2³²). */
export interface RandomSource {
  nextUint32(): number;
}

/**
 * Users who have the same value in every column. A resample of users is how many of each kind it holds, and most users are of few
 * kinds: all whose item nobody recommends are one.
 */
export interface UserKinds {
  /** Kind of each user, numbered in the order in which they come up. */
  kindOf: Uint32Array;
  /** Users of each kind. */
  sizes: Uint32Array;
  /** The value of each kind, column by column. */
  values: readonly Float64Array[];
}

export function kindsOf(columns: readonly UserValues[]): UserKinds {
  const numUsers = columns[0]?.length ?? 0;
  let kindOf = new Uint32Array(numUsers);
  let numKinds = Math.min(1, numUsers);
  for (const column of columns) {
    const places = new Map<number, number>();
    const kinds = new Map<number, number>();
    kindOf = kindOf.map((kind, user) => {
      const value = column[user]!;
      const place = places.get(value) ?? places.size;
      places.set(value, place);
      // Both are below the number of users, so that the key is exact.
      const key = kind * numUsers + place;
      const refined = kinds.get(key) ?? kinds.size;
      kinds.set(key, refined);
      return refined;
    });
    numKinds = kinds.size;
  }
  const sizes = new Uint32Array(numKinds);
  const values = columns.map(() => new Float64Array(numKinds));
  kindOf.forEach((kind, user) => {
    sizes[kind] = sizes[kind]! + 1;
    columns.forEach((column, index) => (values[index]![kind] = column[user]!));
  });
  return { kindOf, sizes, values };
}
