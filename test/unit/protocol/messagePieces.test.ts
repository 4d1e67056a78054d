import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageJoiner, PIECE_BYTES, takeApart } from '../../../src/protocol/messagePieces';

/** Small enough that messages of a few numbers are cut. */
const pieceBytes = 16;

/** What crosses when a message is posted: copies, each with what it needs of its buffers and more where VS Code sends more. */
function cross(message: unknown, id = 0, size = pieceBytes): unknown[] {
  return [...takeApart(message, id, size)].map((part) => structuredClone(part));
}

/** All that the other side receives. */
function receiveAll(parts: unknown[], joiner = new MessageJoiner()): unknown[] {
  return parts.flatMap((part) => {
    const received = joiner.receive(part);
    return received === null ? [] : [received.message];
  });
}

/** Bytes of the buffers that a message brings along, whole as VS Code sends them. */
function bufferBytes(value: unknown, known = new Set<ArrayBufferLike>()): number {
  if (typeof value !== 'object' || value === null) return 0;
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value instanceof ArrayBuffer ? value : null;
  if (buffer === null)
    return Object.values(value).reduce<number>((sum, part) => sum + bufferBytes(part, known), 0);
  if (known.has(buffer)) return 0;
  known.add(buffer);
  return buffer.byteLength;
}

type AnyArray = Float32Array | Float64Array | Uint32Array | Int32Array | Uint8Array;
const typedArray = fc.oneof<fc.Arbitrary<AnyArray>[]>(
  fc.float32Array({ maxLength: 12 }),
  fc.float64Array({ maxLength: 12 }),
  fc.uint32Array({ maxLength: 12 }),
  fc.int32Array({ maxLength: 12 }),
  fc.uint8Array({ maxLength: 40 }),
);
const part = fc
  .tuple(typedArray, fc.nat(12), fc.nat(12))
  .map(([array, start, length]): AnyArray => array.subarray(start, start + length));
const message = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string(),
    fc.double({ noNaN: true }),
    fc.constant(null),
    typedArray,
    part,
    part.map((array) => array.slice().buffer),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

describe('takeApart and MessageJoiner', () => {
  it('bring any message across as it was', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(receiveAll(cross(sent))).toStrictEqual([structuredClone(sent)]);
      }),
      { numRuns: 500 },
    );
  });

  it('never send more bytes of arrays at once than allowed, nor what is beside a part of an array', () => {
    fc.assert(
      fc.property(message, (sent) => {
        for (const part of takeApart(sent, 0, pieceBytes))
          expect(bufferBytes(part)).toBeLessThanOrEqual(pieceBytes);
      }),
      { numRuns: 500 },
    );
  });

  it('bring message after message across, in their order', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), (sent) => {
        const parts = sent.flatMap((one, id) => cross(one, id));
        expect(receiveAll(parts)).toStrictEqual(structuredClone(sent));
      }),
    );
  });

  it('leave the sent message as it is', () => {
    const sent = { list: [new Float32Array(100).subarray(1, 90)], text: 'a' };
    const before = structuredClone(sent);
    cross(sent);
    expect(sent).toStrictEqual(before);
  });

  it('send a small message itself', () => {
    const sent = { r: new Float32Array(PIECE_BYTES / 4), text: 'a' };
    expect([...takeApart(sent, 0)]).toEqual([sent]);
    expect([...takeApart(sent, 0)][0]).toBe(sent);
  });

  it('send what is larger in pieces of at most 1 MiB', () => {
    const bytes = new Uint8Array(3 * PIECE_BYTES + 5).map((_, index) => index % 251);
    const parts = [...takeApart([bytes, new Uint8Array(3)], 0)];
    expect(parts.map((one) => bufferBytes(one))).toEqual([PIECE_BYTES, PIECE_BYTES, PIECE_BYTES, 8, 0]);
    const [received] = receiveAll(parts) as [Uint8Array[]];
    expect(Buffer.compare(received[0]!, bytes)).toBe(0);
    expect(received[1]).toEqual(new Uint8Array(3));
  });

  it('turn a Buffer, which JSON would write out, into a plain array of bytes', () => {
    const [received] = receiveAll(cross({ r: Buffer.from('text') })) as [{ r: Uint8Array }];
    expect(received.r.constructor).toBe(Uint8Array);
    expect([...received.r]).toEqual([...Buffer.from('text')]);
  });

  it('keep what looks like a prototype as data', () => {
    const sent = JSON.parse('{"__proto__":{"a":null}}') as object;
    Object.values(sent as Record<string, { a: unknown }>)[0]!.a = new Float64Array(9);
    expect(receiveAll(cross(sent))).toStrictEqual([structuredClone(sent)]);
    expect('a' in {}).toBe(false);
  });
});

