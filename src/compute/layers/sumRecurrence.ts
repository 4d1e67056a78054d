import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { linear } from './linear';
import { columnsOf, positionsOf } from './positions';

/** d is the width of the input, h that of a memory slot, S the number of slots without the highway channel. */
export interface SumParameters {
  /** `[S, d]`; S may be 0: then the highway channel is all there is. */
  heads: tf.Tensor2D;
  /** `[d + h, h]`; the input's rows come first, here and in the other kernels. */
  eraseKernel: tf.Tensor2D;
  /** `[h]` */
  eraseBias: tf.Tensor1D;
  /** `[d + h, 1]` */
  resetKernel: tf.Tensor2D;
  /** `[1]` */
  resetBias: tf.Tensor1D;
  /** `[d + h, h]` */
  addKernel: tf.Tensor2D;
  /** `[h]` */
  addBias: tf.Tensor1D;
  /** Base of the debuff for inputs that resemble the one before; positive. */
  alpha: tf.Scalar;
  /** Sharpness of the reading attention. */
  beta: tf.Scalar;
}

/** What SUMV2 writes by, instead of by what it has read. */
export interface SumWritingParameters {
  /** `[d + h, h]` */
  writingKernel: tf.Tensor2D;
  /** `[h]` */
  writingBias: tf.Tensor1D;
  /** `[h, S]` */
  writingHeads: tf.Tensor2D;
}

/** SUMV2 is the version that comes with parameters for writing. */
export type SumVersion = { type: 'SUM' } | { type: 'SUMV2'; writing: SumWritingParameters };

/** What SUM makes. */
export interface SumOutput {
  /** `[B, S + 1, h]` after the last step; the highway channel comes last. */
  memory: tf.Tensor3D;
  /** `[B, T, S]`: attention that each step read with; 0 where masked. */
  read: tf.Tensor3D;
  /** `[B, T, S]`: weights that each step wrote with; 0 where masked. */
  write: tf.Tensor3D;
}

/**
 * SUM (Lian et al., 2021, "Multi-Interest-Aware User Modeling for Large-Scale Sequential Recommendations") as in Microsoft
 * Recommenders' `sum_cells.py`. With the memory M (S slots), the highway channel H and the last input l, a step with input x:
 *
 * - reads by a = softmax(β·x·headsᵀ): m = (Σ aₛMₛ + H)/2
 * - is debuffed by g = α^cos(l, x), where a zero vector has the cosine 0
 * - writes with w = g·a, in SUMV2 with w = g·softmax(relu([x, m]·W + b)·writingHeads)
 * - has the gates r = σ([x, m]·W_r + b_r), a number, and e = σ([x, m]·W_e + b_e), and adds c = tanh([x, r·m]·W_c + b_c)
 * - moves each slot: Mₛ + wₛ·e∘(c − Mₛ), and H + g·e∘(c − H)
 *
 * All states start at 0. A masked step leaves everything as it is, the last input too.
 * @param x `[B, T, d]`
 * @param mask `[B, T]`, 1 or 0
 */
export function sumRecurrence(
  x: tf.Tensor3D,
  parameters: SumParameters,
  mask: tf.Tensor2D,
  version: SumVersion,
): SumOutput {
  const writing = version.type === 'SUMV2' ? version.writing : {};
  const outputs = fused('SumRecurrence', { x, mask, ...parameters, ...writing });
  if (outputs) {
    const [memory, read, write] = outputs as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    return { memory, read, write };
  }
  return plainSumRecurrence(x, parameters, mask, version);
}

