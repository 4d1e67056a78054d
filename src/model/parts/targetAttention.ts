import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import { linear } from '../../compute/layers/linear';
import type { Projection } from '../../compute/layers/projections';
import type { Initializer, Parameters } from '../../compute/parameters';
import { createDense, dense } from './dense';
import type { DiceOptions } from './diceActivation';
import { activate, createActivation, type ActivationName, type LayerActivation } from './layerActivation';
import { maskedSoftmax } from './maskedSoftmax';
import { repeatForCandidates, rowsOfCandidates } from './pairRows';
import type { StatisticsMode } from './runningStatistics';

export interface TargetAttentionOptions {
  /** An MLP of the pair, or the product q·k, which has no parameters. */
  unit?: 'mlp' | 'dotProduct';
  /** Widths of the hidden layers of the activation unit. */
  layers: readonly number[];
  activation: ActivationName;
  /** Whether its outputs are divided by √D, D being the width of query and keys. */
  scaled: boolean;
  /** Whether the weights of a history sum to 1; otherwise they are the outputs as they are. */
  softmax: boolean;
  /** Padding up to so many positions takes its share of the softmax, with the output 0; none does if left out. */
  countedLength?: number;
  dice: DiceOptions;
  initializer?: Initializer;
}

interface ActivationUnit {
  hidden: readonly { dense: Projection; activation: LayerActivation }[];
  output: Projection;
}

export interface TargetAttention {
  /** Null where the product of query and key is all. */
  unit: ActivationUnit | null;
  scaled: boolean;
  softmax: boolean;
  countedLength: number;
}

/**
 * Makes the parameters of an activation unit for vectors of `width` values: `<name>/<n>/kernel`, `bias`, and at last
 * `<name>/output/…`. The rows of the first kernel belong to q, k, q − k and q∘k, in this order.
 */
export function createTargetAttention(
  parameters: Parameters,
  name: string,
  width: number,
  options: TargetAttentionOptions,
): TargetAttention {
  const { layers, activation, scaled, softmax, countedLength = 0, dice, initializer } = options;
  if (options.unit === 'dotProduct') return { unit: null, scaled, softmax, countedLength };
  const hidden = layers.map((size, index) => {
    const inputSize = layers[index - 1] ?? 4 * width;
    const layer = `${name}/${index}`;
    return {
      dense: createDense(parameters, layer, inputSize, size, initializer),
      activation: createActivation(parameters, `${layer}/activation`, size, activation, dice),
    };
  });
  const output = createDense(parameters, `${name}/output`, layers.at(-1) ?? 4 * width, 1, initializer);
  return { unit: { hidden, output }, scaled, softmax, countedLength };
}

/**
 * How much each item of a history counts for a candidate (Zhou et al., 2018, "Deep Interest Network", section 4.3): an MLP
 * reads [q, k, q − k, q∘k] of the candidate q and the history's item k, or these are multiplied. Padding has the weight 0,
 * and so have all positions of an empty history.
 *
 * Shapes: B users, C candidates, T positions, D width.
 * @param query `[B, C, D]`, or `[1, C, D]` where all users have the same candidates
 * @param keys `[B, T, D]`
 * @param present for each of B·T positions 1, or 0 where it is padding
 * @returns `[B, C, T]`
 */
export function targetAttention(
  query: tf.Tensor3D,
  keys: tf.Tensor3D,
  present: Float32Array,
  layer: TargetAttention,
  mode: StatisticsMode,
): tf.Tensor3D {
  const [size, length, width] = keys.shape;
  const candidates = query.shape[1];
  const logits: tf.Tensor3D =
    layer.unit === null
      ? products(query, keys)
      : tf.reshape(unitOutputs(query, keys, present, layer.unit, mode), [size, candidates, length]);
  const scaled: tf.Tensor3D = layer.scaled ? tf.mul(logits, 1 / Math.sqrt(width)) : logits;
  const mask = tf.tensor3d(present, [size, 1, length]);
  if (!layer.softmax) return tf.mul(scaled, mask);
  const padding = layer.countedLength - length;
  if (layer.countedLength > 0) {
    const counted = tf.pad3d(tf.mul(scaled, mask), [
      [0, 0],
      [0, 0],
      [Math.max(0, padding), 0],
    ]);
    return tf.mul(tf.slice(tf.softmax(counted), [0, 0, Math.max(0, padding)], [-1, -1, length]), mask);
  }
  return maskedSoftmax(scaled, mask);
}

