import * as tf from '@tensorflow/tfjs-core';
import { fused } from './fused';
import type { Optimizer } from './optimizers/optimizer';

export interface AdamSettings {
  /** Of steps that are not given one. */
  learningRate?: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Adds ε to √v before the correction (the form of the paper's section 2 and of TensorFlow 1). False if left out. */
  epsilonHat?: boolean;
  /** Which variables to update lazily: all, none, or those of these names. None if left out. */
  lazy?: boolean | ReadonlySet<string>;
}

interface Moments {
  first: tf.Variable;
  second: tf.Variable;
}

/**
 * Adam (Kingma and Ba, 2015, algorithm 1, with the bias correction folded into the step size as in their section 2):
 * θ ← θ − α·√(1−β₂ᵗ)/(1−β₁ᵗ) · m / (√v + ε·√(1−β₂ᵗ)), which equals the textbook form m̂/(√v̂ + ε).
 * With `epsilonHat` ε is added to √v as it is: θ ← θ − α·√(1−β₂ᵗ)/(1−β₁ᵗ) · m / (√v + ε).
 * The moments are ordinary named tensors, so that a checkpoint holds all of the optimizer's state.
 *
 * A variable that is updated lazily, such as an embedding table, changes only in the rows (slices of its first axis) that
 * have a gradient: where a row's gradient is all zero, the row and both of its moments stay as they are. Otherwise such a
 * row moves on by its old momentum while its moments fade. Both are the same as long as every step touches every row.
 * The bias correction counts all steps, as in TensorFlow Addons' LazyAdam.
 */
export class Adam implements Optimizer {
  /** Steps taken so far. */
  step = 0;
  readonly #settings: AdamSettings;
  readonly #moments = new Map<string, Moments>();

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
  apply(
    variables: ReadonlyMap<string, tf.Variable>,
    gradients: Record<string, tf.Tensor>,
    learningRate = this.#settings.learningRate,
  ): void {
    if (learningRate === undefined) throw new Error('Adam needs a learning rate.');
    this.step++;
    const { beta1, beta2, epsilon, epsilonHat = false, lazy = false } = this.#settings;
    const correction = Math.sqrt(1 - beta2 ** this.step);
    const update = {
      rate: (learningRate * correction) / (1 - beta1 ** this.step),
      beta1,
      beta2,
      epsilon: epsilonHat ? epsilon : epsilon * correction,
    };
    tf.tidy(() => {
      for (const [name, value] of variables) {
        const gradient = gradients[value.name];
        const moments = this.#moments.get(name);
        if (gradient === undefined || moments === undefined) continue;
        const attributes = { ...update, lazy: typeof lazy === 'boolean' ? lazy : lazy.has(name) };
        const inputs = { value, ...moments, gradient };
        if (fused('Adam', inputs, attributes) === null) plainAdam(inputs, attributes);
      }
    });
  }
}

/** θ ← θ − rate·m/(√v + ε) after m ← β₁m + (1−β₁)g and v ← β₂v + (1−β₂)g², with rate and ε already corrected. */
function plainAdam(
  { value, first, second, gradient }: Moments & { value: tf.Variable; gradient: tf.Tensor },
  {
    rate,
    beta1,
    beta2,
    epsilon,
    lazy,
  }: Record<'rate' | 'beta1' | 'beta2' | 'epsilon', number> & { lazy: boolean },
): void {
  const newFirst = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
  const newSecond = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const newValue = tf.sub(value, tf.mul(tf.div(newFirst, tf.add(tf.sqrt(newSecond), epsilon)), rate));
  const axes = gradient.shape.map((_, axis) => axis).slice(1);
  const touched = lazy ? tf.any(tf.notEqual(gradient, 0), axes, true) : null;
  const assign = (variable: tf.Variable, changed: tf.Tensor) =>
    variable.assign(touched === null ? changed : tf.where(touched, changed, variable));
  assign(first, newFirst);
  assign(second, newSecond);
  assign(value, newValue);
}
