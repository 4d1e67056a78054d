import * as tf from '@tensorflow/tfjs-core';
import type { AttentionView, Recorder } from '../../model/model';
import type { WeightBlock } from './cutPadding';

/** Keeps what a model records in one pass until it is read. */
export class WeightRecorder {
  readonly #views: readonly AttentionView[];
  readonly #recorded = new Map<string, tf.Tensor>();

  /** @param views those that are going to be recorded and read; others of the model are not kept */
  constructor(views: readonly AttentionView[]) {
    this.#views = views;
  }

  readonly record: Recorder = (name, weights) => {
    if (!this.#views.some((view) => view.name === name)) return;
    this.#recorded.get(name)?.dispose();
    this.#recorded.set(name, tf.keep(tf.clone(weights)));
  };

  /** The weights of each view, in the order of the views; the first axis is that of users, or of pairs. */
  read(): Promise<WeightBlock[]> {
    return Promise.all(
      this.#views.map(async ({ name }) => {
        const weights = this.#recorded.get(name);
        if (weights === undefined) throw new Error(`The model has the view ${name} but did not record it.`);
        return { shape: weights.shape, values: Float32Array.from(await weights.data()) };
      }),
    );
  }

  dispose(): void {
    for (const weights of this.#recorded.values()) weights.dispose();
    this.#recorded.clear();
  }
}
