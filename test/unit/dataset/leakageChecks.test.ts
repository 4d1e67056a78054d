import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { arrangeInteractions } from '../../../src/dataset/arrangeInteractions';
import { leakageSteps, type DatasetCheck } from '../../../src/dataset/leakageChecks';
import { splitInteractions } from '../../../src/dataset/splitInteractions';
import { finish } from '../../../src/dataset/steps';
import { RandomStream } from '../../../src/compute/random';
import { PARTS } from '../../../src/splits/splitter';
import { describeSplit } from '../../../src/splits/splits';

interface Row {
  user: string;
  item: number;
  time: number;
  /** Where the data say it. */
  part?: 'training' | 'validation' | 'test';
  /** Rows that were shown together; all of them are clicks. */
  impression?: number;
}

/** What is found in the rows, in any order, by a split. */
function found(rows: readonly Row[], split: object, timestamp: string | null = 'timestamp'): DatasetCheck[] {
  const config = configSchema.shape.dataset.parse({ path: '-', split, columns: { timestamp } });
  const userIds = [...new Set(rows.map(({ user }) => user))].sort();
  const userOf = new Map(userIds.map((id, user) => [id, user]));
  const itemIds = Array.from(
    { length: 1 + Math.max(...rows.map(({ item }) => item)) },
    (_, item) => `${item}`,
  );
  const raw = {
    ...{ userIds, itemIds },
    users: Uint32Array.from(rows, ({ user }) => userOf.get(user)!),
    items: Uint32Array.from(rows, ({ item }) => item),
    times: Float64Array.from(rows, ({ time }) => time),
    parts: Uint8Array.from(rows, ({ part }) => PARTS[part ?? 'training']),
    ...(rows[0]?.impression === undefined
      ? { labels: null, impressions: null }
      : {
          labels: new Uint8Array(rows.length).fill(1),
          impressions: Uint32Array.from(rows, ({ impression }) => impression!),
        }),
  };
  const arranged = arrangeInteractions(raw, config, 1);
  const times = timestamp === null ? null : arranged.times;
  const dataset = {
    ...splitInteractions({ ...arranged, times }, arranged.parts),
    fingerprint: '',
    numUsers: arranged.keptUsers.length,
    numItems: arranged.keptItems.length,
    split: describeSplit(config.split, arranged.cut),
    userIds: Array.from(arranged.keptUsers, (user) => userIds[user]!),
    itemIds: ['', ...Array.from(arranged.keptItems, (item) => itemIds[item]!)],
    ...{ itemTitles: null, itemFeatures: [], userFeatures: [], labeled: null },
  };
  return finish(leakageSteps(dataset));
}

const codes = (checks: readonly DatasetCheck[]): string[] =>
  checks.filter(({ level }) => level !== 'note').map(({ code }) => code);

/** How each user's next item comes about. */
type Kind = 'uniform' | 'popular' | 'chain' | 'circle' | 'repeating';
const KINDS: readonly Kind[] = ['uniform', 'popular', 'chain', 'circle', 'repeating'];

interface Clean {
  kind: Kind;
  seed: number;
  numUsers?: number;
  numItems?: number;
  /** Seconds between which times may lie: small ones make a clock that is the same for all. */
  spread?: number;
}

/** Users who begin at different times, and whose interactions are some hours apart. */
function cleanRows({ kind, seed, numUsers = 150, numItems = 60, spread = 1e7 }: Clean): Row[] {
  const random = new RandomStream(seed);
  const drawn = (): number =>
    kind === 'popular' ? Math.floor(numItems * random.nextFloat() ** 3) : random.nextInt(numItems);
  return Array.from({ length: numUsers }, (_, user) => {
    let time = 1.6e9 + Math.floor(spread * random.nextFloat());
    let item = drawn();
    const items: number[] = [];
    return Array.from({ length: 5 + random.nextInt(12) }, () => {
      if (kind === 'circle' || (kind === 'chain' && random.nextFloat() < 0.9)) item = (item + 1) % numItems;
      else if (kind === 'repeating' && items.length > 0 && random.nextFloat() < 0.6)
        item = items[random.nextInt(items.length)]!;
      else item = drawn();
      items.push(item);
      time += 1 + (spread > 1 ? random.nextInt(90_000) : 0);
      return { user: `u${user}`, item, time };
    });
  }).flat();
}

