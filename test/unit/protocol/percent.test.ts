import { expect, test } from 'vitest';
import { percent } from '../../../src/protocol/percent';

test.each([
  [0, '0.0%'],
  [0.034, '3.4%'],
  [0.9996, '100.0%'],
  [1, '100.0%'],
  [0.00052, '0.052%'],
  [0.000004, '0.00040%'],
  [0.00000002, '0.0000020%'],
  [4e-34, '0.0%'],
  [-1e-17, '0.0%'],
])('a share of %d is %s', (share, text) => {
  expect(percent(share)).toBe(text);
});
