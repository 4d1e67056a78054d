import { describe, expect, it } from 'vitest';
import { AttentionSummary } from '../../../src/analysis/attentionSummary';
import { clusterHeads } from '../../../src/analysis/clusterHeads';
import { RandomStream } from '../../../src/compute/random';

/** Weights of causal heads under a mask, by a score for each pair of positions. */
function weightsOf(
  mask: number[][],
  heads: ((user: number, query: number, key: number) => number)[],
): Float32Array {
  const positions = mask[0]!.length;
  return Float32Array.from(
    mask.flatMap((row, user) =>
      heads.flatMap((score) =>
        row.flatMap((_, query) => {
          const exponentials = row.map((present, key) =>
            present === 1 && key <= query ? Math.exp(score(user, query, key)) : 0,
          );
          const sum = exponentials.reduce((total, value) => total + value, 0);
          return Array.from({ length: positions }, (_, key) => (sum > 0 ? exponentials[key]! / sum : 0));
        }),
      ),
    ),
  );
}

const even = () => 0;
const itself = (_: number, query: number, key: number) => (query === key ? 100 : 0);
const before = (_: number, query: number, key: number) => (query === key + 1 ? 100 : 0);

const mask = [
  [0, 0, 1, 1],
  [1, 1, 1, 1],
  [0, 0, 0, 0],
];
const flat = mask.flat();

describe('AttentionSummary', () => {
  it('tells heads apart by what they look at', () => {
    const summary = new AttentionSummary(3, 4);
    summary.add({ weights: weightsOf(mask, [even, itself, before]), batch: 3, mask: flat });
    expect(summary.users).toBe(2);
    const [spread, own, previous] = summary.heads();

    expect(own!.shareOnLast).toBeCloseTo(1, 6);
    expect(own!.meanDistance).toBeCloseTo(0, 6);
    expect(own!.entropy).toBeCloseTo(0, 6);
    [1, 0, 0, 0].forEach((weight, distance) => expect(own!.byDistance[distance]).toBeCloseTo(weight, 6));

    // Positions choose among 1 and 2, and among 1 to 4.
    expect(spread!.relativeEntropy).toBeCloseTo(1, 6);
    expect(spread!.entropy).toBeCloseTo((Math.log(2) + Math.log(2) + Math.log(3) + Math.log(4)) / 4, 6);
    expect(spread!.shareOnLast).toBeCloseTo((1 / 2 + 1 / 4) / 2, 6);
    expect(spread!.meanDistance).toBeCloseTo((0 + 1 / 2 + 0 + 1 / 2 + 1 + 3 / 2) / 6, 6);
    const atDistance = [
      (1 + 1 / 2 + 1 + 1 / 2 + 1 / 3 + 1 / 4) / 6,
      (1 / 2 + 1 / 2 + 1 / 3 + 1 / 4) / 4,
      (1 / 3 + 1 / 4) / 2,
      1 / 4,
    ];
    atDistance.forEach((weight, distance) => expect(spread!.byDistance[distance]).toBeCloseTo(weight, 6));

    // The first position of each has nothing before it.
    expect(previous!.byDistance[1]).toBeCloseTo(1, 6);
    expect(previous!.byDistance[0]).toBeCloseTo(2 / 6, 6);
    expect(previous!.meanDistance).toBeCloseTo(4 / 6, 6);
    expect(previous!.shareOnLast).toBeCloseTo(0, 6);
  });

  it('is the same in one batch and in several, and for chosen users', () => {
    const random = new RandomStream(1);
    const scores = Float32Array.from({ length: 3 * 4 * 4 }, () => random.nextNormal());
    const drawn = (user: number, query: number, key: number) => scores[(user * 4 + query) * 4 + key]!;
    const weights = weightsOf(mask, [drawn, even]);
    const together = new AttentionSummary(2, 4);
    together.add({ weights, batch: 3, mask: flat });
    const [apart, chosen] = [new AttentionSummary(2, 4), new AttentionSummary(2, 4)];
    const perUser = weights.length / 3;
    for (let user = 0; user < 3; user++) {
      apart.add({
        weights: weights.subarray(user * perUser, (user + 1) * perUser),
        batch: 1,
        mask: mask[user]!,
      });
      chosen.add({ weights, batch: 3, mask: flat }, [user]);
    }
    expect(apart.heads()).toEqual(together.heads());
    expect(chosen.heads()).toEqual(together.heads());
  });

  it('has zeros before anything is added, and refuses what does not fit', () => {
    const summary = new AttentionSummary(1, 2);
    expect(summary.heads()[0]).toMatchObject({ entropy: 0, meanDistance: 0, shareOnLast: 0 });
    expect(() => summary.add({ weights: [1, 0, 0], batch: 1, mask: [1, 1] })).toThrow('3 weights');
  });
});

describe('clusterHeads', () => {
  it('puts heads together that behave alike', () => {
    const nearlyItself = (_: number, query: number, key: number) => (query === key ? 5 : 0);
    const summary = new AttentionSummary(5, 4);
    const heads = [itself, even, nearlyItself, before, even];
    summary.add({ weights: weightsOf(mask, heads), batch: 3, mask: flat });
    expect([...clusterHeads(summary.heads())]).toEqual([0, 1, 0, 2, 1]);
    expect([...clusterHeads(summary.heads(), 2)]).toEqual([0, 0, 0, 0, 0]);
    expect([...clusterHeads([])]).toEqual([]);
  });
});
