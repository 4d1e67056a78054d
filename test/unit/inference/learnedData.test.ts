import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { historiesUntil } from '../../../src/dataset/histories';
import { rankingTask } from '../../../src/inference/evaluateModel';
import { learnedData } from '../../../src/inference/learnedData';
import { modelDataOf } from '../../../src/inference/modelData';
import { datasetOf, splitBy, withTimes } from './tinyDataset';

const NUM_ITEMS = 9;
const REFIT = { refit: { plannedEpochs: 5 } };

const someUsers = fc.array(
  fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { minLength: 5, maxLength: 12 }),
  { minLength: 3, maxLength: 6 },
);

describe.each([
  { type: 'leaveOneOut' },
  { type: 'ratio', validation: 0.2, test: 0.3 },
  { type: 'randomRatio', validation: 0.2, test: 0.3 },
  { type: 'column', name: 'part' },
])('by the split $type', (given) => {
  const split = configSchema.shape.dataset.shape.split.parse(given);

  test('a refit learns from training and validation in order of time, and is tested as others are', () => {
    fc.assert(
      fc.property(someUsers, (users) => {
        const dataset = splitBy(withTimes(datasetOf(users, NUM_ITEMS)), split);
        const learned = learnedData(dataset, REFIT);
        const { offsets, validationEnd } = dataset;
        const known = historiesUntil(dataset, 'validation');
        const training = historiesUntil(learned, 'train');
        const counts = new Uint32Array(NUM_ITEMS + 1);
        for (let user = 0; user < users.length; user++) {
          const own = [...training.items.subarray(offsets[user], training.ends[user])];
          expect(own).toEqual([...known.items.subarray(offsets[user], validationEnd[user])]);
          const times = training.times!.subarray(offsets[user], training.ends[user]);
          expect([...times]).toEqual([...times].toSorted((a, b) => a - b));
          for (const item of own) counts[item]!++;
          expect([...learned.items.subarray(validationEnd[user], offsets[user + 1])]).toEqual([
            ...dataset.items.subarray(validationEnd[user], offsets[user + 1]),
          ]);
        }
        expect(modelDataOf(learned).itemCounts).toEqual(counts);
        expect(historiesUntil(learned, 'all')).toMatchObject(historiesUntil(dataset, 'all'));

        const { evaluation } = configSchema.parse({
          dataset: { path: 'a.csv' },
          model: { type: 'sasrec' },
          evaluation: { filterSeen: false },
        });
        const [task, other] = [learned, dataset].map((each) => rankingTask(each, 'test', evaluation));
        expect(task!.users).toEqual(other!.users);
        for (const user of task!.users) {
          expect(task!.history(user)).toEqual(other!.history(user));
          expect(task!.targets(user)).toEqual(other!.targets(user));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('all others learn from training alone', () => {
    const dataset = splitBy(datasetOf([[1, 2, 3, 4, 5]], NUM_ITEMS), split);
    expect(learnedData(dataset, {})).toBe(dataset);
  });
});

test('of data with labels, rows of validation are learned from where their histories stay what they are', () => {
  const users = [
    [1, 2, 3, 4, 5],
    [6, 7, 8, 9],
  ];
  const dataset = datasetOf(users, NUM_ITEMS);
  const { offsets, items, trainEnd, validationEnd } = dataset;
  const labeled = {
    ...{ offsets, items, trainEnd, validationEnd, times: null, impressions: null },
    labels: new Uint8Array(items.length).fill(1),
    historyEnd: Uint32Array.from(items.keys()),
  };
  const learned = learnedData({ ...dataset, labeled }, REFIT);
  expect(learned.labeled).toEqual({ ...labeled, trainEnd: validationEnd });
  expect(learned.items).toBe(items);

  const column = configSchema.shape.dataset.shape.split.parse({ type: 'column', name: 'part' });
  expect(() => learnedData({ ...splitBy(dataset, column), labeled }, REFIT)).toThrow(
    'A refit of data with labels needs a split in order of time',
  );
});
