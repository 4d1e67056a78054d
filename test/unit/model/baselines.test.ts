import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrainingSequences } from '../../../src/model/baseline';
import { fitBaseline } from '../../../src/model/createModel';
import { ItemKnn } from '../../../src/model/itemKnn/itemKnn';
import { itemKnnSchema, NEWEST_COUNTED } from '../../../src/model/itemKnn/options';
import { Markov } from '../../../src/model/markov/markov';
import { defaultBaseline } from '../../../src/model/models';
import { Popularity } from '../../../src/model/popularity/popularity';

const itemKnn = (options: object = {}) => itemKnnSchema.parse({ type: 'itemKnn', ...options });

const NUM_ITEMS = 6;
const arbitraryUsers = fc.array(
  fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { minLength: 1, maxLength: 8 }),
  {
    minLength: 1,
    maxLength: 8,
  },
);

function sequences(users: number[][]): TrainingSequences {
  const ends: number[] = [];
  let end = 0;
  for (const user of users) ends.push((end += user.length));
  return {
    numItems: NUM_ITEMS,
    offsets: Uint32Array.of(0, ...ends),
    ends: Uint32Array.from(ends),
    items: Uint32Array.from(users.flat()),
  };
}

describe('baselines', () => {
  it('popularity counts occurrences and ignores the history', async () => {
    const users = [
      [1, 2, 2],
      [2, 6],
    ];
    const popularity = await Popularity.fit(sequences(users));
    const scores = popularity.score([Uint32Array.of(1), Uint32Array.of()]);
    expect([...scores]).toEqual([1, 3, 0, 0, 0, 1, 1, 3, 0, 0, 0, 1]);
  });

  it('popularity leaves out what lies behind the end of training', async () => {
    const data = { ...sequences([[1, 2, 3]]), ends: Uint32Array.of(2) };
    expect([...(await Popularity.fit(data)).score([Uint32Array.of()])]).toEqual([1, 1, 0, 0, 0, 0]);
  });

  it('Markov orders by how often an item followed the newest one, then by popularity', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryUsers, fc.integer({ min: 1, max: NUM_ITEMS }), async (users, newest) => {
        const scores = (await Markov.fit(sequences(users))).score([Uint32Array.of(3, newest)]);
        const flat = users.flat();
        const key = (item: number): [number, number] => [
          users.flatMap((user) =>
            user.slice(1).filter((next, index) => next === item && user[index] === newest),
          ).length,
          flat.filter((other) => other === item).length,
        ];
        for (let a = 1; a <= NUM_ITEMS; a++) {
          for (let b = 1; b <= NUM_ITEMS; b++) {
            const [[followsA, countA], [followsB, countB]] = [key(a), key(b)];
            const expected = Math.sign(followsA - followsB || countA - countB);
            expect(Math.sign(scores[a - 1]! - scores[b - 1]!)).toBe(expected);
          }
        }
      }),
    );
  });

  it('item-kNN keeps the most similar items if asked, of equals those with lower numbers', async () => {
    // Item 1 shares two users with 2, and one with each of 3 and 4, which have two and one.
    const users = [[1, 2, 3], [1, 2, 4], [3]];
    const scores = async (numNeighbors: number | null): Promise<number[]> => {
      const knn = await ItemKnn.fit(sequences(users), itemKnn({ numNeighbors }));
      return [...(await knn.score([Uint32Array.of(1)]))];
    };
    const [second, third, fourth] = [1, 1 / 2, 1 / Math.sqrt(2)];
    const rounded = (values: number[]): number[] => values.map((value) => Math.round(value * 1e6) / 1e6);
    expect(rounded(await scores(null))).toEqual(rounded([0, second, third, fourth, 0, 0]));
    expect(rounded(await scores(2))).toEqual(rounded([0, second, 0, fourth, 0, 0]));
    expect(rounded(await scores(1))).toEqual([0, 1, 0, 0, 0, 0]);
    const equals = await ItemKnn.fit(sequences([[1, 3, 2]]), itemKnn({ numNeighbors: 1 }));
    expect([...(await equals.score([Uint32Array.of(1)]))]).toEqual([0, 1, 0, 0, 0, 0]);
  });

  it('item-kNN sums the cosine similarities of the sets of users', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryUsers,
        fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { maxLength: 5 }),
        async (users, history) => {
          const usersOf = (item: number) =>
            users.flatMap((user, index) => (user.includes(item) ? [index] : []));
          const similarity = (a: number, b: number): number => {
            const [first, second] = [usersOf(a), usersOf(b)];
            const shared = first.filter((user) => second.includes(user)).length;
            return a === b || shared === 0 ? 0 : shared / Math.sqrt(first.length * second.length);
          };
          const knn = await ItemKnn.fit(sequences(users), itemKnn());
          const scores = await knn.score([Uint32Array.from(history)]);
          for (let item = 1; item <= NUM_ITEMS; item++) {
            const expected = history.reduce((sum, met) => sum + similarity(met, item), 0);
            expect(scores[item - 1]).toBeCloseTo(expected, 5);
          }
          expect(await knn.score([Uint32Array.from(history)])).toEqual(scores); // from the cache
        },
      ),
    );
  });

  it('item-kNN counts the newest interactions of a user, all up to the bound', async () => {
    const length = NEWEST_COUNTED + 2;
    const history = Uint32Array.from({ length }, (_, place) => place + 1);
    const user = {
      numItems: length,
      offsets: Uint32Array.of(0),
      ends: Uint32Array.of(length),
      items: history,
    };
    const scored = async (newest: Uint32Array) => {
      const knn = await ItemKnn.fit(user, itemKnn());
      return [...(await knn.score([newest]))].map((score) => (score > 0 ? 1 : 0));
    };
    const expected = history.map((item) => (item > 2 ? 1 : 0));
    expect(await scored(history.subarray(-2))).toEqual([...expected]);
    // The oldest two count in no history either.
    expect(await scored(history.subarray(0, 2))).toEqual([...expected.fill(0)]);
  });

  it('item-kNN can be given up in the middle of a history', async () => {
    const items = Uint32Array.from({ length: 3000 }, (_, place) => place + 1);
    const one = { numItems: 3000, offsets: Uint32Array.of(0), ends: Uint32Array.of(3000), items };
    const knn = await ItemKnn.fit(one, itemKnn(), () => {
      throw new Error('stopped');
    });
    // Pauses come by the clock: there is at least one in so much work.
    await expect(knn.score(Array.from({ length: 1000 }, () => items))).rejects.toThrow('stopped');
  });

  it.each(['popularity', 'itemKnn', 'markov'] as const)(
    '%s can be given up while it is fitted',
    async (type) => {
      const items = new Uint32Array(100_000).fill(1);
      const users = 50_000;
      const many = {
        numItems: 1,
        items,
        offsets: new Uint32Array(users),
        ends: new Uint32Array(users).fill(items.length),
      };
      const stop = () => {
        throw new Error('stopped');
      };
      // As above: all of it would take minutes.
      await expect(fitBaseline(defaultBaseline(type), many, 1, stop)).rejects.toThrow('stopped');
    },
  );
});
