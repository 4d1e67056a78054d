import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../../src/formats/safetensors';

const tensors = () =>
  new Map<string, NamedTensor>([
    ['a/kernel', { shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 0, 1e-40, 7) }],
    ['empty', { shape: [0, 4], values: new Float32Array() }],
    ['名', { shape: [], values: Float32Array.of(42) }],
  ]);

/** A file with any header, and so many bytes of values. */
function fileOf(header: unknown, numBytes: number): Buffer {
  const json = JSON.stringify(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, Buffer.from(json), Buffer.alloc(numBytes)]);
}

describe('safetensors', () => {
  it('comes back bit for bit', () => {
    expect(decodeSafetensors(encodeSafetensors(tensors()))).toEqual(tensors());
  });

  it('has the layout that other readers expect', () => {
    const bytes = encodeSafetensors(new Map([['x', { shape: [1], values: Float32Array.of(1) }]]));
    const headerLength = Number(bytes.readBigUInt64LE(0));
    expect(headerLength % 8).toBe(0);
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + headerLength))).toEqual({
      __metadata__: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
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

  it('refuses a file in which any bit was changed, or is what it was', () => {
    const whole = encodeSafetensors(tensors());
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= bits;
        let decoded: unknown;
        try {
          decoded = decodeSafetensors(damaged);
        } catch (error) {
          expect(error).toSatisfy((each) => each instanceof RangeError || each instanceof SyntaxError);
          return;
        }
        // Only what means nothing may change: the padding, and whether there is a checksum.
        expect(decoded).toEqual(tensors());
      }),
      { numRuns: 2000 },
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ['overlap', { a: [2, 0, 8], b: [2, 4, 12] }],
    ['leave a gap', { a: [1, 0, 4], b: [1, 8, 12] }],
    ['end before the file does', { a: [2, 0, 8] }],
    ['end behind the file', { a: [4, 0, 16] }],
    ['begin before the file', { a: [3, -4, 8] }],
    ['stand the wrong way round', { a: [-3, 12, 0] }],
    ['lie between bytes', { a: [1.5, 0.5, 6.5] }],
    ['have a size that is no number', { a: ['3', 0, 12] }],
    ['have a size beyond all numbers', { a: [1e300, 0, 4e300] }],
  ])('refuses tensors that %s', (_, places) => {
    const header = Object.fromEntries(
      Object.entries(places).map(([name, place]) => {
        const [size, ...offsets] = place as unknown[];
        return [name, { dtype: 'F32', shape: [size], data_offsets: offsets }];
      }),
    );
    expect(() => decodeSafetensors(fileOf(header, 12))).toThrow(RangeError);
  });

  it('reads files without a checksum, as other programs and earlier versions write them', () => {
    const header = { a: { dtype: 'F32', shape: [3], data_offsets: [0, 12] }, __metadata__: { format: 'pt' } };
    expect([...decodeSafetensors(fileOf(header, 12)).keys()]).toEqual(['a']);
  });

  it.each(['null', '[]', '7', '"a"', '{"a": null}', '{"a": {"dtype": "F32"}}'])(
    'refuses the header %s',
    (json) => {
      const bytes = Buffer.concat([Buffer.alloc(8), Buffer.from(json)]);
      bytes.writeBigUInt64LE(BigInt(json.length));
      expect(() => decodeSafetensors(bytes)).toThrow(/object|tensor/);
    },
  );
});
