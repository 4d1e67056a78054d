import * as tf from '@tensorflow/tfjs-core';
import { attend, multiHeadAttention, type AttentionInput } from '../../compute/layers/attention';
import * as fusedDropout from '../../compute/layers/dropout';
import * as fusedEmbedding from '../../compute/layers/embedding';
import * as fusedFeedForward from '../../compute/layers/feedForward';
import * as fusedLayerNorm from '../../compute/layers/layerNorm';
import * as fusedLinear from '../../compute/layers/linear';
import * as fusedProjections from '../../compute/layers/projections';
import * as fusedResidual from '../../compute/layers/residualLinear';
import type { RandomStream } from '../../compute/random';
import type { Histories, Recorder } from '../../model/model';
import { historyMask } from '../../model/parts/historyMask';
import * as sequences from '../../model/parts/lastPosition';
import { preNormBlock, type TransformerBlock as KnownBlock } from '../../model/parts/transformerBlock';
import type { TransformerBlock } from './parameters';

/*
 * The layers that run on RecSight's kernels, forward and backward. On an engine without kernels (plain JavaScript, WebGPU) the
 * same functions are made of TensorFlow.js operations, with the same results. Shapes in comments: B users or rows, T positions,
 * d width.
 */

export { batchNorm } from '../../compute/layers/batchNorm';
export { dice } from '../../compute/layers/dice';
export { gru } from '../../compute/layers/gru';
export { embeddingBag, weightedEmbeddingBag } from '../../compute/layers/embedding';
export {
  binaryCrossEntropy,
  candidateCrossEntropy,
  rowwiseScores,
  sampledCrossEntropy,
} from '../../compute/layers/losses';
export { sumRecurrence } from '../../compute/layers/sumRecurrence';

/** The items of histories as a tensor, int32 `[B, T]`; 0 is padding. */
export function historyItems({ histories, size, length }: Histories): tf.Tensor2D {
  return tf.tensor2d(histories, [size, length], 'int32');
}

/** For each position of histories 1, or 0 where it is padding: `[B, T]`. */
export function itemMask({ histories, size, length }: Histories): tf.Tensor2D {
  return tf.tensor2d(historyMask(histories), [size, length]);
}

/** The newest position of left-padded sequences: `[B, T, d]` → `[B, d]`. */
export function lastPosition(states: tf.Tensor3D): tf.Tensor2D {
  return sequences.lastPosition(states);
}

/**
 * Rows of a table.
 * @param table `[N, d]`
 * @param indices int32, of any shape. Row 0 is a row like any other: mask padding yourself
 * @returns the shape of the indices, and d
 */
