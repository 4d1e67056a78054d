import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../../compute/layers/linear';
import {
  sumRecurrence,
  type SumOutput,
  type SumParameters,
  type SumVersion,
  type SumWritingParameters,
} from '../../compute/layers/sumRecurrence';
import { Parameters, type Initializer } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { SumConfig } from './options';
import { groupLoss } from './groupLosses';
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
import { chosenColumns } from '../parts/chosenColumns';
import { FeatureEmbedding, featureParameters, featureWidth, unknownIn } from '../parts/featureEmbedding';
import { historyMask } from '../parts/historyMask';
import { createMlp, mlp, MLP_ORDERS, type Mlp } from '../parts/multilayerPerceptron';

/** What α and β start from. */
const ALPHA_START = 0.98;
const BETA_START = 1.02;
/** Of the head's batch normalization. */
const NORM_DECAY = 0.95;
const NORM_EPSILON = 1e-4;

/** Parameters of the cell that have a gradient of their own; α may be made from one. */
type Cell = Omit<SumParameters, 'heads' | 'beta'> & {
  /** `[S, d]`, or null where there is no slot but the highway channel. */
  heads: tf.Tensor2D | null;
  /** Null as `heads` is, because nothing would be sharpened. */
  beta: tf.Scalar | null;
  writing: SumWritingParameters | null;
};

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
export class Sum implements Model {
  readonly batches: ExampleRequest;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly inputs: readonly ModelInput[];
  readonly #config: SumConfig;
  readonly #parameters: Parameters;
  readonly #items: FeatureEmbedding;
  readonly #users: FeatureEmbedding | null;
  readonly #cell: Cell;
  readonly #queryKernel: tf.Tensor2D; // [h, d]
  readonly #head: Mlp;
  /** What the layers' penalty is taken of: all but vectors of items and users, α and β. */
  readonly #penalized: readonly tf.Variable[];

