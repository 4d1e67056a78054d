import * as tf from '@tensorflow/tfjs-core';
import { gru, type GruParameters, type GruUpdate } from '../../compute/layers/gru';
import { lastPosition } from '../parts/lastPosition';
import { repeatForCandidates } from '../parts/pairRows';
import type { StatisticsMode } from '../parts/runningStatistics';
import { targetAttention, weightedSum, type TargetAttention } from '../parts/targetAttention';

/** How attention and the GRU meet: over its states, on its inputs, in place of its update gate, or as a factor of it. */
export type EvolutionType = 'GRU' | 'AIGRU' | 'AGRU' | 'AUGRU';

export interface InterestEvolution {
  type: EvolutionType;
  /** How far AUGRU moves. */
  attentionUpdate: Extract<GruUpdate, 'attentionGate' | 'attentionKeep'>;
  resetAfter: boolean;
  attention: TargetAttention;
  gru: GruParameters;
}

export interface Evolved {
  /** `[B·C, H]` */
  interest: tf.Tensor2D;
  /** `[B, C, T]`: attention of the candidates to the history. */
  weights: tf.Tensor3D;
  /** `[B·C, T]`: how far each position moved the interest; null with `GRU`, where that is of the keys. */
  movement: tf.Tensor2D | null;
}

export interface EvolutionKeys {
  /** `[B, T, H]` */
  keys: tf.Tensor3D;
  /** `[B, T]`: how far each position moved the states of the second GRU; null where these depend on the candidate. */
  movement: tf.Tensor2D | null;
}

/**
 * What attention looks at: the interests themselves, or with `GRU` the states of the second GRU over them. It depends on no
 * candidate.
 * @param interests `[B, T, H]`
 * @param mask `[B, T]`
 */
export function evolutionKeys(
  interests: tf.Tensor3D,
  mask: tf.Tensor2D,
  { type, gru: parameters, resetAfter }: InterestEvolution,
): EvolutionKeys {
  if (type !== 'GRU') return { keys: interests, movement: null };
  const { states, movement } = gru(interests, parameters, mask, { resetAfter, update: 'keep' });
  return { keys: states, movement };
}

/**
 * How the interest in each candidate evolved along the history (Zhou et al., 2019, "Deep Interest Evolution Network",
 * section "Interest Evolving Layer", eq. 8 to 13).
 *
 * Shapes: B users, C candidates, T positions, H width of states and candidates.
 * @param query `[B, C, H]`, or `[1, C, H]` where all users have the same candidates
 * @param keys of {@link evolutionKeys}, `[B, T, H]`
 * @param present for each of B·T positions 1, or 0 where it is padding, which comes before the items
 */
export function evolveInterests(
  query: tf.Tensor3D,
  keys: tf.Tensor3D,
  present: Float32Array,
  evolution: InterestEvolution,
  mode: StatisticsMode,
): Evolved {
  const { type, attentionUpdate, resetAfter, attention, gru: parameters } = evolution;
  const [size, length, width] = keys.shape;
  const candidates = query.shape[1];
  const rows = size * candidates;
  const weights = targetAttention(query, keys, present, attention, mode);
  if (type === 'GRU')
    return { interest: tf.reshape(weightedSum(weights, keys), [rows, width]), weights, movement: null };

  const mask = repeatForCandidates(tf.tensor2d(present, [size, length]), candidates);
  const inputs = repeatForCandidates(keys, candidates); // [B·C, T, H]
  const attended: tf.Tensor2D = tf.reshape(weights, [rows, length]);
  const { states, movement } =
    type === 'AIGRU'
      ? gru(tf.mul(inputs, tf.expandDims(attended, -1)), parameters, mask, { resetAfter, update: 'keep' })
      : gru(inputs, parameters, mask, {
          resetAfter,
          update: type === 'AGRU' ? 'attention' : attentionUpdate,
          attention: attended,
        });
  // Also that of an empty history: masked steps leave the state.
  return { interest: lastPosition(states), weights, movement };
}
