import { STREAMS } from './randomStreams';
import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from './random';

/** How a parameter starts. Fans are those of a `[in, out]` kernel. */
export type Initializer =
  | { kind: 'constant'; value: number }
  | { kind: 'normal'; deviation: number }
  /** Normal, drawn again where it is further than two deviations from 0; `deviation` is that of the uncut distribution. */
  | { kind: 'truncatedNormal'; deviation: number }
  /** U(±limit) */
  | { kind: 'uniform'; limit: number }
  /** U(±√(6/(in + out))) (Glorot and Bengio, 2010, eq. 16). */
  | { kind: 'glorotUniform' }
  /** Normal with the variance of `glorotUniform`, 2/(in + out). */
  | { kind: 'glorotNormal' }
  /** `glorotNormal`, but drawn again where it is further than two deviations from 0, and widened so that the variance stays. */
  | { kind: 'truncatedGlorotNormal' }
  /** U(±√(6/in)) (He et al., 2015, arXiv 1502.01852, eq. 10). */
  | { kind: 'heUniform' }
  /** Normal with the variance of `heUniform`, 2/in. */
  | { kind: 'heNormal' }
  /** `heNormal`, cut and widened alike. */
  | { kind: 'truncatedHeNormal' }
  /** Orthonormal columns, or rows where there are fewer of them, from all such matrices alike (Saxe et al., 2014, arXiv 1312.6120). */
  | { kind: 'orthogonal' };

/**
 * The named parameters of a model, in the order in which they were made.
 * Each is drawn from a stream of its own (seed and position), so adding one at the end changes no other.
 */
export class Parameters {
  readonly #variables = new Map<string, tf.Variable>();
  readonly #statistics = new Map<string, tf.Variable>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#variables;
  }

  /** The parameters, and what is kept beside them. */
  get state(): ReadonlyMap<string, tf.Variable> {
    return new Map([...this.#variables, ...this.#statistics]);
  }

  /** Makes a parameter. Names are paths such as `block0/attention/query/kernel`. */
  create(name: string, shape: number[], initializer: Initializer): tf.Variable {
    if (this.#variables.has(name)) throw new Error(`There are two parameters named ${name}.`);
    const size = shape.reduce((product, length) => product * length, 1);
    const random = new RandomStream(this.#seed, STREAMS.initialization, this.#variables.size);
    const values = new Float32Array(size);
    const [inputs, outputs] = fans(shape);
    const normal = (deviation: number): void => {
      for (let index = 0; index < size; index++) values[index] = random.nextNormal() * deviation;
    };
    const truncated = (deviation: number): void => {
      for (let index = 0; index < size; index++) values[index] = nextTruncatedNormal(random) * deviation;
    };
    const uniform = (limit: number): void => {
      for (let index = 0; index < size; index++) values[index] = (2 * random.nextFloat() - 1) * limit;
    };
    switch (initializer.kind) {
      case 'constant':
        values.fill(initializer.value);
        break;
      case 'normal':
        normal(initializer.deviation);
        break;
      case 'truncatedNormal':
        truncated(initializer.deviation);
        break;
      case 'uniform':
        uniform(initializer.limit);
        break;
      case 'glorotUniform':
        uniform(Math.sqrt(6 / (inputs + outputs)));
        break;
      case 'glorotNormal':
        normal(Math.sqrt(2 / (inputs + outputs)));
        break;
      case 'truncatedGlorotNormal':
        truncated(Math.sqrt(2 / (inputs + outputs)) / TRUNCATED_DEVIATION);
        break;
      case 'heUniform':
        uniform(Math.sqrt(6 / inputs));
        break;
      case 'heNormal':
        normal(Math.sqrt(2 / inputs));
        break;
      case 'truncatedHeNormal':
        truncated(Math.sqrt(2 / inputs) / TRUNCATED_DEVIATION);
        break;
      case 'orthogonal':
        normal(1);
        orthogonalize(values, inputs, outputs);
        break;
    }
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    this.#variables.set(name, variable);
    return variable;
  }

  /** Makes a vector that the model keeps beside its parameters, such as a running mean: no optimizer changes it. */
  createStatistic(name: string, size: number, value: number): tf.Variable {
    if (this.state.has(name)) throw new Error(`There are two parameters named ${name}.`);
    const variable = tf.tidy(() => tf.variable(tf.fill([size], value), false));
    this.#statistics.set(name, variable);
    return variable;
  }

  dispose(): void {
    for (const variable of this.state.values()) variable.dispose();
    this.#variables.clear();
    this.#statistics.clear();
  }
}

/** Lengths of the last two axes: what a kernel takes and what it gives. Vectors count as both. */
function fans(shape: readonly number[]): [inputs: number, outputs: number] {
  const outputs = shape.at(-1) ?? 1;
  return [shape.at(-2) ?? outputs, outputs];
}

/** Standard deviation of what is left of N(0, 1) within ±2. */
const TRUNCATED_DEVIATION = 0.8796256610342398;

function nextTruncatedNormal(random: RandomStream): number {
  let value = random.nextNormal();
  while (Math.abs(value) > 2) value = random.nextNormal();
  return value;
}

/**
 * Makes the columns of a `[rows, columns]` matrix orthonormal, or its rows where there are fewer of them, by Gram and
 * Schmidt's method. From normal values it makes all such matrices with the same probability.
 */
function orthogonalize(values: Float32Array, rows: number, columns: number): void {
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const place = (vector: number, index: number): number =>
    rows < columns ? vector * columns + index : index * columns + vector;
  const vectors: Float64Array[] = [];
  for (let vector = 0; vector < count; vector++) {
    const current = Float64Array.from({ length }, (_, index) => values[place(vector, index)]!);
    // Twice, because the first pass leaves what rounding made of the parts that it took away.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) {
        const share = current.reduce((sum, value, index) => sum + value * other[index]!, 0);
        for (let index = 0; index < length; index++) current[index]! -= share * other[index]!;
      }
    }
    const norm = Math.sqrt(current.reduce((sum, value) => sum + value * value, 0));
    for (let index = 0; index < length; index++) current[index]! /= norm;
    vectors.push(current);
    current.forEach((value, index) => (values[place(vector, index)] = value));
  }
}
