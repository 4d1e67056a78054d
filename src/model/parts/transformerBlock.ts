import * as tf from '@tensorflow/tfjs-core';
import { attend, multiHeadAttention, type AttentionInput } from '../../compute/layers/attention';
import { dropout } from '../../compute/layers/dropout';
import { feedForward } from '../../compute/layers/feedForward';
import { layerNorm, type LayerNormalization } from '../../compute/layers/layerNorm';
import type { Activation } from '../../compute/layers/linear';
import { projections, type Projection } from '../../compute/layers/projections';
import { residualLinear } from '../../compute/layers/residualLinear';
import type { Initializer, Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { Recorder } from '../model';
import { createDense } from './dense';

/*
 * Blocks of self-attention and a feed-forward layer (Vaswani et al., "Attention Is All You Need", NeurIPS 2017).
 * Shapes in comments: B sequences, T positions, d = width.
 */

export interface TransformerBlockOptions {
  width: number;
  /** Width of the feed-forward layer's hidden part. */
  innerSize: number;
  numHeads: number;
  /** Whether a linear layer mixes the joined heads. */
  outputProjection: boolean;
  /** Position i sees no position behind it. */
  causal: boolean;
  activation: Activation;
  /** Added to the variance by LayerNorm. */
  normEpsilon: number;
  dropout: BlockDropout;
  /** What the kernel of a linear layer with so many inputs starts from. */
  kernelInitializer: (inputSize: number) => Initializer;
}

/** Rates of dropout in training. */
export interface BlockDropout {
  /** On attention weights. */
  attention: number;
  /** On the output of attention, before its residual. */
  attentionOutput: number;
  /** On the feed-forward layer's hidden part. */
  inner: number;
  /** On its output, before its residual. */
  outer: number;
}

/** The parameters of a block, and what else it needs to run. */
export interface TransformerBlock extends Pick<
  TransformerBlockOptions,
  'numHeads' | 'causal' | 'activation' | 'dropout'
> {
  /** Of its attention weights. */
  name: string;
  query: Projection;
  key: Projection;
  value: Projection;
  /** Null where the joined heads are the output. */
  output: Projection | null;
  attentionNorm: LayerNormalization;
  inner: Projection;
  outer: Projection;
  feedForwardNorm: LayerNormalization;
}

/** What a forward pass knows beside the states. */
export interface BlockPass {
  /** `[B, T]`: 1 where a position may be attended to, 0 where it is padding; null where all may. */
  keyMask: tf.Tensor2D | null;
  /** `[B, T]`: 0 where a position asks with a vector of zeros, which divides its attention evenly; none does if left out. */
  queryMask?: tf.Tensor2D;
  /** Null outside training. */
  random: RandomStream | null;
  record: Recorder | undefined;
}

/** Makes the parameters of a block: `<name>/attention/…`, `attentionNorm`, `feedForward/…` and `feedForwardNorm`. */
export function createTransformerBlock(
  parameters: Parameters,
  name: string,
  options: TransformerBlockOptions,
): TransformerBlock {
  const { width, innerSize, normEpsilon, kernelInitializer } = options;
  const { numHeads, causal, activation, dropout: rates } = options;
  const create = (part: string, inputSize: number, outputSize: number): Projection =>
    createDense(parameters, `${name}/${part}`, inputSize, outputSize, kernelInitializer(inputSize));
  return {
    ...{ name, numHeads, causal, activation, dropout: rates },
    query: create('attention/query', width, width),
    key: create('attention/key', width, width),
    value: create('attention/value', width, width),
    output: options.outputProjection ? create('attention/output', width, width) : null,
    attentionNorm: createLayerNorm(parameters, `${name}/attentionNorm`, width, normEpsilon),
    inner: create('feedForward/inner', width, innerSize),
    outer: create('feedForward/outer', innerSize, width),
    feedForwardNorm: createLayerNorm(parameters, `${name}/feedForwardNorm`, width, normEpsilon),
  };
}

/** Makes the parameters of a layer normalization: `<name>/gamma` and `beta`, which start at 1 and 0. */
export function createLayerNorm(
  parameters: Parameters,
  name: string,
  width: number,
  epsilon: number,
): LayerNormalization {
  return {
    gamma: parameters.create(`${name}/gamma`, [width], { kind: 'constant', value: 1 }) as tf.Tensor1D,
    beta: parameters.create(`${name}/beta`, [width], { kind: 'constant', value: 0 }) as tf.Tensor1D,
    epsilon,
  };
}

/** x + Attention(LN(x)), then x + FFN(LN(x)). @param x `[B, T, d]` */
export function preNormBlock(x: tf.Tensor, block: TransformerBlock, pass: BlockPass): tf.Tensor {
  const projected = projections(x, [block.query, block.key, block.value], block.attentionNorm);
  const attended = addAttention(x, projected, block, pass);
  return addFeedForward(attended, block.feedForwardNorm, block, pass);
}

/** LN(x + Attention(x)), then LN(x + FFN(x)), as in the paper. @param x `[B, T, d]` */
export function postNormBlock(x: tf.Tensor, block: TransformerBlock, pass: BlockPass): tf.Tensor {
  const projected = projections(x, [block.query, block.key, block.value]);
  const attended = layerNorm(addAttention(x, projected, block, pass), block.attentionNorm);
  return layerNorm(addFeedForward(attended, null, block, pass), block.feedForwardNorm);
}

/** residual + dropout(Attention(query, key, value)), all `[B, T, d]`. */
export function addAttention(
  residual: tf.Tensor,
  [query, key, value]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  { name, numHeads, causal, output, dropout: rates }: TransformerBlock,
  { keyMask, queryMask, random, record }: BlockPass,
): tf.Tensor {
  const input: AttentionInput = {
    query: queryMask === undefined ? query : tf.mul(query, tf.expandDims(queryMask, -1)),
    key,
    value,
    numHeads,
    causal,
    keyMask,
    dropout: rates.attention,
    random,
  };
  const mixed = record === undefined ? attend(input) : recordedAttention(input, name, record);
  return output === null
    ? tf.add(residual, dropout(mixed, rates.attentionOutput, random))
    : residualLinear(mixed, output, residual, rates.attentionOutput, random);
}

/** x + dropout(FFN(x)), or FFN(LN(x)) with a normalization. @param x `[B, T, d]` */
export function addFeedForward(
  x: tf.Tensor,
  normalization: LayerNormalization | null,
  { inner, outer, activation, dropout: rates }: TransformerBlock,
  { random }: BlockPass,
): tf.Tensor {
  return feedForward({
    x,
    normalization,
    inner,
    outer,
    activation,
    innerDropout: rates.inner,
    outerDropout: rates.outer,
    random,
  });
}

function recordedAttention(input: AttentionInput, name: string, record: Recorder): tf.Tensor {
  const { output, weights } = multiHeadAttention(input);
  record(name, weights);
  return output;
}
