import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from './random';

/** How a parameter starts. Fans are those of a `[in, out]` kernel. */
export type Initializer =
  | { kind: 'constant'; value: number }
  | { kind: 'normal'; deviation: number }
  /** U(±√(6/(in + out))) (Glorot and Bengio, 2010, eq. 16). */
  | { kind: 'glorotUniform' };

/**
 * The named parameters of a model, in the order in which they were made.
 * Each is drawn from a stream of its own (seed and position), so adding one at the end changes no other.
 */
export class Parameters {
  readonly #variables = new Map<string, tf.Variable>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#variables;
  }

  /** Number of trainable values. */
  get count(): number {
    let count = 0;
    for (const variable of this.#variables.values()) count += variable.size;
    return count;
  }

  /** Makes a parameter. Names are paths such as `block0/attention/query/kernel`. */
  create(name: string, shape: number[], initializer: Initializer): tf.Variable {
    if (this.#variables.has(name)) throw new Error(`There are two parameters named ${name}.`);
    const size = shape.reduce((product, length) => product * length, 1);
    const random = new RandomStream(this.#seed, INITIALIZATION, this.#variables.size);
    const values = new Float32Array(size);
    switch (initializer.kind) {
      case 'constant':
        values.fill(initializer.value);
        break;
      case 'normal':
        for (let index = 0; index < size; index++)
          values[index] = random.nextNormal() * initializer.deviation;
        break;
      case 'glorotUniform': {
        const limit = Math.sqrt(6 / (shape[0]! + shape[1]!));
        for (let index = 0; index < size; index++) values[index] = (2 * random.nextFloat() - 1) * limit;
        break;
      }
    }
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    this.#variables.set(name, variable);
    return variable;
  }

  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
    this.#variables.clear();
  }
}

/** Name of the random stream that initial values come from. */
const INITIALIZATION = 1;
