import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SequenceRequest } from '../../../../src/model/batches/sequenceBatches';
import { SequenceBatches } from '../../../../src/model/batches/sequenceBatches';
import { datasetOf, tinyDataset } from '../../inference/tinyDataset';

const request: SequenceRequest = {
  maxLength: 3,
  longHistories: 'newest',
  numNegatives: 0,
  sampler: 'unconsumed',
  sharedNegatives: false,
};

describe('SequenceBatches', () => {
  it('shifts the training part by one, keeps the newest items, pads on the left', () => {
    const dataset = datasetOf(
      [
        [1, 2, 3, 4, 5, 6, 7],
        [8, 9, 1, 2],
      ],
      9,
    );
    const batches = new SequenceBatches(dataset, request, 2, 1);
    expect(batches.stepsPerEpoch).toBe(1);
    const { size, length, items, targets, negatives } = batches.batch(1, 0);
    expect([size, length, negatives]).toEqual([2, 3, null]);
    const rows = [0, 1].map((row) => [
      [...items.subarray(row * 3, row * 3 + 3)],
      [...targets.subarray(row * 3, row * 3 + 3)],
    ]);
    expect(rows.sort()).toEqual([
      [
        [0, 0, 8],
        [0, 0, 9],
      ],
      [
        [2, 3, 4],
        [3, 4, 5],
      ],
    ]);
  });

  it('has the times of items and of the last target where they are wanted, the oldest before them', () => {
    const untimed = datasetOf([[1, 2, 3, 4, 5, 6, 7]], 9);
    const dataset = { ...untimed, times: Float64Array.from(untimed.items, (item) => 10.5 * item) };
    const batchOf = (maxLength: number) =>
      new SequenceBatches(dataset, { ...request, maxLength, times: 'history' }, 2, 1).batch(1, 0);
    expect([...batchOf(3).times!]).toEqual([21, 31.5, 42, 52.5]);
    expect([...batchOf(9).times!]).toEqual([10.5, 21, 31.5, 42, 52.5]);
    expect(new SequenceBatches(dataset, request, 2, 1).batch(1, 0)).not.toHaveProperty('times');
    expect(() => new SequenceBatches(untimed, { ...request, times: 'target' }, 2, 1)).toThrow(
      'Name their column in `dataset.columns.timestamp`',
    );
    const short = datasetOf(
      [
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9],
      ],
      9,
    );
    const times = Float64Array.from(short.items, (item) => item);
    const { users, times: padded } = new SequenceBatches(
      { ...short, times },
      { ...request, times: 'target' },
      2,
      1,
    ).batch(1, 0);
    const row = users.indexOf(1);
    expect([...padded!.subarray(row * 3, row * 3 + 3)]).toEqual([6, 6, 7]);
  });

  it('cuts long histories into windows, in which every item but a user’s first is a target once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 15 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 5 }),
        (histories, maxLength) => {
          const dataset = datasetOf(histories, 9);
          const windows = { ...request, maxLength, longHistories: 'windows' as const };
          const batches = new SequenceBatches(dataset, windows, 3, 1);
          const found: string[] = [];
          for (let index = 0; index < batches.stepsPerEpoch; index++) {
            const { size, length, users, items, targets } = batches.batch(1, index);
            expect(length).toBeLessThanOrEqual(maxLength);
            for (let place = 0; place < size * length; place++) {
              if (targets[place] === 0) continue;
              const follows = place % length === length - 1 || items[place + 1] === targets[place];
              expect(follows).toBe(true);
              found.push(`${users[Math.floor(place / length)]}: ${items[place]} ${targets[place]}`);
            }
          }
          const expected = histories.flatMap((items, user) =>
            // Leave-one-out keeps the last two.
            items.slice(1, -2).map((item, place) => `${user}: ${items[place]} ${item}`),
          );
          expect(found.sort()).toEqual(expected.sort());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('visits every user once an epoch, in another order each epoch, the same for the same seed', () => {
    const dataset = datasetOf(
      Array.from({ length: 9 }, (_, user) => [user + 1, user + 1, user + 1, user + 1]),
      9,
    );
    const visit = (epoch: number, seed: number) => {
      const batches = new SequenceBatches(dataset, request, 2, seed);
      return Array.from({ length: batches.stepsPerEpoch }, (_, step) => [
        ...batches.batch(epoch, step).items,
      ]).flat();
    };
    expect(visit(1, 1).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(visit(1, 1)).toEqual(visit(1, 1));
    expect(visit(1, 1)).not.toEqual(visit(2, 1));
    expect(visit(1, 1)).not.toEqual(visit(1, 2));
  });

  it('draws negatives the user has not met in training, at positions with a target only', () => {
    const dataset = tinyDataset();
    const batches = new SequenceBatches(dataset, { ...request, maxLength: 8, numNegatives: 4 }, 30, 1);
    const { size, length, items, targets, negatives } = batches.batch(1, 0);
    for (let row = 0; row < size; row++) {
      const met = new Set([
        ...items.subarray(row * length, (row + 1) * length),
        ...targets.subarray(row * length, (row + 1) * length),
      ]);
      for (let position = row * length; position < (row + 1) * length; position++) {
        const drawn = [...negatives!.subarray(position * 4, position * 4 + 4)];
        if (targets[position] === 0) expect(drawn).toEqual([0, 0, 0, 0]);
        else for (const item of drawn) expect(met.has(item) || item < 1 || item > 12).toBe(false);
      }
    }
  });

  it('ends for a user who has met everything', () => {
    const batches = new SequenceBatches(
      datasetOf([[1, 2, 1, 2, 1, 2]], 2),
      { ...request, numNegatives: 1 },
      2,
      1,
    );
    const { targets, negatives } = batches.batch(1, 0);
    targets.forEach((target, position) => expect(negatives![position]).toBe(3 - target));
  });

  it('says clearly that every user is too short', () => {
    expect(() => new SequenceBatches(datasetOf([[1, 2, 3], [2]], 3), request, 2, 1)).toThrow(
      /No user has two interactions/,
    );
  });
});
