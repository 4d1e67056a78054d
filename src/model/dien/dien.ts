import * as tf from '@tensorflow/tfjs-core';
import type { GruParameters } from '../../compute/layers/gru';
import type { Projection } from '../../compute/layers/projections';
import { Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { DienConfig } from './options';
import type {
  AttentionView,
  EmbeddingView,
  ExampleBatch,
  ExampleRequest,
  JointScoring,
  Model,
  ModelData,
  ModelInput,
  ModelSize,
  Query,
  Recorder,
  SizeContext,
} from '../model';
import { createDense, dense } from '../parts/dense';
import { unknownIn, type FeatureEmbedding, type LookupOptions } from '../parts/featureEmbedding';
import { createGru, gruParameters } from '../parts/gruLayer';
import { examplesPerStep } from '../parts/examplesPerStep';
import { historyMask } from '../parts/historyMask';
import { pooledHistory } from '../parts/historyPooling';
import { evolutionKeys, evolveInterests, type InterestEvolution } from './interestEvolution';
import {
  auxiliaryLoss,
  createAuxiliaryNetwork,
  extractInterests,
  type AuxiliaryNetwork,
} from './interestExtractor';
import { activate, createActivation, type LayerActivation } from '../parts/layerActivation';
import { mlp, type Mlp } from '../parts/multilayerPerceptron';
import { pairInputs } from '../parts/pairInputs';
import {
  attentionOptions,
  attentionSize,
  createHead,
  createPairEmbeddings,
  diceOptions,
  exampleRequest,
  headSize,
  pairLoss,
  pairTables,
  rowsPerExample,
  valuesPerPair,
} from '../parts/pairModel';
import { createTargetAttention } from '../parts/targetAttention';

/** What is known of users before a candidate is. */
interface Encoded {
  size: number;
  length: number;
  /** `[B, T, D]`: items of the history. */
  items: tf.Tensor3D;
  /** `[B, T, H]`: interests at them. */
  interests: tf.Tensor3D;
  /** `[B, T, H]`: what attention looks at. */
  keys: tf.Tensor3D;
  /** `[B·T]` */
  present: Float32Array;
  /** `[B, D]` */
  pooled: tf.Tensor2D;
  /** `[B, …]`; null when nothing is known of users. */
  user: tf.Tensor2D | null;
  /** How candidates are looked up. */
  candidate: LookupOptions;
}

/**
 * DIEN (Zhou et al., "Deep Interest Evolution Network for Click-Through Rate Prediction", AAAI 2019, arXiv 1809.03672).
 *
 * A GRU over the history makes the interest at each item, and an auxiliary loss asks of it to tell the next item from one
 * that was not chosen. A second GRU follows how the interest in the candidate evolved: attention of the candidate says at
 * which items it moves. Its last state is scored by an MLP beside user and item.
 *
 * Shapes in comments: B users, C candidates of each, T positions, D width of an item's vector, which is also H, that of the
 * states.
 */
export class Dien implements Model {
  readonly batches: ExampleRequest;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly inputs: readonly ModelInput[];
  readonly #config: DienConfig;
  readonly #parameters: Parameters;
  readonly #items: FeatureEmbedding;
  readonly #users: FeatureEmbedding | null;
  readonly #interest: GruParameters;
  readonly #auxiliary: AuxiliaryNetwork | null;
  readonly #query: { dense: Projection; activation: LayerActivation } | null;
  readonly #evolution: InterestEvolution;
  readonly #head: Mlp;
  readonly #output: Projection;

  constructor(config: DienConfig, data: ModelData, seed: number) {
    this.#config = config;
    this.batches = {
      ...exampleRequest(config, config.auxiliaryWeight > 0),
      fixedNegativeHistories: config.auxiliaryNegatives === 'once',
    };
    const parameters = new Parameters(seed);
    this.#parameters = parameters;
    const { items, users } = createPairEmbeddings(parameters, config, data);
    this.#items = items;
    this.#users = users;
    this.embeddings = [...items.views, ...(users?.views ?? [])];
    this.inputs = [...(users?.inputs ?? []), ...items.inputs];

    const ofPositions = { axes: ['position'], causal: false, normalized: false } as const;
    // The second GRU knows the candidate unless attention comes behind it.
    const evolutionOf = config.evolution === 'GRU' ? 'user' : 'candidate';
    this.attentions = [
      {
        name: 'history',
        label: 'Attention',
        of: 'candidate',
        ...ofPositions,
        normalized: config.attentionSoftmax,
      },
      { name: 'gates', label: 'Update gate', of: evolutionOf, ...ofPositions },
      { name: 'interestGates', label: 'Update gate of interests', of: 'user', ...ofPositions },
    ];

    const { width } = items;
    const { gateBias, batchNormDecay, batchNormEpsilon, batchNormFrozen } = config;
    const initializer = { kind: config.initializer } as const;
    this.#interest = createGru(parameters, 'interest', width, width, config.interestInitializer, gateBias);
    this.#auxiliary =
      config.auxiliaryWeight === 0
        ? null
        : createAuxiliaryNetwork(
            parameters,
            'auxiliary',
            2 * width,
            config.auxiliaryLayers,
            config.auxiliaryAverage,
            {
              activation: config.auxiliaryActivation,
              batchNormInput: config.auxiliaryBatchNorm,
              decay: batchNormDecay,
              epsilon: batchNormEpsilon,
              frozenStatistics: batchNormFrozen,
              unbiasedVariance: config.batchNormVariance === 'unbiased',
              initializer,
            },
          );
    this.#query =
      config.attentionQuery === 'item'
        ? null
        : {
            dense: createDense(parameters, 'query', width, width, initializer),
            activation: createActivation(parameters, 'query/activation', width, 'prelu', diceOptions(config)),
          };
    this.#evolution = {
      type: config.evolution,
      attentionUpdate: config.attentionUpdate,
      resetAfter: config.resetGate === 'after',
      attention: createTargetAttention(parameters, 'attention', width, attentionOptions(config)),
      gru: createGru(parameters, 'evolution', width, width, config.evolutionInitializer, gateBias),
    };
    const { head, output } = createHead(parameters, config, width, users?.width ?? 0);
    this.#head = head;
    this.#output = output;
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.state;
  }

  loss(batch: ExampleBatch, random: RandomStream): tf.Scalar {
    const encoded = this.#encode(batch);
    const logits = this.#logits(encoded, batch.candidates, 1 + batch.numNegatives, random);
    const loss = pairLoss(logits, this.#config.loss);
    if (this.#auxiliary === null) return loss;
    if (batch.negativeHistories === null)
      throw new Error('The auxiliary loss needs negative histories, and the batch has none.');
    const { size, length, interests, items, present } = encoded;
    const negatives = this.#items.lookup(batch.negativeHistories, [size, length]) as tf.Tensor3D;
    const auxiliary = auxiliaryLoss(interests, items, negatives, present, this.#auxiliary, 'training');
    return tf.add(loss, tf.mul(auxiliary, this.#config.auxiliaryWeight));
  }

  scoring(query: Query, recordUsers?: Recorder): JointScoring {
    const encoded = this.#encode(query, recordUsers);
    const { keys, pooled, user } = encoded;
    const { width } = this.#items;
    const evolving = this.#config.evolution === 'GRU' ? 0 : 6 * width;
    return {
      kind: 'joint',
      encoded: [keys, pooled, ...(user === null ? [] : [user])],
      valuesPerPair: valuesPerPair(this.#config, width, query.length) + query.length * evolving,
      score: (items, record) => this.#logits(encoded, items, null, null, record),
      scoreOwn: (candidates, record) =>
        this.#logits(encoded, candidates, candidates.length / query.size, null, record),
    };
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  /** What the interest GRU makes of histories, once for all candidates. */
  #encode(
    query: Pick<Query, 'size' | 'length' | 'users' | 'histories' | 'unknown'>,
    record?: Recorder,
  ): Encoded {
    const { size, length, users, histories } = query;
    const present = historyMask(histories);
    const mask = tf.tensor2d(present, [size, length]);
    const items = this.#items.lookup(histories, [size, length]) as tf.Tensor3D;
    const { resetAfter } = this.#evolution;
    const { states: interests, movement } = extractInterests(items, mask, this.#interest, resetAfter);
    const evolved = evolutionKeys(interests, mask, this.#evolution);
    record?.('interestGates', movement);
    if (evolved.movement !== null) record?.('gates', evolved.movement);
    return {
      size,
      length,
      items,
      interests,
      keys: evolved.keys,
      present,
      pooled: pooledHistory(items, present, this.#config.pooling),
      user: (this.#users?.lookup(users, [size], unknownIn('users', query)) ?? null) as tf.Tensor2D | null,
      candidate: unknownIn('items', query),
    };
  }

  /**
   * Scores of candidates, `[B, C]`.
   * @param ids those of each user, `[B, C]`, or of all users alike
   * @param perUser how many each user has of his own; null when they are of all
   * @param training null outside training
   */
  #logits(
    { size, length, keys, present, pooled, user, candidate }: Encoded,
    ids: Int32Array,
    perUser: number | null,
    training: RandomStream | null,
    record?: Recorder,
  ): tf.Tensor2D {
    const candidates = perUser ?? ids.length;
    const mode = training === null ? 'running' : 'training';
    const owners = perUser === null ? 1 : size;
    const item = this.#items.lookup(ids, [owners, candidates], candidate) as tf.Tensor3D;
    const evolved = evolveInterests(this.#queries(item), keys, present, this.#evolution, mode);
    const { interest, weights, movement } = evolved;
    record?.('history', tf.reshape(weights, [size * candidates, length]));
    if (movement !== null) record?.('gates', movement);

    const input = pairInputs(this.#config.headInputs, { user, item, interest, pooled });
    const logits = dense(mlp(input, this.#head, { training }), this.#output);
    return tf.reshape(logits, [size, candidates]);
  }

  /** What attends to the history for each candidate, of the shape of the candidates' vectors. */
  #queries(item: tf.Tensor3D): tf.Tensor3D {
    if (this.#query === null) return item;
    const rows: tf.Tensor2D = tf.reshape(item, [-1, this.#items.width]);
    return tf.reshape(
      activate(dense(rows, this.#query.dense), this.#query.activation, 'running'),
      item.shape,
    );
  }
}

/** How much a DIEN takes. Every layer's output stays until the backward pass is through, and so does its gradient. */
export function dienSize(config: DienConfig, context: SizeContext): ModelSize {
  const { data } = context;
  const batchSize = examplesPerStep(context.batchSize, rowsPerExample(config));
  const { itemWidth: d, userWidth, itemTables, userTables } = pairTables(config, data);
  const rows = batchSize * (1 + config.numNegatives);
  const length = config.maxSequenceLength;
  const attention = attentionSize(config, d);
  const head = headSize(config, d, userWidth);
  let parameters = itemTables + userTables + attention.parameters + head.parameters + 2 * gruParameters(d, d);
  // Input, gates, candidates and states of the interest GRU, with gradients.
  let perPosition = 12 * d;
  if (config.auxiliaryWeight > 0) {
    let inputSize = 2 * d;
    if (config.auxiliaryBatchNorm) parameters += 2 * inputSize;
    for (const layer of config.auxiliaryLayers) {
      parameters += (inputSize + 1) * layer;
      perPosition += 3 * layer;
      inputSize = layer;
    }
    parameters += inputSize + 1;
    perPosition += 5 * d;
  }
  if (config.attentionQuery === 'projected') parameters += d * d + 2 * d;
  const perPair = length * (attention.activations + (config.evolution === 'GRU' ? 0 : 5 * d));
  return {
    parameters,
    activations:
      batchSize * length * perPosition +
      2 * rows * (perPair + 6 * d + head.activations) +
      // Histories, candidates and what was not chosen each give the tables of items a gradient, beside the sum.
      (config.auxiliaryWeight > 0 ? 3 : 2) * itemTables,
  };
}
