import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import type { Projection } from '../../compute/layers/projections';
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
import { createBatchNorm, normalizeBatch, type BatchNormLayer } from '../parts/multilayerPerceptron';
import { attentionOptions, batchNormOptions, exampleRequest } from '../parts/pairConfig';
import { PairEmbedding, type Candidates, type EncodedUsers } from '../parts/pairEmbedding';
import { PairHead, pairScoring } from '../parts/pairHead';
import { valuesPerPair } from '../parts/pairSize';
import { ParametricModel } from '../parts/parametricModel';
import {
  createTargetAttention,
  targetAttention,
  weightedSum,
  type TargetAttention,
} from '../parts/targetAttention';
import type { DinConfig } from './options';
import { usersAndCandidates, withLearnedEmpty } from './quirks';

/**
 * DIN (Zhou et al., "Deep Interest Network for Click-Through Rate Prediction", KDD 2018, arXiv 1706.06978).
 *
 * What a user did is seen through the candidate's eyes: an activation unit weighs each item of the history by the two
 * together (section 4.3), the weighted sum is the interest, and an MLP with Dice (section 5.3) scores it beside user and
 * item.
 *
 * Shapes in comments: B users, C candidates of each, T positions, D width of an item's vector.
 */
export class Din extends ParametricModel implements Model {
  readonly batches: ExampleBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly inputs: readonly ModelInput[];
  readonly #config: DinConfig;
  readonly #embedding: PairEmbedding;
  readonly #attention: TargetAttention;
  readonly #projection: { norm: BatchNormLayer; dense: Projection } | null;
  readonly #head: PairHead;
  readonly #itemBias: tf.Tensor2D | null; // [N + 1, 1]

  /** @throws ModelError when the config names a feature that the dataset does not have */
  constructor(config: DinConfig, data: ModelData, seed: number) {
    super(seed);
    this.#config = config;
    const { parameters } = this;
    const initializer = { kind: config.initializer } as const;
    this.#embedding = new PairEmbedding(parameters, config, data);
    const { itemWidth: width } = this.#embedding;
    this.#attention = createTargetAttention(parameters, 'attention', width, attentionOptions(config));
    this.#projection = config.historyProjection
      ? {
          norm: createBatchNorm(parameters, 'historyNorm', width, batchNormOptions(config)),
          dense: createDense(parameters, 'historyProjection', width, width, initializer),
        }
      : null;
    this.#head = new PairHead(parameters, config, this.#embedding);
    this.#itemBias = config.itemBias
      ? (parameters.create('itemBias', [data.numItems + 1, 1], { kind: 'constant', value: 0 }) as tf.Tensor2D)
      : null;

    const request = exampleRequest(config, false);
    this.batches = data.labeled
      ? labeledBuilder(request)
      : exampleBuilder({
          ...request,
          ...(config.emptyHistory === 'learned' && { minLength: 0 }),
          ownHistories: config.negativeHistory === 'random',
        });
    this.embeddings = this.#embedding.views;
    this.inputs = this.#embedding.inputs;
    this.attentions = [
      {
        name: 'history',
        label: 'Attention',
        of: 'candidate',
        axes: ['position'],
        causal: false,
        normalized: config.attentionSoftmax,
      },
    ];
  }

  loss(batch: ExampleBatch, random: RandomStream): tf.Scalar {
    const { users, candidates } = usersAndCandidates(batch);
    const logits = this.#logits(this.#encode(users), candidates, random);
    return this.#head.loss(tf.reshape(logits, [batch.size, 1 + batch.numNegatives]), batch.labels);
  }

  scoring(query: Query): JointScoring {
    const encoded = this.#encode(query);
    const values = valuesPerPair(this.#config, this.#embedding.itemWidth, query.length);
    return pairScoring(encoded, encoded.items, values, (candidates, record) =>
      this.#logits(encoded, candidates, null, record),
    );
  }

  #encode(query: Query): EncodedUsers {
    const embedding = this.#embedding;
    if (this.#config.emptyHistory === 'skip') return embedding.users(query, embedding.histories(query));
    const { histories, present } = withLearnedEmpty(query);
    return embedding.users(query, embedding.histories(histories, present));
  }

  /** Scores of candidates, `[B, C]`. `training` is null outside training. */
  #logits(
    encoded: EncodedUsers,
    candidates: Candidates,
    training: RandomStream | null,
    record?: Recorder,
  ): tf.Tensor2D {
    const { size, length, items, present } = encoded;
    const pairs = size * candidates.count;
    const mode = training === null ? 'running' : 'training';
    const item = this.#embedding.candidates(candidates, encoded); // [B, C, D]
    const weights = targetAttention(item, items, present, this.#attention, mode); // [B, C, T]
    record?.('history', tf.reshape(weights, [pairs, length]));

    let interest: tf.Tensor2D = tf.reshape(weightedSum(weights, items), [pairs, -1]); // [B·C, D]
    if (this.#projection !== null)
      interest = dense(normalizeBatch(interest, this.#projection.norm, mode), this.#projection.dense);
    const scores = this.#head.scores(encoded, item, interest, training);
    return this.#itemBias === null ? scores : tf.add(scores, biases(this.#itemBias, candidates));
  }
}

/** That of each candidate, `[B, C]`, or `[1, C]` where all users have the same. @param table `[N + 1, 1]` */
function biases(table: tf.Tensor2D, { ids, count }: Candidates): tf.Tensor {
  return tf.reshape(embeddingLookup(table, tf.tensor1d(ids, 'int32')), [-1, count]);
}