export function embeddingLookup(table: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor2D;
export function embeddingLookup(table: tf.Tensor2D, indices: tf.Tensor2D): tf.Tensor3D;
export function embeddingLookup(table: tf.Tensor2D, indices: tf.Tensor): tf.Tensor;
export function embeddingLookup(table: tf.Tensor2D, indices: tf.Tensor): tf.Tensor {
  return fusedEmbedding.embeddingLookup(table, indices);
}

/**
 * activation(x·W + b) on the last axis.
 * @param x `[…, in]`
 * @param projection of `parameters.createLinear`; a null bias adds nothing
 * @returns `[…, out]`
 */
export function linear<T extends tf.Tensor>(
  x: T,
  { kernel, bias }: { kernel: tf.Tensor2D; bias: tf.Tensor1D | null },
  activation: fusedLinear.Activation = 'none',
): T {
  return fusedLinear.linear(x, kernel, bias, activation) as T;
}

/**
 * Layer normalization over the last axis (Ba, Kiros and Hinton, 2016).
 * @param normalization of `parameters.createLayerNorm`
 */
export function layerNorm<T extends tf.Tensor>(x: T, normalization: fusedLayerNorm.LayerNormalization): T {
  return fusedLayerNorm.layerNorm(x, normalization) as T;
}

/**
 * Inverted dropout: each value is kept with probability 1 − rate and then divided by it.
 * @param random of the training step; null in scoring: the input passes unchanged
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, random: RandomStream | null): T {
  return fusedDropout.dropout(x, rate, random) as T;
}

/** What {@link attention} needs. */
export interface AttentionOptions {
  /** `[B, T, d]` each; heads are consecutive slices of d. */
  query: tf.Tensor3D;
  key: tf.Tensor3D;
  value: tf.Tensor3D;
  /** Divides d. 1 if left out. */
  numHeads?: number;
  /** Position i sees no later position. No if left out. */
  causal?: boolean;
  /** `[B, T]`: 1 where a key may be seen, 0 where it is padding, as of {@link itemMask}. All may be seen if left out. */
  keyMask?: tf.Tensor2D | null;
  /** Rate of dropout on the weights; 0 if left out. */
  dropout?: number;
  /** Of the training step; null or left out in scoring. */
  random?: RandomStream | null;
  /** What products of query and key are multiplied by; 1/√(d / numHeads) if left out. */
  scale?: number;
  /** Receives the weights, `[B, numHeads, T, T]`. Attention is faster without. */
  record?: ((weights: tf.Tensor4D) => void) | undefined;
}

/**
 * Scaled dot-product attention (Vaswani et al., 2017, eq. 1). The weight of a key that may not be seen is 0, and a position that
 * may see nothing has the output 0.
 * @returns `[B, T, d]`, without an output projection
 */
export function attention(options: AttentionOptions): tf.Tensor3D {
  const { record } = options;
  const input: AttentionInput = {
    numHeads: 1,
    causal: false,
    keyMask: null,
    dropout: 0,
    random: null,
    ...options,
  };
  if (record === undefined) return attend(input) as tf.Tensor3D;
  const { output, weights } = multiHeadAttention(input);
  record(weights as tf.Tensor4D);
  return output as tf.Tensor3D;
}

/**
 * Three linear layers of the same input and the same size: query, key and value of self-attention.
 * @param x `[…, in]`
 * @param normalization what happens to x before; nothing if left out
 * @returns LN(x)·W + b for each, `[…, out]`
 */
export function projections<T extends tf.Tensor>(
  x: T,
  all: readonly [Projection, Projection, Projection],
  normalization: fusedLayerNorm.LayerNormalization | null = null,
): [T, T, T] {
  return fusedProjections.projections(x, all, normalization) as [T, T, T];
}
type Projection = fusedProjections.Projection;

/**
 * residual + dropout(x·W + b): how the sub-layers of a transformer end.
 * @param x `[…, in]`
 * @param residual `[…, out]`
 * @param random of the training step; null in scoring
 */
export function residualLinear<T extends tf.Tensor>(
  x: T,
  projection: Projection,
  residual: T,
  rate: number,
  random: RandomStream | null,
): T {
  return fusedResidual.residualLinear(x, projection, residual, rate, random) as T;
}

/**
 * A transformer's feed-forward sub-layer with its residual: x + dropout(dropout(f(LN(x)·W₁ + b₁))·W₂ + b₂).
 * @returns `[…, d]`, as x
 */
export function feedForward<T extends tf.Tensor>(input: fusedFeedForward.FeedForwardInput & { x: T }): T {
  return fusedFeedForward.feedForward(input) as T;
}

/** What a {@link transformerBlock} knows beside its input. */
export interface BlockPass {
  /** `[B, T]`: 1 where a position may be attended to, 0 where it is padding. */
  keyMask: tf.Tensor2D | null;
  /** Of the training step; null in scoring. */
  random: RandomStream | null;
  /** Receives the block's attention weights, under the block's name. */
  record?: Recorder | undefined;
}

/**
 * A transformer block with normalization before each sub-layer: x + Attention(LN(x)), then x + FFN(LN(x)).
 * @param x `[B, T, d]`
 * @param block of `parameters.createTransformerBlock`
 */
export function transformerBlock(x: tf.Tensor3D, block: TransformerBlock, pass: BlockPass): tf.Tensor3D {
  return preNormBlock(x, block as KnownBlock, { record: undefined, ...pass }) as tf.Tensor3D;
}
