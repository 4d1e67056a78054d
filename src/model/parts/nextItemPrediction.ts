import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import type { Initializer, Parameters } from '../../compute/parameters';
import type { EmbeddingView, Histories, ModelData, ProductScoring } from '../model';
import type { TimesRead } from '../batches/batchBuilder';
import type { ExampleBatch, ExampleBuilder } from '../batches/exampleBatches';
import type { SequenceBatch, SequenceBuilder } from '../batches/sequenceBatches';
import { lastPosition } from './lastPosition';
import { NextItemLoss, targetRows, type TargetRows } from './nextItemLoss';
import { sharesNegatives, type NextItemLossConfig } from './nextItemLossOptions';

export interface NextItemOptions {
  loss: NextItemLossConfig;
  trainOn: 'all' | 'last';
  maxSequenceLength: number;
  /** Whether longer histories are learned from in windows, or from their newest items; it has no effect on `last`. */
  longHistories: 'windows' | 'newest';
  /** Whether states are scored against the vectors that the model reads, or against a table of their own. */
  outputEmbedding: 'shared' | 'separate';
  /** How that table starts. */
  initializer: Initializer;
  /** What the model reads of times; none if left out. They come with sequences alone. */
  times?: TimesRead;
  /** What stands for the padding where the loss counts it as an item: its row of the table, or zeros. The row if left out. */
  paddingVector?: 'trained' | 'zero';
}

/** A batch, and which of its rows have a target. */
export interface Targets {
  histories: Histories;
  rows: TargetRows;
}

/**
 * How models that make a state of each position of a history predict the next item: by products of the states and vectors of
 * items.
 *
 * Shapes in comments: B users, T positions, P positions that have a target, H width of the model's states, d that of items,
 * N items.
 */
export class NextItemPrediction {
  readonly batches: SequenceBuilder | ExampleBuilder;
  /** Of the items that histories consist of, and of the candidates where they have vectors of their own. */
  readonly views: { items: EmbeddingView; candidates: readonly EmbeddingView[] };
  readonly #options: NextItemOptions;
  readonly #loss: NextItemLoss;
  readonly #table: tf.Tensor2D; // [N + 1, d]; row 0 is the padding

  /**
   * Makes `outputEmbedding` where candidates have a table of their own.
   * @param itemEmbedding vectors of the items that histories consist of, `[N + 1, d]`; row 0 is the padding's
   */
  constructor(parameters: Parameters, itemEmbedding: tf.Variable, data: ModelData, options: NextItemOptions) {
    this.#options = options;
    this.#loss = new NextItemLoss(options.loss, data);
    this.batches = this.#loss.batches(options);
    const separate =
      options.outputEmbedding === 'separate'
        ? parameters.create('outputEmbedding', itemEmbedding.shape, options.initializer)
        : null;
    this.#table = (separate ?? itemEmbedding) as tf.Tensor2D;
    this.views = {
      items: itemView('items', 'Items', itemEmbedding),
      candidates: separate === null ? [] : [itemView('outputItems', 'Candidate item vectors', separate)],
    };
  }

  targets(batch: SequenceBatch | ExampleBatch): Targets {
    const { size, length } = batch;
    const isSequences = batch.kind === 'sequences';
    const histories = isSequences ? batch.items : batch.histories;
    const times = isSequences ? batch.times : undefined;
    return {
      histories: { size, length, histories, ...(times && { times }) },
      rows: targetRows(batch, sharesNegatives(this.#options.loss)),
    };
  }

  /** Mean over the targets. @param states of {@link statesAt}, as wide as the items' vectors: `[P, d]` */
  loss(states: tf.Tensor2D, { rows }: Targets): tf.Scalar {
    return this.#loss.loss(states, this.#candidates(), rows);
  }

  /** @param states after the newest items, `[B, d]` @param items those of an earlier scoring, if there was one */
  scoring(states: tf.Tensor2D, items?: tf.Tensor2D): ProductScoring {
    return this.#loss.scoring(states, this.#candidates(), items);
  }

  /** Vectors that states are scored against, with the padding's, `[N + 1, d]`. */
  #candidates(): tf.Tensor2D {
    const { loss, paddingVector } = this.#options;
    const seesPadding = loss.type === 'crossEntropy' && loss.includePadding;
    if (!seesPadding || paddingVector !== 'zero') return this.#table;
    const [, width] = this.#table.shape;
    return tf.concat([tf.zeros<tf.Rank.R2>([1, width]), tf.slice(this.#table, [1, 0])]);
  }
}

/**
 * The states that a batch learns from, `[P, H]`.
 * @param states of all positions, `[B, T, H]`; T may be more than the batch's where the model reads more padding
 */
export function statesAt({ histories, rows }: Targets, states: tf.Tensor3D): tf.Tensor2D {
  if (rows.positions === null) return lastPosition(states);
  const [size, length, width] = states.shape;
  const flat: tf.Tensor2D = tf.reshape(states, [size * length, width]);
  const added = length - histories.length;
  const places = rows.positions.map((place) => place + added * (Math.floor(place / histories.length) + 1));
  const areAll = places.length === size * length; // then there is nothing to copy
  return areAll ? flat : (embeddingLookup(flat, tf.tensor1d(places, 'int32')) as tf.Tensor2D);
}

function itemView(name: string, label: string, table: tf.Variable): EmbeddingView {
  return { name, label, rows: 'items', vectors: () => tf.slice(table, [1, 0]) as tf.Tensor2D };
}
