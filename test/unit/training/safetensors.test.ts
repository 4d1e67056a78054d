import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../../src/training/safetensors';

const tensors = () =>
  new Map<string, NamedTensor>([
    ['a/kernel', { shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 0, 1e-40, 7) }],
    ['empty', { shape: [0, 4], values: new Float32Array() }],
    ['名', { shape: [], values: Float32Array.of(42) }],
  ]);

describe('safetensors', () => {
  it('comes back bit for bit', () => {
    expect(decodeSafetensors(encodeSafetensors(tensors()))).toEqual(tensors());
  });

  it('has the layout that other readers expect', () => {
    const bytes = encodeSafetensors(new Map([['x', { shape: [1], values: Float32Array.of(1) }]]));
    const headerLength = Number(bytes.readBigUInt64LE(0));
    expect(headerLength % 8).toBe(0);
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + headerLength))).toEqual({
      x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    });
    expect(bytes.readFloatLE(8 + headerLength)).toBe(1);
  });

  it('refuses a file that was cut anywhere', () => {
    const whole = encodeSafetensors(tensors());
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(() => decodeSafetensors(whole.subarray(0, length))).toThrow();
      }),
    );
  });
});
