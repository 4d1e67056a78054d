/** For each position of left-padded histories 1, or 0 where it is padding. */
export function historyMask(histories: Int32Array): Float32Array {
  const mask = new Float32Array(histories.length);
  // Not Float32Array.from, which goes through an iterator: this is run in every step.
  for (let place = 0; place < mask.length; place++) mask[place] = histories[place] === 0 ? 0 : 1;
  return mask;
}
