import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, sampledCrossEntropy } from '../../compute/layers/losses';
import type { Projection } from '../../compute/layers/projections';
import type { Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { JointScoring, Recorder } from '../model';
import { createDense, dense } from './dense';
import { createMlp, mlp, type Mlp } from './multilayerPerceptron';
import { batchNormOptions } from './pairConfig';
import { ownCandidates, sharedCandidates, type Candidates, type EncodedUsers } from './pairEmbedding';
import { pairInputs, pairInputsWidth } from './pairInputs';
import type { PairConfig } from './pairOptions';

/**
 * The layers that score a user and a candidate, and the loss of these scores.
 *
 * Shapes: B users, C candidates, D width of an item's vector.
 */
export class PairHead {
  readonly #config: PairConfig;
  readonly #layers: Mlp;
  readonly #output: Projection;

  /** Makes `head/<n>/…` and `output/…`. @param userWidth 0 when nothing is known of users */
  constructor(
    parameters: Parameters,
    config: PairConfig,
    { itemWidth, userWidth }: { itemWidth: number; userWidth: number },
  ) {
    this.#config = config;
    const { headLayers } = config;
    const inputSize = pairInputsWidth(config.headInputs, itemWidth, userWidth);
    const initializer = { kind: config.initializer } as const;
    this.#layers = createMlp(parameters, 'head', inputSize, headLayers, {
      activation: config.headActivation,
      linearLast: config.headLinearLast,
      dropout: config.headDropout,
      dropoutAt: config.headDropoutAt,
      batchNorm: config.headBatchNorm,
      batchNormInput: config.headBatchNormInput,
      ...batchNormOptions(config),
      diceEpsilon: config.diceEpsilon,
      initializer,
    });
    this.#output = createDense(parameters, 'output', headLayers.at(-1) ?? inputSize, 1, initializer);
  }

  /**
   * @param item vectors of the candidates, `[B, C, D]`, or `[1, C, D]` where all users have the same
   * @param interest what the model made of the history for each candidate, `[B·C, D]`
   * @param training null outside training
   * @returns `[B, C]`
   */
  scores(
    { size, user, pooled }: EncodedUsers,
    item: tf.Tensor3D,
    interest: tf.Tensor2D,
    training: RandomStream | null,
  ): tf.Tensor2D {
    const input = pairInputs(this.#config.headInputs, { user, item, interest, pooled });
    const logits = dense(mlp(input, this.#layers, { training }), this.#output);
    return tf.reshape(logits, [size, item.shape[1]]);
  }

  /**
   * Mean loss of scores whose first column is the item that the user chose: binary cross-entropy of every pair, or softmax
   * cross-entropy of every row. Where there are labels, binary cross-entropy against them.
   * @param logits `[B, C]`, or `[B, 1]` with labels
   * @param given labels, `[B]`
   */
  loss(logits: tf.Tensor2D, given?: Float32Array): tf.Scalar {
    if (given !== undefined) return binaryCrossEntropy(logits, tf.tensor2d(given, [given.length, 1]), null);
    if (this.#config.loss === 'softmax') return sampledCrossEntropy(logits);
    const [rows, columns] = logits.shape;
    const labels = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) labels[row * columns] = 1;
    return binaryCrossEntropy(logits, tf.tensor2d(labels, [rows, columns]), null);
  }
}

/**
 * How users are scored whose side was encoded already.
 * @param keys what candidates attend to, `[B, T, D]`
 * @param valuesPerPair as in {@link JointScoring}
 * @param score scores of candidates outside training, `[B, C]`
 */
export function pairScoring(
  { size, pooled, user }: EncodedUsers,
  keys: tf.Tensor3D,
  valuesPerPair: number,
  score: (candidates: Candidates, record?: Recorder) => tf.Tensor2D,
): JointScoring {
  return {
    kind: 'joint',
    encoded: [keys, pooled, ...(user === null ? [] : [user])],
    valuesPerPair,
    score: (items, record) => score(sharedCandidates(items), record),
    scoreOwn: (candidates, record) => score(ownCandidates(candidates, size), record),
  };
}
