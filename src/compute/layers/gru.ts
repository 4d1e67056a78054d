import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { linear } from './linear';
import { columnsOf, positionsOf } from './positions';

/** Parameters of a GRU. The last axis holds the reset gate, the update gate and the candidate, H wide each. */
export interface GruParameters {
  /** `[D, 3H]` */
  inputKernel: tf.Tensor2D;
  /** `[3H]` */
  inputBias: tf.Tensor1D;
  /** `[H, 3H]` */
  recurrentKernel: tf.Tensor2D;
  /** `[3H]` */
  recurrentBias: tf.Tensor1D;
}

/**
 * How far the state moves toward the candidate, with the update gate z and the attention a of the position:
 * - `gate`: z
 * - `keep`: 1 − z, the GRU of PyTorch and TensorFlow, whose update gate says what to keep
 * - `attention`: a, AGRU (Zhou et al., 2019, "Deep Interest Evolution Network", eq. 5)
 * - `attentionGate`: a·z, AUGRU as in that paper (eq. 6) and in RecBole
 * - `attentionKeep`: 1 − (1 − a)·z, AUGRU as in the paper's code
 */
export type GruUpdate = 'gate' | 'keep' | 'attention' | 'attentionGate' | 'attentionKeep';

/** How a GRU moves its state. */
export interface GruOptions {
  /** Whether the reset gate acts after the product with the recurrent kernel (PyTorch) or before it (TensorFlow 1). */
  resetAfter: boolean;
  update: GruUpdate;
  /** `[B, T]`, for the updates that name it. */
  attention?: tf.Tensor2D;
}

/** What a GRU makes. */
export interface GruOutput {
  /** `[B, T, H]`: the states at all positions. */
  states: tf.Tensor3D;
  /** `[B, T]`: how far each step moved the state, the mean of w over the units; 0 where masked. It has no gradient. */
  movement: tf.Tensor2D;
}

/**
 * Gated recurrent unit (Cho et al., 2014) and its relatives with attention.
 * With the gates r = σ(x·W_r + b_r + h·U_r + c_r), z alike, and the candidate
 * n = tanh(x·W_n + b_n + c_n + (r∘h)·U_n), or n = tanh(x·W_n + b_n + r∘(h·U_n + c_n)) if the reset acts after,
 * the state becomes h + w∘(n − h), w by `update`. It starts at 0.
 * @param x `[B, T, D]`
 * @param mask `[B, T]`: 1, or 0 where the state is copied through
 */
export function gru(
  x: tf.Tensor3D,
  parameters: GruParameters,
  mask: tf.Tensor2D,
  options: GruOptions,
): GruOutput {
  const { resetAfter, update, attention } = options;
  if (attention === undefined && update.startsWith('attention'))
    throw new Error(`A GRU with the update ${update} needs the attention of each position.`);
  const inputs = { x, mask, ...parameters };
  const outputs = fused('Gru', attention === undefined ? inputs : { ...inputs, attention }, {
    resetAfter,
    update,
  });
  if (outputs) {
    const [states, movement] = outputs as [tf.Tensor3D, tf.Tensor2D];
    return { states, movement };
  }
  return plainGru(x, parameters, mask, options);
}

function plainGru(
  x: tf.Tensor3D,
  { inputKernel, inputBias, recurrentKernel, recurrentBias }: GruParameters,
  mask: tf.Tensor2D,
  { resetAfter, update, attention }: GruOptions,
): GruOutput {
  const [size, length] = x.shape;
  const width = recurrentKernel.shape[0];
  const projected = positionsOf(linear(x, inputKernel, inputBias) as tf.Tensor3D); // T times [B, 3H]
  const masks = columnsOf(mask);
  const attentions = attention === undefined ? [] : columnsOf(attention);
  const gateKernel = tf.slice(recurrentKernel, [0, 0], [-1, 2 * width]);
  const candidateKernel = tf.slice(recurrentKernel, [0, 2 * width], [-1, width]);
  const gateBias = tf.slice(recurrentBias, 0, 2 * width);
  const candidateBias = tf.slice(recurrentBias, 2 * width, width);

  let state: tf.Tensor2D = tf.zeros([size, width]);
  const states: tf.Tensor2D[] = [];
  const movements: tf.Tensor1D[] = [];
  for (let step = 0; step < length; step++) {
    const [inputGates, inputCandidate] = tf.split(projected[step]!, [2 * width, width], 1);
    const gates = tf.sigmoid(tf.add(tf.add(inputGates!, tf.matMul(state, gateKernel)), gateBias));
    const [reset, gate] = tf.split(gates, 2, 1);
    const recurrent = resetAfter
      ? tf.mul(reset!, tf.add(tf.matMul(state, candidateKernel), candidateBias))
      : tf.add(tf.matMul(tf.mul(reset!, state), candidateKernel), candidateBias);
    const candidate = tf.tanh(tf.add(inputCandidate!, recurrent));
    const weight = tf.mul(weightOf(update, gate!, attentions[step]), masks[step]!);
    state = tf.add(state, tf.mul(weight, tf.sub(candidate, state)));
    states.push(state);
    movements.push(tf.mean(weight, 1));
  }
  return { states: tf.stack(states, 1) as tf.Tensor3D, movement: tf.stack(movements, 1) as tf.Tensor2D };
}

/** The weight w of the candidate. @param attention `[B, 1]` */
function weightOf(update: GruUpdate, gate: tf.Tensor, attention: tf.Tensor | undefined): tf.Tensor {
  switch (update) {
    case 'gate':
      return gate;
    case 'keep':
      return tf.sub(1, gate);
    case 'attention':
      return attention!;
    case 'attentionGate':
      return tf.mul(attention!, gate);
    case 'attentionKeep':
      return tf.sub(1, tf.mul(tf.sub(1, attention!), gate));
  }
}
