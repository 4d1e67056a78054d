import { afterEach, describe, expect, it } from 'vitest';
import { Parameters, type Initializer } from '../../../src/compute/parameters';
import { useBackend } from './useBackend';

const ROWS = 300;
const COLUMNS = 100;
/** Standard deviation of a standard normal variable that is cut off at ±2: √(1 − 4φ(2)/(2Φ(2) − 1)). */
const TRUNCATED_DEVIATION = 0.87962566103423978;

describe('initial values', () => {
  useBackend('cpu');
  let parameters = new Parameters(7);
  afterEach(() => {
    parameters.dispose();
    parameters = new Parameters(7);
  });

  const draw = (initializer: Initializer, shape = [ROWS, COLUMNS]): Float32Array =>
    parameters.create(`parameter${parameters.variables.size}`, shape, initializer).dataSync<'float32'>();

  const cases: [Initializer, deviation: number, limit: number][] = [
    [{ kind: 'normal', deviation: 0.5 }, 0.5, Infinity],
    [{ kind: 'truncatedNormal', deviation: 0.5 }, 0.5 * TRUNCATED_DEVIATION, 1],
    [{ kind: 'uniform', limit: 0.3 }, 0.3 / Math.sqrt(3), 0.3],
    [{ kind: 'glorotUniform' }, Math.sqrt(2 / (ROWS + COLUMNS)), Math.sqrt(6 / (ROWS + COLUMNS))],
    [{ kind: 'glorotNormal' }, Math.sqrt(2 / (ROWS + COLUMNS)), Infinity],
    [{ kind: 'heUniform' }, Math.sqrt(2 / ROWS), Math.sqrt(6 / ROWS)],
    [{ kind: 'heNormal' }, Math.sqrt(2 / ROWS), Infinity],
    [
      { kind: 'truncatedGlorotNormal' },
      Math.sqrt(2 / (ROWS + COLUMNS)),
      (2 * Math.sqrt(2 / (ROWS + COLUMNS))) / TRUNCATED_DEVIATION,
    ],
    [{ kind: 'truncatedHeNormal' }, Math.sqrt(2 / ROWS), (2 * Math.sqrt(2 / ROWS)) / TRUNCATED_DEVIATION],
    [{ kind: 'orthogonal' }, 1 / Math.sqrt(ROWS), Infinity],
  ];

  it.each(cases)('%o have mean 0 and the deviation that they should', (initializer, deviation, limit) => {
    const values = draw(initializer);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    // Five times what 30 000 values are off by.
    expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
    expect(Math.abs(Math.sqrt(variance) / deviation - 1)).toBeLessThan(0.02);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(limit * (1 + 1e-6));
    if (limit < Infinity) expect(largest).toBeGreaterThan(0.98 * limit);
    else expect(largest).toBeGreaterThan(3 * deviation);
  });

  it.each([
    [12, 5],
    [5, 12],
    [6, 6],
  ])('orthogonal ones of %i × %i are orthonormal in the shorter axis', (rows, columns) => {
    const values = draw({ kind: 'orthogonal' }, [rows, columns]);
    const count = Math.min(rows, columns);
    const length = Math.max(rows, columns);
    const at = (vector: number, index: number): number =>
      values[rows < columns ? vector * columns + index : index * columns + vector]!;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) {
        let product = 0;
        for (let index = 0; index < length; index++) product += at(a, index) * at(b, index);
        expect(product).toBeCloseTo(a === b ? 1 : 0, 6);
      }
    }
  });

  it.each(cases)('%o are the same for the same seed, and others for the next parameter', (initializer) => {
    const first = Array.from(draw(initializer, [4, 3]));
    const second = Array.from(draw(initializer, [4, 3]));
    parameters.dispose();
    expect(Array.from(draw(initializer, [4, 3]))).toEqual(first);
    expect(second).not.toEqual(first);
  });
});
