import { createHash } from 'node:crypto';
import { isRecord } from '../protocol/isRecord';

/*
 * The safetensors format (github.com/huggingface/safetensors): eight bytes with the length of a JSON header, the header
 * with name → type, shape and byte range, then the values, little-endian. Written here by hand because it is short and no
 * maintained package writes it. Typed arrays are little-endian on every platform Node.js runs on.
 *
 * The format's place for remarks, `__metadata__`, holds `sha256`: of the header without the remarks, as JSON, and of the
 * values after it. Files of earlier versions have none.
 */

export interface NamedTensor {
  shape: number[];
  values: Float32Array;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

/** Packs float32 tensors, in the order given. */
export function encodeSafetensors(tensors: ReadonlyMap<string, NamedTensor>): Buffer {
  const entries: Record<string, HeaderEntry> = {};
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    entries[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const values = [...tensors.values()].map((tensor) =>
    Buffer.from(tensor.values.buffer, tensor.values.byteOffset, tensor.values.byteLength),
  );
  const json = JSON.stringify({ __metadata__: { sha256: checksum(entries, values) }, ...entries });
  // Padding with spaces aligns the values to eight bytes, as the format recommends.
  const jsonBytes = Buffer.from(json);
  const padding = Buffer.alloc((8 - (jsonBytes.length % 8)) % 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(jsonBytes.length + padding.length));
  return Buffer.concat([length, jsonBytes, padding, ...values]);
}

/**
 * Unpacks what `encodeSafetensors` wrote. As the format demands, the tensors must fill the file without gaps or overlaps.
 * @throws RangeError or SyntaxError when the bytes are no whole safetensors file of float32 tensors, or not those written
 */
export function decodeSafetensors(bytes: Buffer): Map<string, NamedTensor> {
  if (bytes.length < 8) throw new RangeError('the file is truncated');
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const start = 8 + headerLength;
  if (headerLength > MAX_HEADER_BYTES || start > bytes.length) {
    throw new RangeError('the header is longer than the file');
  }
  const header: unknown = JSON.parse(bytes.toString('utf8', 8, start));
  if (!isRecord(header)) throw new SyntaxError('the header is not an object');
  const { __metadata__: remarks, ...entries } = header;
  const places: { name: string; shape: number[]; from: number; to: number }[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw new RangeError(`the tensor ${name} is incomplete or not a float32 tensor`);
    const [from, to] = entry.data_offsets;
    places.push({ name, shape: entry.shape, from, to });
  }
  places.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, from, to } of places) {
    if (from !== end)
      throw new RangeError(`the tensor ${name} overlaps another, or there is a gap before it`);
    end = to;
  }
  if (start + end !== bytes.length) throw new RangeError('the values are truncated, or there are too many');
  const isMarked = isRecord(remarks) && remarks['sha256'] !== undefined;
  if (isMarked && remarks['sha256'] !== checksum(entries, [bytes.subarray(start)])) {
    throw new RangeError('the checksum does not match the content');
  }
  const byName = new Map(places.map((place) => [place.name, place]));
  return new Map(
    Object.keys(entries).map((name) => {
      const { shape, from, to } = byName.get(name)!;
      const values = new Float32Array((to - from) / 4);
      Buffer.from(values.buffer).set(bytes.subarray(start + from, start + to));
      return [name, { shape, values }];
    }),
  );
}

function isEntry(value: unknown): value is HeaderEntry {
  if (!isRecord(value)) return false;
  const { dtype, shape, data_offsets: offsets } = value;
  if (dtype !== 'F32' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return false;
  const [from, to] = offsets as [number, number];
  return to - from === 4 * shape.reduce((product, size) => product * size, 1);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checksum(entries: Record<string, unknown>, values: readonly Buffer[]): string {
  const hash = createHash('sha256').update(JSON.stringify(entries));
  for (const part of values) hash.update(part);
  return hash.digest('hex');
}
