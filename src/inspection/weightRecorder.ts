import * as tf from '@tensorflow/tfjs-core';
import type { AttentionView, Model, Recorder } from '../model/model';
import type { WeightBlock } from './cutPadding';

/** Keeps what a model records in one pass, until it is read. */
export class WeightRecorder {
  readonly #views: readonly AttentionView[];
  readonly #recorded = new Map<string, tf.Tensor>();

  constructor({ attentions }: Model) {
    this.#views = attentions;
  }

  readonly record: Recorder = (name, weights) => {
    this.#recorded.get(name)?.dispose();
    this.#recorded.set(name, tf.keep(tf.clone(weights)));
  };

  /** The weights of each view, in the order in which the model declares them, with the users or pairs as the first axis. */
  async read(): Promise<{ view: AttentionView; weights: WeightBlock }[]> {
    return Promise.all(
      this.#views.map(async (view) => {
        const tensor = this.#recorded.get(view.name);
        if (tensor === undefined) throw new Error(`The model declares the view ${view.name} and recorded nothing.`);
        return { view, weights: { shape: tensor.shape, values: Float32Array.from(await tensor.data()) } };
      }),
    );
  }

  dispose(): void {
    for (const tensor of this.#recorded.values()) tensor.dispose();
    this.#recorded.clear();
  }
}