function plainSumRecurrence(
  x: tf.Tensor3D,
  parameters: SumParameters,
  mask: tf.Tensor2D,
  version: SumVersion,
): SumOutput {
  const [size, length, inputSize] = x.shape;
  const slots = parameters.heads.shape[0];
  const width = parameters.eraseBias.shape[0];
  const writing = version.type === 'SUMV2' && slots > 0 ? version.writing : null;

  // Every kernel in two: what the input is multiplied by, for all steps at once, and what the memory is.
  const halves = (kernel: tf.Tensor2D, bias: tf.Tensor1D) => ({
    inputs: positionsOf(linear(x, tf.slice(kernel, [0, 0], [inputSize, -1]), bias) as tf.Tensor3D),
    kernel: tf.slice(kernel, [inputSize, 0], [width, -1]),
  });
  const reset = halves(parameters.resetKernel, parameters.resetBias);
  const erase = halves(parameters.eraseKernel, parameters.eraseBias);
  const add = halves(parameters.addKernel, parameters.addBias);
  const write = writing === null ? null : halves(writing.writingKernel, writing.writingBias);

  const masks = columnsOf(mask); // T times [B, 1]
  const directions = positionsOf(normalize(x)); // T times [B, d]
  const attention = slots === 0 ? null : readAttention(x, parameters, mask);
  const attentions = attention === null ? [] : positionsOf(attention); // T times [B, S]

  let memory: tf.Tensor3D = tf.zeros([size, slots + 1, width]);
  let last: tf.Tensor2D = tf.zeros([size, inputSize]);
  const writes: tf.Tensor[] = [];
  for (let step = 0; step < length; step++) {
    const present = masks[step]!;
    const reading = beside(attentions[step], tf.ones([size, 1]));
    const mixed: tf.Tensor2D = tf.mul(tf.sum(tf.mul(memory, tf.expandDims(reading, -1)), 1), 0.5);
    const cosine = tf.sum(tf.mul(last, directions[step]!), 1, true);
    const debuff = tf.mul(tf.pow(parameters.alpha, cosine), present); // [B, 1]

    const gate = (half: ReturnType<typeof halves>, from: tf.Tensor2D): tf.Tensor =>
      tf.add(half.inputs[step]!, tf.matMul(from, half.kernel));
    let weights: tf.Tensor | undefined; // [B, S]
    if (write !== null)
      weights = tf.softmax(tf.matMul(tf.relu(gate(write, mixed)) as tf.Tensor2D, writing!.writingHeads));
    else weights = attentions[step];
    if (weights !== undefined) {
      weights = tf.mul(weights, debuff);
      writes.push(weights);
    }
    const resetting = tf.sigmoid(gate(reset, mixed));
    const erasing = tf.sigmoid(gate(erase, mixed));
    const candidate = tf.tanh(gate(add, tf.mul(resetting, mixed)));
    const movement = tf.mul(tf.expandDims(beside(weights, debuff), -1), tf.expandDims(erasing, 1));
    memory = tf.add(memory, tf.mul(movement, tf.sub(tf.expandDims(candidate, 1), memory)));
    last = tf.where<tf.Tensor2D>(tf.greater(present, 0), directions[step]!, last);
  }
  const none = (): tf.Tensor3D => tf.zeros([size, length, 0]);
  return {
    memory,
    read: attention ?? none(),
    write: writes.length === 0 ? none() : (tf.stack(writes, 1) as tf.Tensor3D),
  };
}

/** softmax(β·x·headsᵀ), 0 where masked: `[B, T, S]`. */
function readAttention(x: tf.Tensor3D, { heads, beta }: SumParameters, mask: tf.Tensor2D): tf.Tensor3D {
  const logits = tf.mul(linear(x, tf.transpose(heads), null), beta);
  return tf.mul(tf.softmax(logits), tf.expandDims(mask, -1));
}

/** What is for the slots and what is for the highway channel, `[B, S + 1]`. */
function beside(slots: tf.Tensor | undefined, highway: tf.Tensor): tf.Tensor {
  return slots === undefined ? highway : tf.concat([slots, highway], 1);
}

/** v/√max(Σv², 1e-12) over the last axis, so that a zero vector stays zero. */
function normalize(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), -1, true), 1e-12)));
}
