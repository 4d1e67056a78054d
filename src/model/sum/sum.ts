import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../../compute/layers/linear';
import { sumRecurrence, type SumOutput } from '../../compute/layers/sumRecurrence';
import type { RandomStream } from '../../compute/random';
import type {
  AttentionView,
  EmbeddingView,
  Histories,
  JointScoring,
  Model,
  ModelData,
  ModelInput,
  Query,
  Recorder,
} from '../model';
import { exampleBuilder, type ExampleBatch, type ExampleBuilder } from '../batches/exampleBatches';
import { labeledBuilder } from '../batches/labeledBatches';
import { FeatureEmbedding, unknownIn } from '../parts/featureEmbedding';
import { historyMask } from '../parts/historyMask';
import { createMlp, mlp, type Mlp } from '../parts/multilayerPerceptron';
import { namedInitializer } from '../parts/namedInitializer';
import { ParametricModel } from '../parts/parametricModel';
import { cellInputs, createCell, type Cell } from './cell';
import { groupLoss } from './groupLosses';
import type { SumConfig } from './options';
import { itemTables, userTables } from './tables';

/** Of the head's batch normalization. */
const NORM_DECAY = 0.95;
const NORM_EPSILON = 1e-4;

/**
 * SUM (Lian et al., 2021, "Multi-Interest-Aware User Modeling for Large-Scale Sequential Recommendations", arXiv
 * 2102.09211), after Microsoft Recommenders' implementation.
 *
 * Each user has a memory of several channels. The items of the history are written into it one after the other
 * ({@link sumRecurrence}); all of them into the highway channel, each into the slots that it is closest to. A candidate reads
 * the channels by bilinear attention, and a small network makes the score of what it read and of the candidate itself.
 *
 * Shapes in comments: B users, T positions, G candidates of a user, h = hiddenSize, d width of an item's vector with its
 * features, slots channels with the highway channel, which is the last, and S = slots − 1.
 */
export class Sum extends ParametricModel implements Model {
  readonly batches: ExampleBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly inputs: readonly ModelInput[];
  readonly #config: SumConfig;
  readonly #items: FeatureEmbedding;
  readonly #users: FeatureEmbedding | null;
  readonly #cell: Cell;
  readonly #queryKernel: tf.Tensor2D; // [h, d]
  readonly #head: Mlp;
  /** What the layers' penalty is taken of: all but vectors of items and users, α and β. */
  readonly #penalized: readonly tf.Variable[];