/** The same with parts: everything from one time on is test, as the maker of the files cut it. */
function cutInTime(rows: readonly Row[]): Row[] {
  const times = rows.map(({ time }) => time).sort((a, b) => a - b);
  const [validation, test] = [times[Math.floor(0.8 * times.length)]!, times[Math.floor(0.9 * times.length)]!];
  return rows.map((row) => ({
    ...row,
    part: row.time >= test ? 'test' : row.time >= validation ? 'validation' : 'training',
  }));
}

/** The same where each user's last is test, as the maker of the files held it out. */
function lastOfEach(rows: readonly Row[]): Row[] {
  const last = new Map(rows.map((row, place) => [row.user, place]));
  return rows.map((row, place) => {
    const behind = last.get(row.user)! - place;
    return { ...row, part: behind === 0 ? 'test' : behind === 1 ? 'validation' : 'training' };
  });
}

const LEAVE_ONE_OUT = { type: 'leaveOneOut' };
const COLUMN = { type: 'column', name: 'part' };
const clean = fc.record({ kind: fc.constantFrom(...KINDS), seed: fc.nat() });

describe('clean data raise nothing', () => {
  test.each([LEAVE_ONE_OUT, { type: 'lastN', n: 2 }, { type: 'ratio' }, { type: 'temporal' }])(
    'split by $type',
    (split) => {
      fc.assert(
        fc.property(clean, (data) => {
          expect(codes(found(cleanRows(data), split))).toEqual([]);
        }),
        { numRuns: 25 },
      );
    },
  );

  test('without times, or with times that only count', () => {
    fc.assert(
      fc.property(clean, (data) => {
        expect(codes(found(cleanRows(data), LEAVE_ONE_OUT, null))).toEqual([]);
        expect(codes(found(cleanRows({ ...data, spread: 1 }), LEAVE_ONE_OUT))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('split elsewhere, in time or for each user', () => {
    fc.assert(
      fc.property(clean, (data) => {
        expect(codes(found(cutInTime(cleanRows(data)), COLUMN))).toEqual([]);
        expect(codes(found(lastOfEach(cleanRows(data)), COLUMN))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('but a note says how much of training other users did later', () => {
    const rows = cleanRows({ kind: 'popular', seed: 1 });
    const [note] = found(rows, LEAVE_ONE_OUT);
    expect(note).toMatchObject({ level: 'note', code: 'data/time-order' });
    const share = Number(/([\d.]+)%/.exec(note!.message)![1]);
    expect(share).toBeGreaterThan(35);
    expect(share).toBeLessThan(50);
    expect(found(rows, { type: 'temporal' })).toEqual([]);
  });
});

describe('what is planted is found', () => {
  const planted = (check: (rows: Row[], random: RandomStream) => void, kinds = KINDS): void => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.nat(), (kind, seed) => {
        check(cleanRows({ kind, seed }), new RandomStream(seed + 1));
      }),
      { numRuns: 15 },
    );
  };

  test('rows in two parts', () => {
    planted((rows) => {
      const parts = cutInTime(rows);
      const copies = parts
        .filter(({ part }) => part === 'test')
        .slice(0, 20)
        .map((row) => ({ ...row, part: 'training' as const }));
      const checks = found([...parts, ...copies], COLUMN);
      expect(codes(checks)).toContain('data/copied-interactions');
      expect(checks[0]!.message).toMatch(/^20 of .* `duplicates`/);
    });
  });

  test('a last interaction that is logged twice', () => {
    planted((rows) => {
      const parts = lastOfEach(rows);
      const twice = parts.flatMap((row) => (row.part === 'test' ? [row, row] : [row]));
      expect(codes(found(twice, LEAVE_ONE_OUT))).toContain('data/copied-interactions');
    });
  });

  test.each(['timestamp', null])('users under a second id, %s', (timestamp) => {
    planted(
      (rows, random) => {
        const copies = rows
          .filter(({ user }) => user.endsWith('7'))
          // Some of what they did is only under one id.
          .filter(({ user }) => user !== 'u7' || random.nextFloat() < 0.95)
          .map((row) => ({ ...row, user: `copy of ${row.user}` }));
        const checks = found([...rows, ...copies], LEAVE_ONE_OUT, timestamp);
        expect(codes(checks)).toContain('data/copied-users');
        expect(checks.find(({ code }) => code === 'data/copied-users')!.message).toMatch(
          /^(8|9|1[0-6]) of 16\d users repeat/,
        );
      },
      // Where everybody goes around one circle and nothing tells when, users are each other's copies.
      timestamp === null ? ['uniform', 'popular'] : KINDS,
    );
  });

  test('targets in histories', () => {
    planted((rows) => {
      const parts = lastOfEach(rows);
      const leaked = parts
        .filter(({ part }) => part === 'test')
        .map((row) => ({ ...row, time: row.time - 100_000, part: 'training' as const }));
      const checks = found([...parts, ...leaked], COLUMN);
      expect(codes(checks)).toContain('data/target-in-history');
    });
  });

  test('training of the future, with items that are new then', () => {
    planted((rows, random) => {
      const parts = cutInTime(rows);
      const moved = parts.map((row, place) =>
        row.part === 'test' && random.nextFloat() < 0.2
          ? { ...row, user: `new ${row.user}`, item: 60 + place, part: 'training' as const }
          : row,
      );
      const checks = found(moved, COLUMN);
      expect(codes(checks)).toContain('data/training-after-test');
      expect(checks.find(({ code }) => code === 'data/training-after-test')!.message).toMatch(
        /later than the beginning of test, 20\d\d-.*, among them the first of \d+ new items; nearly all/,
      );
    });
  });

  test('training that is later than test of the same user', () => {
    planted((rows) => {
      const swaps = { training: 'training', validation: 'test', test: 'training' } as const;
      const swapped: Row[] = lastOfEach(rows).map((row) => ({ ...row, part: swaps[row.part!] }));
      swapped[0]!.part = 'validation';
      const [check] = found(swapped, COLUMN);
      expect(check).toMatchObject({ code: 'data/later-training', level: 'leak' });
      // Whoever chooses a random split wants it.
      const random = found(rows, { type: 'randomRatio' });
      expect(random).toContainEqual(
        expect.objectContaining({ code: 'data/later-training', level: 'warning' }),
      );
    });
  });

  test('impressions that are mixed in time, which no other split puts right', () => {
    planted((rows) => {
      // Of each user every other row is of one impression, which ends with their newest.
      const seen = new Map<string, number>();
      const mixed = [...rows]
        .sort((a, b) => b.time - a.time)
        .map((row, index): Row => {
          const place = seen.get(row.user) ?? 0;
          seen.set(row.user, place + 1);
          return { ...row, impression: place % 2 === 0 ? 1e6 + Number(row.user.slice(1)) : index };
        });
      const check = found(mixed, { type: 'ratio' }).find(({ code }) => code === 'data/later-training')!;
      expect(check.level).toBe('warning');
      expect(check.message).toContain('impressions are mixed in time');
    });
  });

  test('ties whose order decides, with what another order would change', () => {
    planted(
      (rows) => {
        const perDay = rows.map((row) => ({ ...row, time: 4 * 86400 * Math.floor(row.time / (4 * 86400)) }));
        expect(codes(found(perDay, LEAVE_ONE_OUT))).toContain('data/ties-decide');
        expect(codes(found(perDay, { type: 'temporal' }))).not.toContain('data/ties-decide');
      },
      ['uniform', 'chain'],
    );
    // Of a and b, the last is one of two; c has one last.
    const rows = ['a', 'b', 'c'].flatMap((user) =>
      [1, 2, 3, 4].map((time) => ({ user, item: time, time: user === 'c' ? time : Math.min(time, 3) })),
    );
    const check = found(rows, LEAVE_ONE_OUT).find(({ code }) => code === 'data/ties-decide');
    expect(check!.message).toContain(
      'The test items of 66.7% of the users are drawn from interactions of the same time: another order of them, such as that of the file, changes the test items of 33.3%.',
    );
  });

  test('items that are new after the cut', () => {
    planted((rows) => {
      const parts = cutInTime(rows);
      const late = parts.map((row, place) =>
        row.part === 'test' && place % 4 === 0 ? { ...row, item: 60 + (place % 10) } : row,
      );
      expect(codes(found(late, COLUMN))).toContain('data/cold-targets');
      expect(codes(found(late, { ...COLUMN, coldItems: 'drop' }))).toEqual([]);
    });
  });
});
