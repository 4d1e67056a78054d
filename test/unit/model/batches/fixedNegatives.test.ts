import { expect, it } from 'vitest';
import type { ExampleRequest } from '../../../../src/model/batches/exampleBatches';
import { ExampleBatches } from '../../../../src/model/batches/exampleBatches';
import { tinyDataset } from '../../inference/tinyDataset';

const REQUEST: ExampleRequest = {
  maxLength: 5,
  minLength: 1,
  numNegatives: 1,
  sampler: 'uniform',
  negativeHistories: true,
  fixedNegativeHistories: true,
};

/** The negative in the place of each item of each history, by the user and the items up to there. */
function negativesOf(batches: ExampleBatches, epoch: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let index = 0; index < batches.stepsPerEpoch; index++) {
    const { size, length, users, histories, candidates, negativeHistories } = batches.batch(epoch, index);
    for (let row = 0; row < size; row++) {
      const history = [...histories.subarray(row * length, (row + 1) * length)];
      const negatives = negativeHistories!.subarray(row * length, (row + 1) * length);
      history.forEach((item, place) => {
        if (item === 0) expect(negatives[place]).toBe(0);
        else {
          expect(negatives[place]).not.toBe(item);
          expect(negatives[place]).toBeGreaterThan(0);
          expect(negatives[place]).toBeLessThanOrEqual(12);
          found.set([users[row], candidates[2 * row], place - length, history].join(), negatives[place]!);
        }
      });
    }
  }
  return found;
}

it('draws the negatives of histories once, and others for another seed', () => {
  const dataset = tinyDataset();
  const batches = new ExampleBatches(dataset, REQUEST, 16, 1);
  const first = negativesOf(batches, 1);
  const sorted = (map: Map<string, number>) => [...new Set([...map].map(String))].sort();

  expect(first.size).toBeGreaterThan(20);
  // A batch of one user at a time has no padding, so that places are the same in every epoch.
  const single = (seed: number) => new ExampleBatches(dataset, REQUEST, 1, seed);
  expect(sorted(negativesOf(single(1), 2))).toEqual(sorted(negativesOf(single(1), 1)));
  expect(sorted(negativesOf(single(2), 1))).not.toEqual(sorted(negativesOf(single(1), 1)));
});