  /** @throws ModelError when the config names a feature that the data do not have */
  constructor(config: SumConfig, data: ModelData, seed: number) {
    super(seed);
    this.#config = config;
    const request = {
      maxLength: config.maxSequenceLength,
      minLength: config.minSequenceLength,
      minBatchSize: config.minBatchSize,
      numNegatives: config.loss.numNegatives,
      sampler: config.loss.sampler,
      negativeHistories: false,
    };
    this.batches = data.labeled ? labeledBuilder(request) : exampleBuilder(request);

    const { parameters } = this;
    const initializer = namedInitializer(config.initializer, config.initializerRange);
    const { hiddenSize, slots, userEmbeddingSize: userWidth } = config;
    this.#items = new FeatureEmbedding(parameters, 'items', { ...itemTables(config, data), initializer });
    this.#users =
      userWidth === 0
        ? null
        : new FeatureEmbedding(parameters, 'users', { ...userTables(config, data), initializer });
    this.embeddings = [...this.#items.views, ...(this.#users?.views ?? [])];
    this.inputs = [...(this.#users?.inputs ?? []), ...this.#items.inputs];

    const embedded = parameters.variables.size;
    const width = this.#items.width;
    this.#cell = createCell(parameters, config, width);
    this.#queryKernel = parameters.create('query/kernel', [hiddenSize, width], initializer) as tf.Tensor2D;
    this.#head = createMlp(parameters, 'head', hiddenSize + width + userWidth, [...config.layerSizes, 1], {
      activation: config.activation,
      linearLast: true,
      dropout: config.dropout,
      dropoutAt: config.dropoutPlace === 'beforeActivation' ? 'beforeActivation' : 'output',
      batchNorm: config.batchNorm ? 'beforeActivation' : 'none',
      decay: NORM_DECAY,
      epsilon: NORM_EPSILON,
      initializer,
    });
    this.#penalized = [...parameters.variables]
      .slice(embedded)
      .filter(([name]) => name !== 'cell/alpha' && name !== 'cell/beta')
      .map(([, variable]) => variable);
    this.attentions = slots === 1 ? [] : ATTENTIONS;
  }

  loss(batch: ExampleBatch, random: RandomStream): tf.Scalar {
    const { type, prediction } = this.#config.loss;
    const { size, candidates } = batch;
    const columns = candidates.length / size;
    const { memory } = this.#encode(batch);
    const queries = this.#items.lookup(candidates, [size, columns]) as tf.Tensor3D; // [B, G, d]
    const interests = this.#read(memory, queries);
    const users = this.#userVectors(batch);
    const scores = this.#score(interests, queries, users, random); // [B, G]
    const labels = batch.labels ?? firstColumn(size, columns);
    // Labels are of single items: what tells the chosen one from others has no meaning, and squares make no probabilities.
    const loss = batch.labels === undefined ? type : 'crossEntropy';
    const error = groupLoss(loss, scores, tf.tensor2d(labels, [size, columns]), prediction);
    return tf.addN([error, ...this.#penalties(batch)]);
  }

  scoring(query: Query, record?: Recorder): JointScoring {
    const { size } = query;
    const { slots, layerSizes } = this.#config;
    const recorded = slots === 1 ? undefined : record;
    const { memory, read, write } = this.#encode(query);
    recorded?.('reads', read);
    recorded?.('writes', write);
    const keys = this.#keys(memory); // [B, slots, d]
    const channels = this.#channelProducts(memory, this.#userVectors(query)); // [B, slots, l]
    const width = this.#items.width;
    const candidate = unknownIn('items', query);
    const [first, ...others] = [...layerSizes, 1];
    /** Scores from the shares that candidates give the channels, `[B, n, slots]`, and from their vectors. */
    const scores = (weights: tf.Tensor3D, vectors: tf.Tensor): tf.Tensor2D => {
      const count = weights.shape[1];
      const product: tf.Tensor = tf.add(tf.matMul(weights, channels), this.#itemProducts(vectors));
      const rows: tf.Tensor2D = tf.reshape(product, [size * count, first]);
      return tf.reshape(mlp(rows, this.#head, { training: null, isProduct: true }), [size, count]);
    };
    return {
      kind: 'joint',
      encoded: [memory, keys, channels],
      valuesPerPair: 4 * slots + 4 * first + 3 * others.reduce((sum, layer) => sum + layer, 1),
      score: (items, recordPairs) => {
        const count = items.length;
        const vectors = this.#items.lookup(items, [count], candidate) as tf.Tensor2D; // [n, d]
        // All users have the same candidates, so that one product makes the logits of a block of items.
        const flatKeys: tf.Tensor2D = tf.reshape(keys, [size * slots, width]);
        const logits: tf.Tensor3D = tf.reshape(tf.matMul(flatKeys, vectors, false, true), [
          size,
          slots,
          count,
        ]);
        const weights = tf.softmax(tf.transpose(logits, [0, 2, 1])); // [B, n, slots]
        if (slots > 1) recordPairs?.('query', tf.reshape(weights, [size * count, slots]));
        return scores(weights, vectors);
      },
      scoreOwn: (candidates, recordPairs) => {
        const shape = [size, candidates.length / size];
        const queries = this.#items.lookup(candidates, shape, candidate) as tf.Tensor3D;
        const weights: tf.Tensor3D = tf.softmax(tf.matMul(queries, keys, false, true)); // [B, n, slots]
        if (slots > 1) recordPairs?.('query', tf.reshape(weights, [candidates.length, slots]));
        return scores(weights, queries);
      },
    };
  }

  /** The memories that histories leave. */
  #encode({ histories, size, length }: Histories): SumOutput {
    const x = this.#items.lookup(histories, [size, length]) as tf.Tensor3D; // [B, T, d]
    const { parameters, version } = cellInputs(this.#cell, this.#config, this.#items.width);
    return sumRecurrence(x, parameters, tf.tensor2d(historyMask(histories), [size, length]), version);
  }

  /** What candidates are compared with, `[B, slots, d]`. */
  #keys(memory: tf.Tensor3D): tf.Tensor3D {
    return linear(memory, this.#queryKernel, null) as tf.Tensor3D;
  }

  /** softmax(queries·(memory·W)ᵀ)·memory: the channels in the shares that each candidate gives them, `[B, G, h]`. */
  #read(memory: tf.Tensor3D, queries: tf.Tensor3D): tf.Tensor3D {
    return tf.matMul(tf.softmax(tf.matMul(queries, this.#keys(memory), false, true)), memory);
  }

  /** `[B, u]`, or null where the config has none. */
  #userVectors(query: Pick<Query, 'users' | 'unknown'>): tf.Tensor2D | null {
    if (this.#users === null) return null;
    const { users } = query;
    return this.#users.lookup(users, [users.length], unknownIn('users', query)) as tf.Tensor2D;
  }

  /**
   * Scores of candidates from what they read, what they are, and whose they are, in training.
   * @param interests `[B, G, h]`
   * @param queries `[B, G, d]`
   * @returns `[B, G]`
   */
  #score(
    interests: tf.Tensor3D,
    queries: tf.Tensor3D,
    users: tf.Tensor2D | null,
    random: RandomStream,
  ): tf.Tensor2D {
    const [size, columns] = queries.shape;
    const parts: tf.Tensor3D[] = [interests, queries];
    if (users !== null) parts.push(tf.tile<tf.Tensor3D>(tf.expandDims(users, 1), [1, columns, 1]));
    const inputs = tf.concat3d(parts, 2);
    const rows: tf.Tensor2D = tf.reshape(inputs, [size * columns, inputs.shape[2]]);
    return tf.reshape(mlp(rows, this.#head, { training: random }), [size, columns]);
  }

  /**
   * The part of the head's first product that is the user's: because it is linear and what a candidate reads is a mean of
   * channels, it can be made of the channels, once for all candidates. `[B, slots, l]`, l being the layer's width.
   */
  #channelProducts(memory: tf.Tensor3D, users: tf.Tensor2D | null): tf.Tensor3D {
    const { kernel } = this.#head.layers[0]!.dense;
    const { hiddenSize } = this.#config;
    const channels = linear(memory, tf.slice(kernel, [0, 0], [hiddenSize, -1]), null) as tf.Tensor3D;
    if (users === null) return channels;
    const own = tf.matMul(users, tf.slice(kernel, [hiddenSize + this.#items.width, 0]));
    return tf.add(channels, tf.expandDims(own, 1));
  }

  /** The part of the head's first product that is the candidate's, with the bias: `[…, l]` of `[…, d]`. */
  #itemProducts(vectors: tf.Tensor): tf.Tensor {
    const { kernel, bias } = this.#head.layers[0]!.dense;
    const rows = tf.slice(kernel, [this.#config.hiddenSize, 0], [this.#items.width, -1]);
    return linear(vectors, rows, bias);
  }

  /** Penalties of the vectors that the batch touches and of the layers. */
  #penalties({ histories, candidates, users, size }: ExampleBatch): tf.Scalar[] {
    const { embeddingL2, embeddingL1, embeddingPenalty, layerL2, layerL1 } = this.#config;
    const share = embeddingPenalty === 'mean' ? 1 / size : 1;
    // Padding is no item here: nothing reads its row, so its penalty would change nothing but the row.
    const items = [...histories, ...candidates].filter((item) => item !== 0);
    const touched = (): tf.Tensor[] => [
      ...this.#items.touchedRows(Int32Array.from(items)),
      ...(this.#users?.touchedRows(users) ?? []),
    ];
    return [
      ...(embeddingL2 > 0 || embeddingL1 > 0
        ? penalties(touched(), share * embeddingL2, share * embeddingL1)
        : []),
      ...penalties(this.#penalized, layerL2, layerL1),
    ];
  }
}

/** Labels of candidates of which the first was chosen. */
function firstColumn(size: number, columns: number): Float32Array {
  return Float32Array.from({ length: size * columns }, (_, place) => (place % columns === 0 ? 1 : 0));
}

const ATTENTIONS: readonly AttentionView[] = [
  {
    name: 'reads',
    label: 'Memory reads',
    of: 'user',
    axes: ['position', 'slot'],
    causal: false,
    normalized: true,
  },
  {
    name: 'writes',
    label: 'Memory writes',
    of: 'user',
    axes: ['position', 'slot'],
    causal: false,
    normalized: false,
  },
  {
    name: 'query',
    label: 'Candidate’s query',
    of: 'candidate',
    axes: ['slot'],
    causal: false,
    normalized: true,
  },
];

/** l2·Σ‖θ‖²/2 and l1·Σ|θ| over some tensors, where the weights are above 0. */
function penalties(tensors: readonly tf.Tensor[], l2: number, l1: number): tf.Scalar[] {
  const total = (values: (tensor: tf.Tensor) => tf.Tensor): tf.Scalar =>
    tf.addN(tensors.map((tensor) => tf.sum<tf.Scalar>(values(tensor))));
  return [
    ...(l2 > 0 ? [tf.mul<tf.Scalar>(total(tf.square), l2 / 2)] : []),
    ...(l1 > 0 ? [tf.mul<tf.Scalar>(total(tf.abs), l1)] : []),
  ];
}
