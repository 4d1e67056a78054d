import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortestFloat32, shortFloats } from '../../../src/protocol/shortestFloat32';

/** Every number of digits, from the fewest. */
function bySearch(float: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  throw new Error(`${float} is no float32.`);
}

test.each([26.55, 0.1, 1 / 3, 16777216, 1e-45, 3.4028235e38, -0.7, 0, 1e21])(
  '%d is written short',
  (value) => {
    const float = Math.fround(value);
    expect(shortestFloat32(float)).toBe(bySearch(float));
  },
);

test.each(['26.55', '0.1', '-123.456', '9.999', '0.000123'])('%s is itself again', (text) => {
  expect(String(shortestFloat32(Math.fround(Number(text))))).toBe(text);
});

test('every float32 is written as short as it can be, and read back as itself', () => {
  const floats = fc.float({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(floats, (float) => {
      expect(Math.fround(shortestFloat32(float))).toBe(float);
      expect(String(shortestFloat32(float)).length).toBeLessThanOrEqual(String(bySearch(float)).length);
    }),
    { numRuns: 2000 },
  );
});

test.each([NaN, Infinity, -Infinity])('%d stays', (value) => expect(shortestFloat32(value)).toBe(value));

test('JSON has 32-bit numbers short and leaves others as they are', () => {
  const content = {
    weights: Float32Array.of(0.1, 26.55),
    score: Math.fround(0.7),
    time: 1_500_000_000_123.25,
    n: 3,
  };
  expect(JSON.stringify(content, shortFloats)).toBe(
    '{"weights":[0.1,26.55],"score":0.7,"time":1500000000123.25,"n":3}',
  );
});
