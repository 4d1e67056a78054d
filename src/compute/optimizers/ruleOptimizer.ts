import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer';

/** Tensors of the shape of a variable, by name. */
type Slots = Readonly<Record<string, tf.Tensor>>;

/** How one variable changes in a step. */
export interface UpdateRule {
  /** What is kept for each variable, and the value that all of it starts from. */
  readonly slots: Readonly<Record<string, number>>;
  /** New values of a variable and of its slots, of the old ones. To be called within tf.tidy. */
  update(
    value: tf.Tensor,
    gradient: tf.Tensor,
    slots: Slots,
    learningRate: number,
  ): { value: tf.Tensor; slots: Slots };
}

/** An optimizer that treats each variable by itself, by a rule made of plain operations. */
export class RuleOptimizer implements Optimizer {
  step = 0;
  readonly #rule: UpdateRule;
  readonly #slots = new Map<string, Record<string, tf.Variable>>();

  constructor(variables: ReadonlyMap<string, tf.Variable>, rule: UpdateRule) {
    this.#rule = rule;
    for (const [name, { shape }] of variables) {
      const slots = Object.entries(rule.slots).map(([slot, start]) => [
        slot,
        tf.tidy(() => tf.variable(tf.fill(shape, start), false)),
      ]);
      this.#slots.set(name, Object.fromEntries(slots) as Record<string, tf.Variable>);
    }
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    const state = new Map<string, tf.Variable>();
    for (const [name, slots] of this.#slots) {
      for (const [slot, variable] of Object.entries(slots)) state.set(`${name}/${slot}`, variable);
    }
    return state;
  }

  apply(
    variables: ReadonlyMap<string, tf.Variable>,
    gradients: Record<string, tf.Tensor>,
    learningRate: number,
  ): void {
    this.step++;
    for (const [name, variable] of variables) {
      const gradient = gradients[variable.name];
      const slots = this.#slots.get(name);
      if (gradient === undefined || slots === undefined) continue;
      tf.tidy(() => {
        const updated = this.#rule.update(variable, gradient, slots, learningRate);
        for (const [slot, kept] of Object.entries(slots)) kept.assign(updated.slots[slot]!);
        variable.assign(updated.value);
      });
    }
  }
}
