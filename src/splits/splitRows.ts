import { leaveOutCold } from './cold';
import { splitterOf, type SplitConfig } from './splits';
import { BEFORE_ALL, PARTS, type SplitInput, type SplitResult, type SplitRows } from './splitter';

/** Rows of one group that the data put into several parts: they belong to one. */
export class DividedGroup extends Error {
  constructor(
    /** One of the rows. */
    readonly row: number,
  ) {
    super('Rows of one group are in several parts.');
  }
}

/**
 * The part of each row by a config, rows of a group in one, without what it leaves out.
 * @throws DividedGroup where the data themselves divide one
 */
export function splitRows(rows: SplitRows, config: SplitConfig): SplitResult {
  const splitter = splitterOf(config);
  const { parts, ...found } =
    rows.groups === null ? splitter.split(rows, config) : splitGroups(rows, rows.groups, config);
  return { parts: 'coldUsers' in config ? leaveOutCold(parts, rows, config) : parts, ...found };
}

/** Each group is to the split as one interaction at the time of its newest row, so that no row is later than its part allows. */
function splitGroups(rows: SplitRows, groups: Uint32Array, config: SplitConfig): SplitResult {
  const { userIds, offsets, times, given } = rows;
  const unitOfGroup = new Map<number, number>();
  const newest: number[] = [];
  const ends = new Uint32Array(offsets.length);
  // From the newest to the oldest, so that the first row of a group that is met is its newest.
  for (let user = offsets.length - 2; user >= 0; user--) {
    for (let row = offsets[user + 1]! - 1; row >= offsets[user]!; row--) {
      const group = groups[row]!;
      if (group === BEFORE_ALL || unitOfGroup.has(group)) continue;
      unitOfGroup.set(group, newest.length);
      newest.push(row);
    }
    ends[user] = newest.length;
  }
  const numUnits = newest.length;
  const units = Uint32Array.from(newest).reverse();
  const unitOf = (row: number): number => numUnits - 1 - unitOfGroup.get(groups[row]!)!;
  const input: SplitInput = {
    userIds,
    offsets: ends.map((end) => numUnits - end),
    times: times && Float64Array.from(units, (row) => times[row]!),
    given: given && Uint8Array.from(units, (row) => given[row]!),
  };
  const { parts, ...found } = splitterOf(config).split(input, config);
  const ofRows = Uint8Array.from(groups, (group, row) => {
    if (group === BEFORE_ALL) return PARTS.training;
    const unit = unitOf(row);
    if (given && given[row] !== given[units[unit]!]) throw new DividedGroup(row);
    return parts[unit]!;
  });
  return { parts: ofRows, ...found };
}
