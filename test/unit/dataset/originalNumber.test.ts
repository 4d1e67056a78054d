import fc from 'fast-check';
import { expect, test } from 'vitest';
import { originalNumber } from '../../../src/dataset/originalNumber';

const column = (numbers: number[], shift: number, scale: number) => ({
  kind: 'number' as const,
  name: 'price',
  values: Float32Array.from(numbers, (number) => (number - shift) / scale),
  ...{ shift, scale },
});

test('a price is what it was in the data, whatever it was normalized by', () => {
  const cents = fc.array(fc.integer({ min: 1, max: 99_999 }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(cents, (list) => {
      const prices = list.map((price) => price / 100);
      const mean = prices.reduce((sum, price) => sum + price) / prices.length;
      const spread = Math.sqrt(prices.reduce((sum, price) => sum + (price - mean) ** 2, 0) / prices.length);
      const kept = column(prices, mean, spread || 1);
      prices.forEach((price, row) => {
        if (kept.values[row] !== 0) expect(originalNumber(kept, row)).toBe(price);
      });
    }),
  );
});

test('years and big numbers keep their digits', () => {
  const kept = column([1999, 2024, 1_234_567], 1990.25, 17.3);
  expect([0, 1, 2].map((row) => originalNumber(kept, row))).toEqual([1999, 2024, 1_234_567]);
});
