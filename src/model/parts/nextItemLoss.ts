import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import {
  binaryCrossEntropy,
  candidateCrossEntropy,
  rowwiseScores,
  sampledCrossEntropy,
} from '../../compute/layers/losses';
import { sharesNegatives, type NextItemLossConfig } from './nextItemLossOptions';
import type { ModelData, ProductScoring } from '../model';
import type { TimesRead } from '../batches/batchBuilder';
import { exampleBuilder, type ExampleBatch, type ExampleBuilder } from '../batches/exampleBatches';
import { sequenceBuilder, type SequenceBatch, type SequenceBuilder } from '../batches/sequenceBatches';
import { samplingWeights } from './samplingWeights';

/** The rows of a batch that a next-item loss is the mean of. */
export interface TargetRows {
  /** Flat indices of the positions that have a target, for sequences; null for examples, whose rows are all such. */
  positions: Int32Array | null;
  /** `[P]` */
  targets: Int32Array;
  /** Each row's target and then its negatives, `[P × (1 + k)]`; null when rows have none of their own. */
  candidates: Int32Array | null;
  /** Negatives of all rows, `[k]`; null unless they are shared. */
  sharedNegatives: Int32Array | null;
}

/** What a model wants of its batches beside what its loss does. */
interface Batching {
  trainOn: 'all' | 'last';
  /** Positions that the model reads, at most. */
  maxSequenceLength: number;
  longHistories: 'windows' | 'newest';
  times?: TimesRead;
}

type SampledSoftmaxConfig = Extract<NextItemLossConfig, { type: 'sampledSoftmax' }>;

/**
 * The loss of models that predict the next item from a state: the score of an item is the product of the state and the
 * item's vector.
 *
 * Shapes in comments: P rows with a target, k negatives, d the vectors' width, N items.
 */
export class NextItemLoss {
  readonly #config: NextItemLossConfig;
  /** −log Q of each item, `[N + 1]`, for samplers that prefer some items and losses that correct for it. */
  readonly #corrections: Float32Array | null;
  /** Weight of a target beside its negatives, for gBCE. */
  readonly #beta: number;

  constructor(config: NextItemLossConfig, { numItems, itemCounts }: ModelData) {
    this.#config = config;
    const corrects = config.type === 'sampledSoftmax' && config.logQCorrection;
    const weights = corrects ? samplingWeights(config.sampler, itemCounts) : null;
    this.#corrections = weights && logarithmicCorrections(weights);
    this.#beta = config.type === 'gbce' ? gbceBeta(config.numNegatives, numItems, config.t) : 1;
  }

