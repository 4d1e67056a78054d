import { describe, expect, it } from 'vitest';
import { sequencesUntil } from '../../../src/inference/sequencesUntil';
import type { TrainingSequences } from '../../../src/model/baseline';
import { ClickRate } from '../../../src/model/clickRate/clickRate';
import { LogisticRegression } from '../../../src/model/logisticRegression/logisticRegression';
import { minimize } from '../../../src/model/logisticRegression/minimize';
import { clickLog } from '../inference/clickLog';

const shownOf = (rows: [user: number, item: number, label: number][], numItems = 3): TrainingSequences => ({
  numItems,
  offsets: Uint32Array.of(0, 0),
  ends: Uint32Array.of(0),
  items: new Uint32Array(),
  shown: {
    numUsers: 3,
    users: Uint32Array.from(rows, ([user]) => user),
    items: Uint32Array.from(rows, ([, item]) => item),
    labels: Uint8Array.from(rows, ([, , label]) => label),
    itemFeatures: [],
    userFeatures: [],
  },
});

const ROWS: [number, number, number][] = [
  [0, 1, 1],
  [0, 2, 0],
  [1, 1, 1],
  [1, 2, 1],
  [2, 1, 0],
  [2, 2, 0],
];

describe('click rate', () => {
  it('is drawn to the mean where an item was shown rarely', () => {
    const rates = (smoothing: number): number[] => [
      ...ClickRate.fit(shownOf(ROWS), { smoothing }).probabilities([0, 0, 0], [1, 2, 3]),
    ];
    expect(rates(0)).toEqual([2 / 3, 1 / 3, 0.5]);
    expect(rates(3)).toEqual([3.5 / 6, 2.5 / 6, 0.5]);
    const scores = ClickRate.fit(shownOf(ROWS), { smoothing: 1 }).score([new Uint32Array()]);
    expect(scores[0]).toBeGreaterThan(scores[2]!);
  });
});

describe('logistic regression', () => {
  it('has the probabilities of scikit-learn', async () => {
    const model = await LogisticRegression.fit(shownOf(ROWS), { l2: 0.5 });
    const found = model.probabilities([0, 0, 1, 1, 2, 2], [1, 2, 1, 2, 1, 2]);
    // LogisticRegression(C=2, tol=1e-12) of scikit-learn 1.9, fitted to a column for each user and each item.
    const expected = [0.60924475, 0.39075525, 0.81862045, 0.64993452, 0.35006548, 0.18137955];
    expected.forEach((probability, row) => expect(found[row]).toBeCloseTo(probability, 6));
  });

  it('is at the minimum: the mean of each feature is what its weight and the penalty leave of it', async () => {
    const { dataset } = clickLog(12, 10);
    const sequences = sequencesUntil(dataset, 'validation');
    const { users, items, labels } = sequences.shown!;
    const model = await LogisticRegression.fit(sequences, { l2: 2 });
    const probabilities = model.probabilities(users, items);
    // The intercept has no penalty, so that the probabilities are right on average.
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
    expect(mean(probabilities)).toBeCloseTo(mean(labels), 3);
    // Any other weights are worse: those of a fit to fewer rows.
    const loss = (of: Float64Array) =>
      of.reduce((sum, p, row) => sum - Math.log(labels[row] === 1 ? p : 1 - p), 0);
    const strong = await LogisticRegression.fit(sequences, { l2: 200 });
    expect(loss(probabilities)).toBeLessThan(loss(strong.probabilities(users, items)));
    // The order of the rows is nothing.
    const reversed = {
      ...sequences,
      shown: {
        ...sequences.shown!,
        users: users.toReversed(),
        items: items.toReversed(),
        labels: labels.toReversed(),
      },
    };
    const again = await LogisticRegression.fit(reversed, { l2: 2 });
    again
      .probabilities(users, items)
      .forEach((probability, row) => expect(probability).toBeCloseTo(probabilities[row]!, 4));
  });

  it('is fitted to training and validation alone', async () => {
    const { dataset, labeled } = clickLog(12, 10);
    const flipped = labeled.labels.map((label, row) =>
      labeled.validationEnd.some((end, user) => row >= end && row < labeled.offsets[user + 1]!)
        ? 1 - label
        : label,
    );
    const other = { ...dataset, labeled: { ...labeled, labels: flipped } };
    const [one, two] = await Promise.all(
      [dataset, other].map((data) => LogisticRegression.fit(sequencesUntil(data, 'validation'), { l2: 1 })),
    );
    expect(two!.probabilities([0, 1, 2], [1, 2, 3])).toEqual(one!.probabilities([0, 1, 2], [1, 2, 3]));
  });
});

describe('minimization', () => {
  it('finds the minimum of a stretched bowl', async () => {
    const point = new Float64Array(20).fill(3);
    let calls = 0;
    const bowl = (at: Float64Array, gradient: Float64Array): number => {
      calls++;
      let sum = 0;
      at.forEach((value, axis) => {
        const scale = 10 ** (axis / 5);
        gradient[axis] = scale * (value - axis);
        sum += (scale / 2) * (value - axis) ** 2;
      });
      return sum;
    };
    await minimize(bowl, point, { tolerance: 1e-8, maxSteps: 1000 });
    point.forEach((value, axis) => expect(value).toBeCloseTo(axis, 6));
    expect(calls).toBeLessThan(1000);
  });
});
