import type * as tf from '@tensorflow/tfjs-core';

/** The name of a variable that holds a value which is no finite number; null where all are. */
export async function nameOfNotFinite(variables: ReadonlyMap<string, tf.Variable>): Promise<string | null> {
  for (const [name, variable] of variables) {
    if (!(await variable.data()).every((value) => Number.isFinite(value))) return name;
  }
  return null;
}
