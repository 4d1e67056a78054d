import * as tf from '@tensorflow/tfjs-core';

export interface AdamSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * Adam (Kingma and Ba, 2015, algorithm 1, with the bias correction folded into the step size as in their section 2):
 * θ ← θ − α·√(1−β₂ᵗ)/(1−β₁ᵗ) · m / (√v + ε·√(1−β₂ᵗ)), which equals the textbook form m̂/(√v̂ + ε).
 * The moments are ordinary named tensors, so that a checkpoint holds all of the optimizer's state.
 */
export class Adam {
  /** Steps taken so far. */
  step = 0;
  readonly #settings: AdamSettings;
  readonly #moments = new Map<string, { first: tf.Variable; second: tf.Variable }>();

  constructor(variables: ReadonlyMap<string, tf.Variable>, settings: AdamSettings) {
    this.#settings = settings;
    for (const [name, variable] of variables) {
      const zeros = () => tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
      this.#moments.set(name, { first: zeros(), second: zeros() });
    }
  }

  /** All state but the step count: `<variable>/m` and `<variable>/v`. */
  get state(): ReadonlyMap<string, tf.Variable> {
    const state = new Map<string, tf.Variable>();
    for (const [name, { first, second }] of this.#moments) {
      state.set(`${name}/m`, first);
      state.set(`${name}/v`, second);
    }
    return state;
  }

  /** One update of all variables that have a gradient. */
  apply(variables: ReadonlyMap<string, tf.Variable>, gradients: Record<string, tf.Tensor>): void {
    this.step++;
    const { learningRate, beta1, beta2, epsilon } = this.#settings;
    const correction = Math.sqrt(1 - beta2 ** this.step);
    const rate = (learningRate * correction) / (1 - beta1 ** this.step);
    tf.tidy(() => {
      for (const [name, variable] of variables) {
        const gradient = gradients[variable.name];
        const moments = this.#moments.get(name);
        if (gradient === undefined || moments === undefined) continue;
        const { first, second } = moments;
        first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)));
        second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
        const update = tf.div(first, tf.add(tf.sqrt(second), epsilon * correction));
        variable.assign(tf.sub(variable, tf.mul(update, rate)));
      }
    });
  }
}
