import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import { binaryCrossEntropy, rowwiseScores } from '../../compute/layers/losses';
import type {
  AttentionView,
  EmbeddingView,
  Model,
  ModelData,
  ModelInput,
  ProductScoring,
  Query,
  Recorder,
} from '../model';
import { exampleBuilder, type ExampleBatch, type ExampleBuilder } from '../batches/exampleBatches';
import { namedInitializer } from '../parts/namedInitializer';
import { ParametricModel } from '../parts/parametricModel';
import { unknownIn } from '../parts/featureEmbedding';
import type { BprMfConfig } from './options';

/**
 * Matrix factorization trained by Bayesian personalized ranking (Rendle, Freudenthaler, Gantner, Schmidt-Thieme, "BPR:
 * Bayesian personalized ranking from implicit feedback", UAI 2009, arXiv 1205.2618). The score of item i for user u is
 * s_ui = x_u·y_i + b_i, and the loss of an interaction with a negative j, which the user did not choose, is
 *
 *     −ln σ(s_ui − s_uj) + λ (‖x_u‖² + ‖y_i‖² + b_i² + ‖y_j‖² + b_j²)
 *
 * as a mean over the interactions of a batch, and over the negatives of each in its first term. Histories are not read: what
 * a user likes is in their embedding alone. A user whom training does not know gets the mean embedding.
 *
 * Shapes in comments: B interactions, k negatives, d width of the embeddings, N items, U users.
 */
export class BprMf extends ParametricModel implements Model {
  readonly batches: ExampleBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[] = [];
  readonly inputs: readonly ModelInput[] = [{ of: 'users', feature: null }];
  readonly #config: BprMfConfig;
  readonly #numItems: number;
  /** `[U, d]` */
  readonly #users: tf.Tensor2D;
  /** `[N + 1, d]`; row 0 belongs to no item. */
  readonly #items: tf.Tensor2D;
  /** `[N + 1, 1]`; null without biases. */
  readonly #itemBias: tf.Tensor2D | null;

  constructor(config: BprMfConfig, { numUsers, numItems }: ModelData, seed: number) {
    super(seed);
    const { embeddingSize, embeddingInitializer, initializerRange, numNegatives, sampler } = config;
    this.#config = config;
    this.#numItems = numItems;
    this.batches = exampleBuilder({
      maxLength: 0,
      minLength: 0,
      numNegatives,
      sampler,
      negativeHistories: false,
    });
    const { parameters } = this;
    const initializer = namedInitializer(embeddingInitializer, initializerRange);
    this.#users = parameters.create('userEmbedding', [numUsers, embeddingSize], initializer) as tf.Tensor2D;
    this.#items = parameters.create(
      'itemEmbedding',
      [numItems + 1, embeddingSize],
      initializer,
    ) as tf.Tensor2D;
    this.#itemBias = config.itemBias
      ? (parameters.create('itemBias', [numItems + 1, 1], { kind: 'constant', value: 0 }) as tf.Tensor2D)
      : null;
    this.embeddings = [
      { name: 'items', label: 'Items', rows: 'items', vectors: () => this.#itemVectors() },
      { name: 'users', label: 'Users', rows: 'users', vectors: () => tf.clone(this.#users) },
    ];
  }

  loss({ users, candidates, size, numNegatives }: ExampleBatch): tf.Scalar {
    const { l2, sigmoidEpsilon } = this.#config;
    const states = embeddingLookup(this.#users, tf.tensor1d(users, 'int32')) as tf.Tensor2D; // [B, d]
    const ids = tf.tensor2d(candidates, [size, 1 + numNegatives], 'int32');
    const products = rowwiseScores(states, this.#items, ids); // [B, 1 + k]
    const biases = this.#itemBias && tf.reshape(embeddingLookup(this.#itemBias, ids), products.shape);
    const scores = biases === null ? products : tf.add(products, biases);
    const [positive, negatives] = tf.split(scores, [1, numNegatives], 1);
    const loss = pairwiseLoss(tf.sub(positive!, negatives!), sigmoidEpsilon);
    if (l2 === 0) return loss;
    const touched = [states, embeddingLookup(this.#items, ids), ...(biases === null ? [] : [biases])];
    const squares = tf.addN<tf.Scalar>(touched.map((values) => tf.sum(tf.square(values))));
    return tf.add(loss, tf.mul(squares, l2 / size));
  }

  scoring(query: Query, _record?: Recorder, items?: tf.Tensor2D): ProductScoring {
    return {
      kind: 'product',
      states: this.#userVectors(query),
      items: items ?? this.#itemVectors(),
      ...(this.#itemBias !== null && {
        bias: tf.reshape<tf.Rank.R1>(tf.slice(this.#itemBias, [1, 0], [this.#numItems, 1]), [-1]),
      }),
    };
  }

  /** `[query.size, d]` */
  #userVectors(query: Query): tf.Tensor2D {
    const users = unknownIn('users', query).unknown === null ? query.users.map(() => -1) : query.users;
    const known = embeddingLookup(
      this.#users,
      tf.tensor1d(
        users.map((user) => Math.max(user, 0)),
        'int32',
      ),
    ) as tf.Tensor2D;
    if (!users.includes(-1)) return known;
    const isKnown = tf.tensor2d(
      users.map((user) => (user < 0 ? 0 : 1)),
      [users.length, 1],
      'bool',
    );
    return tf.where(isKnown, known, tf.mean(this.#users, 0, true));
  }

  /** `[N, d]` */
  #itemVectors(): tf.Tensor2D {
    return tf.slice(this.#items, [1, 0], [this.#numItems, -1]);
  }
}

/**
 * The mean of −ln(ε + σ(difference)).
 * @param differences scores of positives less those of their negatives
 */
function pairwiseLoss(differences: tf.Tensor, epsilon: number): tf.Scalar {
  // A cross-entropy of logits, which stays exact where the sigmoid has become 0.
  if (epsilon === 0) return binaryCrossEntropy(differences, tf.ones(differences.shape), null);
  return tf.neg(tf.mean(tf.log(tf.add(tf.sigmoid(differences), epsilon))));
}
