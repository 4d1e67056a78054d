/** For each position of left-padded histories 1, or 0 where it is padding. */
export function historyMask(histories: Int32Array): Float32Array {
  return Float32Array.from(histories, (item) => (item === 0 ? 0 : 1));
}
