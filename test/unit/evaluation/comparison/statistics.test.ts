import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../src/compute/random';
import { bootstrapMeans } from '../../../../src/evaluation/comparison/bootstrap';
import {
  compareGroups,
  type ComparedGroups,
  type RunGroup,
} from '../../../../src/evaluation/comparison/compareGroups';
import { holm } from '../../../../src/evaluation/comparison/holm';
import { meanOf, percentileInterval, varianceOf } from '../../../../src/evaluation/comparison/intervals';
import { randomizationTest } from '../../../../src/evaluation/comparison/randomizationTest';
import { quantileOfT, tailOfT } from '../../../../src/evaluation/comparison/studentT';
import { kindsOf } from '../../../../src/evaluation/comparison/userKinds';
import type { Estimate } from '../../../../src/protocol/comparison';

const source = (...name: number[]) => new RandomStream(...name);
const column = (...values: number[]) => Float64Array.from(values);

/** What a user gets by the place of their item: NDCG@10, mostly 0. */
const GAINS = Array.from({ length: 10 }, (_, place) => 1 / Math.log2(place + 2));
const MEAN_GAIN = meanOf(GAINS);
const drawGain = (random: RandomStream, hits: number): number =>
  random.nextFloat() < hits ? GAINS[random.nextInt(10)]! : 0;

const holds = ({ low, high }: Estimate, truth: number): boolean => low! <= truth && truth <= high!;

function compare(groups: readonly RunGroup[], seed = 1, count = 400): Promise<ComparedGroups> {
  return compareGroups(
    groups,
    groups[0]![0]!.map((_, metric) => `ndcg@${metric + 1}`),
    {
      bootstrap: { count, source: source(seed, 1) },
      randomization: (group) => ({ count, source: source(seed, 2, group) }),
    },
  );
}

describe('by simulation', () => {
  it('has intervals that hold the truth in 93 to 97 of 100 repetitions, of means and of paired differences', async () => {
    const [hitsA, hitsB] = [0.3, 0.35];
    let [held, heldDifference] = [0, 0];
    for (let repetition = 0; repetition < 1000; repetition++) {
      const random = source(11, repetition);
      const [a, b] = [new Float64Array(200), new Float64Array(200)];
      for (let user = 0; user < 200; user++) {
        a[user] = drawGain(random, hitsA);
        // Two models find much the same: half of the users have the same value.
        b[user] = random.nextFloat() < 0.5 ? a[user]! : drawGain(random, 2 * hitsB - hitsA);
      }
      const [ofA, ofB] = await bootstrapMeans([a, b], { count: 400, source: source(12, repetition) });
      const interval = percentileInterval(ofA!);
      const ofDifference = percentileInterval(ofB!.map((mean, resample) => mean - ofA![resample]!));
      const truth = hitsA * MEAN_GAIN;
      const difference = (hitsB - hitsA) * MEAN_GAIN;
      held += Number(holds(interval, truth));
      heldDifference += Number(holds(ofDifference, difference));
    }
    for (const share of [held / 1000, heldDifference / 1000]) {
      expect(share).toBeGreaterThanOrEqual(0.93);
      expect(share).toBeLessThanOrEqual(0.97);
    }
  });

  it('calls equal models different in 5 of 100 repetitions', async () => {
    let called = 0;
    for (let repetition = 0; repetition < 1000; repetition++) {
      const random = source(21, repetition);
      const differences = Float64Array.from(
        { length: 200 },
        () => drawGain(random, 0.3) - drawGain(random, 0.3),
      );
      const [p] = await randomizationTest([differences], { count: 400, source: source(22, repetition) });
      called += Number(p! <= 0.05);
    }
    expect(called / 1000).toBeGreaterThan(0.03);
    expect(called / 1000).toBeLessThan(0.07);
  });

  it('does not call two groups of seeds different more often than that, though each seed makes another model', async () => {
    const trained = (random: RandomStream): Float64Array[] => {
      // What the seed does is as large as what the choice of users does.
      const hits = 0.3 + 0.03 * random.nextNormal();
      return [Float64Array.from({ length: 200 }, () => drawGain(random, hits))];
    };
    let called = 0;
    for (let repetition = 0; repetition < 500; repetition++) {
      const random = source(31, repetition);
      const groups = [1, 2].map(() => [trained(random), trained(random), trained(random)]);
      const { differences } = await compare(groups, repetition, 100);
      called += Number(differences[0]![0]!.p! <= 0.05);
    }
    expect(called / 500).toBeLessThan(0.07);
  });
});

