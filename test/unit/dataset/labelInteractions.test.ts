import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { arrangeInteractions, type RawInteractions } from '../../../src/dataset/arrangeInteractions';
import { historiesUntil } from '../../../src/dataset/histories';
import { labelInteractions } from '../../../src/dataset/labelInteractions';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import { splitInteractions } from '../../../src/dataset/splitInteractions';
import { describeSplit, SPLITS } from '../../../src/splits/splits';
import { BEFORE_ALL } from '../../../src/splits/splitter';

interface Row {
  user: number;
  item: number;
  time: number;
  label: number;
  /** Below 4, and of the user. */
  impression: number;
}

const NUM_USERS = 4;
const NUM_ITEMS = 6;
const row = fc.record({
  user: fc.nat({ max: NUM_USERS - 1 }),
  item: fc.nat({ max: NUM_ITEMS - 1 }),
  time: fc.nat({ max: 15 }),
  label: fc.nat({ max: 1 }),
  impression: fc.nat({ max: 3 }),
});
/** What users took before all: at a time before all others. */
const early = fc.record({
  user: row.map(({ user }) => user),
  item: row.map(({ item }) => item),
  time: fc.integer({ min: -9, max: -1 }),
});
const before = early.map((one): Row => ({ ...one, label: 1, impression: BEFORE_ALL }));
const someRows = fc
  .tuple(fc.array(row, { maxLength: 40 }), fc.array(before, { maxLength: 4 }), fc.boolean())
  .map(([rows, others, together]) => ({ rows: together ? [...rows, ...others] : rows, together }));
type Input = typeof someRows extends fc.Arbitrary<infer T> ? T : never;

const parse = (dataset: object) => configSchema.shape.dataset.parse({ path: '-', ...dataset });
const share = fc.constantFrom(0.1, 0.3);
const optionsOf = (type: string): fc.Arbitrary<object> =>
  ({
    lastN: fc.record({ n: fc.constantFrom(1, 2) }),
    files: fc.constant({ validation: 'v', test: 't' }),
    column: fc.constant({ name: 'part' }),
    leaveOneOut: fc.constant({}),
  })[type] ?? fc.record({ validation: share, test: share });

/** The part that the data give a row: one for each impression, or each item. */
const partOf = ({ user, item, impression }: Row, together: boolean) =>
  impression === BEFORE_ALL ? 0 : (user + (together ? impression : item)) % 3;
const numberOf = ({ user, impression }: Row) =>
  impression === BEFORE_ALL ? BEFORE_ALL : 4 * user + impression;

function raw({ rows, together }: Input, hasParts: boolean): RawInteractions {
  return {
    userIds: Array.from({ length: NUM_USERS }, (_, user) => `user ${user}`),
    itemIds: Array.from({ length: NUM_ITEMS }, (_, item) => `item ${item}`),
    users: Uint32Array.from(rows, ({ user }) => user),
    items: Uint32Array.from(rows, ({ item }) => item),
    times: Float64Array.from(rows, ({ time }) => time),
    parts: hasParts ? Uint8Array.from(rows, (one) => partOf(one, together)) : null,
    labels: Uint8Array.from(rows, ({ label }) => label),
    impressions: together ? Uint32Array.from(rows, numberOf) : null,
  };
}

function prepare(input: Input, dataset: ReturnType<typeof parse>): PreparedDataset {
  const hasParts = ['files', 'column'].includes(dataset.split.type);
  const arranged = arrangeInteractions(raw(input, hasParts), dataset, 1);
  const { clicks, labeled } = labelInteractions(arranged, arranged.labels!, true);
  return {
    fingerprint: '',
    numUsers: arranged.keptUsers.length,
    numItems: arranged.keptItems.length,
    ...splitInteractions(clicks, clicks.parts),
    labeled,
    split: describeSplit(dataset.split, arranged.cut),
    userIds: Array.from(arranged.keptUsers, String),
    itemIds: ['', ...Array.from(arranged.keptItems, String)],
    itemTitles: null,
    itemFeatures: [],
    userFeatures: [],
  };
}

interface ShownRow extends Row {
  part: 'training' | 'validation' | 'test';
  history: string[];
}

const click = (item: string, time: number) => `${item}@${time}`;

/** The rows again, by the numbers of the raw ids, with what the data say of each. */
function shownRows(dataset: PreparedDataset): ShownRow[] {
  const { labeled, offsets, itemIds } = dataset;
  const {
    items,
    times,
    labels,
    impressions,
    trainEnd,
    validationEnd,
    historyEnd,
    offsets: starts,
  } = labeled!;
  const inTime = historiesUntil(dataset, 'all');
  return dataset.userIds.flatMap((id, user) =>
    Array.from({ length: starts[user + 1]! - starts[user]! }, (_, index) => {
      const at = starts[user]! + index;
      const part = at < trainEnd[user]! ? 'training' : at < validationEnd[user]! ? 'validation' : 'test';
      const clicks = part === 'training' ? dataset : inTime;
      return {
        part,
        user: Number(id),
        item: Number(itemIds[items[at]!]),
        time: times![at]!,
        label: labels[at]!,
        impression: impressions?.[at] ?? -1,
        history: Array.from({ length: historyEnd[at]! - offsets[user]! }, (_, place) =>
          click(itemIds[clicks.items[offsets[user]! + place]!]!, clicks.times![offsets[user]! + place]!),
        ),
      } as const;
    }),
  );
}

