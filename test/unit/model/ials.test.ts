import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import type { TrainingSequences } from '../../../src/model/baseline';
import { solveInPlace } from '../../../src/model/ials/halfStep';
import { Ials, solveAll } from '../../../src/model/ials/ials';
import { objectiveOf } from '../../../src/model/ials/objective';
import { pairsOf, transposed } from '../../../src/model/ials/observedPairs';
import { ialsSchema, type IalsConfig } from '../../../src/model/ials/options';
import { lossOf, pairsOfMatrix } from './ialsLoss';

const options = (changed: object = {}) =>
  ialsSchema.parse({ type: 'ials', factors: 2, iterations: 8, ...changed });
const rest = () => Promise.resolve();

function sequences(users: readonly (readonly number[])[], numItems: number): TrainingSequences {
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

/** Two groups of users, each with items of its own: 1 to 3, and 4 to 6. */
const GROUPS = sequences(
  [
    [1, 2, 3],
    [1, 2],
    [2, 3],
    [1, 3],
    [4, 5, 6],
    [4, 5],
    [5, 6],
    [4, 6],
  ],
  6,
);

const FACTORS = 2;
const number = fc.double({ min: -2, max: 2, noNaN: true });
const vectors = (rows: number) =>
  fc
    .array(number, { minLength: rows * FACTORS, maxLength: rows * FACTORS })
    .map((all) => Float64Array.from(all));
const strength = fc.constantFrom(0, 0, 1, 2, 5);
const matrix = fc.array(fc.array(strength, { minLength: 4, maxLength: 4 }), { minLength: 3, maxLength: 3 });
const weight = fc.double({ min: 0.05, max: 5, noNaN: true });
const objective: fc.Arbitrary<IalsConfig['objective']> = fc.oneof(
  fc.record({
    type: fc.constant('rendle' as const),
    unobservedWeight: weight,
    regularization: weight,
    frequencyExponent: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    type: fc.constantFrom('hkv' as const, 'implicit' as const),
    alpha: weight,
    regularization: weight,
  }),
);

describe('alternating least squares', () => {
  it('the factorization solves positive definite equations', () => {
    const size = 5;
    const numbers = fc.array(number, { minLength: size * size, maxLength: size * size });
    fc.assert(
      fc.property(numbers, fc.array(number, { minLength: size, maxLength: size }), (root, solution) => {
        const at = (row: number, column: number) => root[row * size + column]!;
        const all = Array.from({ length: size }, (_, place) => place);
        const a = all.map((row) =>
          all.map(
            (column) =>
              (row === column ? 1 : 0) +
              all.reduce((sum, inner) => sum + at(row, inner) * at(column, inner), 0),
          ),
        );
        const b = a.map((row) => row.reduce((sum, value, place) => sum + value * solution[place]!, 0));
        const vector = Float64Array.from(b);
        solveInPlace(Float64Array.from(a.flat()), vector);
        solution.forEach((expected, place) => expect(vector[place]).toBeCloseTo(expected, 8));
      }),
    );
  });

  it('equations that are not positive definite are refused with what to do', () => {
    expect(() => solveInPlace(Float64Array.of(0), Float64Array.of(1))).toThrow(
      /found a pivot of 0 in row 1 of 1.*Raise `model.objective.regularization`/,
    );
  });

  it('each half step ends at the minimum: the gradient by finite differences is 0', async () => {
    await fc.assert(
      fc.asyncProperty(matrix, objective, vectors(4), async (observed, changed, items) => {
        const users = new Float64Array(observed.length * FACTORS);
        await solveAll(pairsOfMatrix(observed), items, users, objectiveOf(changed), rest);
        const loss = lossOf(observed, users, items, changed);
        users.forEach((value, place) => {
          const lossAt = (moved: number) => {
            users[place] = moved;
            return lossOf(observed, users, items, changed);
          };
          const step = 1e-4;
          const [below, above] = [lossAt(value - step), lossAt(value + step)];
          users[place] = value;
          // A parabola: it is symmetric about its minimum, and above it elsewhere.
          expect(Math.abs(above - below) / (2 * step)).toBeLessThan(1e-6 * (1 + loss));
          expect(Math.min(above, below)).toBeGreaterThan(loss - 1e-9 * (1 + loss));
        });
      }),
      { numRuns: 50 },
    );
  });

  it('no half step raises the loss', async () => {
    await fc.assert(
      fc.asyncProperty(matrix, objective, vectors(3), vectors(4), async (observed, changed, users, items) => {
        const byUser = pairsOfMatrix(observed);
        let last = lossOf(observed, users, items, changed);
        const falls = () => {
          const loss = lossOf(observed, users, items, changed);
          expect(loss).toBeLessThanOrEqual(last + 1e-9 * (1 + last));
          last = loss;
        };
        for (let sweep = 0; sweep < 3; sweep++) {
          await solveAll(byUser, items, users, objectiveOf(changed), rest);
          falls();
          await solveAll(transposed(byUser, 4), users, items, objectiveOf(changed), rest);
          falls();
        }
      }),
      { numRuns: 50 },
    );
  });

  it('counts how often a user met an item, and the pairs of items are those of users', async () => {
    const pairs = await pairsOf(sequences([[3, 1, 3], [], [1]], 3));
    expect(pairs).toEqual({
      offsets: Uint32Array.of(0, 2, 2, 3),
      ids: Uint32Array.of(2, 0, 0),
      strengths: Float64Array.of(2, 1, 1),
    });
    expect(transposed(pairs, 3)).toEqual({
      offsets: Uint32Array.of(0, 2, 2, 3),
      ids: Uint32Array.of(0, 2, 0),
      strengths: Float64Array.of(1, 1, 2),
    });
  });
});

describe('iALS', () => {
  it.each([
    { type: 'rendle', regularization: 0.01 },
    { type: 'hkv', alpha: 10, regularization: 0.1 },
    { type: 'implicit', alpha: 10, regularization: 0.1 },
  ])(
    '%o scores what like-minded users met above all else, for histories that are new too',
    async (changed) => {
      const ials = await Ials.fit(GROUPS, options({ objective: changed }), 1);
      const scores = await ials.score([Uint32Array.of(1, 2), Uint32Array.of(6), Uint32Array.of()]);
      const row = (place: number) => [...scores.subarray(place * 6, (place + 1) * 6)];
      expect(row(0)[2]).toBeGreaterThan(Math.max(...row(0).slice(3)));
      expect(Math.min(...row(1).slice(3))).toBeGreaterThan(Math.max(...row(1).slice(0, 3)));
      expect(row(2)).toEqual([0, 0, 0, 0, 0, 0]);
    },
  );

  it('is the same for a seed to the bit, and differs for another', async () => {
    const scored = async (seed: number) => {
      const ials = await Ials.fit(GROUPS, options({ iterations: 1 }), seed);
      return ials.score([Uint32Array.of(1, 4)]);
    };
    expect(await scored(7)).toEqual(await scored(7));
    expect(await scored(7)).not.toEqual(await scored(8));
  });

  it('can be given up while it is fitted, and while it scores', async () => {
    const users = 20_000;
    const many = {
      numItems: 50,
      items: Uint32Array.from({ length: 50 }, (_, place) => place + 1),
      offsets: new Uint32Array(users),
      ends: new Uint32Array(users).fill(50),
    };
    let stopped = true;
    const stop = () => {
      if (stopped) throw new Error('stopped');
    };
    const heavy = options({ factors: 64, iterations: 1000 });
    await expect(Ials.fit(many, heavy, 1, stop)).rejects.toThrow('stopped');
    stopped = false;
    const ials = await Ials.fit(GROUPS, options(), 1, stop);
    stopped = true;
    const histories = Array.from({ length: 1_000_000 }, () => Uint32Array.of(1, 2));
    await expect(ials.score(histories)).rejects.toThrow('stopped');
  });

  it('says when its vectors take too much memory', async () => {
    const many = { ...GROUPS, numItems: 3_000_000 };
    await expect(Ials.fit(many, options({ factors: 128 }), 1)).rejects.toThrow(
      /vectors of 8 users and 3000000 items with 128 factors take 2\.9 GB, expected at most 2\.0 GB\. Lower `model\.factors`/,
    );
  });

  it('is not measured next to every model', () => {
    const { evaluation } = configSchema.parse({ dataset: { path: 'a.csv' }, model: { type: 'sasrec' } });
    expect(evaluation.baselines).not.toContain('ials');
  });
});
