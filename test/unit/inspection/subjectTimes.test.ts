import { expect, test } from 'vitest';
import { filledTimes, subjectTimes } from '../../../src/inspection/attention/subjectTimes';
import { datasetOf } from '../inference/tinyDataset';

const untimed = datasetOf([[9], [1, 2, 3, 2, 5]], 9); // prettier-ignore
const dataset = { ...untimed, times: Float64Array.of(0, 10, 20, 30, 40, 50) };

test('items of a history have the time at which the user met them, in the order of both', () => {
  const times = (history: number[], target: number | null, user = 1) =>
    subjectTimes(dataset, { user, history }, target);
  expect(times([1, 2, 3, 2], 5)).toEqual({ history: [10, 20, 30, 40], target: 50 });
  expect(times([2, 7, 2], 5)).toEqual({ history: [20, null, 40], target: 50 });
  expect(times([3, 1], 9)).toEqual({ history: [30, null], target: null });
  expect(times([3, 1], 5, -1)).toEqual({ history: [null, null], target: null });
  expect(subjectTimes(untimed, { user: 1, history: [1] }, 2)).toEqual({ history: [null], target: null });
});

test('what has no time comes with the item before it, or else with the one after it', () => {
  expect([...filledTimes([null, 10, null, 30, null])]).toEqual([10, 10, 10, 30, 30]);
  expect([...filledTimes([null, null])]).toEqual([0, 0]);
  expect([...filledTimes([])]).toEqual([]);
});
