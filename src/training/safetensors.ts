/*
 * The safetensors format (github.com/huggingface/safetensors): eight bytes with the length of a JSON header, the header
 * with name → type, shape and byte range, then the values, little-endian. Written here by hand because it is thirty lines
 * and no maintained package writes it. Typed arrays are little-endian on every platform Node.js runs on.
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

/** Packs float32 tensors, in the order given. */
export function encodeSafetensors(tensors: ReadonlyMap<string, NamedTensor>): Buffer {
  const header: Record<string, HeaderEntry> = {};
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = JSON.stringify(header);
  // Padding with spaces aligns the values to eight bytes, as the format recommends.
  const headerBytes = Buffer.from(json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8, ' '));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes.length));
  const values = [...tensors.values()].map((tensor) =>
    Buffer.from(tensor.values.buffer, tensor.values.byteOffset, tensor.values.byteLength),
  );
  return Buffer.concat([length, headerBytes, ...values]);
}

/**
 * Unpacks what `encodeSafetensors` wrote.
 * @throws RangeError or SyntaxError when the bytes are no whole safetensors file of float32 tensors
 */
export function decodeSafetensors(bytes: Buffer): Map<string, NamedTensor> {
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const start = 8 + headerLength;
  if (start > bytes.length) throw new RangeError('the header is longer than the file');
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, HeaderEntry>;
  const tensors = new Map<string, NamedTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    const count = entry.shape.reduce((product, size) => product * size, 1);
    if (entry.dtype !== 'F32' || to - from !== 4 * count || start + to > bytes.length) {
      throw new RangeError(`the tensor ${name} is incomplete or no float32 tensor`);
    }
    const values = new Float32Array(count);
    Buffer.from(values.buffer).set(bytes.subarray(start + from, start + to));
    tensors.set(name, { shape: entry.shape, values });
  }
  return tensors;
}
