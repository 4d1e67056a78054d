import type { GruUpdate } from '../../../../src/compute/layers/gru';
import { linear } from './linear';
import { sigmoid, type Values } from './special';

export interface GruInput {
  /** `[size, length, inputSize]` */
  x: Values;
  inputKernel: Values;
  inputBias: Values;
  recurrentKernel: Values;
  recurrentBias: Values;
  /** `[size, length]` */
  attention?: Values;
}

export interface GruShape {
  size: number;
  length: number;
  inputSize: number;
  hiddenSize: number;
  /** `[size, length]` */
  mask: Values;
  resetAfter: boolean;
  update: GruUpdate;
}

/** The states, `[size, length, hiddenSize]`, and the mean weight of the candidate at each step, `[size, length]`. */
export function gru(input: GruInput, shape: GruShape): [Float64Array, Float64Array] {
  const { size, length, inputSize, hiddenSize, mask, resetAfter, update } = shape;
  const { recurrentKernel, recurrentBias } = input;
  const states = new Float64Array(size * length * hiddenSize);
  const movement = new Float64Array(size * length);
  const projected = linear(input.x, input.inputKernel, input.inputBias, inputSize, 3 * hiddenSize);
  for (let user = 0; user < size; user++) {
    let state = new Float64Array(hiddenSize);
    for (let step = 0; step < length; step++) {
      const place = user * length + step;
      if (mask[place] === 1) {
        const fromInput = (column: number) => projected[place * 3 * hiddenSize + column]!;
        const fromState = (vector: Values, column: number) => {
          let sum = 0;
          for (let inner = 0; inner < hiddenSize; inner++)
            sum += vector[inner]! * recurrentKernel[inner * 3 * hiddenSize + column]!;
          return sum;
        };
        const gate = (column: number) =>
          sigmoid(fromInput(column) + fromState(state, column) + recurrentBias[column]!);
        const reset = Float64Array.from({ length: hiddenSize }, (_, unit) => gate(unit));
        const resetState = reset.map((value, unit) => value * state[unit]!);
        const attention = input.attention?.[place] ?? NaN;
        state = state.map((old, unit) => {
          const column = 2 * hiddenSize + unit;
          const recurrent = resetAfter
            ? reset[unit]! * (fromState(state, column) + recurrentBias[column]!)
            : fromState(resetState, column) + recurrentBias[column]!;
          const candidate = Math.tanh(fromInput(column) + recurrent);
          const z = gate(hiddenSize + unit);
          const weight = {
            gate: z,
            keep: 1 - z,
            attention,
            attentionGate: attention * z,
            attentionKeep: 1 - (1 - attention) * z,
          }[update];
          movement[place]! += weight / hiddenSize;
          return (1 - weight) * old + weight * candidate;
        });
      }
      states.set(state, place * hiddenSize);
    }
  }
  return [states, movement];
}
