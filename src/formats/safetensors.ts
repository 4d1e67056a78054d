import { createHash } from 'node:crypto';
import { isRecord } from '../protocol/isRecord';

/*
 * The safetensors format (github.com/huggingface/safetensors): eight bytes with the length of a JSON header, the header
 * with name → type, shape and byte range, then the values, little-endian. Written here by hand because it is short and no
 * maintained package writes it. Typed arrays are little-endian on every platform Node.js runs on.
 *
 * The format's place for remarks, `__metadata__`, holds `sha256`: of the header without the remarks, as JSON, of the other
 * remarks, where there are some, and of the values after it. Files of earlier versions have none.
 */

/** Values of a tensor, by the format's name of their type. */
const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

type Dtype = keyof typeof ARRAYS;
export type TensorValues = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

export interface NamedTensor<Values extends TensorValues = Float32Array> {
  shape: number[];
  values: Values;
}

/** What a file contains: tensors, and texts that say something of them, by name. */
export interface SafetensorsContent {
  tensors: ReadonlyMap<string, NamedTensor<TensorValues>>;
  remarks: Record<string, string>;
}

interface HeaderEntry {
  dtype: Dtype;
  shape: number[];
  data_offsets: [number, number];
}

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

/** Packs tensors, in the order given. @param remarks none may be called `sha256` */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedTensor<TensorValues>>,
  remarks: Record<string, string> = {},
): Buffer {
  const entries: Record<string, HeaderEntry> = {};
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    const dtype = dtypeOf(values);
    entries[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const values = [...tensors.values()].map((tensor) =>
    Buffer.from(tensor.values.buffer, tensor.values.byteOffset, tensor.values.byteLength),
  );
  const sha256 = checksum(entries, remarks, values);
  const json = JSON.stringify({ __metadata__: { ...remarks, sha256 }, ...entries });
  // Padding with spaces aligns the values to eight bytes, as the format recommends.
  const jsonBytes = Buffer.from(json);
  const padding = Buffer.alloc((8 - (jsonBytes.length % 8)) % 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(jsonBytes.length + padding.length));
  return Buffer.concat([length, jsonBytes, padding, ...values]);
}

/**
 * The tensors of a file that has float32 alone.
 * @throws RangeError or SyntaxError as `decodeContent` does, and where one is of another type
 */
export function decodeSafetensors(bytes: Buffer): Map<string, NamedTensor> {
  const tensors = new Map<string, NamedTensor>();
  for (const [name, { shape, values }] of decodeContent(bytes).tensors) {
    if (!(values instanceof Float32Array)) throw new RangeError(`the tensor ${name} is not a float32 tensor`);
    tensors.set(name, { shape, values });
  }
  return tensors;
}

/**
 * Unpacks what `encodeSafetensors` wrote. As the format demands, the tensors must fill the file without gaps or overlaps.
 * @throws RangeError or SyntaxError when the bytes are no whole safetensors file of types that it writes, or not those written
 */
export function decodeContent(bytes: Buffer): SafetensorsContent {
  if (bytes.length < 8) throw new RangeError('the file is truncated');
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const start = 8 + headerLength;
  if (headerLength > MAX_HEADER_BYTES || start > bytes.length) {
    throw new RangeError('the header is longer than the file');
  }
  const header: unknown = JSON.parse(bytes.toString('utf8', 8, start));
  if (!isRecord(header)) throw new SyntaxError('the header is not an object');
  const { __metadata__: metadata, ...entries } = header;
  const places: { name: string; entry: HeaderEntry; from: number; to: number }[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw new RangeError(`the tensor ${name} is incomplete or not of a known type`);
    const [from, to] = entry.data_offsets;
    places.push({ name, entry, from, to });
  }
  places.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, from, to } of places) {
    if (from !== end)
      throw new RangeError(`the tensor ${name} overlaps another, or there is a gap before it`);
    end = to;
  }
  if (start + end !== bytes.length) throw new RangeError('the values are truncated, or there are too many');
  const { sha256, ...remarks } = textsOf(metadata);
  if (sha256 !== undefined && sha256 !== checksum(entries, remarks, [bytes.subarray(start)])) {
    throw new RangeError('the checksum does not match the content');
  }
  const byName = new Map(places.map((place) => [place.name, place]));
  const tensors = Object.keys(entries).map((name): [string, NamedTensor<TensorValues>] => {
    const { entry, from, to } = byName.get(name)!;
    const { dtype, shape } = entry;
    const values = new ARRAYS[dtype]((to - from) / ARRAYS[dtype].BYTES_PER_ELEMENT);
    Buffer.from(values.buffer).set(bytes.subarray(start + from, start + to));
    return [name, { shape, values }];
  });
  return { tensors: new Map(tensors), remarks };
}

function dtypeOf(values: TensorValues): Dtype {
  const found = (Object.keys(ARRAYS) as Dtype[]).find((dtype) => values instanceof ARRAYS[dtype]);
  if (found === undefined) throw new TypeError('A tensor has values of a type that is not written.');
  return found;
}

/** The format allows texts alone. */
function textsOf(metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata) || !Object.values(metadata).every((text) => typeof text === 'string'))
    throw new RangeError('the metadata of the header are not texts');
  return metadata as Record<string, string>;
}

function isEntry(value: unknown): value is HeaderEntry {
  if (!isRecord(value)) return false;
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(ARRAYS, dtype)) return false;
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return false;
  const [from, to] = offsets as [number, number];
  const size = ARRAYS[dtype as Dtype].BYTES_PER_ELEMENT;
  return to - from === size * shape.reduce((product, length) => product * length, 1);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checksum(
  entries: Record<string, unknown>,
  remarks: Record<string, string>,
  values: readonly Buffer[],
): string {
  const hash = createHash('sha256').update(JSON.stringify(entries));
  if (Object.keys(remarks).length > 0) hash.update(JSON.stringify(remarks));
  for (const part of values) hash.update(part);
  return hash.digest('hex');
}