describe('MessageJoiner', () => {
  const large = { values: new Float32Array(20) };

  it('drops a message whose beginning it has missed, and receives the next one', () => {
    const joiner = new MessageJoiner();
    expect(receiveAll(cross(large, 1).slice(1), joiner)).toEqual([]);
    expect(receiveAll(cross(large, 2), joiner)).toEqual([large]);
  });

  it('drops a message that was broken off when another sender begins, also with the same number', () => {
    const joiner = new MessageJoiner();
    receiveAll(cross({ values: new Float32Array(30).fill(1) }, 0).slice(0, 3), joiner);
    expect(receiveAll(cross(large, 0), joiner)).toEqual([large]);
  });

  it('drops a message of which a piece was lost', () => {
    const joiner = new MessageJoiner();
    const parts = cross(large, 0);
    expect(receiveAll([...parts.slice(0, 2), ...parts.slice(3)], joiner)).toEqual([]);
  });

  it('forgets what it has collected', () => {
    const joiner = new MessageJoiner();
    const parts = cross(large, 0);
    receiveAll(parts.slice(0, -1), joiner);
    joiner.clear();
    expect(receiveAll(parts.slice(-1), joiner)).toEqual([]);
  });
});

describe('a MessageJoiner does not keep what nobody has taken apart', () => {
  const piece = (index: number, bytes: unknown = new ArrayBuffer(4), id = 0) => ({
    t: 'piece',
    id,
    index,
    bytes,
  });
  const pieced = (content: unknown, array: object, more: object = {}) => ({
    t: 'pieced',
    id: 0,
    numPieces: 1,
    content,
    arrays: [{ path: ['a'], kind: 'Float32Array', byteLength: 4, ...array }],
    ...more,
  });

  it('but joins this', () => {
    expect(receiveAll([piece(0), pieced({ a: null }, {})])).toEqual([{ a: new Float32Array(1) }]);
  });

  it.each<[string, unknown]>([
    ['a path into what is inherited', pieced({ a: null }, { path: ['__proto__', 'polluted'] })],
    ['a path to a constructor', pieced({ a: null }, { path: ['constructor', 'prototype', 'polluted'] })],
    ['a new prototype', pieced({ a: null }, { path: ['__proto__'] })],
    ['a path that leads nowhere', pieced({ a: null }, { path: ['b', 'c'] })],
    ['a place that is taken', pieced({ a: 1 }, {})],
    ['a path without end', pieced({ a: null }, { path: Array.from({ length: 1e6 }, () => 'a') })],
    ['a path of no keys', pieced({ a: null }, { path: [{ toString: 'x' }] })],
    ['an unknown kind', pieced({ a: null }, { kind: 'constructor' })],
    ['more bytes than there were', pieced({ a: null }, { byteLength: 2 ** 40 })],
    ['fewer bytes', pieced({ a: null }, { byteLength: 0 })],
    ['a negative length', pieced({ a: null }, { byteLength: -4 })],
    ['half a number', pieced({ a: null }, { kind: 'Float64Array' })],
    ['no list of arrays', pieced({ a: null }, {}, { arrays: null })],
    ['arrays without end', pieced({ a: null }, {}, { arrays: Array.from({ length: 1e6 }, () => ({})) })],
    ['a wrong number of pieces', pieced({ a: null }, {}, { numPieces: '1' })],
  ])('%s', (_, last) => {
    expect(receiveAll([piece(0), last])).toEqual([]);
    expect('polluted' in {}).toBe(false);
    // The next message comes through.
    expect(receiveAll([piece(0), last, piece(0), pieced({ a: null }, {})])).toHaveLength(1);
  });

  it.each<[string, unknown[]]>([
    ['of the wrong type', [piece(0, 'text')]],
    ['longer than is ever sent', [piece(0, new ArrayBuffer(PIECE_BYTES + 1))]],
    ['without a number', [piece(NaN)]],
  ])('a piece %s', (_, pieces) => {
    expect(receiveAll([...pieces, pieced({ a: null }, {})])).toEqual([]);
  });

  it('pieces without end', () => {
    const joiner = new MessageJoiner();
    const bytes = new ArrayBuffer(1);
    for (let index = 0; index <= 2 ** 14; index++) joiner.receive(piece(index, bytes));
    const whole = pieced(
      { a: null },
      { kind: 'Uint8Array', byteLength: 2 ** 14 + 1 },
      { numPieces: 2 ** 14 + 1 },
    );
    expect(joiner.receive(whole)).toBeNull();
  });

  it('more bytes than memory is given to', () => {
    const joiner = new MessageJoiner();
    const bytes = new ArrayBuffer(PIECE_BYTES);
    for (let index = 0; index <= 1024; index++) joiner.receive(piece(index, bytes));
    const whole = pieced(
      { a: null },
      { kind: 'Uint8Array', byteLength: 1025 * PIECE_BYTES },
      { numPieces: 1025 },
    );
    expect(joiner.receive(whole)).toBeNull();
  });
});