/** Σ weight·key of each pair: `[B, C, T]` and `[B, T, D]` to `[B, C, D]`. */
export function weightedSum(weights: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D {
  return tf.matMul(weights, keys);
}

/** q·k of each candidate and each position, `[B, C, T]`. */
function products(query: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D {
  const [size, length, width] = keys.shape;
  if (query.shape[0] === size) return tf.matMul(query, keys, false, true);
  const candidates = query.shape[1];
  const rows = tf.matMul(
    tf.reshape(keys, [size * length, width]),
    tf.reshape(query, [candidates, width]),
    false,
    true,
  );
  return tf.transpose(tf.reshape(rows, [size, length, candidates]), [0, 2, 1]);
}

/** What the MLP makes of the pairs, `[B·C·T, 1]`; of padding it may be anything. */
function unitOutputs(
  query: tf.Tensor3D,
  keys: tf.Tensor3D,
  present: Float32Array,
  unit: ActivationUnit,
  mode: StatisticsMode,
): tf.Tensor2D {
  // Statistics of a batch are those of the items in it, not of its padding.
  const needsStatistics =
    mode !== 'running' &&
    unit.hidden.some(({ activation }) => activation.kind === 'dice' && activation.dice.variant !== 'silu');
  return needsStatistics
    ? presentOutputs(query, keys, present, unit, mode)
    : allOutputs(query, keys, unit, mode);
}

/**
 * What the MLP makes of all pairs, `[B·C·T, 1]`. Its first product is q·(W_q + W_d) + k·(W_k − W_d) + (q∘k)·W_p, so that two
 * thirds of it are of the users and of the candidates alone, and only the last is of each pair.
 */
function allOutputs(
  query: tf.Tensor3D,
  keys: tf.Tensor3D,
  { hidden, output }: ActivationUnit,
  mode: StatisticsMode,
): tf.Tensor2D {
  const [size, length, width] = keys.shape;
  const candidates = query.shape[1];
  const first = hidden[0];
  const { kernel, bias } = first?.dense ?? output;
  const outputSize = bias.shape[0];
  const [ofQuery, ofKey, ofDifference, ofProduct] = tf.split(kernel, 4, 0) as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const fromQuery = rowsOfCandidates(linear(query, tf.add(ofQuery, ofDifference), bias), size); // [B·C, out]
  const fromKey = linear(keys, tf.sub(ofKey, ofDifference), null); // [B, T, out]
  const rows = size * candidates;
  const product = tf.mul(
    repeatForCandidates(keys, candidates),
    tf.reshape(rowsOfCandidates(query, size), [rows, 1, width]),
  ); // [B·C, T, D]
  const fromProduct = linear(product, ofProduct, null); // [B·C, T, out]

  const withKey = tf.add(
    tf.reshape(fromProduct, [size, candidates, length * outputSize]),
    tf.reshape(fromKey, [size, 1, length * outputSize]),
  );
  const sum = tf.add(
    tf.reshape(withKey, [rows, length, outputSize]),
    tf.reshape(fromQuery, [rows, 1, outputSize]),
  );
  const reached: tf.Tensor2D = tf.reshape(sum, [rows * length, outputSize]);
  if (first === undefined) return reached;
  return rest(activate(reached, first.activation, mode), { hidden: hidden.slice(1), output }, mode);
}

/** The same for the pairs whose position is no padding, `[B·C·T, 1]`; 0 elsewhere. */
function presentOutputs(
  query: tf.Tensor3D,
  keys: tf.Tensor3D,
  present: Float32Array,
  layer: ActivationUnit,
  mode: StatisticsMode,
): tf.Tensor2D {
  const [size, length, width] = keys.shape;
  const candidates = query.shape[1];
  const count = present.reduce((sum, value) => sum + value, 0) * candidates;
  if (count === 0) return tf.zeros([size * candidates * length, 1]);
  const queryRows = new Int32Array(count);
  const keyRows = new Int32Array(count);
  // Where each pair's output is; that of padding is a row of zeros behind them.
  const places = new Int32Array(size * candidates * length).fill(count);
  let found = 0;
  for (let row = 0; row < size * candidates; row++) {
    const user = Math.floor(row / candidates);
    for (let position = 0; position < length; position++) {
      const key = user * length + position;
      if (present[key] === 0) continue;
      queryRows[found] = query.shape[0] === size ? row : row % candidates;
      keyRows[found] = key;
      places[row * length + position] = found++;
    }
  }
  const rowsOf = (x: tf.Tensor, rows: Int32Array): tf.Tensor2D =>
    embeddingLookup(tf.reshape(x, [-1, width]), tf.tensor1d(rows, 'int32')) as tf.Tensor2D;
  const q = rowsOf(query, queryRows);
  const k = rowsOf(keys, keyRows);
  const outputs = rest(tf.concat2d([q, k, tf.sub(q, k), tf.mul(q, k)], 1), layer, mode);
  const withZero = tf.concat2d([outputs, tf.zeros([1, 1])], 0);
  return embeddingLookup(withZero, tf.tensor1d(places, 'int32')) as tf.Tensor2D;
}

/** The layers that are left. @param x `[R, in]` */
function rest(x: tf.Tensor2D, { hidden, output }: ActivationUnit, mode: StatisticsMode): tf.Tensor2D {
  let state = x;
  for (const { dense: layer, activation } of hidden) {
    state =
      activation.kind === 'plain'
        ? dense(state, layer, activation.name)
        : activate(dense(state, layer), activation, mode);
  }
  return dense(state, output);
}
