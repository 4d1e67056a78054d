import fc from 'fast-check';
import { expect, test } from 'vitest';
import { historiesUntil } from '../../../src/dataset/histories';
import { splitInteractions } from '../../../src/dataset/splitInteractions';
import { datasetOf } from '../inference/tinyDataset';

/** Users' interactions in order of time, each with its part. */
const users = fc.array(
  fc.array(fc.record({ item: fc.integer({ min: 1, max: 5 }), part: fc.nat({ max: 2 }) })),
  {
    minLength: 1,
    maxLength: 6,
  },
);

const inParts = (all: { item: number; part: number }[][]) => {
  const arranged = datasetOf(
    all.map((rows) => rows.map(({ item }) => item)),
    5,
  );
  const times = Float64Array.from(arranged.items.keys());
  const parts = Uint8Array.from(all.flat(), ({ part }) => part);
  return { ...arranged, ...splitInteractions({ ...arranged, times }, parts) };
};

test('each part of a user lies behind the one before it, and is in order of time', () => {
  fc.assert(
    fc.property(users, (all) => {
      const { offsets, items, trainEnd, validationEnd, order } = inParts(all);
      all.forEach((rows, user) => {
        const bounds = [offsets[user], trainEnd[user], validationEnd[user], offsets[user + 1]];
        for (const part of [0, 1, 2]) {
          const expected = rows.filter((row) => row.part === part).map(({ item }) => item);
          expect([...items.subarray(bounds[part], bounds[part + 1])]).toEqual(expected);
        }
      });
      const isSorted = all.every((rows) =>
        rows.every(({ part }, row) => row === 0 || part >= rows[row - 1]!.part),
      );
      expect(order === null).toBe(isSorted);
    }),
  );
});

test('histories are in order of time across parts', () => {
  fc.assert(
    fc.property(users, (all) => {
      const dataset = inParts(all);
      for (const [last, until] of (['train', 'validation', 'all'] as const).entries()) {
        const { offsets, ends, items, times } = historiesUntil(dataset, until);
        all.forEach((rows, user) => {
          const known = rows.map((row, place) => ({ ...row, place })).filter(({ part }) => part <= last);
          const bounds = [offsets[user], ends[user]] as const;
          expect([...items.subarray(...bounds)]).toEqual(known.map(({ item }) => item));
          expect([...times!.subarray(...bounds)]).toEqual(
            known.map(({ place }) => dataset.offsets[user]! + place),
          );
        });
      }
    }),
  );
});
