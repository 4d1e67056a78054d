import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import { parseConfig } from '../../../src/config/parseConfig';
import { letEventsIn } from '../../../src/protocol/letEventsIn';
import type { TrainingSequences } from '../../../src/model/baseline';
import { Ease } from '../../../src/model/ease/ease';
import { invertSymmetric } from '../../../src/model/ease/invertSymmetric';

const NUM_ITEMS = 5;
const arbitraryUsers = fc.array(
  fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { minLength: 1, maxLength: 6 }),
  { minLength: 1, maxLength: 8 },
);
const arbitraryRegularization = fc.double({ min: 0.5, max: 100, noNaN: true });

function sequences(users: number[][], numItems = NUM_ITEMS): TrainingSequences {
  const ends: number[] = [];
  let end = 0;
  for (const user of users) ends.push((end += user.length));
  return {
    numItems,
    offsets: Uint32Array.of(0, ...ends),
    ends: Uint32Array.from(ends),
    items: Uint32Array.from(users.flat()),
  };
}

const nothing = (): Promise<void> => Promise.resolve();

describe('the inverse of a symmetric matrix', () => {
  // One block, blocks of even and of odd remainders.
  it.each([1, 2, 5, 63, 64, 65, 130, 193])('of %i rows is its inverse', async (n) => {
    const random = new RandomStream(n);
    const matrix = new Float64Array(n * n);
    for (let row = 0; row < n; row++)
      for (let column = 0; column <= row; column++) {
        const value = row === column ? n : 2 * random.nextFloat() - 1;
        matrix[row * n + column] = matrix[column * n + row] = value;
      }
    const inverse = matrix.slice();
    // What stands above the diagonal is not read.
    for (let row = 0; row < n; row++) inverse.fill(NaN, row * n + row + 1, (row + 1) * n);
    await invertSymmetric(inverse, n, nothing);
    let largest = 0;
    for (let row = 0; row < n; row++)
      for (let column = 0; column < n; column++) {
        let sum = row === column ? -1 : 0;
        for (let place = 0; place < n; place++) {
          const [from, to] = [Math.max(place, column), Math.min(place, column)];
          sum += matrix[row * n + place]! * inverse[from * n + to]!;
        }
        largest = Math.max(largest, Math.abs(sum));
      }
    expect(largest).toBeLessThan(1e-12);
  });
});

describe('EASE', () => {
  it('has the weights at which the gradient of its loss is 0, and a diagonal of zeros', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryUsers, arbitraryRegularization, async (users, regularization) => {
        const { weights } = await Ease.fit(sequences(users), { regularization });
        const met = users.map((user) =>
          Array.from({ length: NUM_ITEMS }, (_, place) => (user.includes(place + 1) ? 1 : 0)),
        );
        const weight = (row: number, column: number) => weights[row * NUM_ITEMS + column]!;
        const errors = met.map((row) =>
          row.map((value, column) =>
            row.reduce<number>((sum, x, place) => sum - x * weight(place, column), value),
          ),
        );
        for (let row = 0; row < NUM_ITEMS; row++) {
          expect(weight(row, row)).toBe(0);
          for (let column = 0; column < NUM_ITEMS; column++) {
            if (row === column) continue;
            const fit = met.reduce((sum, user, place) => sum + user[row]! * errors[place]![column]!, 0);
            expect(fit).toBeCloseTo(regularization * weight(row, column), 9);
          }
        }
      }),
    );
  });

  it('scores by the sum of the weights of the history’s items, each counted once', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryUsers,
        fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { maxLength: 5 }),
        async (users, history) => {
          const ease = await Ease.fit(sequences(users), { regularization: 2 });
          const scores = await ease.score([Uint32Array.of(1, 1), Uint32Array.from(history)]);
          for (let column = 0; column < NUM_ITEMS; column++) {
            const expected = [...new Set(history)].reduce(
              (sum, item) => sum + ease.weights[(item - 1) * NUM_ITEMS + column]!,
              0,
            );
            expect(scores[column]).toBeCloseTo(ease.weights[column]!, 6);
            expect(scores[NUM_ITEMS + column]).toBeCloseTo(expected, 6);
          }
        },
      ),
    );
  });

  it('counts a repeated item once, in no order, and nothing behind the end of training', async () => {
    const weights = async (data: TrainingSequences) => [
      ...(await Ease.fit(data, { regularization: 1 })).weights,
    ];
    const expected = await weights(sequences([[1, 2, 3], [2, 4], [5]]));
    expect(await weights(sequences([[3, 1, 2, 1, 3], [4, 2, 2], [5]]))).toEqual(expected);
    const longer = sequences([
      [1, 2, 3, 5],
      [2, 4, 1],
      [5, 2],
    ]);
    expect(await weights({ ...longer, ends: Uint32Array.of(3, 6, 8) })).toEqual(expected);
  });

  it('gives items without a user no weight, and a user without a history scores of 0', async () => {
    const ease = await Ease.fit(sequences([[1, 2]]), { regularization: 1 });
    expect(ease.weights.subarray(2 * NUM_ITEMS).every((value) => value === 0)).toBe(true);
    expect([...(await ease.score([Uint32Array.of()]))]).toEqual([0, 0, 0, 0, 0]);
  });

  it('says that a regularization is too small, not NaN', async () => {
    // Items that the same users met: without regularization there is no inverse.
    const data = sequences([
      [1, 2],
      [1, 2],
    ]);
    await expect(Ease.fit(data, { regularization: 1e-300 })).rejects.toThrow(
      /`model.regularization` is too small for these data. Raise it/,
    );
  });

  it('lets events in while it is fitted and while it scores, and can be given up', async () => {
    const numItems = 1000;
    const random = new RandomStream(1);
    const users = Array.from({ length: 200 }, () =>
      Array.from({ length: 50 }, () => 1 + random.nextInt(numItems)),
    );
    let turns = 0;
    const ease = await Ease.fit(sequences(users, numItems), { regularization: 10 }, async () => {
      turns++;
      await letEventsIn();
    });
    expect(turns).toBeGreaterThan(1);
    const stop = () => {
      throw new Error('stopped');
    };
    await expect(Ease.fit(sequences(users, numItems), { regularization: 10 }, stop)).rejects.toThrow(
      'stopped',
    );
    const before = turns;
    // Every user again and again: pauses come by the clock.
    await ease.score(Array.from({ length: 2000 }, (_, row) => Uint32Array.from(users[row % 200]!)));
    expect(turns).toBeGreaterThan(before);
  });
});

describe('a config of EASE', () => {
  it.each([0, -1, '100', null])('refuses %j as its regularization', (regularization) => {
    const { config, problems } = parseConfig(
      JSON.stringify({ dataset: { path: 'x.csv' }, model: { type: 'ease', regularization } }),
      'json',
    );
    expect(config).toBeNull();
    expect(problems.map((problem) => problem.path)).toEqual(['model.regularization']);
  });
});
