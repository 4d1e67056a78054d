import { expect, test } from 'vitest';
import { rowOfKey, visibleRange } from '../../../webview/ui/virtualList';

test('spare rows are on either side of those in sight, and none is before the first or behind the last', () => {
  expect(visibleRange(0, 220, 22, 1000, 20)).toEqual({ first: 0, last: 29 });
  expect(visibleRange(2211, 220, 22, 1000, 20)).toEqual({ first: 80, last: 130 });
  expect(visibleRange(21_780, 220, 22, 1000, 20)).toEqual({ first: 970, last: 999 });
  expect(visibleRange(0, 220, 22, 0)).toEqual({ first: 0, last: -1 });
});

test('keys lead from row to row, no further than the ends', () => {
  const lead = (key: string, at: number): number | null => rowOfKey(key, at, 50, 10);
  expect(['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End'].map((key) => lead(key, 5))).toEqual([
    6, 4, 15, 0, 0, 49,
  ]);
  expect([lead('ArrowDown', 49), lead('ArrowUp', 0)]).toEqual([49, 0]);
  expect(lead('a', 5)).toBeNull();
});
