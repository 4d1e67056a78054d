import { linear } from './linear';
import { sigmoid, softmax, type Values } from './special';

export interface SumInput {
  /** `[size, length, inputSize]` */
  x: Values;
  /** `[slots, inputSize]` */
  heads: Values;
  eraseKernel: Values;
  eraseBias: Values;
  resetKernel: Values;
  resetBias: Values;
  addKernel: Values;
  addBias: Values;
  alpha: Values;
  beta: Values;
  /** SUMV2 */
  writingKernel?: Values;
  writingBias?: Values;
  writingHeads?: Values;
}

export interface SumShape {
  size: number;
  length: number;
  inputSize: number;
  hiddenSize: number;
  slots: number;
  /** `[size, length]` */
  mask: Values;
}

/** memory `[size, slots + 1, hiddenSize]`, read and write `[size, length, slots]`. */
export function sumRecurrence(input: SumInput, shape: SumShape): [Float64Array, Float64Array, Float64Array] {
  const { size, length, inputSize, hiddenSize, slots, mask } = shape;
  const memories = new Float64Array(size * (slots + 1) * hiddenSize);
  const reads = new Float64Array(size * length * slots);
  const writes = new Float64Array(size * length * slots);
  const units = [...Array(hiddenSize).keys()];

  for (let user = 0; user < size; user++) {
    const memory = Array.from({ length: slots }, () => new Float64Array(hiddenSize));
    let highway = new Float64Array(hiddenSize);
    let last: number[] = Array.from({ length: inputSize }, () => 0);
    for (let step = 0; step < length; step++) {
      const place = user * length + step;
      if (mask[place] !== 1) continue;
      const x = [...input.x.slice(place * inputSize, (place + 1) * inputSize)];
      const interests = memory.map((_, slot) => {
        const head = input.heads.slice(slot * inputSize, (slot + 1) * inputSize);
        return input.beta[0]! * dot(x, head);
      });
      const read = softmax(interests);
      const mixed = units.map((unit) => {
        const fromSlots = memory.reduce((sum, values, slot) => sum + read[slot]! * values[unit]!, 0);
        return (fromSlots + highway[unit]!) / 2;
      });
      const debuff = input.alpha[0]! ** dot(normalize(last), normalize(x));
      const gate = (memorized: number[], kernel: Values, bias: Values) =>
        linear([...x, ...memorized], kernel, bias, inputSize + hiddenSize, bias.length);
      let writing = read;
      if (input.writingKernel && input.writingBias && input.writingHeads) {
        const hidden = gate(mixed, input.writingKernel, input.writingBias).map((value) => Math.max(0, value));
        writing = softmax(linear(hidden, input.writingHeads, null, hiddenSize, slots));
      }
      const write = writing.map((weight) => weight * debuff);
      const reset = sigmoid(gate(mixed, input.resetKernel, input.resetBias)[0]!);
      const erase = gate(mixed, input.eraseKernel, input.eraseBias).map(sigmoid);
      const resetMixed = mixed.map((value) => reset * value);
      const candidate = gate(resetMixed, input.addKernel, input.addBias).map(Math.tanh);
      const moved = (values: Float64Array, weight: number) =>
        values.map(
          (value, unit) => value * (1 - weight * erase[unit]!) + weight * erase[unit]! * candidate[unit]!,
        );
      memory.forEach((values, slot) => memory[slot]!.set(moved(values, write[slot]!)));
      highway = moved(highway, debuff);
      last = x;
      reads.set(read, place * slots);
      writes.set(write, place * slots);
    }
    [...memory, highway].forEach((values, slot) =>
      memories.set(values, (user * (slots + 1) + slot) * hiddenSize),
    );
  }
  return [memories, reads, writes];
}

function dot(a: readonly number[], b: Values): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function normalize(vector: readonly number[]): number[] {
  const length = Math.sqrt(Math.max(dot(vector, vector), 1e-12));
  return vector.map((value) => value / length);
}