  /** @throws ModelError when the config names a feature that the data do not have */
  constructor(config: SumConfig, data: ModelData, seed: number) {
    this.#config = config;
    this.batches = {
      kind: 'examples',
      maxLength: config.maxSequenceLength,
      minLength: config.minSequenceLength,
      minBatchSize: config.minBatchSize,
      numNegatives: config.loss.numNegatives,
      sampler: config.loss.sampler,
      negativeHistories: false,
    };

    const parameters = new Parameters(seed);
    const initializer = initializerOf(config);
    const { hiddenSize, slots, userEmbeddingSize: userWidth } = config;
    this.#parameters = parameters;
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
      ...MLP_ORDERS.deeprec,
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

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.state;
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
    const labels = new Float32Array(candidates.length);
    for (let chosen = 0; chosen < labels.length; chosen += columns) labels[chosen] = 1;
    const error = groupLoss(type, scores, tf.tensor2d(labels, [size, columns]), prediction);
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

  dispose(): void {
    this.#parameters.dispose();
  }

  /** The memories that histories leave. */
  #encode({ histories, size, length }: Pick<Query, 'histories' | 'size' | 'length'>): SumOutput {
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

/** How much a SUM takes. Of the recurrence the gradient needs the memory of each step. */
export function sumSize(config: SumConfig, { data, batchSize }: SizeContext): ModelSize {
  const { hiddenSize: h, slots, layerSizes, batchNorm, maxSequenceLength: length, loss } = config;
  const tables = [itemTables(config, data), userTables(config, data)];
  const [d, userWidth] = tables.map(featureWidth) as [number, number];
  const S = slots - 1;
  const gates = config.cell === 'SUMV2' && S > 0 ? 3 : 2;
  const writing = config.cell === 'SUMV2' ? h * S : 0;
  const cell = S * d + gates * ((d + h) * h + h) + (d + h + 1) + writing + (S > 0 ? 2 : 1);
  const inputSize = h + d + userWidth;
  const head = [...layerSizes, 1].reduce(
    (sum, size, index) => sum + ((layerSizes[index - 1] ?? inputSize) + 1) * size,
    batchNorm ? 2 * layerSizes.reduce((sum, size) => sum + size, 0) : 0,
  );
  const tableValues = tables.reduce((sum, table) => sum + featureParameters(table), 0);
  const perPosition = 2 * d + (slots + 4) * h + 2 * S;
  const perLayer = 3 + (batchNorm ? 2 : 0) + (config.dropout === 0 ? 0 : 1);
  const perCandidate =
    4 * slots + 2 * (h + d) + 2 * inputSize + perLayer * layerSizes.reduce((sum, size) => sum + size, 1);
  return {
    parameters: tableValues + cell + h * d + head,
    // Each lookup has a gradient of the whole table: history, candidates and penalty.
    activations:
      batchSize * (length * perPosition + (1 + loss.numNegatives) * perCandidate) + 2 * tableValues,
  };
}

function itemTables(config: SumConfig, { numItems, itemFeatures }: ModelData) {
  return {
    of: 'items',
    count: numItems,
    columns: chosenColumns(itemFeatures, config.itemFeatures, 'model.itemFeatures'),
    idSize: config.itemEmbeddingSize,
    featureSize: config.featureEmbeddingSize,
  } as const;
}

function userTables(config: SumConfig, { numUsers }: ModelData) {
  return {
    of: 'users',
    count: numUsers,
    columns: [],
    idSize: config.userEmbeddingSize,
    featureSize: config.featureEmbeddingSize,
  } as const;
}

/** Makes the cell. Its biases start at 1 as in the reference: gates are open at first. */
function createCell(parameters: Parameters, config: SumConfig, width: number): Cell {
  const { hiddenSize, cell, slots } = config;
  const kernel = (name: string, shape: [number, number]): tf.Tensor2D =>
    parameters.create(`cell/${name}`, shape, { kind: 'glorotUniform' }) as tf.Tensor2D;
  const bias = (name: string, size: number): tf.Tensor1D =>
    parameters.create(`cell/${name}`, [size], { kind: 'constant', value: 1 }) as tf.Tensor1D;
  const scalar = (name: string, value: number): tf.Scalar =>
    parameters.create(`cell/${name}`, [], { kind: 'constant', value }) as tf.Scalar;
  const inputs = width + hiddenSize;
  const S = slots - 1;
  return {
    heads: S === 0 ? null : kernel('heads', [S, width]),
    eraseKernel: kernel('erase/kernel', [inputs, hiddenSize]),
    eraseBias: bias('erase/bias', hiddenSize),
    resetKernel: kernel('reset/kernel', [inputs, 1]),
    resetBias: bias('reset/bias', 1),
    addKernel: kernel('add/kernel', [inputs, hiddenSize]),
    addBias: bias('add/bias', hiddenSize),
    alpha: scalar('alpha', alphaStart(config.alpha)),
    beta: S === 0 ? null : scalar('beta', BETA_START),
    writing:
      cell === 'SUM' || S === 0
        ? null
        : {
            writingKernel: kernel('writing/kernel', [inputs, hiddenSize]),
            writingBias: bias('writing/bias', hiddenSize),
            writingHeads: kernel('writing/heads', [hiddenSize, S]),
          },
  };
}

/** θ for which α is {@link ALPHA_START}. */
function alphaStart(form: SumConfig['alpha']): number {
  switch (form) {
    case 'exponential':
      return Math.log(ALPHA_START);
    case 'softplus':
      return Math.log(Math.expm1(ALPHA_START));
    case 'free':
      return ALPHA_START;
  }
}

function alphaOf(parameter: tf.Scalar, form: SumConfig['alpha']): tf.Scalar {
  switch (form) {
    case 'exponential':
      return tf.exp(parameter);
    case 'softplus':
      return tf.softplus(parameter);
    case 'free':
      return parameter;
  }
}

/** The cell as the recurrence takes it. With the highway channel alone both versions are the same. */
function cellInputs(
  { heads, alpha, beta, writing, ...others }: Cell,
  config: SumConfig,
  width: number,
): { parameters: SumParameters; version: SumVersion } {
  return {
    parameters: {
      ...others,
      heads: heads ?? tf.zeros([0, width]),
      alpha: alphaOf(alpha, config.alpha),
      beta: beta ?? tf.scalar(BETA_START),
    },
    version: writing === null ? { type: 'SUM' } : { type: 'SUMV2', writing },
  };
}

function initializerOf({ initializer, initializerRange }: SumConfig): Initializer {
  switch (initializer) {
    case 'truncatedNormal':
    case 'normal':
      return { kind: initializer, deviation: initializerRange };
    case 'uniform':
      return { kind: initializer, limit: initializerRange };
    default:
      return { kind: initializer };
  }
}

/** l2·Σ‖θ‖²/2 and l1·Σ|θ| over some tensors, where the weights are above 0. */
function penalties(tensors: readonly tf.Tensor[], l2: number, l1: number): tf.Scalar[] {
  const total = (values: (tensor: tf.Tensor) => tf.Tensor): tf.Scalar =>
    tf.addN(tensors.map((tensor) => tf.sum<tf.Scalar>(values(tensor))));
  return [
    ...(l2 > 0 ? [tf.mul<tf.Scalar>(total(tf.square), l2 / 2)] : []),
    ...(l1 > 0 ? [tf.mul<tf.Scalar>(total(tf.abs), l1)] : []),
  ];
}