/** Clicks of the dataset by user and part. */
function clickRows({
  userIds,
  itemIds,
  offsets,
  items,
  times,
  trainEnd,
  validationEnd,
}: PreparedDataset): string[] {
  return userIds.flatMap((id, user) =>
    Array.from({ length: offsets[user + 1]! - offsets[user]! }, (_, index) => {
      const at = offsets[user]! + index;
      const part = at < trainEnd[user]! ? 'training' : at < validationEnd[user]! ? 'validation' : 'test';
      return `${id} ${part} ${click(itemIds[items[at]!]!, times![at]!)}`;
    }),
  );
}

const TYPES = SPLITS.map(({ options }) => options.shape.type.value);

describe.each(TYPES)('labeled rows under the split %s', (type) => {
  const cases = fc.tuple(
    someRows,
    optionsOf(type).map((options) => parse({ split: { type, ...options } })),
  );

  test('are each in one part, those of an impression in the same', () => {
    fc.assert(
      fc.property(cases, ([input, config]) => {
        const found = shownRows(prepare(input, config));
        const plain = ({ user, item, time, label }: Row) => `${user} ${item} ${time} ${label}`;
        const wanted = input.rows.filter(({ impression }) => !input.together || impression !== BEFORE_ALL);
        expect(found.map(plain).sort()).toEqual(wanted.map(plain).sort());
        if (!input.together) return;
        const places = new Set(found.map(({ impression, part, user }) => `${impression} ${part} ${user}`));
        expect(places.size).toBe(new Set(wanted.map(numberOf)).size);
      }),
    );
  });

  test('have the clicks that the dataset has, of each user and part', () => {
    fc.assert(
      fc.property(cases, ([input, config]) => {
        const dataset = prepare(input, config);
        const shown = shownRows(dataset)
          .filter(({ label }) => label === 1)
          .map(({ user, part, item, time }) => `${user} ${part} ${click(String(item), time)}`);
        const others = input.rows
          .filter(({ impression }) => input.together && impression === BEFORE_ALL)
          .map(({ user, item, time }) => `${user} training ${click(String(item), time)}`);
        expect(clickRows(dataset).sort()).toEqual([...shown, ...others].sort());
      }),
    );
  });

  test('have histories of all clicks before them, up to one of their time or impression, and training of training alone', () => {
    fc.assert(
      fc.property(cases, ([input, config]) => {
        const dataset = prepare(input, config);
        const rows = shownRows(dataset);
        const early = input.rows.filter(({ impression }) => input.together && impression === BEFORE_ALL);
        for (const one of rows) {
          const clicks = [
            ...early.map((other): ShownRow => ({ ...other, part: 'training', history: [] })),
            ...rows.filter(
              ({ label, part }) => label === 1 && (one.part !== 'training' || part === 'training'),
            ),
          ].filter(({ user }) => user === one.user);
          const own = clicks.filter(({ impression }) => input.together && impression === one.impression);
          const end = Math.min(one.time, ...own.map(({ time }) => time));
          const earlier = clicks
            .filter(({ time }) => time < end)
            .map(({ item, time }) => click(String(item), time));
          // Clicks at the time of the first one of the impression may be on either side of it.
          const maybe = clicks
            .filter((other) => other.time === end && end < one.time && !own.includes(other))
            .map(({ item, time }) => click(String(item), time));
          const rest = one.history.slice(earlier.length);
          expect(one.history.slice(0, earlier.length).sort()).toEqual(earlier.sort());
          expect(rest.every((other) => maybe.includes(other))).toBe(true);
        }
      }),
    );
  });

  test('do not depend on the order in which they were read', () => {
    fc.assert(
      fc.property(cases, fc.infiniteStream(fc.nat()), ([input, config], keys) => {
        const shuffled = input.rows
          .map((one) => ({ one, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        expect(prepare({ ...input, rows: shuffled }, config)).toEqual(prepare(input, config));
      }),
    );
  });

  test('are counted whole by filters, and repeated only where they are clicked twice', () => {
    fc.assert(
      fc.property(
        cases,
        fc.constantFrom('keepFirst' as const, 'keepLast' as const),
        ([input, config], duplicates) => {
          const all = shownRows(prepare(input, config));
          const kept = shownRows(prepare(input, { ...config, duplicates }));
          const of = (rows: ShownRow[], label: number) => rows.filter((one) => one.label === label);
          expect(of(kept, 0)).toHaveLength(of(all, 0).length);
          const met = new Set(of(all, 1).map(({ user, item }) => `${user} ${item}`));
          expect(of(kept, 1).length).toBeLessThanOrEqual(met.size);
          const core = shownRows(prepare(input, { ...config, minUserInteractions: 3 }));
          const count = (user: number) => input.rows.filter((one) => one.user === user).length;
          expect(core.length).toBe(all.filter(({ user }) => count(user) >= 3).length);
        },
      ),
    );
  });
});

test('no training row is as late as the cut of a temporal split, whatever its impression', () => {
  fc.assert(
    fc.property(someRows, share, share, (input, validation, end) => {
      const dataset = prepare(input, parse({ split: { type: 'temporal', validation, test: end } }));
      const { cut } = dataset.split;
      for (const { part, time } of shownRows(dataset)) {
        if (part === 'training') expect(time).toBeLessThan(cut!.validation);
        if (part === 'validation') expect(time).toBeLessThan(cut!.test);
      }
    }),
  );
});