describe('bootstrapMeans', () => {
  it('has the mean and the spread that drawing with replacement has', async () => {
    const values = column(1, 0, 0.5, 0, 0, 2, 0, 0.25);
    const [means] = await bootstrapMeans([values], { count: 20_000, source: source(3) });
    // The variance of a mean of n draws from these values, without the correction for a sample.
    const variance = (varianceOf(values) * 7) / 8 / 8;
    expect(meanOf(means!)).toBeCloseTo(meanOf(values), 2);
    expect(varianceOf(means!) / variance).toBeCloseTo(1, 1);
  });

  it('draws the same users for all columns', async () => {
    const values = column(1, 0, 0.5, 3);
    const [means, doubled] = await bootstrapMeans([values, values.map((value) => 2 * value)], {
      count: 50,
      source: source(4),
    });
    expect(doubled).toEqual(means!.map((mean) => 2 * mean));
  });

  it('leaves out those who do not count', async () => {
    const [means] = await bootstrapMeans([column(Number.NaN, 2, 2)], { count: 30, source: source(5) });
    expect(means!.every((mean) => mean === 2 || Number.isNaN(mean))).toBe(true);
  });

  it('gives way, at the latest after two million users', async () => {
    const told: number[] = [];
    const onProgress = (done: number): void => void told.push(done);
    await bootstrapMeans([new Float64Array(400_000)], { count: 12, source: source(6), onProgress });
    expect(told).toEqual([0, 5, 10]);
  });
});

describe('randomizationTest', () => {
  it('gives the share of swaps with as large a sum: all four of two users, two of them as large', async () => {
    const [p] = await randomizationTest([column(1, 1)], { count: 20_000, source: source(7) });
    expect(p).toBeCloseTo(0.5, 1);
    // 1 + 2 − 4: of eight swaps, those with |±1 ± 2 ± 4| ≥ 1 are all.
    expect(await randomizationTest([column(1, 2, -4)], { count: 100, source: source(7) })).toEqual([1]);
    // |sum| 7 comes up twice in eight.
    const [quarter] = await randomizationTest([column(1, 2, 4)], { count: 20_000, source: source(8) });
    expect(quarter).toBeCloseTo(0.25, 1);
  });

  it('counts sums that differ only by rounding as equal', async () => {
    const [p] = await randomizationTest([column(0.1, 0.2, -0.3)], { count: 500, source: source(9) });
    expect(p).toBe(1);
  });

  it('tosses fair coins for users of one kind, however many there are', async () => {
    for (const size of [31, 32, 33, 100]) {
      // All alike: the sum of signs is above its standard deviation in a third of the tosses.
      const differences = new Float64Array(size).fill(1);
      const away = Math.ceil(size / 2 + Math.sqrt(size) / 2);
      const some = differences.map((value, user) => (user < away ? value : -value));
      const [p] = await randomizationTest([some], { count: 4000, source: source(10, size) });
      const tail = (from: number): number => {
        let [probability, sum] = [0.5 ** size, 0];
        for (let heads = 0; heads <= size; heads++) {
          if (heads >= from) sum += probability;
          probability *= (size - heads) / (heads + 1);
        }
        return sum;
      };
      expect(p).toBeCloseTo(2 * tail(away), 1);
    }
  });

  it('is 1 for nobody, for equal runs, and for users who do not count', async () => {
    for (const differences of [column(), column(0, 0, 0), column(Number.NaN, 0)])
      expect(await randomizationTest([differences], { count: 50, source: source(1) })).toEqual([1]);
  });
});

describe('holm', () => {
  it('multiplies the smallest by the number of tests, the next by one less, and never goes back', () => {
    const corrected = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, test) => expect(corrected[test]).toBeCloseTo(p, 12));
    expect(holm([0.5, Number.NaN, 0.9])).toEqual([1, Number.NaN, 1]);
  });

  it('is never below the p-value or above the one of Bonferroni, and keeps their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (ps) => {
        const corrected = holm(ps);
        ps.forEach((p, test) => {
          expect(corrected[test]).toBeGreaterThanOrEqual(p);
          expect(corrected[test]).toBeLessThanOrEqual(Math.min(1, p * ps.length) + 1e-15);
          ps.forEach((other, place) => {
            if (p <= other) expect(corrected[test]).toBeLessThanOrEqual(corrected[place]!);
          });
        });
      }),
    );
  });
});

describe('Student’s t', () => {
  it('equals tables', () => {
    // R: qt(.975, c(1, 2, 5, 30)), 2 * pt(-2, 10).
    for (const [freedom, quantile] of [
      [1, 12.7062],
      [2, 4.302653],
      [5, 2.570582],
      [30, 2.042272],
      [1e6, 1.959966],
    ] as const)
      expect(quantileOfT(0.05, freedom)).toBeCloseTo(quantile, 4);
    expect(tailOfT(2, 10)).toBeCloseTo(0.07338803, 8);
    expect(tailOfT(0, 3)).toBe(1);
    expect(tailOfT(-1, 1)).toBeCloseTo(0.5, 12);
  });
});

