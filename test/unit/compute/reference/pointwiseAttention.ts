import { layerNorm } from './normalization';
import { sigmoid, type Values } from './special';

export interface PointwiseShape {
  size: number;
  length: number;
  numHeads: number;
  keySize: number;
  valueSize: number;
  divisor: number;
  epsilon: number;
  /** `[size, length]`, 1 = may be seen. */
  keyMask: Values | null;
}

interface Biases {
  positionBias: Values | null;
  timeBias: { table: Values; queryTimes: Values; keyTimes: Values } | null;
}

/** Output `[size, length, numHeads·valueSize]` and weights `[size, numHeads, length, length]`. */
export function pointwiseAttention(
  projected: Values,
  gamma: Values,
  beta: Values,
  { positionBias, timeBias }: Biases,
  { size, length, numHeads, keySize, valueSize, divisor, epsilon, keyMask }: PointwiseShape,
): [Float64Array, Float64Array] {
  const [values, keys] = [numHeads * valueSize, numHeads * keySize];
  const stride = 2 * (values + keys);
  const mixed = new Float64Array(size * length * values);
  const weights = new Float64Array(size * numHeads * length * length);
  for (let user = 0; user < size; user++) {
    for (let i = 0; i < length; i++) {
      for (let j = 0; j <= i; j++) {
        if (keyMask !== null && keyMask[user * length + j] !== 1) continue;
        const [row, key] = [user * length + i, user * length + j];
        for (let head = 0; head < numHeads; head++) {
          let logit = positionBias === null ? 0 : positionBias[positionBias.length - 1 - (i - j)]!;
          if (timeBias !== null) {
            const gap = Math.abs(timeBias.queryTimes[row]! - timeBias.keyTimes[key]!);
            const bucket = Math.trunc(Math.log(Math.max(1, gap)) / 0.301);
            logit += timeBias.table[Math.min(timeBias.table.length - 1, bucket)]!;
          }
          for (let column = head * keySize; column < (head + 1) * keySize; column++) {
            const query = projected[row * stride + 2 * values + column]!;
            logit += query * projected[key * stride + 2 * values + keys + column]!;
          }
          const weight = (logit * sigmoid(logit)) / divisor;
          weights[((user * numHeads + head) * length + i) * length + j] = weight;
          for (let column = head * valueSize; column < (head + 1) * valueSize; column++)
            mixed[row * values + column]! += weight * projected[key * stride + values + column]!;
        }
      }
    }
  }
  const normalized = layerNorm(mixed, gamma, beta, epsilon);
  const output = normalized.map((value, place) => {
    const row = Math.floor(place / values);
    return value * projected[row * stride + (place % values)]!;
  });
  return [output, weights];
}
