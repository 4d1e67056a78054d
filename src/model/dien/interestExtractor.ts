import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import { gru, type GruOutput, type GruParameters } from '../../compute/layers/gru';
import { binaryCrossEntropy } from '../../compute/layers/losses';
import type { Projection } from '../../compute/layers/projections';
import type { Parameters } from '../../compute/parameters';
import { createDense, dense } from '../parts/dense';
import { createMlp, mlp, type Mlp, type MlpOptions } from '../parts/multilayerPerceptron';
import type { StatisticsMode } from '../parts/runningStatistics';

/**
 * The states of a GRU over the history: what the user was interested in at each item (Zhou et al., 2019, "Deep Interest
 * Evolution Network", section "Interest Extractor Layer").
 * @param items `[B, T, D]`
 * @param mask `[B, T]`
 * @returns the states, `[B, T, H]`, and how far each item moved them
 */
export function extractInterests(
  items: tf.Tensor3D,
  mask: tf.Tensor2D,
  parameters: GruParameters,
  resetAfter: boolean,
): GruOutput {
  return gru(items, parameters, mask, { resetAfter, update: 'keep' });
}

/** The network of the auxiliary loss. */
export interface AuxiliaryNetwork {
  hidden: Mlp;
  output: Projection;
  /** Whether the loss is divided by the items that it scored, or by all positions of the batch. */
  average: 'examples' | 'positions';
}

/** Makes the network of the auxiliary loss: `<name>/<n>/…` and `<name>/output/…`. @param inputSize of state and item together */
export function createAuxiliaryNetwork(
  parameters: Parameters,
  name: string,
  inputSize: number,
  layers: readonly number[],
  average: AuxiliaryNetwork['average'],
  options: MlpOptions,
): AuxiliaryNetwork {
  return {
    hidden: createMlp(parameters, name, inputSize, layers, options),
    output: createDense(parameters, `${name}/output`, layers.at(-1) ?? inputSize, 1, options.initializer),
    average,
  };
}

/**
 * The auxiliary loss (eq. 7 of the paper): binary cross-entropy of the network's σ(net([h_t, e])) where e is the item after
 * position t, against one that was not chosen. It is 0 when no history has a second item.
 *
 * Shapes: B users, T positions, H width of the states, D width of the items.
 * @param states `[B, T, H]`
 * @param items `[B, T, D]`
 * @param negatives `[B, T, D]`
 * @param present for each of B·T positions 1, or 0 where it is padding, which comes before the items
 */
export function auxiliaryLoss(
  states: tf.Tensor3D,
  items: tf.Tensor3D,
  negatives: tf.Tensor3D,
  present: Float32Array,
  { hidden, output, average }: AuxiliaryNetwork,
  mode: StatisticsMode,
): tf.Scalar {
  const [size, length] = states.shape;
  const before: number[] = [];
  for (let place = 0; place + 1 < present.length; place++)
    if (present[place] === 1 && (place + 1) % length !== 0) before.push(place);
  if (before.length === 0) return tf.scalar(0);

  const rows = (x: tf.Tensor3D, shift: number): tf.Tensor2D =>
    embeddingLookup(
      tf.reshape(x, [size * length, -1]),
      tf.tensor1d(
        before.map((place) => place + shift),
        'int32',
      ),
    ) as tf.Tensor2D;
  const state = rows(states, 0);
  const pair = (item: tf.Tensor2D): tf.Tensor2D => tf.concat2d([state, item], 1);
  const input = tf.concat2d([pair(rows(items, 1)), pair(rows(negatives, 1))], 0);
  const logits = dense(mlp(input, hidden, { training: null, statistics: mode }), output);
  const labels = Float32Array.from({ length: 2 * before.length }, (_, row) => (row < before.length ? 1 : 0));
  const mean = binaryCrossEntropy(logits, tf.tensor2d(labels, [labels.length, 1]), null);
  return average === 'examples' ? mean : tf.mul(mean, (2 * before.length) / (size * (length - 1)));
}