  /** The batches that the loss is computed from. */
  batches({
    trainOn,
    maxSequenceLength: maxLength,
    longHistories,
    times,
  }: Batching): SequenceBuilder | ExampleBuilder {
    const { type } = this.#config;
    const sampling =
      type === 'crossEntropy'
        ? ({ numNegatives: 0, sampler: 'unconsumed' } as const)
        : { numNegatives: this.#config.numNegatives, sampler: this.#config.sampler };
    return trainOn === 'all'
      ? sequenceBuilder({
          ...{ maxLength, longHistories, ...sampling },
          sharedNegatives: sharesNegatives(this.#config),
          ...(times && { times }),
        })
      : exampleBuilder({ maxLength, minLength: 1, ...sampling, negativeHistories: false });
  }

  /**
   * Mean over the rows.
   * @param states `[P, d]`
   * @param table item vectors, `[N + 1, d]`; row 0 is the padding's
   */
  loss(states: tf.Tensor2D, table: tf.Tensor2D, rows: TargetRows): tf.Scalar {
    const config = this.#config;
    if (config.type === 'crossEntropy') {
      if (config.includePadding)
        return candidateCrossEntropy(states, table, tf.tensor1d(rows.targets, 'int32'));
      const places = rows.targets.map((item) => item - 1); // the catalog's rows start with item 1
      return candidateCrossEntropy(states, withoutPadding(table), tf.tensor1d(places, 'int32'));
    }
    if (config.type === 'sampledSoftmax') return this.#sampledSoftmax(config, states, table, rows);

    const scores = rowwiseScores(states, table, candidatesOf(rows)); // [P, 1 + k]
    const k = config.numNegatives;
    switch (config.type) {
      case 'bce':
        switch (config.weighting) {
          case 'balanced':
            return targetAgainstNegatives(scores, 1, 1 / k);
          case 'halved':
            return targetAgainstNegatives(scores, 0.5, 0.5 / k);
          case 'items':
            return targetAgainstNegatives(scores, 1 / (1 + k), 1 / (1 + k));
        }
      case 'gbce':
        // With log σ(s)·β in the place of log σ(s), for the target only (eq. 10 of the paper).
        return targetAgainstNegatives(scores, this.#beta / (1 + k), 1 / (1 + k));
      case 'bpr': {
        const [target, others] = tf.split(scores, [1, k], 1);
        const differences = tf.sub(target!, others!);
        return binaryCrossEntropy(differences, tf.ones(differences.shape), null); // mean of −log σ
      }
    }
  }

  /**
   * How items are scored in ranking.
   * @param states `[size, d]` @param table as for the loss
   * @param items those of an earlier scoring, if there was one
   */
  scoring(states: tf.Tensor2D, table: tf.Tensor2D, items?: tf.Tensor2D): ProductScoring {
    const scaled = (vectors: tf.Tensor2D) => (this.#normalizes() ? unitVectors(vectors) : vectors);
    return { kind: 'product', states: scaled(states), items: items ?? scaled(withoutPadding(table)) };
  }

  #sampledSoftmax(
    { temperature }: SampledSoftmaxConfig,
    states: tf.Tensor2D,
    table: tf.Tensor2D,
    rows: TargetRows,
  ): tf.Scalar {
    const [queries, items] = this.#normalizes() ? [unitVectors(states), unitVectors(table)] : [states, table];
    const scores =
      rows.sharedNegatives === null
        ? rowwiseScores(queries, items, candidatesOf(rows))
        : sharedScores(queries, items, rows.targets, rows.sharedNegatives); // [P, 1 + k]
    const scaled = temperature === 1 ? scores : tf.div<tf.Tensor2D>(scores, temperature);
    const changes = this.#scoreChanges(rows);
    return sampledCrossEntropy(
      changes === null ? scaled : tf.add<tf.Tensor2D>(scaled, tf.tensor2d(changes, scaled.shape)),
    );
  }

  /** What is added to the scores `[P, 1 + k]`: −log Q, and nearly −∞ where a shared negative is the row's target. */
  #scoreChanges({ targets, candidates, sharedNegatives }: TargetRows): Float32Array | null {
    const corrections = this.#corrections;
    if (sharedNegatives === null)
      return corrections && Float32Array.from(candidates!, (item) => corrections[item]!);
    const columns = 1 + sharedNegatives.length;
    const changes = new Float32Array(targets.length * columns);
    targets.forEach((target, row) => {
      changes[row * columns] = corrections?.[target] ?? 0;
      sharedNegatives.forEach((item, place) => {
        changes[row * columns + 1 + place] = item === target ? LEFT_OUT : (corrections?.[item] ?? 0);
      });
    });
    return changes;
  }

  #normalizes(): boolean {
    return this.#config.type === 'sampledSoftmax' && this.#config.normalize;
  }
}

/** What takes the place of a score that is left out: nothing comes near, and its exponential is 0. */
const LEFT_OUT = -1e30;
/** Below the probability of any item that is ever drawn. */
const LEAST_PROBABILITY = 1e-12;
/** Squared lengths below it count as it, so that a vector of zeros stays one. */
const LEAST_SQUARE = 1e-12;

/** The rows of a batch that have a target, with their negatives. */
export function targetRows(batch: SequenceBatch | ExampleBatch, sharesNegatives: boolean): TargetRows {
  return batch.kind === 'sequences' ? rowsOfSequences(batch, sharesNegatives) : rowsOfExamples(batch);
}

function rowsOfSequences(
  { targets, negatives, numNegatives }: SequenceBatch,
  sharesNegatives: boolean,
): TargetRows {
  const places = new Int32Array(targets.length);
  let count = 0;
  for (let place = 0; place < targets.length; place++) if (targets[place] !== 0) places[count++] = place;
  const positions = places.slice(0, count);
  const learned = positions.map((place) => targets[place]!);
  if (negatives === null || sharesNegatives)
    return { positions, targets: learned, candidates: null, sharedNegatives: negatives };

  const columns = 1 + numNegatives;
  const candidates = new Int32Array(count * columns);
  for (let row = 0; row < count; row++) {
    candidates[row * columns] = learned[row]!;
    const from = positions[row]! * numNegatives;
    for (let k = 0; k < numNegatives; k++) candidates[row * columns + 1 + k] = negatives[from + k]!;
  }
  return { positions, targets: learned, candidates, sharedNegatives: null };
}

function rowsOfExamples({ size, candidates, numNegatives }: ExampleBatch): TargetRows {
  const targets = Int32Array.from({ length: size }, (_, row) => candidates[row * (1 + numNegatives)]!);
  return {
    positions: null,
    targets,
    candidates: numNegatives > 0 ? candidates : null,
    sharedNegatives: null,
  };
}

/** Int32 `[P, 1 + k]` */
function candidatesOf({ targets, candidates }: TargetRows): tf.Tensor2D {
  if (candidates === null) throw new Error('This loss needs sampled negatives, and the batch has none.');
  return tf.tensor2d(candidates, [targets.length, candidates.length / targets.length], 'int32');
}

/** Scores of each row's target and of negatives that all rows have in common, `[P, 1 + k]`. */
function sharedScores(
  states: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: Int32Array,
  negatives: Int32Array,
): tf.Tensor2D {
  const own = rowwiseScores(states, table, tf.tensor2d(targets, [targets.length, 1], 'int32'));
  const vectors = embeddingLookup(table, tf.tensor1d(negatives, 'int32')) as tf.Tensor2D;
  return tf.concat([own, tf.matMul(states, vectors, false, true)], 1);
}

/**
 * Mean over rows of w·(−log σ(target)) plus v·Σ −log(1 − σ(negative)), through softplus, so that no score is too large.
 * @param scores `[P, 1 + k]`, the target first
 * @param w weight of a target @param v weight of each negative
 */
function targetAgainstNegatives(scores: tf.Tensor2D, w: number, v: number): tf.Scalar {
  const [rows, columns] = scores.shape;
  const labels = new Float32Array(rows * columns);
  const weights = new Float32Array(rows * columns).fill(v);
  for (let target = 0; target < labels.length; target += columns) {
    labels[target] = 1;
    weights[target] = w;
  }
  const shape: [number, number] = [rows, columns];
  const mean = binaryCrossEntropy(scores, tf.tensor2d(labels, shape), tf.tensor2d(weights, shape));
  return tf.mul(mean, w + (columns - 1) * v); // it was divided by the sum of the weights
}

/**
 * Exponent β of the target's probability in gBCE (Petrov and Macdonald, 2023, arXiv 2308.07192, eq. 12):
 * α·(t·(1 − 1/α) + 1/α) = 1 − t·(1 − α), with the share α = k/(N − 1) of the other items that are drawn. Where more are
 * drawn than there are, α is 1, and so is β.
 * @param t from 0 (plain binary cross-entropy) to 1
 */
export function gbceBeta(numNegatives: number, numItems: number, t: number): number {
  const share = Math.min(1, numNegatives / Math.max(1, numItems - 1));
  return 1 - t * (1 - share);
}

/**
 * gBCE of scores that are there already, in doubles: mean over rows of the mean of −β·log σ(target) and
 * −log(1 − σ(negative)).
 * @param rows scores, the target's first
 */
export function gbce(rows: readonly (readonly number[])[], beta: number): number {
  const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const losses = rows.map(([target, ...negatives]) => {
    const own = beta * softplus(-target!);
    return negatives.reduce((sum, score) => sum + softplus(score), own) / (1 + negatives.length);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/**
 * What a step of the loss has at once, about, in numbers of values.
 * @param rows with a target
 * @param width of the vectors
 */
export function nextItemLossSize(
  loss: NextItemLossConfig,
  { rows, width, numItems, threads }: { rows: number; width: number; numItems: number; threads: number },
): number {
  if (loss.type === 'crossEntropy') {
    // Gradients of the catalog, one for each thread and two more, and a block of scores for each thread.
    const scoreRows = Math.min(64, Math.max(16, 524_288 / numItems));
    return (2 + threads) * numItems * width + threads * scoreRows * numItems + rows * width;
  }
  const tables = loss.type === 'sampledSoftmax' && loss.normalize ? 6 : 2;
  // Candidates, their scores, labels or corrections, and the gradient; states and their gradient.
  return tables * numItems * width + rows * (4 * (1 + loss.numNegatives) + 2 * width);
}

/** −log of each item's share of the weights, `[N + 1]`; the padding's is 0. */
function logarithmicCorrections(weights: Float64Array): Float32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const corrections = new Float32Array(weights.length + 1);
  weights.forEach((weight, place) => {
    corrections[place + 1] = -Math.log(Math.max(weight / total, LEAST_PROBABILITY));
  });
  return corrections;
}

/** The vectors of all items, `[N, d]`. */
function withoutPadding(table: tf.Tensor2D): tf.Tensor2D {
  return tf.slice(table, [1, 0]);
}

/** Rows scaled to length 1; rows of zeros stay. */
function unitVectors(vectors: tf.Tensor2D): tf.Tensor2D {
  const squares = tf.sum(tf.square(vectors), -1, true);
  return tf.mul(vectors, tf.rsqrt(tf.maximum(squares, LEAST_SQUARE)));
}
