import * as tf from '@tensorflow/tfjs-core';
import { currentPlace, type Place } from './describeFailure';
import { watchEngine } from './watchEngine';

/** An operation whose result is not finite, though what it was given is. */
export interface Culprit {
  place: Place | null;
  /** In words, with the shapes. */
  what: string;
}

/**
 * Computes a step again, and looks at the result of each operation. Returns the first that made a NaN, or else an infinite value;
 * null where there is none, or the engine's tensors cannot be looked at.
 */
export function findNotFinite(step: () => tf.Tensor[]): Culprit | null {
  const found: { nan: Culprit | null; infinite: Culprit | null } = { nan: null, infinite: null };
  /** Where the operations were called whose derivatives may be the ones that are not finite. */
  const places = new Map<number, Place | null>();
  const note = (values: Values, culprit: () => Culprit): void => {
    if (values === 'NaN') found.nan ??= culprit();
    else if (values === 'Infinity') found.infinite ??= culprit();
  };
  try {
    const results = watchEngine(
      {
        computed(name, inputs, outputs) {
          const place = currentPlace();
          // What is computed for a derivative is told of with that.
          if (place === null) return;
          for (const output of outputs) places.set(output.id, place);
          const result = outputs.map(valuesOf).find((values) => values !== 'finite');
          if (result === undefined || found.nan !== null) return;
          const given = inputs.map((input) => describe(input));
          note(result, () => ({
            place,
            what: `${nameOf(name)} made ${result} of shape [${outputs[0]!.shape.join(', ')}] from ${given.join(' and ')}`,
          }));
        },
        derived(name, outputs, from, derivative) {
          if (found.nan !== null || from.some((each) => valuesOf(each) !== 'finite')) return;
          const result = valuesOf(derivative);
          note(result, () => ({
            place: places.get(outputs[0]!.id) ?? null,
            what: `the derivative of ${nameOf(name)} is ${result} (shape [${derivative.shape.join(', ')}])`,
          }));
        },
      },
      step,
    );
    tf.dispose(results);
  } catch {
    return null;
  }
  return found.nan ?? found.infinite;
}

type Values = 'finite' | 'NaN' | 'Infinity' | '−Infinity';

function valuesOf(tensor: tf.Tensor): Values {
  if (tensor.dtype !== 'float32' || tensor.isDisposed) return 'finite';
  let result: Values = 'finite';
  for (const value of tensor.dataSync()) {
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value)) result = value > 0 ? 'Infinity' : '−Infinity';
  }
  return result;
}

function describe(tensor: tf.Tensor): string {
  const values = valuesOf(tensor);
  return `[${tensor.shape.join(', ')}]${values === 'finite' ? '' : ` (with ${values})`}`;
}

/** A layer of ours is made of several kernels, and has no name of its own. */
function nameOf(kernel: string | null): string {
  return kernel === null ? 'a layer' : `\`${kernel}\``;
}
