import type * as tf from '@tensorflow/tfjs-core';
import type { Batch, BatchBuilder } from '../../model/batches/batchBuilder';
import type { ExampleBatch } from '../../model/batches/exampleBatches';
import type { SequenceBatch } from '../../model/batches/sequenceBatches';
import type { EmbeddingView, Histories, ModelData, ProductScoring } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { lastPosition } from '../../model/parts/lastPosition';
import { nextItemLossSchema, type NextItemLossConfig } from '../../model/parts/nextItemLossOptions';
import { NextItemPrediction, statesAt } from '../../model/parts/nextItemPrediction';
import type { Sampler } from '../../model/parts/samplingWeights';
import type { ModelParameters } from './parameters';

/** A loss of next-item prediction. What is left out has the default of the built-in models. */
export type NextItemLoss =
  /** Softmax cross-entropy over the whole catalog. */
  | { type: 'crossEntropy' }
  /** Binary cross-entropy of the next item against sampled negatives. */
  | { type: 'bce'; numNegatives?: number; sampler?: Sampler }
  /** Bayesian personalized ranking: −log σ(target − negative). */
  | { type: 'bpr'; numNegatives?: number; sampler?: Sampler }
  /** Softmax cross-entropy against sampled negatives. */
  | {
      type: 'sampledSoftmax';
      numNegatives?: number;
      sampler?: Sampler;
      /** One set of negatives for all positions of a batch. */
      sharedNegatives?: boolean;
      /** Subtract from each score how probably the sampler draws the item. */
      logQCorrection?: boolean;
      /** Divisor of the scores. */
      temperature?: number;
      /** Score by cosine. */
      normalize?: boolean;
    }
  /** Generalized binary cross-entropy, with its calibration `t`. */
  | { type: 'gbce'; numNegatives?: number; sampler?: Sampler; t?: number };

/** Options of {@link NextItem}. */
export interface NextItemOptions {
  /** Newest items of a history that the model reads. */
  maxSequenceLength: number;
  /** Training on longer histories: on all of their items, in windows of that length (the default), or on the newest ones only. */
  longHistories?: 'windows' | 'newest';
  /** `{ type: 'crossEntropy' }` if left out. */
  loss?: NextItemLoss;
  /**
   * `all` (the default): each sequence is read once, and every position learns its next item; for models that make a state of each
   * position. `last`: each interaction is an example of its own, learned from the state after the items before it.
   */
  trainOn?: 'all' | 'last';
}

/**
 * Makes states of histories: `[B, T, d]`, one for each position, or `[B, d]`, one for each history (with `trainOn: 'last'`).
 * A state's products with the item vectors are the scores of the next item.
 */
export type Encode = (histories: Histories) => tf.Tensor;

/**
 * Next-item prediction: batches, loss and scoring for models that make states of a history and score items by products of the
 * state and the item's vector.
 */
export interface NextItem {
  /** What the model learns from. */
  readonly batches: BatchBuilder;
  /** The table of items, for `embeddings`. */
  readonly items: EmbeddingView;
  /** Mean loss of a batch. @param encode makes the states of the histories that it is given */
  loss(batch: Batch, encode: Encode): tf.Scalar;
  /** @param states of a query's histories, `[B, T, d]` or `[B, d]` @param items as `scoring` got them */
  scoring(states: tf.Tensor, items?: tf.Tensor2D): ProductScoring;
}

/** @internal */
export function nextItem(
  parameters: ModelParameters,
  data: ModelData,
  itemTable: tf.Variable,
  {
    maxSequenceLength,
    longHistories = 'windows',
    loss = { type: 'crossEntropy' },
    trainOn = 'all',
  }: NextItemOptions,
): NextItem {
  checkTable(itemTable, data);
  const prediction = new NextItemPrediction(parameters.own, itemTable, data, {
    loss: checkedLoss(loss),
    trainOn,
    maxSequenceLength,
    longHistories,
    outputEmbedding: 'shared',
    initializer: { kind: 'constant', value: 0 }, // of a separate table, which there is none of
  });
  const width = itemTable.shape[1]!;
  return {
    batches: prediction.batches,
    items: prediction.views.items,
    loss(batch, encode) {
      const targets = prediction.targets(batch as SequenceBatch | ExampleBatch);
      const states = encode(targets.histories);
      checkStates(states, targets.histories, width);
      if (states.rank === 3) return prediction.loss(statesAt(targets, states as tf.Tensor3D), targets);
      if (targets.rows.positions !== null) {
        throw new ModelError(
          'own-model/states',
          `The states have the shape ${shapeText(states)}, one for each history, but every position learns its next item: ` +
            "make states of all positions, [B, T, d], or pass `trainOn: 'last'` to `nextItem`.",
        );
      }
      return prediction.loss(states as tf.Tensor2D, targets);
    },
    scoring(states, items) {
      if (states.shape.at(-1) !== width) throw wrongWidth(states, width);
      const last = states.rank === 3 ? lastPosition(states as tf.Tensor3D) : (states as tf.Tensor2D);
      return prediction.scoring(last, items);
    },
  };
}

function checkedLoss(loss: NextItemLoss): NextItemLossConfig {
  const checked = nextItemLossSchema.safeParse(loss);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const path = ['loss', ...issue!.path].join('.');
  throw new ModelError('own-model/loss', `The option \`${path}\` of \`nextItem\`: ${issue!.message}.`);
}

function checkTable(table: tf.Tensor, { numItems }: ModelData): void {
  if (table.rank === 2 && table.shape[0] === numItems + 1) return;
  throw new ModelError(
    'own-model/table',
    `The item table has the shape ${shapeText(table)}; \`nextItem\` expected [${numItems + 1}, d], which is ` +
      '[data.numItems + 1, d]: row 0 is the padding.',
  );
}

function checkStates(states: tf.Tensor, { size, length }: Histories, width: number): void {
  if (states.shape.at(-1) !== width) throw wrongWidth(states, width);
  const [rows, positions] = states.shape;
  if ((states.rank === 2 || (states.rank === 3 && positions! >= length)) && rows === size) return;
  throw new ModelError(
    'own-model/states',
    `The states have the shape ${shapeText(states)}; expected [${size}, ${length}, ${width}] (histories, positions, width) ` +
      `or [${size}, ${width}].`,
  );
}

function wrongWidth(states: tf.Tensor, width: number): ModelError {
  return new ModelError(
    'own-model/states',
    `The states have the shape ${shapeText(states)}, but the item table is ${width} wide: the last axis must be ${width}, so ` +
      'that states and item vectors can be multiplied.',
  );
}

function shapeText({ shape }: tf.Tensor): string {
  return `[${shape.join(', ')}]`;
}
