import type { Values } from './special';

export interface AdamState {
  value: Float64Array;
  first: Float64Array;
  second: Float64Array;
}

interface AdamOptions {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * One step of Adam in the textbook form.
 * @param t number of this step, from 1
 * @param rowSize for the lazy form: rows of so many values stay as they are if their gradient is 0; null for the dense one
 */
export function adamStep(
  { value, first, second }: AdamState,
  gradient: Values,
  t: number,
  { learningRate, beta1, beta2, epsilon }: AdamOptions,
  rowSize: number | null = null,
): void {
  const size = rowSize ?? value.length;
  for (let row = 0; row < value.length; row += size) {
    const places = Array.from({ length: size }, (_, column) => row + column);
    if (rowSize !== null && places.every((place) => gradient[place] === 0)) continue;
    for (const place of places) {
      first[place] = beta1 * first[place]! + (1 - beta1) * gradient[place]!;
      second[place] = beta2 * second[place]! + (1 - beta2) * gradient[place]! ** 2;
      const corrected = first[place] / (1 - beta1 ** t);
      const deviation = Math.sqrt(second[place] / (1 - beta2 ** t));
      value[place]! -= (learningRate * corrected) / (deviation + epsilon);
    }
  }
}
