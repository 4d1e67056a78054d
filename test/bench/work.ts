import * as tf from '@tensorflow/tfjs-core';
import { Adam } from '../../src/compute/adam';

/** Values that are no tensor yet: to make tensors of a batch is part of a step, as it is in training. */
export interface HostTensor {
  shape: number[];
  values: Int32Array | Float32Array;
}

/** What one step reads, by name. */
export type Batch<Name extends string = string> = Readonly<Record<Name, HostTensor>>;

/** A model and the data to train it on. */
export interface TrainingTask {
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Numbers that the other side needs to know. */
  readonly settings: Readonly<Record<string, number>>;
  /** The data of a step: the same for the same index. */
  batch(index: number): Batch;
  loss(batch: Batch): tf.Scalar;
}

/** Something to measure. */
export interface Work {
  /** Does it once. Resolves with a number that depends on all of the result, for comparison with the other side. */
  step(): Promise<number>;
  /** What the other side needs to do the same. Asked for before the first step. */
  problem(): Problem;
}

export interface Problem {
  settings: Readonly<Record<string, number>>;
  /** `weights:<name>` and `batch<index>:<name>`. */
  tensors: ReadonlyMap<string, HostTensor>;
}

const OPTIMIZER = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Steps go round a few batches, so that no step finds its rows where the last one left them. */
const NUM_BATCHES = 8;

/** Training as work: a step is forward, backward, Adam, and reading the loss. */
export class Training implements Work {
  readonly #task: TrainingTask;
  readonly #optimizer: Adam;
  readonly #batches: Batch[] = [];
  #taken = 0;

  constructor(task: TrainingTask) {
    this.#task = task;
    this.#optimizer = new Adam(task.variables, OPTIMIZER);
  }

  async step(): Promise<number> {
    const task = this.#task;
    const batch = this.#batch(this.#taken++ % NUM_BATCHES);
    const { value, grads } = tf.variableGrads(() => task.loss(batch), [...task.variables.values()]);
    this.#optimizer.apply(task.variables, grads);
    const loss = (await value.data())[0]!;
    tf.dispose([value, grads]);
    return loss;
  }

  problem(): Problem {
    const { variables, settings } = this.#task;
    const tensors = new Map<string, HostTensor>();
    for (const [name, variable] of variables)
      tensors.set(`weights:${name}`, {
        shape: variable.shape,
        values: variable.dataSync().slice() as Float32Array,
      });
    for (let index = 0; index < NUM_BATCHES; index++)
      for (const [name, tensor] of Object.entries(this.#batch(index)))
        tensors.set(`batch${index}:${name}`, tensor);
    return { settings: { ...settings, learningRate: OPTIMIZER.learningRate }, tensors };
  }

  #batch(index: number): Batch {
    return (this.#batches[index] ??= this.#task.batch(index));
  }
}
