import { expect, test } from 'vitest';
import { rankByScores } from '../../../src/inference/rankByScores';

test('a target is ranked among more negatives than a call takes arguments', async () => {
  const numItems = 400_000;
  const scores = Float32Array.from(
    { length: numItems },
    (_, column) => (column < 5 ? 2 : 1) - column / numItems,
  );
  const { ranks } = await rankByScores({ score: () => scores }).rank({
    users: [0],
    histories: [new Uint32Array()],
    targetOffsets: Uint32Array.of(0, 1),
    targets: Uint32Array.of(100),
    numItems,
    filterSeen: false,
    negatives: [Uint32Array.from({ length: numItems - 100 }, (_, place) => place + 101)],
    listLength: 0,
  });
  expect(ranks).toEqual([{ best: 1, worst: 1 }]);
});
