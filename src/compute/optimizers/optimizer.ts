import type * as tf from '@tensorflow/tfjs-core';

/** What turns gradients into steps. All it remembers is in named tensors and a count, so that a checkpoint holds it. */
export interface Optimizer {
  /** Steps taken so far. */
  step: number;
  /** What is kept beside the variables, as `<variable>/<what>`. */
  readonly state: ReadonlyMap<string, tf.Variable>;
  /**
   * One update of all variables that have a gradient.
   * @param gradients by the name that TensorFlow.js gave the variable, as `tf.variableGrads` returns them
   * @param learningRate of this step
   */
  apply(
    variables: ReadonlyMap<string, tf.Variable>,
    gradients: Record<string, tf.Tensor>,
    learningRate: number,
  ): void;
}
