/** Least lengths of the groups of histories. */
const LENGTHS = [1, 5, 10, 20, 50, 100, 200, 500];

/** Groups that there are, but for the one of empty histories, which is −1. */
export const LENGTH_GROUPS = LENGTHS.length;

/** The group of a history of so many items. */
export function lengthGroup(length: number): number {
  return LENGTHS.findLastIndex((least) => length >= least);
}

export function lengthLabel(group: number): string {
  const [from, next] = [LENGTHS[group]!, LENGTHS[group + 1]];
  return next === undefined ? `${from} or more items` : `${from} to ${next - 1} items`;
}
