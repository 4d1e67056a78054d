import { expect, test } from 'vitest';
import { TrainingClock, xOfMark, xValues } from '../../../src/series/axes';

const columns = {
  step: Float64Array.of(1, 2, 3),
  epoch: Float64Array.of(0.5, 1, 1.5),
  time: Float64Array.of(1000, 2000, 62_000),
  value: Float64Array.of(3, 2, 1),
};

test('step and epoch are the columns themselves', () => {
  const clock = new TrainingClock([columns.time], []);
  expect(xValues(columns, 'step', clock)).toBe(columns.step);
  expect(xValues(columns, 'epoch', clock)).toBe(columns.epoch);
});

test('time counts seconds from the first point of any curve', () => {
  const clock = new TrainingClock([columns.time, Float64Array.of(500)], []);
  expect([...xValues(columns, 'time', clock)]).toEqual([0.5, 1.5, 61.5]);
});

test('the pause before a resume is left out', () => {
  const resumed = { kind: 'resumed', step: 2, epoch: 1, time: 61_000 } as const;
  const clock = new TrainingClock([columns.time], [resumed]);
  expect([...xValues(columns, 'time', clock)]).toEqual([0, 1, 2]);
  expect(xOfMark(resumed, 'time', clock)).toBe(1);
  expect(xOfMark(resumed, 'epoch', clock)).toBe(1);
});

test('the seconds of a column are computed once', () => {
  const clock = new TrainingClock([columns.time], []);
  expect(xValues(columns, 'time', clock)).toBe(xValues(columns, 'time', clock));
});
