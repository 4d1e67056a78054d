/**
 * The header of a NumPy array (format 1.0) of little-endian float32 `[rows, width]`: magic, version, length of the rest, and
 * a Python dictionary filled up with spaces so that the data start at a multiple of 64.
 */
export function npyHeader(rows: number, width: number): Buffer {
  const prefix = 10;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${width}), }`;
  const total = Math.ceil((prefix + dictionary.length + 1) / 64) * 64;
  const header = Buffer.alloc(total, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(total - prefix, 8);
  header.write(dictionary, prefix, 'latin1');
  header.write('\n', total - 1);
  return header;
}
