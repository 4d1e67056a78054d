import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { describeSplit, SPLITS, type SplitConfig } from '../../../src/splits/splits';
import { splitRows } from '../../../src/splits/splitRows';
import { PARTS, type SplitRows } from '../../../src/splits/splitter';

const NUM_ITEMS = 6;

/** Users' interactions, oldest first, with the part that the data give each. */
const someUsers = fc
  .array(
    fc.array(
      fc.record({
        item: fc.nat({ max: NUM_ITEMS - 1 }),
        time: fc.nat({ max: 40 }),
        part: fc.nat({ max: 2 }),
      }),
      { maxLength: 12 },
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((users) => users.map((rows) => rows.toSorted((a, b) => a.time - b.time)));
type Users = typeof someUsers extends fc.Arbitrary<infer T> ? T : never;

function inputOf(users: Users, names = users.map((_, user) => `u${user}`)): SplitRows {
  let end = 0;
  return {
    userIds: names,
    offsets: Uint32Array.from([0, ...users.map(({ length }) => (end += length))]),
    items: Uint32Array.from(users.flat(), ({ item }) => item),
    numItems: NUM_ITEMS,
    times: Float64Array.from(users.flat(), ({ time }) => time),
    given: Uint8Array.from(users.flat(), ({ part }) => part),
    groups: null,
  };
}

const share = fc.double({ min: 0.05, max: 0.45, noNaN: true });
const shares = fc.record({ validation: share, test: share });
const cold = fc.record({
  coldUsers: fc.constantFrom('keep' as const, 'drop' as const),
  coldItems: fc.constantFrom('keep' as const, 'drop' as const),
});
const date = (seconds: number): string => new Date(1000 * seconds).toISOString();

/** Configs of each split. */
const CONFIGS: Record<SplitConfig['type'], fc.Arbitrary<object>> = {
  leaveOneOut: fc.constant({}),
  lastN: fc.record({ n: fc.integer({ min: 1, max: 3 }) }),
  ratio: shares,
  randomRatio: fc.tuple(shares, fc.nat()).map(([both, seed]) => ({ ...both, seed })),
  temporal: fc.oneof(
    fc.tuple(shares, cold).map((all) => Object.assign({}, ...all) as object),
    fc
      .tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 20 }), cold)
      .map(([from, length, rest]) => ({ validation: date(from), test: date(from + length), ...rest })),
  ),
  files: cold.map((rest) => ({ validation: 'v', test: 't', ...rest })),
  column: cold.map((rest) => ({ name: 'part', ...rest })),
};
const configsOf = (type: string): fc.Arbitrary<SplitConfig> =>
  CONFIGS[type as SplitConfig['type']].map((options) =>
    configSchema.shape.dataset.shape.split.parse({ type, ...options }),
  );

const split = splitRows;

/** Rows of each user: part, item and time. */
const rowsOf = (users: Users, parts: Uint8Array) => {
  let row = 0;
  return users.map((rows) => rows.map(({ item, time }) => ({ item, time, part: parts[row++]! })));
};

const TYPES = SPLITS.map(({ options }) => options.shape.type.value);

