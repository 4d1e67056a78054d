import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { arrangeInteractions, type RawInteractions } from '../../../src/dataset/arrangeInteractions';

interface Row {
  user: number;
  item: number;
  time: number;
  part?: number;
}

const someRows = (maxTime: number) =>
  fc.array(
    fc.record({
      user: fc.nat({ max: 7 }),
      item: fc.nat({ max: 9 }),
      time: fc.integer({ min: -2, max: maxTime }),
      part: fc.nat({ max: 2 }),
    }),
    { maxLength: 80 },
  );
const unfiltered = configSchema.shape.dataset.parse({ path: '-' });
const { columns, split } = unfiltered;
const filters = fc.record({
  columns: fc.constant(columns),
  split: fc.constant(split),
  duplicates: fc.constantFrom('keepAll' as const, 'keepFirst' as const, 'keepLast' as const),
  minUserInteractions: fc.integer({ min: 1, max: 5 }),
  minItemInteractions: fc.integer({ min: 1, max: 5 }),
});

function raw(rows: readonly Row[]): RawInteractions {
  return {
    userIds: Array.from({ length: 8 }, (_, user) => `user ${user}`),
    itemIds: Array.from({ length: 10 }, (_, item) => `item ${item}`),
    users: Uint32Array.from(rows, (row) => row.user),
    items: Uint32Array.from(rows, (row) => row.item),
    times: Float64Array.from(rows, (row) => row.time),
    parts: Uint8Array.from(rows, (row) => row.part ?? 0),
    labels: null,
    impressions: null,
  };
}

const splits = fc
  .constantFrom(
    { type: 'leaveOneOut' },
    { type: 'lastN', n: 2 },
    { type: 'ratio' },
    { type: 'randomRatio' },
    { type: 'temporal', validation: 0.2, test: 0.2, coldUsers: 'drop', coldItems: 'drop' },
    { type: 'column', name: 'part' },
  )
  .map((config) => configSchema.shape.dataset.shape.split.parse(config));

/** The rows again, by the numbers of the raw ids. */
function arrangedRows(
  rows: readonly Row[],
  config: Parameters<typeof arrangeInteractions>[1],
  seed = 1,
): Row[] {
  const { offsets, items, times, keptUsers, keptItems } = arrangeInteractions(raw(rows), config, seed);
  return Array.from(keptUsers).flatMap((user, index) =>
    Array.from({ length: offsets[index + 1]! - offsets[index]! }, (_, i) => {
      const row = offsets[index]! + i;
      return { user, item: keptItems[items[row]! - 1]!, time: times[row]! };
    }),
  );
}

/** The k-core as its definition says: drop one user or item that has too few, and look again. */
function naiveCore(rows: readonly Row[], minUser: number, minItem: number): Row[] {
  const count = (key: 'user' | 'item', value: number) => rows.filter((row) => row[key] === value).length;
  const short = rows.find((row) => count('user', row.user) < minUser || count('item', row.item) < minItem);
  if (!short) return [...rows];
  const shortUser = count('user', short.user) < minUser;
  return naiveCore(
    rows.filter((row) => (shortUser ? row.user !== short.user : row.item !== short.item)),
    minUser,
    minItem,
  );
}

const byText = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).sort();

describe('arrangeInteractions', () => {
  test('leaves the k-core and nothing else', () => {
    fc.assert(
      fc.property(someRows(50), filters, (rows, config) => {
        const all = { ...config, duplicates: 'keepAll' as const };
        const core = naiveCore(
          rows.map(({ user, item, time }) => ({ user, item, time })),
          config.minUserInteractions,
          config.minItemInteractions,
        );
        expect(byText(arrangedRows(rows, all))).toEqual(byText(core));
        const { dropped } = arrangeInteractions(raw(rows), all, 1);
        expect(dropped).toEqual({ duplicates: 0, kCore: rows.length - core.length, cold: 0 });
      }),
      { numRuns: 300 },
    );
  });

  test('keeps the first or last meeting of user and item', () => {
    fc.assert(
      fc.property(
        someRows(1000),
        fc.constantFrom('keepFirst' as const, 'keepLast' as const),
        (rows, duplicates) => {
          const kept = new Map<string, Row>();
          for (const row of rows) {
            const key = `${row.user} ${row.item}`;
            const other = kept.get(key);
            const better =
              !other || (duplicates === 'keepFirst' ? row.time < other.time : row.time > other.time);
            if (better) kept.set(key, { user: row.user, item: row.item, time: row.time });
          }
          const config = { ...unfiltered, duplicates };
          expect(byText(arrangedRows(rows, config))).toEqual(byText([...kept.values()]));
        },
      ),
    );
  });

  test('sorts by user and time, and numbers without gaps', () => {
    fc.assert(
      fc.property(someRows(5), filters, (rows, config) => {
        const { offsets, items, times, keptUsers, keptItems } = arrangeInteractions(raw(rows), config, 3);
        expect(offsets[0]).toBe(0);
        expect(offsets.at(-1)).toBe(items.length);
        expect(times).toHaveLength(items.length);
        expect(offsets).toHaveLength(keptUsers.length + 1);
        for (let user = 0; user < keptUsers.length; user++) {
          expect(offsets[user + 1]! - offsets[user]!).toBeGreaterThanOrEqual(config.minUserInteractions);
          for (let row = offsets[user]! + 1; row < offsets[user + 1]!; row++) {
            expect(times[row]).toBeGreaterThanOrEqual(times[row - 1]!);
          }
        }
        expect([...new Set(items)].sort((a, b) => a - b)).toEqual(
          Array.from(keptItems, (_, item) => item + 1),
        );
        expect([...keptUsers]).toEqual([...keptUsers].sort((a, b) => a - b));
        expect([...keptItems]).toEqual([...keptItems].sort((a, b) => a - b));
      }),
    );
  });

  test('does not depend on the order of the rows, whatever the ties', () => {
    const shuffled = someRows(2).chain((rows) =>
      fc.tuple(
        fc.constant(rows),
        fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, filters, splits, fc.nat(), ([rows, others], filter, split, seed) => {
        const config = { ...filter, split };
        expect(arrangeInteractions(raw(others), config, seed)).toEqual(
          arrangeInteractions(raw(rows), config, seed),
        );
      }),
    );
  });

  test('spreads ties evenly', () => {
    // Of many users with the same ten simultaneous items, each item comes last for about a tenth.
    const numUsers = 5000;
    const rows = Array.from({ length: numUsers * 10 }, (_, i) => ({
      user: Math.floor(i / 10),
      item: i % 10,
      time: 0,
    }));
    const data = { ...raw(rows), userIds: Array.from({ length: numUsers }, (_, user) => `u${user}`) };
    const { offsets, items } = arrangeInteractions(data, unfiltered, 42);
    const last = new Array<number>(10).fill(0);
    for (const end of offsets.subarray(1)) last[items[end - 1]! - 1]!++;
    for (const count of last) expect(Math.abs(count - 500)).toBeLessThan(100);
  });
});
