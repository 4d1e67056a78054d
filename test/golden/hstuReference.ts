import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../src/compute/random';
import type { Hstu } from '../../src/model/hstu/hstu';
import type { Query } from '../../src/model/model';
import { flat, type Nested } from './goldenCheck';

/* What the checks of both forms of HSTU have in common. */

/** A position that a loss is computed at. */
export interface Supervised {
  user: number;
  place: number;
  target: number;
  negatives: number[];
}

/** Gives a model a reference's weights. @param names theirs and ours */
export function assignHstu(model: Hstu, names: Record<string, string>, weights: Record<string, Nested>): void {
  const left = new Set(model.variables.keys());
  for (const [theirs, ours] of Object.entries(names)) {
    const variable = model.variables.get(ours)!;
    variable.assign(tf.tensor(hstuGradients(ours, weights[theirs]!), variable.shape));
    left.delete(ours);
  }
  if (left.size > 0) throw new Error(`The reference has no weights for ${[...left].join()}.`);
}

/**
 * Values of a reference's parameter, or of its gradient, in our form. PyTorch's linear layers are `[out, in]`, and biases by
 * position are there for items behind a position, too, which attention does not see.
 */
export function hstuGradients(name: string, values: Nested): number[] {
  if (name.endsWith('/positionBias')) return flat(values).slice(0, (flat(values).length + 1) / 2);
  if (!name.endsWith('/output/kernel')) return flat(values);
  return tf.tidy(() => [...tf.transpose(tf.tensor(values)).dataSync()]);
}

/**
 * The mean loss over positions with negatives of their own, which may be more at some than at others, and its gradients: each
 * is the loss of a batch in which it alone has a target.
 * @param create the model with a loss of so many negatives
 */
export function lossOverPositions(
  create: (numNegatives: number) => Hstu,
  query: Query,
  supervised: readonly Supervised[],
): { value: number; gradients: Map<string, number[]> } {
  let value = 0;
  const gradients = new Map<string, number[]>();
  for (const { user, place, target, negatives } of supervised) {
    const model = create(negatives.length);
    const at = user * query.length + place;
    const targets = new Int32Array(query.size * query.length);
    targets[at] = target;
    const drawn = new Int32Array(targets.length * negatives.length);
    drawn.set(negatives, at * negatives.length);
    const { size, length, users, histories: items, times } = query;
    const batch = { kind: 'sequences', size, length, users, items, targets, negatives: drawn } as const;
    const result = tf.variableGrads(
      () =>
        model.loss(
          { ...batch, numNegatives: negatives.length, ...(times && { times }) },
          new RandomStream(1),
        ),
      [...model.variables.values()],
    );
    value += result.value.dataSync()[0]! / supervised.length;
    for (const [name, variable] of model.variables) {
      const own = result.grads[variable.name]!.dataSync();
      const sum = gradients.get(name) ?? new Array<number>(own.length).fill(0);
      own.forEach((each, index) => (sum[index]! += each / supervised.length));
      gradients.set(name, sum);
    }
    tf.dispose([result.value, result.grads]);
    model.dispose();
  }
  return { value, gradients };
}
