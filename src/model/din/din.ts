import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import type { Projection } from '../../compute/layers/projections';
import { Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { DinConfig } from './options';
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
import { examplesPerStep } from '../parts/examplesPerStep';
import { historyMask } from '../parts/historyMask';
import { pooledHistory } from '../parts/historyPooling';
import {
  createBatchNorm,
  mlp,
  normalizeBatch,
  type BatchNormLayer,
  type Mlp,
} from '../parts/multilayerPerceptron';
import { unknownIn, type FeatureEmbedding, type LookupOptions } from '../parts/featureEmbedding';
import { pairInputs } from '../parts/pairInputs';
import {
  createHead,
  createPairEmbeddings,
  exampleRequest,
  headSize,
  attentionOptions,
  attentionSize,
  batchNormOptions,
  pairLoss,
  pairTables,
  rowsPerExample,
  valuesPerPair,
} from '../parts/pairModel';
import {
  createTargetAttention,
  targetAttention,
  weightedSum,
  type TargetAttention,
} from '../parts/targetAttention';

/** What is known of users before a candidate is. */
interface Encoded {
  size: number;
  length: number;
  /** `[B, T, D]` */
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
 * DIN (Zhou et al., "Deep Interest Network for Click-Through Rate Prediction", KDD 2018, arXiv 1706.06978).
 *
 * What a user did is seen through the candidate's eyes: an activation unit weighs each item of the history by the two
 * together (section 4.3), the weighted sum is the interest, and an MLP with Dice (section 5.3) scores it beside user and
 * item.
 *
 * Shapes in comments: B users, C candidates of each, T positions, D width of an item's vector.
 */
export class Din implements Model {
  readonly batches: ExampleRequest;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly inputs: readonly ModelInput[];
  readonly #config: DinConfig;
  readonly #parameters: Parameters;
  readonly #items: FeatureEmbedding;
  readonly #users: FeatureEmbedding | null;
  readonly #attention: TargetAttention;
  readonly #projection: { norm: BatchNormLayer; dense: Projection } | null;
  readonly #head: Mlp;
  readonly #output: Projection;
  readonly #itemBias: tf.Tensor2D | null; // [N + 1, 1]

  constructor(config: DinConfig, data: ModelData, seed: number) {
    this.#config = config;
    this.batches = {
      ...exampleRequest(config, false),
      ...(config.emptyHistory === 'learned' && { minLength: 0 }),
      ownHistories: config.negativeHistory === 'random',
    };
    const parameters = new Parameters(seed);
    this.#parameters = parameters;
    const { items, users } = createPairEmbeddings(parameters, config, data);
    this.#items = items;
    this.#users = users;
    this.embeddings = [...items.views, ...(users?.views ?? [])];
    this.inputs = [...(users?.inputs ?? []), ...items.inputs];
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

    const initializer = { kind: config.initializer } as const;
    this.#attention = createTargetAttention(parameters, 'attention', items.width, attentionOptions(config));
    this.#projection = config.historyProjection
      ? {
          norm: createBatchNorm(parameters, 'historyNorm', items.width, batchNormOptions(config)),
          dense: createDense(parameters, 'historyProjection', items.width, items.width, initializer),
        }
      : null;
    const { head, output } = createHead(parameters, config, items.width, users?.width ?? 0);
    this.#head = head;
    this.#output = output;
    this.#itemBias = config.itemBias
      ? (parameters.create('itemBias', [data.numItems + 1, 1], { kind: 'constant', value: 0 }) as tf.Tensor2D)
      : null;
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.state;
  }

  loss(batch: ExampleBatch, random: RandomStream): tf.Scalar {
    const { size, candidates, numNegatives, candidateHistories } = batch;
    const columns = 1 + numNegatives;
    if (candidateHistories === undefined)
      return pairLoss(this.#logits(this.#encode(batch), candidates, columns, random), this.#config.loss);
    // Each candidate as the only one of a user who has its history.
    const users = Int32Array.from(candidates, (_, pair) => batch.users[Math.floor(pair / columns)]!);
    const pairs = { size: size * columns, length: batch.length, users, histories: candidateHistories };
    const logits = this.#logits(this.#encode(pairs), candidates, 1, random);
    return pairLoss(tf.reshape(logits, [size, columns]), this.#config.loss);
  }

  scoring(query: Query): JointScoring {
    const encoded = this.#encode(query);
    const { keys, pooled, user } = encoded;
    return {
      kind: 'joint',
      encoded: [keys, pooled, ...(user === null ? [] : [user])],
      valuesPerPair: valuesPerPair(this.#config, this.#items.width, query.length),
      score: (items, record) => this.#logits(encoded, items, null, null, record),
      scoreOwn: (candidates, record) =>
        this.#logits(encoded, candidates, candidates.length / query.size, null, record),
    };
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  #encode(query: Pick<Query, 'size' | 'length' | 'users' | 'histories' | 'unknown'>): Encoded {
    const { size, users } = query;
    const learned = this.#config.emptyHistory === 'learned';
    // Where a padding item stands for empty histories, there has to be a place for it.
    const length = learned ? Math.max(1, query.length) : query.length;
    const histories = length === query.length ? query.histories : new Int32Array(size);
    const present = historyMask(histories);
    if (learned) markEmptyRows(present, length);
    const keys = this.#items.lookup(histories, [size, length]) as tf.Tensor3D;
    return {
      size,
      length,
      keys,
      present,
      pooled: pooledHistory(keys, present, this.#config.pooling),
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
    const owners = perUser === null ? 1 : size;
    const mode = training === null ? 'running' : 'training';
    const item = this.#items.lookup(ids, [owners, candidates], candidate) as tf.Tensor3D;
    const weights = targetAttention(item, keys, present, this.#attention, mode); // [B, C, T]
    record?.('history', tf.reshape(weights, [size * candidates, length]));

    let interest: tf.Tensor2D = tf.reshape(weightedSum(weights, keys), [size * candidates, -1]);
    if (this.#projection !== null)
      interest = dense(normalizeBatch(interest, this.#projection.norm, mode), this.#projection.dense);
    const input = pairInputs(this.#config.headInputs, { user, item, interest, pooled });
    const logits = dense(mlp(input, this.#head, { training }), this.#output);
    const scores: tf.Tensor2D = tf.reshape(logits, [size, candidates]);
    if (this.#itemBias === null) return scores;
    const bias = embeddingLookup(this.#itemBias, tf.tensor1d(ids, 'int32'));
    return tf.add(scores, tf.reshape(bias, [owners, candidates]));
  }
}

/** Lets the last position of each row without items count as one: `[B·T]` of rows of `length`. */
function markEmptyRows(present: Float32Array, length: number): void {
  for (let end = length; end <= present.length; end += length)
    if (!present.subarray(end - length, end).includes(1)) present[end - 1] = 1;
}

/** How much a DIN takes. Every layer's output stays until the backward pass is through, and so does its gradient. */
export function dinSize(config: DinConfig, context: SizeContext): ModelSize {
  const { data } = context;
  const batchSize = examplesPerStep(context.batchSize, rowsPerExample(config));
  const { itemWidth: d, userWidth, itemTables, userTables } = pairTables(config, data);
  const rows = batchSize * (1 + config.numNegatives);
  const attention = attentionSize(config, d);
  const head = headSize(config, d, userWidth);
  const projection = config.historyProjection ? d * d + 3 * d : 0;
  const bias = config.itemBias ? data.numItems + 1 : 0;
  const length = config.maxSequenceLength;
  const histories = config.negativeHistory === 'random' ? rows : batchSize;
  return {
    parameters: itemTables + userTables + attention.parameters + head.parameters + projection + bias,
    activations:
      2 * (histories * length * d + rows * (length * attention.activations + 4 * d + head.activations)) +
      (config.historyProjection ? 4 * rows * d : 0) +
      // History and candidates each give the tables of items a gradient, beside the sum.
      2 * itemTables,
  };
}