describe.each(TYPES)('the split %s', (type) => {
  test('puts each interaction into one part, and leaves out only what is cold', () => {
    fc.assert(
      fc.property(someUsers, configsOf(type), (users, config) => {
        const { parts } = split(inputOf(users), config);
        expect(parts).toHaveLength(users.flat().length);
        const rows = rowsOf(users, parts);
        const learned = new Set(
          rows
            .flat()
            .filter(({ part }) => part === PARTS.training)
            .map(({ item }) => item),
        );
        const drops = (of: 'coldUsers' | 'coldItems') =>
          of in config && (config as Record<string, unknown>)[of] === 'drop';
        for (const own of rows) {
          const isKnown = own.some(({ part }) => part === PARTS.training);
          for (const { item, part } of own) {
            const isCold = (drops('coldUsers') && !isKnown) || (drops('coldItems') && !learned.has(item));
            expect(part === PARTS.leftOut).toBe(isCold);
          }
        }
      }),
    );
  });

  test('changes nothing that it is given, and does not depend on users without interactions', () => {
    fc.assert(
      fc.property(someUsers, configsOf(type), (users, config) => {
        const input = inputOf(users);
        const { parts } = split(input, config);
        expect(input).toEqual(inputOf(users));
        const names = ['nobody', ...input.userIds];
        expect(split(inputOf([[], ...users], names), config).parts).toEqual(parts);
      }),
    );
  });

  test('has a name that tells its options', () => {
    fc.assert(
      fc.property(configsOf(type), configsOf(type), (one, other) => {
        const { text, badge, needs } = describeSplit(one);
        expect([text, badge, needs].every((part) => part.length > 0)).toBe(true);
        // Shares are told in hundredths of a percent.
        if (type === 'files' || type === 'column' || type === 'lastN')
          expect(text === describeSplit(other).text).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});

describe.each(['leaveOneOut', 'lastN', 'ratio'])('the split %s', (type) => {
  test('holds out what comes last of each user', () => {
    fc.assert(
      fc.property(someUsers, configsOf(type), (users, config) => {
        for (const rows of rowsOf(users, split(inputOf(users), config).parts))
          rows.forEach(({ part }, row) => expect(row === 0 || part >= rows[row - 1]!.part).toBe(true));
      }),
    );
  });
});

describe.each(['leaveOneOut', 'lastN', 'ratio', 'randomRatio'])('the split %s', (type) => {
  test('leaves each user something to learn from, and holds out all parts of a user or none', () => {
    fc.assert(
      fc.property(someUsers, configsOf(type), (users, config) => {
        for (const rows of rowsOf(users, split(inputOf(users), config).parts)) {
          const count = (wanted: number) => rows.filter(({ part }) => part === wanted).length;
          expect(count(PARTS.validation) > 0).toBe(count(PARTS.test) > 0);
          if (rows.length > 0) expect(count(PARTS.training)).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('does not depend on other users', () => {
    fc.assert(
      fc.property(someUsers, configsOf(type), (users, config) => {
        const { parts } = split(inputOf(users), config);
        users.forEach((rows, user) => {
          const alone = split(inputOf([rows], [`u${user}`]), config).parts;
          expect([...alone]).toEqual(rowsOf(users, parts)[user]!.map(({ part }) => part));
        });
      }),
    );
  });
});

describe('the temporal split', () => {
  test('lets no interaction be later than its cut, whoever’s it is', () => {
    fc.assert(
      fc.property(someUsers, configsOf('temporal'), (users, config) => {
        const { parts, cut } = split(inputOf(users), config);
        for (const { part, time } of rowsOf(users, parts).flat()) {
          if (part === PARTS.training) expect(time).toBeLessThan(cut!.validation);
          if (part === PARTS.validation) expect(time).toBeLessThan(cut!.test);
          if (part === PARTS.validation) expect(time).toBeGreaterThanOrEqual(cut!.validation);
          if (part === PARTS.test) expect(time).toBeGreaterThanOrEqual(cut!.test);
        }
      }),
    );
  });

  test('cuts at shares of all interactions', () => {
    const users = Array.from({ length: 10 }, (_, user) =>
      Array.from({ length: 10 }, (_, place) => ({ item: 0, time: 10 * place + user, part: 0 })),
    );
    const config = {
      type: 'temporal',
      validation: 0.2,
      test: 0.1,
      coldUsers: 'keep',
      coldItems: 'keep',
    } as const;
    const { parts, cut } = split(inputOf(users), config);
    expect(cut).toEqual({ validation: 70, test: 90 });
    expect([0, 1, 2].map((part) => parts.filter((own) => own === part).length)).toEqual([70, 20, 10]);
  });

  test('takes dates without a zone as UTC', () => {
    const cutOf = (validation: string, test: string) =>
      split(inputOf([[{ item: 0, time: 0, part: 0 }]]), {
        ...{ type: 'temporal', coldUsers: 'keep', coldItems: 'keep' },
        ...{ validation, test },
      }).cut;
    const day = Date.UTC(2024, 4, 1) / 1000;
    expect(cutOf('2024-05-01', '2024-05-01T12:00:00')).toEqual({ validation: day, test: day + 12 * 3600 });
    expect(cutOf('2024-05-01T00:00:00Z', '2024-05-01T12:00:00+02:00')).toEqual({
      validation: day,
      test: day + 10 * 3600,
    });
  });
});

test('a random split draws each place equally often', () => {
  const users = Array.from({ length: 4000 }, () =>
    Array.from({ length: 10 }, (_, place) => ({ item: 0, time: place, part: 0 })),
  );
  const config = { type: 'randomRatio', validation: 0.1, test: 0.2, seed: 7 } as const;
  const drawn = rowsOf(users, split(inputOf(users), config).parts);
  for (let place = 0; place < 10; place++) {
    const counts = [1, 2].map((part) => drawn.filter((rows) => rows[place]!.part === part).length);
    expect(Math.abs(counts[0]! - 400)).toBeLessThan(80);
    expect(Math.abs(counts[1]! - 800)).toBeLessThan(110);
  }
  expect(split(inputOf(users), { ...config, seed: 8 }).parts).not.toEqual(
    split(inputOf(users), config).parts,
  );
});
