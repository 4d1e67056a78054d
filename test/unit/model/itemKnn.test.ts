import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrainingSequences } from '../../../src/model/baseline';
import { ItemKnn } from '../../../src/model/itemKnn/itemKnn';
import { itemKnnSchema, type ItemKnnConfig } from '../../../src/model/itemKnn/options';
import { slowNote } from '../../../src/model/itemKnn/slowNote';

const NUM_ITEMS = 6;
const ITEMS = Array.from({ length: NUM_ITEMS }, (_, place) => place + 1);

const options = (changed: object = {}) => itemKnnSchema.parse({ type: 'itemKnn', ...changed });

function sequences(users: readonly (readonly number[])[]): TrainingSequences {
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

async function scoresOf(users: number[][], history: number[], config: ItemKnnConfig): Promise<number[]> {
  const knn = await ItemKnn.fit(sequences(users), config);
  return [...(await knn.score([Uint32Array.from(history)]))];
}

/** The matrix of users and items with its weights, item by item. */
function weighted(users: number[][], { featureWeighting, similarity }: ItemKnnConfig): number[][] {
  const sets = users.map((user) => new Set(user));
  const lengthOf = (item: number) => sets.filter((set) => set.has(item)).length;
  const meanLength = sets.reduce((sum, { size }) => sum + size, 0) / NUM_ITEMS;
  const rows = sets.map((set) => {
    const idf = Math.log(NUM_ITEMS / (1 + set.size));
    const row = ITEMS.map((item) => {
      if (!set.has(item)) return 0;
      if (featureWeighting === 'none') return 1;
      if (featureWeighting === 'tfIdf') return idf;
      return (2.2 / (1.2 * (0.25 + (0.75 * lengthOf(item)) / meanLength) + 1)) * idf;
    });
    if (similarity.type !== 'adjustedCosine') return row;
    const mean = row.reduce((sum, value) => sum + value, 0) / set.size;
    // Twice as far from 0 as rounding brings it.
    return row.map((value, place) =>
      set.has(place + 1) && Math.abs(value - mean) > 1e-13 ? value - mean : 0,
    );
  });
  return ITEMS.map((_, place) => rows.map((row) => row[place]!));
}

const product = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, place) => sum + value * b[place]!, 0);

/** Of a candidate to an item of the history, by the formulas of the documentation. */
function denseSimilarity(columns: number[][], c: number, m: number, config: ItemKnnConfig): number {
  const { similarity, shrinkage } = config;
  const [candidate, met] = [columns[c]!, columns[m]!];
  const dot = product(candidate, met);
  const [ofCandidate, ofMet] = [product(candidate, candidate), product(met, met)];
  const ratio = (value: number, below: number) =>
    below + shrinkage > 0 ? value / (below + shrinkage) : value;
  switch (similarity.type) {
    case 'cosine':
    case 'adjustedCosine':
      return ratio(dot, similarity.normalize ? Math.sqrt(ofCandidate) * Math.sqrt(ofMet) : 0);
    case 'asymmetricCosine':
      return ratio(
        dot,
        similarity.normalize
          ? Math.sqrt(ofCandidate) ** (2 * similarity.alpha) *
              Math.sqrt(ofMet) ** (2 * (1 - similarity.alpha))
          : 0,
      );
    case 'jaccard':
      return ratio(dot, ofCandidate + ofMet - dot);
    case 'dice':
      return ratio(2 * dot, ofCandidate + ofMet);
    case 'tversky':
      return ratio(dot, dot + similarity.alpha * (ofCandidate - dot) + similarity.beta * (ofMet - dot));
  }
}

function denseScores(users: number[][], history: number[], config: ItemKnnConfig): number[] {
  const columns = weighted(users, config);
  const similarity = (c: number, m: number) => (c === m ? 0 : denseSimilarity(columns, c, m, config));
  const { numNeighbors, neighborsOf } = config;
  const isKept = (c: number, m: number): boolean => {
    if (numNeighbors === null) return true;
    const between = (other: number) =>
      neighborsOf === 'history' ? similarity(other, m) : similarity(c, other);
    const [own, self] = neighborsOf === 'history' ? [c, m] : [m, c];
    const better = ITEMS.map((_, other) => other).filter((other) => {
      const [left, right] = [Math.fround(between(other)), Math.fround(between(own))];
      return other !== self && (left > right || (left === right && other < own));
    });
    return between(own) > 0 && better.length < numNeighbors;
  };
  return ITEMS.map((_, c) =>
    history.reduce((sum, item) => sum + (isKept(c, item - 1) ? similarity(c, item - 1) : 0), 0),
  );
}

