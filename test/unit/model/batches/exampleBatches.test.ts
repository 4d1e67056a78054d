import { describe, expect, it } from 'vitest';
import type { ExampleRequest } from '../../../../src/model/batches/exampleBatches';
import { ExampleBatches } from '../../../../src/model/batches/exampleBatches';
import { datasetOf } from '../../inference/tinyDataset';

/** Of three interactions for training each, after two that are held out. */
const DATASET = datasetOf(
  [
    [1, 2, 3, 4, 5],
    [6, 7, 8, 9, 1],
    [2, 4, 6, 8, 3],
  ],
  9,
);
const REQUEST: ExampleRequest = {
  maxLength: 2,
  minLength: 0,
  numNegatives: 3,
  sampler: 'uniform',
  negativeHistories: false,
};
const batches = (batchSize: number, change: Partial<ExampleRequest> = {}): ExampleBatches =>
  new ExampleBatches(DATASET, { ...REQUEST, ...change }, batchSize, 1);

describe('batches of examples', () => {
  it('are of so many interactions, or of so many rows where an interaction takes up several', () => {
    const sizes = (all: ExampleBatches): number[] =>
      Array.from({ length: all.stepsPerEpoch }, (_, index) => all.batch(1, index).size);
    expect(sizes(batches(4))).toEqual([4, 4, 1]);
    expect(sizes(batches(8, { rowsPerExample: 4 }))).toEqual([2, 2, 2, 2, 1]);
    expect(sizes(batches(3, { rowsPerExample: 4 }))).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('leave out a small last one if asked, and say so where nothing is left', () => {
    expect(batches(4, { minBatchSize: 2 }).stepsPerEpoch).toBe(2);
    expect(batches(4, { minBatchSize: 1 }).stepsPerEpoch).toBe(3);
    expect(batches(3, { minBatchSize: 3 }).stepsPerEpoch).toBe(3);
    expect(() => batches(64, { minBatchSize: 10 })).toThrow(
      'There are 9 interactions to learn from, and `model.minBatchSize` leaves out batches of fewer than 10.',
    );
  });

  it('give negatives histories of their own: before the item, or before any of the user’s', () => {
    const all = batches(9, { ownHistories: true });
    const seen = new Set<string>();
    for (let epoch = 1; epoch <= 30; epoch++) {
      const { size, length, users, histories, candidates, candidateHistories } = all.batch(epoch, 0);
      expect(candidateHistories).toHaveLength(size * 4 * length);
      for (let pair = 0; pair < size * 4; pair++) {
        const row = Math.floor(pair / 4);
        const own = [...candidateHistories!.subarray(pair * length, (pair + 1) * length)];
        if (pair % 4 === 0) {
          expect(own).toEqual([...histories.subarray(row * length, (row + 1) * length)]);
          continue;
        }
        const start = DATASET.offsets[users[row]!]!;
        const known = [...DATASET.items.subarray(start, start + 3)];
        const before = (place: number): number[] => {
          const items = known.slice(Math.max(0, place - 2), place);
          return [...Array<number>(length - items.length).fill(0), ...items];
        };
        const met = known.indexOf(candidates[pair]!);
        if (met >= 0) expect(own).toEqual(before(met));
        else {
          expect([0, 1, 2].map(before)).toContainEqual(own);
          seen.add(`${users[row]}: ${own.join()}`);
        }
      }
    }
    expect(seen.size).toBe(9);
    expect(batches(9).batch(1, 0).candidateHistories).toBeUndefined();
  });
});
