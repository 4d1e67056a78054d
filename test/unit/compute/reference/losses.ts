import { logSumExp, softplus, type Values } from './special';

export interface CandidateShape {
  numRows: number;
  numCandidates: number;
  width: number;
  targets: Values;
  rowItems?: Values;
  candidateItems?: Values;
}

/** Mean of −log softmax(scale·S·Cᵀ + bias) at the targets, without accidental hits. */
export function candidateCrossEntropy(
  states: Values,
  candidates: Values,
  scale: number,
  bias: Values | null,
  { numRows, numCandidates, width, targets, rowItems, candidateItems }: CandidateShape,
): Float64Array {
  let sum = 0;
  for (let row = 0; row < numRows; row++) {
    const logits: number[] = [];
    let own = NaN;
    for (let candidate = 0; candidate < numCandidates; candidate++) {
      let product = 0;
      for (let column = 0; column < width; column++)
        product += states[row * width + column]! * candidates[candidate * width + column]!;
      const logit = scale * product + (bias?.[candidate] ?? 0);
      const isTarget = candidate === targets[row];
      if (isTarget) own = logit;
      if (isTarget || !rowItems || rowItems[row] !== candidateItems![candidate]) logits.push(logit);
    }
    sum += logSumExp(logits) - own;
  }
  return Float64Array.of(sum / numRows);
}

/** `[rows, k]` products of a row's state with the vectors it names. */
export function rowwiseScores(
  states: Values,
  table: Values,
  ids: Values,
  width: number,
  k: number,
): Float64Array {
  return Float64Array.from(ids, (id, place) => {
    let sum = 0;
    for (let column = 0; column < width; column++)
      sum += states[Math.floor(place / k) * width + column]! * table[id * width + column]!;
    return sum;
  });
}

/** Mean of −log softmax at column 0. */
export function sampledCrossEntropy(logits: Values, k: number): Float64Array {
  const rows = logits.length / k;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const values = Array.from(logits).slice(row * k, (row + 1) * k);
    sum += logSumExp(values) - values[0]!;
  }
  return Float64Array.of(sum / rows);
}

/** Weighted mean of softplus(l) − l·y. */
export function binaryCrossEntropy(logits: Values, labels: Values, weights: Values | null): Float64Array {
  let sum = 0;
  let total = 0;
  Array.from(logits).forEach((logit, place) => {
    const [label, weight] = [labels[place]!, weights?.[place] ?? 1];
    sum += weight * (label * softplus(-logit) + (1 - label) * softplus(logit));
    total += weight;
  });
  return Float64Array.of(total === 0 ? 0 : sum / total);
}
