import { describe, expect, it } from 'vitest';
import { labeledBuilder, type LabeledRequest } from '../../../../src/model/batches/labeledBatches';
import type { ExampleBatch } from '../../../../src/model/batches/exampleBatches';
import { clickLog } from '../../inference/clickLog';

const { dataset, labeled } = clickLog(6, 10);
const REQUEST: LabeledRequest = { maxLength: 3, negativeHistories: false };

function batchesOf(change: Partial<LabeledRequest> = {}, epoch = 1, batchSize = 32): ExampleBatch[] {
  const batches = labeledBuilder({ ...REQUEST, ...change }).build(dataset, batchSize, 1);
  return Array.from(
    { length: batches.stepsPerEpoch },
    (_, index) => batches.batch(epoch, index) as ExampleBatch,
  );
}

/** What a row of training is made of, as text. */
const rowText = (user: number, history: ArrayLike<number>, item: number, label: number): string =>
  JSON.stringify([user, Array.from(history).filter((one) => one > 0), item, label]);

function textsOf(batches: readonly ExampleBatch[]): string[] {
  return batches.flatMap(({ size, length, users, histories, candidates, labels }) =>
    Array.from({ length: size }, (_, row) =>
      rowText(
        users[row]!,
        histories.subarray(row * length, (row + 1) * length),
        candidates[row]!,
        labels![row]!,
      ),
    ),
  );
}

describe('batches of labels', () => {
  it('have each row of training once, with the newest clicks before it, in a new order each epoch', () => {
    const expected: string[] = [];
    for (let user = 0; user < dataset.numUsers; user++) {
      for (let row = labeled.offsets[user]!; row < labeled.trainEnd[user]!; row++) {
        const history = dataset.items.subarray(dataset.offsets[user], labeled.historyEnd[row]).slice(-3);
        expected.push(rowText(user, history, labeled.items[row]!, labeled.labels[row]!));
      }
    }
    const [first, second] = [textsOf(batchesOf()), textsOf(batchesOf({}, 2))];
    expect(first.toSorted()).toEqual(expected.toSorted());
    expect(second.toSorted()).toEqual(expected.toSorted());
    expect(second).not.toEqual(first);
    expect(textsOf(batchesOf())).toEqual(first);
  });

  it('have a place for a history where nobody of the batch has one', () => {
    const lengths = batchesOf({}, 1, 1).map(({ length }) => length);
    expect(Math.min(...lengths)).toBe(1);
    expect(Math.max(...lengths)).toBe(3);
  });

  it.each([true, false])('give each item of a history one that was not chosen, fixed: %s', (fixed) => {
    const [first, second] = [1, 2].map((epoch) =>
      batchesOf({ negativeHistories: true, fixedNegativeHistories: fixed }, epoch),
    );
    for (const { histories, negativeHistories } of [...first!, ...second!])
      histories.forEach((item, place) => {
        expect(negativeHistories![place] === 0).toBe(item === 0);
        if (item !== 0) expect(negativeHistories![place]).not.toBe(item);
      });
  });

  it('leave out a small last one if asked, and say where nothing is left', () => {
    const [all, large] = [batchesOf({}, 1, 100), batchesOf({ minBatchSize: 50 }, 1, 100)];
    expect(all.map(({ size }) => size)).toEqual([100, 44]);
    expect(large.map(({ size }) => size)).toEqual([100]);
    const nothing = { ...dataset, labeled: { ...labeled, trainEnd: labeled.offsets.subarray(0, -1) } };
    expect(() => labeledBuilder(REQUEST).build(nothing, 32, 1)).toThrow('The training part has 0 rows');
  });
});
