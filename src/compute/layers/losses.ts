import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { embeddingLookup } from './embedding';

/** Options of `candidateCrossEntropy`. */
export interface CandidateOptions {
  /** What the scores are multiplied by, such as 1/temperature; 1 if left out. */
  scale?: number | tf.Scalar;
  /** `[C]`: added to the scores of each candidate, such as −log Q. */
  logitBias?: tf.Tensor1D;
  /**
   * Which item each row looks for and which item each candidate is, int32 `[R]` and `[C]`. A candidate that is the row's
   * item but not its target (an accidental hit) is left out of the row.
   */
  sameItem?: { rows: tf.Tensor1D; candidates: tf.Tensor1D };
}

/**
 * Mean over rows of −log softmax(scale·S·Cᵀ + bias) at the row's target. With the whole catalog as candidates it is the
 * full softmax, with the batch's own items the in-batch one.
 * @param states S, `[R, d]`
 * @param candidates C, `[C, d]`
 * @param targets the target's place among the candidates for each row, int32 `[R]`
 */
export function candidateCrossEntropy(
  states: tf.Tensor2D,
  candidates: tf.Tensor2D,
  targets: tf.Tensor1D,
  options: CandidateOptions = {},
): tf.Scalar {
  const { logitBias, sameItem } = options;
  const scale = typeof options.scale === 'object' ? options.scale : tf.scalar(options.scale ?? 1);
  const outputs = fused('CandidateCrossEntropy', {
    states,
    candidates,
    targets,
    scale,
    ...(logitBias && { logitBias }),
    ...(sameItem && { rowItems: sameItem.rows, candidateItems: sameItem.candidates }),
  });
  if (outputs) return outputs[0] as tf.Scalar;
  return plainCandidateCrossEntropy(states, candidates, targets, scale, options);
}

/** What takes the place of a score that is left out: nothing comes near, and its exponential is 0. */
const LEFT_OUT = -1e30;

function plainCandidateCrossEntropy(
  states: tf.Tensor2D,
  candidates: tf.Tensor2D,
  targets: tf.Tensor1D,
  scale: tf.Scalar,
  { logitBias, sameItem }: CandidateOptions,
): tf.Scalar {
  const scaled = tf.mul(states, scale);
  let logits: tf.Tensor2D = tf.matMul(scaled, candidates, false, true);
  let target: tf.Tensor1D = tf.sum(tf.mul(scaled, tf.gather(candidates, targets)), -1);
  if (logitBias !== undefined) {
    logits = tf.add(logits, logitBias);
    target = tf.add(target, tf.gather(logitBias, targets));
  }
  if (sameItem !== undefined) {
    const same = tf.equal(tf.expandDims(sameItem.rows, 1), sameItem.candidates);
    const other = tf.notEqual(tf.expandDims(targets, 1), tf.range(0, candidates.shape[0], 1, 'int32'));
    logits = tf.where<tf.Tensor2D>(tf.logicalAnd(same, other), LEFT_OUT, logits);
  }
  return tf.mean(tf.sub(logSumExpRows(logits), target));
}

/**
 * log Σ exp over the last axis of `[rows, columns]`. Its gradient is the softmax, so the forward pass makes that first
 * and reads the result off it: for every column j, log Σ exp = x_j − log softmax_j, and the largest column never underflows.
 */
function logSumExpRows(logits: tf.Tensor2D): tf.Tensor1D {
  const withGradient = tf.customGrad((input, save) => {
    const values = input as tf.Tensor2D;
    const probabilities = tf.softmax(values);
    (save as tf.GradSaveFunc)([probabilities]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.mul(saved[0]!, tf.expandDims(dy, -1));
    return { value: tf.sub(tf.max(values, -1), tf.log(tf.max(probabilities, -1))), gradFunc };
  });
  return withGradient(logits) as tf.Tensor1D;
}

/**
 * The scores of a few items for each row: what losses on sampled items start from.
 * @param states `[R, d]`
 * @param table item vectors `[N, d]`
 * @param ids rows of the table, int32 `[R, k]`
 * @returns `[R, k]`
 */
export function rowwiseScores(states: tf.Tensor2D, table: tf.Tensor2D, ids: tf.Tensor2D): tf.Tensor2D {
  const outputs = fused('RowwiseScores', { states, table, ids });
  if (outputs) return outputs[0] as tf.Tensor2D;
  return tf.sum(tf.mul(tf.expandDims(states, 1), embeddingLookup(table, ids)), -1);
}

/**
 * Mean over rows of −log softmax at column 0: softmax cross-entropy of a target, which comes first, against sampled items.
 * @param logits `[R, k]`
 */
export function sampledCrossEntropy(logits: tf.Tensor2D): tf.Scalar {
  const outputs = fused('SampledCrossEntropy', { logits });
  if (outputs) return outputs[0] as tf.Scalar;
  const target = tf.reshape(tf.slice(logits, [0, 0], [-1, 1]), [-1]);
  return tf.mean(tf.sub(logSumExpRows(logits), target));
}

/** Below the smallest sum of weights that can come up, and not a denormal number. */
const LEAST_WEIGHT = 1e-30;

/**
 * Weighted mean of −y·log σ(l) − (1 − y)·log(1 − σ(l)) over all logits l with labels y. It is 0 if all weights are.
 * @param labels of the shape of the logits, from 0 to 1; constants
 * @param weights of the shape of the logits, not negative; constants; null for 1
 */
export function binaryCrossEntropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  weights: tf.Tensor | null,
): tf.Scalar {
  const inputs = weights === null ? { logits, labels } : { logits, labels, weights };
  const outputs = fused('BinaryCrossEntropy', inputs);
  if (outputs) return outputs[0] as tf.Scalar;
  // Equal to softplus(l) − l·y, without the difference of two large numbers.
  const losses = tf.add(
    tf.mul(labels, tf.softplus(tf.neg(logits))),
    tf.mul(tf.sub(1, labels), tf.softplus(logits)),
  );
  if (weights === null) return tf.mean(losses);
  return tf.div(tf.sum(tf.mul(losses, weights)), tf.maximum(tf.sum(weights), LEAST_WEIGHT));
}