const item = fc.integer({ min: 1, max: NUM_ITEMS });
const arbitraryUsers = fc.array(fc.array(item, { minLength: 1, maxLength: 8 }), {
  minLength: 1,
  maxLength: 8,
});
const history = fc.array(item, { maxLength: 5 });
const shrinkage = fc.constantFrom(0, 0.5, 10);
const normalize = fc.boolean();
const weight = fc.double({ min: 0, max: 2, noNaN: true });

/** All that the schema allows, but for bounds on neighbors. */
const arbitraryOptions = fc.oneof(
  fc.record({
    similarity: fc.oneof(
      fc.record({ type: fc.constant('cosine'), normalize }),
      fc.record({ type: fc.constant('asymmetricCosine'), alpha: weight, normalize }),
    ),
    featureWeighting: fc.constantFrom('none', 'tfIdf', 'bm25'),
    shrinkage,
  }),
  fc.record({
    similarity: fc.record({ type: fc.constant('adjustedCosine'), normalize }),
    featureWeighting: fc.constant('bm25'),
    shrinkage,
  }),
  fc.record({
    similarity: fc.oneof(
      fc.record({ type: fc.constantFrom('jaccard', 'dice') }),
      fc.record({ type: fc.constant('tversky'), alpha: weight, beta: weight }),
    ),
    shrinkage,
  }),
);