describe('kindsOf', () => {
  it('tells users apart by all their values, with the values of each', () => {
    const { kindOf, sizes, values } = kindsOf([column(0, 1, 0, 0, Number.NaN), column(0, 0, 0, 1, 0)]);
    expect([...kindOf]).toEqual([0, 1, 0, 2, 3]);
    expect([...sizes]).toEqual([2, 1, 1, 1]);
    expect(values).toEqual([column(0, 1, 0, Number.NaN), column(0, 0, 1, 0)]);
  });
});

describe('compareGroups', () => {
  const gains = fc.array(fc.constantFrom(0, 0, 0, 0.5, 0.63, 1), { minLength: 12, maxLength: 12 });
  const run = gains.map((values) => [Float64Array.from(values)]);

  it('is its mirror image when the two are swapped', async () => {
    await fc.assert(
      fc.asyncProperty(run, run, async (a, b) => {
        const [there, back] = [await compare([[a], [b]], 1, 50), await compare([[b], [a]], 1, 50)];
        expect(back.values).toEqual(there.values.toReversed());
        const { difference, low, high, wins, losses, ...rest } = there.differences[0]![0]!;
        expect(back.differences[0]![0]).toEqual({
          ...rest,
          difference: 0 - difference!,
          low: 0 - high!,
          high: 0 - low!,
          wins: losses,
          losses: wins,
        });
      }),
      { numRuns: 30 },
    );
  });

  it('finds no difference between equals: p is 1, all are ties', async () => {
    await fc.assert(
      fc.asyncProperty(run, async (a) => {
        const { differences } = await compare([[a], [a]], 1, 50);
        expect(differences[0]![0]).toMatchObject({
          ...{ difference: 0, low: 0, high: 0, p: 1, correctedP: 1, wins: 0, ties: 12, losses: 0 },
        });
      }),
      { numRuns: 10 },
    );
  });

  it('is decided by the seed, and differs between seeds', async () => {
    const groups = [[[column(0, 1, 0, 0.5, 0.2)]], [[column(1, 1, 0.5, 0, 0.4)]]];
    expect(await compare(groups, 5)).toEqual(await compare(groups, 5));
    expect(await compare(groups, 5, 31)).not.toEqual(await compare(groups, 6, 31));
  });

  it('corrects for all runs and metrics that are compared', async () => {
    const better = Float64Array.from({ length: 40 }, () => 1);
    const same = new Float64Array(40);
    const { differences } = await compare([[[same, same]], [[better, same]], [[same, same]]]);
    const [first, second] = differences[0]!;
    expect(first!.p).toBeCloseTo(1 / 401, 10);
    expect(first!.correctedP).toBeCloseTo(4 / 401, 10);
    expect(second!.correctedP).toBe(1);
  });

  it('says which part of a difference the seeds are: all of it where users do not differ', async () => {
    const all = (value: number) => [new Float64Array(50).fill(value)];
    const { values, differences } = await compare([
      [all(0.1), all(0.3)],
      [all(0.2), all(0.4)],
    ]);
    expect(values[0]![0]!.value).toBeCloseTo(0.2, 12);
    expect(values[0]![0]!.high).toBeCloseTo(0.2, 12);
    expect(values[0]![0]!.seedDeviation).toBeCloseTo(Math.sqrt(0.02), 12);
    const found = differences[0]![0]!;
    expect(found).toMatchObject({ test: 't', seedShare: 1, wins: 50 });
    // t = 0.1 / √(0.02 / 2 + 0.02 / 2), of two degrees of freedom.
    expect(found.p).toBeCloseTo(tailOfT(Math.SQRT1_2, 2), 10);
    expect(found.low).toBeLessThan(0);
  });

  it('takes the spread over the seeds of another group where a group has one seed', async () => {
    const all = (value: number) => [new Float64Array(50).fill(value)];
    const { differences } = await compare([[all(0.1), all(0.3)], [all(0.4)]]);
    // t = 0.2 / √(0.02 / 2 + 0.02), (0.03)² / (0.01² + 0.02²) degrees of freedom.
    expect(differences[0]![0]!.p).toBeCloseTo(tailOfT(0.2 / Math.sqrt(0.03), 1.8), 10);
  });

  it('counts a lower value as a win where lower is better', async () => {
    const { differences } = await compareGroups(
      [[[column(3, 1, 1)]], [[column(1, 1, 2)]]],
      ['averagePopularity@10'],
      {
        bootstrap: { count: 10, source: source(1) },
        randomization: () => ({ count: 10, source: source(2) }),
      },
    );
    expect(differences[0]![0]).toMatchObject({ wins: 1, ties: 1, losses: 1 });
  });
});
