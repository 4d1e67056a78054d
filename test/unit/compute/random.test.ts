import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream, uint32At } from '../../../src/compute/random';

describe('RandomStream', () => {
  it('draws the same numbers for the same name, others for another', () => {
    const draw = (...name: number[]) => {
      const stream = new RandomStream(...name);
      return Array.from({ length: 8 }, () => stream.nextUint32());
    };
    expect(draw(42, 1, 7)).toEqual(draw(42, 1, 7));
    expect(draw(42, 1, 7)).not.toEqual(draw(42, 1, 8));
    expect(draw(42, 1)).not.toEqual(draw(1, 42));
  });

  it('spreads evenly: every bit is set half of the time, neighbors are not related', () => {
    const stream = new RandomStream(3);
    const count = 50_000;
    const ones = new Array<number>(32).fill(0);
    let product = 0;
    let previous = stream.nextFloat();
    for (let draw = 0; draw < count; draw++) {
      const value = stream.nextUint32();
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (value >>> bit) & 1;
      const uniform = value / 2 ** 32;
      product += (uniform - 0.5) * (previous - 0.5);
      previous = uniform;
    }
    // Six standard deviations of a fair coin.
    for (const one of ones) expect(Math.abs(one / count - 0.5)).toBeLessThan((6 * 0.5) / Math.sqrt(count));
    expect(Math.abs(product / count)).toBeLessThan(6 / 12 / Math.sqrt(count));
  });

  it('streams with neighboring names share no pattern', () => {
    const first = Float64Array.from({ length: 20_000 }, (_, step) =>
      new RandomStream(42, 4, step).nextFloat(),
    );
    const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(6 * Math.sqrt(1 / 12 / first.length));
  });

  it('draws integers below a bound, all of them', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seed, bound) => {
        const stream = new RandomStream(seed);
        const seen = new Set(Array.from({ length: bound * 40 }, () => stream.nextInt(bound)));
        return seen.size === bound && Math.min(...seen) === 0 && Math.max(...seen) === bound - 1;
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('draws normal numbers', () => {
    const stream = new RandomStream(9);
    const values = Float64Array.from({ length: 50_000 }, () => stream.nextNormal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  });

  it('reserves numbers: skips them and draws the same ones by their place', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.integer(), counts, (seed, blocks) => {
        const reserving = new RandomStream(seed, 1);
        const drawing = new RandomStream(seed, 1);
        for (const count of blocks) {
          const block = reserving.reserve(count);
          expect(block.key).toBeGreaterThanOrEqual(0);
          expect(block.start).toBeGreaterThanOrEqual(0);
          for (let index = 0; index < count; index++)
            expect(uint32At(block, index)).toBe(drawing.nextUint32());
        }
        expect(reserving.nextUint32()).toBe(drawing.nextUint32());
      }),
    );
  });

  it('shuffles to a permutation', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 200 }), (seed, length) => {
        const values = Uint32Array.from({ length }, (_, index) => index);
        new RandomStream(seed).shuffle(values);
        return [...values].sort((a, b) => a - b).every((value, index) => value === index);
      }),
    );
  });
});