describe('similarities of item-kNN', () => {
  // Item 1 has the users a, b and c; 2 has a and b; 3 has a, d, e and f.
  const users = [[1, 2, 3], [1, 2], [1], [3], [3], [3]];

  it.each<[object, number, number]>([
    [{}, 2 / Math.sqrt(6), 1 / Math.sqrt(12)],
    [{ shrinkage: 2 }, 2 / (Math.sqrt(6) + 2), 1 / (Math.sqrt(12) + 2)],
    [{ similarity: { type: 'cosine', normalize: false } }, 2, 1],
    [{ similarity: { type: 'cosine', normalize: false }, shrinkage: 4 }, 1 / 2, 1 / 4],
    // All of the candidate's norm, and none of the history's item; then the other way round.
    [{ similarity: { type: 'asymmetricCosine', alpha: 1 } }, 2 / 2, 1 / 4],
    [{ similarity: { type: 'asymmetricCosine', alpha: 0 } }, 2 / 3, 1 / 3],
    [{ similarity: { type: 'jaccard' } }, 2 / 3, 1 / 6],
    [{ similarity: { type: 'jaccard' }, shrinkage: 1 }, 2 / 4, 1 / 7],
    [{ similarity: { type: 'dice' } }, 4 / 5, 2 / 7],
    [{ similarity: { type: 'tversky', alpha: 0.5, beta: 2 } }, 2 / (2 + 0 + 2), 1 / (1 + 1.5 + 4)],
  ])('%o of item 1 are those made by hand', async (changed, second, third) => {
    const scores = await scoresOf(users, [1], options(changed));
    [0, second, third, 0, 0, 0].forEach((expected, place) => expect(scores[place]).toBeCloseTo(expected, 6));
  });

  it('weigh users by how few items they have, with TF-IDF', async () => {
    // Of six items, a has three, b two and c, d, e and f one.
    const [a, b, c] = [Math.log(6 / 4) ** 2, Math.log(6 / 3) ** 2, Math.log(6 / 2) ** 2];
    const scores = await scoresOf(users, [1], options({ featureWeighting: 'tfIdf' }));
    expect(scores[1]).toBeCloseTo((a + b) / Math.sqrt((a + b + c) * (a + b)), 6);
    expect(scores[2]).toBeCloseTo(a / Math.sqrt((a + b + c) * (a + 3 * c)), 6);
  });

  it('keep neighbors of items of the history, or of candidates', async () => {
    // 3 is the nearest neighbor of 4 and 5, but its own nearest is 4.
    const met = [[3, 4], [3, 4], [3, 5], [3]];
    const bounded = { numNeighbors: 1 };
    const signs = (scores: number[]) => scores.map((score) => Math.sign(score));
    expect(signs(await scoresOf(met, [3], options(bounded)))).toEqual([0, 0, 0, 1, 0, 0]);
    expect(signs(await scoresOf(met, [3], options({ ...bounded, neighborsOf: 'candidate' })))).toEqual([
      0, 0, 0, 1, 1, 0,
    ]);
  });

  it('are those of the dense definition, whatever the options', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryUsers, history, arbitraryOptions, async (some, met, changed) => {
        const config = options(changed);
        const scores = await scoresOf(some, met, config);
        denseScores(some, met, config).forEach((expected, place) =>
          expect(scores[place]).toBeCloseTo(expected, 4),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('are cut off where the dense definition cuts', async () => {
    // Counts and their ratios are exact in both, so that ties are the same.
    const types = fc.constantFrom('jaccard', 'dice');
    await fc.assert(
      fc.asyncProperty(
        arbitraryUsers,
        history,
        types,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('history', 'candidate'),
        async (some, met, type, numNeighbors, neighborsOf) => {
          const config = options({ similarity: { type }, numNeighbors, neighborsOf });
          const scores = await scoresOf(some, met, config);
          denseScores(some, met, config).forEach((expected, place) =>
            expect(scores[place]).toBeCloseTo(expected, 5),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are the same to the bit whatever histories are scored together', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryUsers, fc.array(history, { maxLength: 5 }), async (some, histories) => {
        for (const changed of [{}, { numNeighbors: 2 }, { featureWeighting: 'bm25' }]) {
          const knn = await ItemKnn.fit(sequences(some), options(changed));
          const together = await knn.score(histories.map((own) => Uint32Array.from(own)));
          const alone = await Promise.all(histories.map((own) => knn.score([Uint32Array.from(own)])));
          expect([...together]).toEqual(alone.flatMap((scores) => [...scores]));
        }
      }),
    );
  });

  it('are to the bit what they were before there was a choice', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryUsers, history, shrinkage, async (some, met, added) => {
        const usersOf = (one: number) => some.filter((user) => user.includes(one));
        const expected = new Float32Array(NUM_ITEMS);
        // They are added in this order, so that no batch changes a bit.
        for (const one of met.toSorted((a, b) => a - b)) {
          for (const other of ITEMS) {
            const shared = usersOf(one).filter((user) => user.includes(other)).length;
            if (other === one || shared === 0) continue;
            const norm = Math.sqrt(usersOf(one).length * usersOf(other).length);
            expected[other - 1]! += Math.fround(shared / (norm + added));
          }
        }
        expect(await scoresOf(some, met, options({ shrinkage: added }))).toEqual([...expected]);
      }),
    );
  });
});

it('the neighbors of candidates can be given up', async () => {
  const numItems = 3000;
  const items = Uint32Array.from({ length: numItems }, (_, place) => place + 1);
  const one = { numItems, offsets: Uint32Array.of(0), ends: Uint32Array.of(numItems), items };
  const stop = () => {
    throw new Error('stopped');
  };
  const config = options({ numNeighbors: 5, neighborsOf: 'candidate' });
  await expect(ItemKnn.fit(one, config, stop)).rejects.toThrow('stopped');
});

it('says before it begins that all neighbors of large data take long', () => {
  const lengths = new Uint32Array(138_493).fill(144);
  expect(slowNote(options(), lengths, 26_744)).toBe(
    'Item-kNN with all neighbors may take about 27 minutes on these data. With a number of neighbors, such as ' +
      '`{ "type": "itemKnn", "numNeighbors": 100 }` in `evaluation.baselines`, it takes about 1.',
  );
  expect(slowNote(options({ numNeighbors: 100 }), lengths, 26_744)).toBeNull();
  expect(slowNote(options(), lengths.subarray(0, 6_040), 3_416)).toBeNull();
});
