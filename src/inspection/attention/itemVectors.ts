import * as tf from '@tensorflow/tfjs-core';
import type { Model, Query, Recorder, Scoring } from '../../model/model';

/** Models whose items' vectors are kept: as many as a view looks at. */
const KEPT_MODELS = 3;

/** The vectors of all items, of models whose scores are products: made once, because they depend on no query. */
export class ItemVectors {
  /** The one that was used last comes last. */
  readonly #kept = new Map<Model, tf.Tensor2D>();

  /** The model's own scoring. To be called within tf.tidy; the items of products stay this object's. */
  scoring(model: Model, query: Query, record?: Recorder): Scoring {
    const kept = this.#kept.get(model);
    const scoring = model.scoring(query, record, kept);
    // What a query takes as unknown of the items changes their vectors.
    if (scoring.kind === 'joint' || query.unknown?.of === 'items') return scoring;
    this.#kept.delete(model);
    this.#kept.set(model, tf.keep(scoring.items));
    for (const [oldest, vectors] of this.#kept) {
      if (this.#kept.size <= KEPT_MODELS) break;
      this.#kept.delete(oldest);
      vectors.dispose();
    }
    return scoring;
  }

  dispose(): void {
    for (const vectors of this.#kept.values()) vectors.dispose();
    this.#kept.clear();
  }
}
