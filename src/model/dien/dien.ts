import * as tf from '@tensorflow/tfjs-core';
import type { GruParameters } from '../../compute/layers/gru';
import type { Projection } from '../../compute/layers/projections';
import type { Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type {
  AttentionView,
  EmbeddingView,
  JointScoring,
  Model,
  ModelData,
  ModelInput,
  Query,
  Recorder,
} from '../model';
import { exampleBuilder, type ExampleBatch, type ExampleBuilder } from '../batches/exampleBatches';
import { labeledBuilder } from '../batches/labeledBatches';
import { createDense, dense } from '../parts/dense';
import { createGru } from '../parts/gruLayer';
import { activate, createActivation, type LayerActivation } from '../parts/layerActivation';
import { attentionOptions, batchNormOptions, diceOptions, exampleRequest } from '../parts/pairConfig';
import { ownCandidates, PairEmbedding, type Candidates, type EncodedUsers } from '../parts/pairEmbedding';
import { PairHead, pairScoring } from '../parts/pairHead';
import { valuesPerPair } from '../parts/pairSize';
import { ParametricModel } from '../parts/parametricModel';
import { createTargetAttention } from '../parts/targetAttention';
import { evolutionKeys, evolveInterests, type InterestEvolution } from './interestEvolution';
import {
  auxiliaryLoss,
  createAuxiliaryNetwork,
  extractInterests,
  type AuxiliaryNetwork,
} from './interestExtractor';
import type { DienConfig } from './options';

/** What is known of users before a candidate is. */
interface Encoded extends EncodedUsers {
  /** `[B, T, H]`: interests at the items of the history. */
  interests: tf.Tensor3D;
  /** `[B, T, H]`: what attention looks at. */
  keys: tf.Tensor3D;
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
export class Dien extends ParametricModel implements Model {
  readonly batches: ExampleBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly inputs: readonly ModelInput[];
  readonly #config: DienConfig;
  readonly #embedding: PairEmbedding;
  readonly #interest: GruParameters;
  readonly #auxiliary: AuxiliaryNetwork | null;
  readonly #query: QueryLayer | null;
  readonly #evolution: InterestEvolution;
  readonly #head: PairHead;

  /** @throws ModelError when the config names a feature that the dataset does not have */
  constructor(config: DienConfig, data: ModelData, seed: number) {
    super(seed);
    this.#config = config;
    const { parameters } = this;
    const { interestInitializer, gateBias } = config;
    this.#embedding = new PairEmbedding(parameters, config, data);
    const { itemWidth: width } = this.#embedding;
    this.#interest = createGru(parameters, 'interest', width, width, interestInitializer, gateBias);
    this.#auxiliary = config.auxiliaryWeight === 0 ? null : createAuxiliary(parameters, config, width);
    this.#query = config.attentionQuery === 'item' ? null : createQueryLayer(parameters, config, width);
    this.#evolution = createEvolution(parameters, config, width);
    this.#head = new PairHead(parameters, config, this.#embedding);

    const request = {
      ...exampleRequest(config, config.auxiliaryWeight > 0),
      fixedNegativeHistories: config.auxiliaryNegatives === 'once',
    };
    this.batches = data.labeled ? labeledBuilder(request) : exampleBuilder(request);
    this.embeddings = this.#embedding.views;
    this.inputs = this.#embedding.inputs;
    this.attentions = attentionViews(config);
  }

  loss(batch: ExampleBatch, random: RandomStream): tf.Scalar {
    const encoded = this.#encode(batch);
    const logits = this.#logits(encoded, ownCandidates(batch.candidates, batch.size), random);
    const loss = this.#head.loss(logits, batch.labels);
    if (this.#auxiliary === null) return loss;
    if (batch.negativeHistories === null)
      throw new Error('The auxiliary loss needs negative histories, and the batch has none.');
    const { size, length, interests, items, present } = encoded;
    const negatives = this.#embedding.items(batch.negativeHistories, [size, length]);
    const auxiliary = auxiliaryLoss(interests, items, negatives, present, this.#auxiliary, 'training');
    return tf.add(loss, tf.mul(auxiliary, this.#config.auxiliaryWeight));
  }

  scoring(query: Query, recordUsers?: Recorder): JointScoring {
    const encoded = this.#encode(query, recordUsers);
    const { itemWidth: width } = this.#embedding;
    const evolving = this.#config.evolution === 'GRU' ? 0 : 6 * width;
    const values = valuesPerPair(this.#config, width, query.length) + query.length * evolving;
    return pairScoring(encoded, encoded.keys, values, (candidates, record) =>
      this.#logits(encoded, candidates, null, record),
    );
  }

  /** What the interest GRU makes of histories, once for all candidates. */
  #encode(query: Query, record?: Recorder): Encoded {
    const histories = this.#embedding.histories(query);
    const { items, present, size, length } = histories;
    const mask = tf.tensor2d(present, [size, length]);
    const { resetAfter } = this.#evolution;
    const { states: interests, movement } = extractInterests(items, mask, this.#interest, resetAfter);
    const evolved = evolutionKeys(interests, mask, this.#evolution);
    record?.('interestGates', movement);
    if (evolved.movement !== null) record?.('gates', evolved.movement);
    return { ...this.#embedding.users(query, histories), interests, keys: evolved.keys };
  }

  /** Scores of candidates, `[B, C]`. `training` is null outside training. */
  #logits(
    encoded: Encoded,
    candidates: Candidates,
    training: RandomStream | null,
    record?: Recorder,
  ): tf.Tensor2D {
    const { size, length, keys, present } = encoded;
    const mode = training === null ? 'running' : 'training';
    const item = this.#embedding.candidates(candidates, encoded); // [B, C, D]
    const query = this.#query === null ? item : projected(item, this.#query);
    const evolved = evolveInterests(query, keys, present, this.#evolution, mode);
    record?.('history', tf.reshape(evolved.weights, [size * candidates.count, length]));
    if (evolved.movement !== null) record?.('gates', evolved.movement);
    return this.#head.scores(encoded, item, evolved.interest, training);
  }
}

function attentionViews({ evolution, attentionSoftmax }: DienConfig): AttentionView[] {
  const ofPositions = { axes: ['position'], causal: false, normalized: false } as const;
  return [
    { name: 'history', label: 'Attention', of: 'candidate', ...ofPositions, normalized: attentionSoftmax },
    {
      name: 'gates',
      label: 'Update gate',
      // The second GRU knows the candidate unless attention comes behind it.
      of: evolution === 'GRU' ? 'user' : 'candidate',
      ...ofPositions,
    },
    { name: 'interestGates', label: 'Update gate of interests', of: 'user', ...ofPositions },
  ];
}

function createAuxiliary(parameters: Parameters, config: DienConfig, width: number): AuxiliaryNetwork {
  const { auxiliaryLayers, auxiliaryAverage } = config;
  return createAuxiliaryNetwork(parameters, 'auxiliary', 2 * width, auxiliaryLayers, auxiliaryAverage, {
    activation: config.auxiliaryActivation,
    batchNormInput: config.auxiliaryBatchNorm,
    ...batchNormOptions(config),
    initializer: { kind: config.initializer },
  });
}

function createEvolution(parameters: Parameters, config: DienConfig, width: number): InterestEvolution {
  const { evolutionInitializer, gateBias } = config;
  return {
    type: config.evolution,
    attentionUpdate: config.attentionUpdate,
    resetAfter: config.resetGate === 'after',
    attention: createTargetAttention(parameters, 'attention', width, attentionOptions(config)),
    gru: createGru(parameters, 'evolution', width, width, evolutionInitializer, gateBias),
  };
}

/** What makes of a candidate what attends to the history, in the paper's code: a linear layer with PReLU. */
interface QueryLayer {
  dense: Projection;
  activation: LayerActivation;
}

function createQueryLayer(parameters: Parameters, config: DienConfig, width: number): QueryLayer {
  return {
    dense: createDense(parameters, 'query', width, width, { kind: config.initializer }),
    activation: createActivation(parameters, 'query/activation', width, 'prelu', diceOptions(config)),
  };
}

/** @param item `[B, C, D]` */
function projected(item: tf.Tensor3D, layer: QueryLayer): tf.Tensor3D {
  const rows: tf.Tensor2D = tf.reshape(item, [-1, item.shape[2]]);
  return tf.reshape(activate(dense(rows, layer.dense), layer.activation, 'running'), item.shape);
}
