import { softmax, type Values } from './special';

export interface AttentionShape {
  size: number;
  length: number;
  width: number;
  numHeads: number;
  causal: boolean;
  scale: number;
  /** `[size, length]`, 1 = may be seen. */
  keyMask: Values | null;
  /** What each weight is multiplied by after the softmax, `[size, heads, length, length]`. */
  dropoutFactors?: Values;
}

/** Output `[size, length, width]` and weights `[size, heads, length, length]` before dropout. */
export function attention(
  query: Values,
  key: Values,
  value: Values,
  { size, length, width, numHeads, causal, scale, keyMask, dropoutFactors }: AttentionShape,
): [Float64Array, Float64Array] {
  const headSize = width / numHeads;
  const output = new Float64Array(size * length * width);
  const weights = new Float64Array(size * numHeads * length * length);
  const logits = new Float64Array(length);
  for (let user = 0; user < size; user++) {
    for (let head = 0; head < numHeads; head++) {
      const at = (position: number) => (user * length + position) * width + head * headSize;
      for (let i = 0; i < length; i++) {
        const visible = (j: number) =>
          (!causal || j <= i) && (keyMask === null || keyMask[user * length + j] === 1);
        for (let j = 0; j < length; j++) {
          logits[j] = 0;
          for (let column = 0; column < headSize; column++)
            logits[j]! += scale * query[at(i) + column]! * key[at(j) + column]!;
        }
        const from = ((user * numHeads + head) * length + i) * length;
        const row = softmax(logits, visible);
        weights.set(row, from);
        for (let j = 0; j < length; j++) {
          if (!visible(j)) continue;
          const kept = row[j]! * (dropoutFactors?.[from + j] ?? 1);
          for (let column = 0; column < headSize; column++)
            output[at(i) + column]! += kept * value[at(j) + column]!;
        }
      }
    }
  }
  return [output, weights];
}
