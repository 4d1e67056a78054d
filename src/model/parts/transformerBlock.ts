import * as tf from '@tensorflow/tfjs-core';
import { attend, multiHeadAttention, type AttentionInput } from '../../compute/layers/attention';
import { dropout } from '../../compute/layers/dropout';
import { feedForward } from '../../compute/layers/feedForward';
import { layerNorm, type LayerNormalization } from '../../compute/layers/layerNorm';
import { linear, type Activation } from '../../compute/layers/linear';
import { projections, type Projection } from '../../compute/layers/projections';
import { residualLinear } from '../../compute/layers/residualLinear';
import { swiGlu } from '../../compute/layers/swiGlu';
import type { Initializer, Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { Recorder } from '../model';
import { createDense, dense } from './dense';

/*
 * Blocks of self-attention and a feed-forward layer (Vaswani et al., "Attention Is All You Need", NeurIPS 2017). With gated
 * residuals and LayerNorm before each sub-layer they are LiGR's (Borisyuk et al., 2025, arXiv 2502.03417).
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
  /** Of the feed-forward layer's hidden part; `swiglu` is silu(x·W₁)·(x·W₃), with a kernel more. */
  activation: Activation | 'swiglu';
  /** Whether the feed-forward layer has biases. It has if left out. */
  feedForwardBias?: boolean;
  /** Whether what a sub-layer adds to its input x is multiplied by σ(x·G + g). It is not if left out. */
  gatedResiduals?: boolean;
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
export interface TransformerBlock extends Pick<TransformerBlockOptions, 'numHeads' | 'causal' | 'dropout'> {
  /** Of its attention weights. */
  name: string;
  query: Projection;
  key: Projection;
  value: Projection;
  /** Null where the joined heads are the output. */
  output: Projection | null;
  attentionNorm: LayerNormalization;
  inner: FeedForwardLayer;
  /** Of the inner values; none where SwiGLU takes its place. */
  activation: Activation;
  /** x·W₃ of SwiGLU; null for others. */
  factor: FeedForwardLayer | null;
  outer: FeedForwardLayer;
  feedForwardNorm: LayerNormalization;
  /** Null where residuals have no gates. */
  gates: { attention: Projection; feedForward: Projection } | null;
}

type FeedForwardLayer = Projection | { kernel: tf.Tensor2D; bias: null };

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

/** Makes the parameters of a block: `<name>/attention/…`, `attentionNorm`, `feedForward/…`, `feedForwardNorm` and `gate/…`. */
export function createTransformerBlock(
  parameters: Parameters,
  name: string,
  options: TransformerBlockOptions,
): TransformerBlock {
  const { width, innerSize, normEpsilon, kernelInitializer, feedForwardBias = true } = options;
  const { numHeads, causal, dropout: rates } = options;
  const create = (part: string, inputSize: number, outputSize: number): Projection =>
    createDense(parameters, `${name}/${part}`, inputSize, outputSize, kernelInitializer(inputSize));
  const createKernel = (part: string, inputSize: number, outputSize: number): tf.Tensor2D =>
    parameters.create(
      `${name}/${part}/kernel`,
      [inputSize, outputSize],
      kernelInitializer(inputSize),
    ) as tf.Tensor2D;
  const createLayer = (part: string, inputSize: number, outputSize: number): FeedForwardLayer =>
    feedForwardBias
      ? create(part, inputSize, outputSize)
      : { kernel: createKernel(part, inputSize, outputSize), bias: null };
  return {
    ...{ name, numHeads, causal, dropout: rates },
    query: create('attention/query', width, width),
    key: create('attention/key', width, width),
    value: create('attention/value', width, width),
    output: options.outputProjection ? create('attention/output', width, width) : null,
    attentionNorm: createLayerNorm(parameters, `${name}/attentionNorm`, width, normEpsilon),
    inner: createLayer('feedForward/inner', width, innerSize),
    activation: options.activation === 'swiglu' ? 'none' : options.activation,
    factor: options.activation === 'swiglu' ? createLayer('feedForward/linear', width, innerSize) : null,
    outer: createLayer('feedForward/outer', innerSize, width),
    feedForwardNorm: createLayerNorm(parameters, `${name}/feedForwardNorm`, width, normEpsilon),
    gates:
      options.gatedResiduals === true
        ? {
            attention: create('gate/attention', width, width),
            feedForward: create('gate/feedForward', width, width),
          }
        : null,
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

/** residual + dropout(Attention(query, key, value)), all `[B, T, d]`; with gates, residual + σ(residual·G + g)·that. */
export function addAttention(
  residual: tf.Tensor,
  [query, key, value]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  { name, numHeads, causal, output, gates, dropout: rates }: TransformerBlock,
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
  const gate = gates?.attention ?? null;
  return output === null
    ? addGated(residual, dropout(mixed, rates.attentionOutput, random), gate)
    : addLinear(residual, mixed, output, rates.attentionOutput, gate, random);
}

/** x + dropout(FFN(x)), or FFN(LN(x)) with a normalization; with gates, x + σ(x·G + g)·that. @param x `[B, T, d]` */
export function addFeedForward(
  x: tf.Tensor,
  normalization: LayerNormalization | null,
  { inner, factor, outer, activation, gates, dropout: rates }: TransformerBlock,
  { random }: BlockPass,
): tf.Tensor {
  if (factor === null && gates === null && hasBias(inner) && hasBias(outer))
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
  const normalized = normalization === null ? x : layerNorm(x, normalization);
  const values = linear(normalized, inner.kernel, inner.bias, activation);
  const hidden = factor === null ? values : swiGlu(values, linear(normalized, factor.kernel, factor.bias));
  const gate = gates?.feedForward ?? null;
  return addLinear(x, dropout(hidden, rates.inner, random), outer, rates.outer, gate, random);
}

/** residual + dropout(x·W + b), gated. */
function addLinear(
  residual: tf.Tensor,
  x: tf.Tensor,
  layer: FeedForwardLayer,
  rate: number,
  gate: Projection | null,
  random: RandomStream | null,
): tf.Tensor {
  if (gate === null && hasBias(layer)) return residualLinear(x, layer, residual, rate, random);
  return addGated(residual, dropout(linear(x, layer.kernel, layer.bias), rate, random), gate);
}

/** residual + σ(residual·G + g)·value, or without a gate the sum (LiGR's gates read the residual, not its normalized form). */
function addGated(residual: tf.Tensor, value: tf.Tensor, gate: Projection | null): tf.Tensor {
  return tf.add(residual, gate === null ? value : tf.mul(dense(residual, gate, 'sigmoid'), value));
}

const hasBias = (layer: FeedForwardLayer): layer is Projection => layer.bias !== null;

function recordedAttention(input: AttentionInput, name: string, record: Recorder): tf.Tensor {
  const { output, weights } = multiHeadAttention(input);
  record(name, weights);
  return output;
}
