import * as tf from '@tensorflow/tfjs-core';
import { Adam, type AdamSettings } from '../adam';
import type { Optimizer } from './optimizer';

export type AdamWSettings = Omit<AdamSettings, 'learningRate' | 'lazy'> & { weightDecay: number };

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2 with η·λ as α·λ): θ ← θ − α·λ·θ, then the step of
 * Adam, whose moments know nothing of the decay. It reaches all variables that have a gradient, biases as well.
 */
export class AdamW implements Optimizer {
  readonly #adam: Adam;
  readonly #weightDecay: number;

  constructor(variables: ReadonlyMap<string, tf.Variable>, { weightDecay, ...settings }: AdamWSettings) {
    this.#adam = new Adam(variables, settings);
    this.#weightDecay = weightDecay;
  }

  get step(): number {
    return this.#adam.step;
  }

  set step(step: number) {
    this.#adam.step = step;
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    return this.#adam.state;
  }

  apply(
    variables: ReadonlyMap<string, tf.Variable>,
    gradients: Record<string, tf.Tensor>,
    learningRate: number,
  ): void {
    const share = 1 - learningRate * this.#weightDecay;
    for (const variable of variables.values()) {
      if (gradients[variable.name] !== undefined) tf.tidy(() => variable.assign(tf.mul(variable, share)));
    }
    this.#adam.apply(variables, gradients, learningRate);
  }
}
