import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy } from '../compute/layers/losses';
import { Parameters } from '../compute/parameters';
import type { RandomStream } from '../compute/random';
import type { TwoTowerConfig } from '../config/models/twoTower';
import type { CategoryColumn, FeatureColumn, MultiColumn } from '../protocol/features';
import type {
  AttentionView,
  EmbeddingView,
  ExampleBatch,
  ExampleRequest,
  Model,
  ModelData,
  ModelInput,
  ModelSize,
  ProductScoring,
  Query,
  Recorder,
  SizeContext,
} from './model';
import { ModelError } from './modelError';
import { chosenColumns } from './parts/chosenColumns';
import { examplesPerStep } from './parts/examplesPerStep';
import {
  columnCodes,
  drawItems,
  hiddenCells,
  mutualInformation,
  relatedColumns,
  type ViewPattern,
} from './parts/columnViews';
import {
  FeatureEmbedding,
  featureParameters,
  featureWidth,
  unknownIn,
  type LookupOptions,
} from './parts/featureEmbedding';
import { inBatchSoftmax, logShare } from './parts/inBatchSoftmax';
import { createMlp, mlp, MLP_ORDERS, type Mlp } from './parts/multilayerPerceptron';
import { maxMargin, pairScores } from './parts/pairScores';
import type { StatisticsMode } from './parts/runningStatistics';

/** Of the reference: share of the running statistics that a batch leaves, and what is added to a variance. */
const BATCH_NORM = { decay: 0.99, epsilon: 1e-3 };
const LEAST_TEMPERATURE = 0.01;
const LARGEST_TEMPERATURE = 100;
/** Below the square of any length that comes up: a vector of zeros stays one. */
const LEAST_SQUARE = 1e-12;
/** Rows that go through a tower at once where there is no end to them. */
const BLOCK = 16_384;

interface Tower {
  embedding: FeatureEmbedding;
  layers: Mlp;
  /** Whether training does not know the id, so that it has learned no vector for it. */
  isCold: (id: number) => boolean;
  /** Mean of the id vectors that training learns, `[1, embeddingSize]`. */
  meanId: () => tf.Tensor;
  /** The id vector for the unknown, `[1, embeddingSize]`. */
  unknownId: () => tf.Tensor;
}

/** How rows go through a tower. */
interface Pass extends LookupOptions {
  /** Null outside training. */
  training: RandomStream | null;
  statistics?: StatisticsMode;
}

/** What self-supervised learning needs. */
interface SelfSupervision {
  pattern: ViewPattern;
  /** Places, among the parts of an item's vector, of the columns that may be hidden: the id and all that is no number. */
  columns: readonly number[];
  numParts: number;
  related: readonly (readonly number[])[];
}

/**
 * Two towers (Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations", RecSys 2019): one
 * network makes a vector of a user's id and features, another of an item's, and the score is their product. No history is
 * read, so what a user does next changes nothing until the next training.
 *
 * The layers and losses are those of LibRecommender's TwoTower, including self-supervised learning on item columns (Yao et
 * al., CIKM 2021, arXiv 2007.12865). Users and items that training does not know go by their features: their id
 * vector is the mean of the learned ones, or one that `idDropout` trains.
 *
 * Shapes in comments: B examples, k negatives, d = width of the towers' last layer, N items, U users.
 */
export class TwoTower implements Model {
  readonly batches: ExampleRequest;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[] = [];
  readonly inputs: readonly ModelInput[];
  readonly #config: TwoTowerConfig;
  readonly #data: ModelData;
  readonly #parameters: Parameters;
  readonly #users: Tower;
  readonly #items: Tower;
  /** log Q by item, `[N + 1]`; null without correction. */
  readonly #logQ: Float32Array | null;
  /** log τ, or τ itself where it is unbounded; null where it is fixed. */
  readonly #temperature: tf.Variable | null;
  readonly #selfSupervision: SelfSupervision | null;

  /** @throws ModelError when the data lack features that the config asks for */
  constructor(config: TwoTowerConfig, data: ModelData, seed: number) {
    const { loss } = config;
    this.#config = config;
    this.#data = data;
    this.batches = {
      kind: 'examples',
      maxLength: 0,
      minLength: 0,
      numNegatives: loss.type === 'softmax' ? 0 : loss.numNegatives,
      sampler: loss.type === 'softmax' ? 'uniform' : loss.sampler,
      rowsPerExample: rowsPerExample(config),
      negativeHistories: false,
    };
    const { users, items } = towerSizes(config, data);
    const parameters = new Parameters(seed);
    this.#parameters = parameters;
    this.#users = createTower(parameters, 'user', users, config, (user) => user < 0, null);
    const { itemCounts } = data;
    this.#items = createTower(
      parameters,
      'item',
      items,
      config,
      (item) => itemCounts[item] === 0,
      itemCounts,
    );
    this.#temperature = createTemperature(parameters, loss);
    this.#logQ = loss.type === 'softmax' ? samplingLogQ(itemCounts, loss.correction) : null;
    this.#selfSupervision = selfSupervision(config, items.columns, data);
    this.embeddings = [
      ...this.#items.embedding.views,
      ...this.#users.embedding.views,
      { name: 'itemTower', label: 'Items (tower)', rows: 'items', vectors: () => this.#itemVectors() },
      { name: 'userTower', label: 'Users (tower)', rows: 'users', vectors: () => this.#userVectors() },
    ];
    // An item without its id is one that training does not know.
    this.inputs = [
      ...this.#users.embedding.inputs,
      { of: 'items', feature: null },
      ...this.#items.embedding.inputs,
    ];
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.state;
  }

  loss(batch: ExampleBatch, random: RandomStream): tf.Scalar {
    let loss = this.#mainLoss(batch, random);
    if (this.#selfSupervision !== null) {
      const ssl = this.#selfSupervisedLoss(this.#selfSupervision, batch.size, random);
      loss = tf.add(loss, tf.mul(ssl, this.#config.selfSupervisedWeight));
    }
    if (this.#config.l2 > 0) loss = tf.add(loss, tf.mul(this.#sumOfSquares(), this.#config.l2));
    return loss;
  }

  scoring(query: Query, _record?: Recorder, items?: tf.Tensor2D): ProductScoring {
    const states = this.#infer(this.#users, query.users, unknownIn('users', query));
    const vectors = query.unknown?.of === 'items' ? undefined : items;
    return { kind: 'product', states, items: vectors ?? this.#itemVectors(unknownIn('items', query)) };
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  #mainLoss({ users: ids, candidates, size }: ExampleBatch, random: RandomStream): tf.Scalar {
    const { loss } = this.#config;
    const users = this.#train(this.#users, ids, random); // [B, d]
    if (loss.type === 'softmax') {
      const columns = candidates.length / size;
      const positives = Int32Array.from({ length: size }, (_, row) => candidates[row * columns]!);
      const logQ = this.#logQ;
      return inBatchSoftmax(users, this.#train(this.#items, positives, random), {
        scale: this.#scale(),
        logQ: logQ && Float32Array.from(positives, (item) => logQ[item]!),
        items: loss.removeAccidentalHits ? positives : null,
      });
    }
    const separate = loss.type === 'maxMargin' && this.#config.negativeBatchNorm === 'separate';
    const items = separate
      ? this.#trainSeparately(candidates, size, random)
      : this.#train(this.#items, candidates, random); // [B·(1 + k), d]
    const scores = pairScores(users, items); // [B, 1 + k]
    if (loss.type === 'maxMargin') return maxMargin(scores, loss.margin);
    const chosen = Float32Array.from(candidates, (_, place) => (place % scores.shape[1] === 0 ? 1 : 0));
    return binaryCrossEntropy(scores, tf.tensor2d(chosen, scores.shape), null);
  }

  /** Two views of as many random items as the batch has examples, told apart by the in-batch softmax. */
  #selfSupervisedLoss(
    { pattern, columns, numParts, related }: SelfSupervision,
    size: number,
    random: RandomStream,
  ): tf.Scalar {
    const { selfSupervisedMasks, selfSupervisedBatchNorm } = this.#config;
    const items = drawItems(size, this.#data.numItems, random);
    const hidden = hiddenCells(pattern, related, size, selfSupervisedMasks === 'perRow', random);
    const view = (cells: Uint8Array): tf.Tensor2D => {
      const shown = new Float32Array(size * numParts).fill(1);
      cells.forEach((isHidden, cell) => {
        const row = Math.floor(cell / columns.length);
        if (isHidden) shown[row * numParts + columns[cell % columns.length]!] = 0;
      });
      const statistics = selfSupervisedBatchNorm === 'shared' ? 'training' : 'batch';
      return this.#run(this.#items, items, { training: random, statistics, shown });
    };
    return inBatchSoftmax(view(hidden.left), view(hidden.right), {
      scale: this.#scale(),
      logQ: null,
      items: null,
    });
  }

  /** 1/τ */
  #scale(): number | tf.Scalar {
    const { loss } = this.#config;
    if (loss.type !== 'softmax') return 1;
    if (typeof loss.temperature === 'number') return 1 / loss.temperature;
    const learned = this.#temperature as tf.Variable<tf.Rank.R0>;
    if (loss.temperature === 'learned') return tf.exp(tf.neg(clampLog(learned)));
    return reciprocal(learned);
  }

  #train(tower: Tower, ids: Int32Array, random: RandomStream): tf.Tensor2D {
    const { idDropout } = this.#config;
    if (idDropout === 0) return this.#run(tower, ids, { training: random });
    const instead = Float32Array.from(ids, () => (random.nextFloat() < idDropout ? 1 : 0));
    return this.#run(tower, ids, { training: random, idVector: { instead, vector: tower.unknownId() } });
  }

  /** Vectors of candidates, `[B·(1 + k), d]`, whose positives and negatives go through the tower one after the other. */
  #trainSeparately(candidates: Int32Array, size: number, random: RandomStream): tf.Tensor2D {
    const columns = candidates.length / size;
    const positives = candidates.filter((_, place) => place % columns === 0);
    const negatives = candidates.filter((_, place) => place % columns !== 0);
    const width = this.#config.hiddenSizes.at(-1)!;
    const perUser = (items: Int32Array): tf.Tensor3D =>
      tf.reshape(this.#train(this.#items, items, random), [size, -1, width]);
    return tf.reshape(tf.concat3d([perUser(positives), perUser(negatives)], 1), [-1, width]);
  }

  /** Vectors outside training, in blocks, because there may be very many. */
  #infer(tower: Tower, ids: Int32Array, { unknown }: LookupOptions = {}): tf.Tensor2D {
    const isCold = unknown === null ? () => true : tower.isCold;
    const hidden = typeof unknown === 'string' ? { unknown } : {};
    // The mean takes a pass over the whole table, so it is made only where somebody needs it.
    const vector = ids.some(isCold)
      ? this.#config.idDropout === 0
        ? tower.meanId()
        : tower.unknownId()
      : null;
    const blocks: tf.Tensor2D[] = [];
    for (let from = 0; from < ids.length; from += BLOCK) {
      const block = ids.subarray(from, from + BLOCK);
      const instead = Float32Array.from(block, (id) => (isCold(id) ? 1 : 0));
      const idVector = vector && { instead, vector };
      blocks.push(
        tf.tidy(() =>
          this.#run(tower, block, { training: null, ...hidden, ...(idVector !== null && { idVector }) }),
        ),
      );
    }
    return blocks.length === 1 ? blocks[0]! : tf.concat2d(blocks, 0);
  }

  /** `[ids, d]` */
  #run(tower: Tower, ids: Int32Array, { training, statistics, ...lookup }: Pass): tf.Tensor2D {
    const input = tower.embedding.lookup(ids, [ids.length], lookup) as tf.Tensor2D;
    const output = mlp(input, tower.layers, {
      training,
      ...(statistics !== undefined && { statistics }),
    });
    if (!this.#config.normalizeOutput) return output;
    const squares = tf.sum(tf.square(output), 1, true);
    return tf.mul(output, tf.rsqrt(tf.maximum(squares, LEAST_SQUARE)));
  }

  /** `[N, d]` */
  #itemVectors(lookup: LookupOptions = {}): tf.Tensor2D {
    return this.#infer(
      this.#items,
      Int32Array.from({ length: this.#data.numItems }, (_, place) => place + 1),
      lookup,
    );
  }

  /** `[U, d]` */
  #userVectors(): tf.Tensor2D {
    return this.#infer(
      this.#users,
      Int32Array.from({ length: this.#data.numUsers }, (_, user) => user),
    );
  }

  /** Of the vectors of ids and of feature values. */
  #sumOfSquares(): tf.Scalar {
    const tables = [...this.variables].filter(([name]) => /^(user|item)\//.test(name));
    return tf.addN<tf.Scalar>(tables.map(([, table]) => tf.sum(tf.square(table))));
  }
}

/** How much of the batch size an interaction takes up. */
function rowsPerExample({ loss, batchSizeCounts }: TwoTowerConfig): number {
  if (batchSizeCounts === 'interactions' || loss.type === 'softmax') return 1;
  return loss.type === 'crossEntropy' ? 1 + loss.numNegatives : loss.numNegatives;
}

/** How much the towers take. A layer's output stays until its gradient is made: the most is there when that begins. */
export function twoTowerSize(config: TwoTowerConfig, context: SizeContext): ModelSize {
  const { data, threads } = context;
  const batchSize = examplesPerStep(context.batchSize, rowsPerExample(config));
  const { hiddenSizes, loss, useBatchNorm, selfSupervised, dropout: rate, l2 } = config;
  const { users, items } = towerSizes(config, data);
  const normed = useBatchNorm ? 1 : 0;
  // The input and its parts, and of each layer the product and what becomes of it, which is nothing in the last.
  const perLayer = 2 + normed + (rate > 0 ? 1 : 0);
  const lastSize = hiddenSizes.at(-1)!;
  const hidden = hiddenSizes.reduce((sum, size) => sum + size, -lastSize);
  const perOutput = (config.normalizeOutput ? 3 : 1) * lastSize;
  const perRow = (width: number): number => (2 + normed) * width + perLayer * hidden + perOutput;
  const layers = (width: number): number =>
    hiddenSizes.reduce(
      (sum, size, index) => {
        const isLast = index === hiddenSizes.length - 1;
        return sum + ((hiddenSizes[index - 1] ?? width) + 1) * size + (isLast ? 0 : 2 * normed * size);
      },
      2 * normed * width,
    );
  const [userWidth, itemWidth] = [featureWidth(users), featureWidth(items)];
  const [userTables, itemTables] = [featureParameters(users), featureParameters(items)];
  const views = selfSupervised === null ? 0 : 2;
  const itemRows = batchSize * ((loss.type === 'softmax' ? 1 : 1 + loss.numNegatives) + views);
  const separate = loss.type === 'maxMargin' && config.negativeBatchNorm === 'separate' ? 1 : 0;
  const penalties = l2 > 0 ? 2 : 0; // squares, and their gradient
  const learned = loss.type === 'softmax' && typeof loss.temperature === 'string' ? 1 : 0;
  return {
    parameters: userTables + itemTables + layers(userWidth) + layers(itemWidth) + learned,
    activations:
      batchSize * perRow(userWidth) +
      itemRows * perRow(itemWidth) +
      // A block of scores for each thread.
      (loss.type === 'softmax' ? 64 * threads * batchSize : 0) +
      addedGradients(1 + penalties) * userTables +
      addedGradients(1 + views + separate + penalties) * itemTables,
  };
}

/** Gradients of a table that are there beside their sum, when so many parts of a step read it. */
function addedGradients(reads: number): number {
  return reads === 1 ? 0 : reads;
}

interface TowerSize {
  of: 'users' | 'items';
  count: number;
  columns: readonly FeatureColumn[];
  idSize: number;
  featureSize: number;
}

function towerSizes(config: TwoTowerConfig, data: ModelData): { users: TowerSize; items: TowerSize } {
  const sizes = { idSize: config.embeddingSize, featureSize: config.embeddingSize };
  const users = chosenColumns(data.userFeatures, config.userFeatures, 'model.userFeatures');
  const items = chosenColumns(data.itemFeatures, config.itemFeatures, 'model.itemFeatures');
  return {
    users: { of: 'users', count: data.numUsers, columns: users, ...sizes },
    items: { of: 'items', count: data.numItems, columns: items, ...sizes },
  };
}

/** @param counts training interactions by item; null where training knows all */
function createTower(
  parameters: Parameters,
  name: 'user' | 'item',
  size: TowerSize,
  { hiddenSizes, useBatchNorm, dropout }: TwoTowerConfig,
  isCold: Tower['isCold'],
  counts: Uint32Array | null,
): Tower {
  const embedding = new FeatureEmbedding(parameters, name, {
    ...size,
    initializer: { kind: 'glorotUniform' },
  });
  const layers = createMlp(parameters, `${name}Tower`, embedding.width, hiddenSizes, {
    ...MLP_ORDERS.librecommender,
    ...BATCH_NORM,
    activation: 'relu',
    dropout,
    ...(!useBatchNorm && { batchNorm: 'none', batchNormInput: false }),
  });
  const ids = embedding.ids!;
  // The rows of items are behind that of the padding, which stands for the unknown here; that of users is the last.
  const known = Float32Array.from({ length: size.count + 1 }, (_, row) =>
    (counts === null ? row < size.count : counts[row]! > 0) ? 1 : 0,
  );
  const numKnown = Math.max(
    1,
    known.reduce((sum, isKnown) => sum + isKnown, 0),
  );
  return {
    embedding,
    layers,
    isCold,
    meanId: () => tf.tidy(() => tf.div(tf.matMul(tf.tensor2d(known, [1, known.length]), ids), numKnown)),
    unknownId: () => tf.slice(ids, [name === 'item' ? 0 : size.count, 0], [1, -1]),
  };
}

function createTemperature(parameters: Parameters, loss: TwoTowerConfig['loss']): tf.Variable | null {
  if (loss.type !== 'softmax' || typeof loss.temperature === 'number') return null;
  return loss.temperature === 'learned'
    ? parameters.create('logTemperature', [], { kind: 'constant', value: 0 })
    : parameters.create('temperature', [], { kind: 'constant', value: 1 });
}

/**
 * log τ within its bounds. At a bound the gradient is that of the side which leads back, so that a parameter that was
 * carried beyond returns.
 */
function clampLog(logTemperature: tf.Scalar): tf.Scalar {
  const [least, largest] = [Math.log(LEAST_TEMPERATURE), Math.log(LARGEST_TEMPERATURE)];
  const clamp = tf.customGrad((input, save) => {
    const x = input as tf.Scalar;
    (save as tf.GradSaveFunc)([x]);
    const gradFunc = (dy: tf.Scalar, saved: tf.Tensor[]): tf.Scalar => {
      const [value] = saved as [tf.Scalar];
      // A step goes against the gradient.
      const leadsOut = tf.logicalOr(
        tf.logicalAnd(tf.lessEqual(value, least), tf.greater(dy, 0)),
        tf.logicalAnd(tf.greaterEqual(value, largest), tf.less(dy, 0)),
      );
      return tf.where(leadsOut, 0, dy);
    };
    return { value: tf.clipByValue(x, least, largest), gradFunc };
  });
  return clamp(logTemperature);
}

/** 1/x, and 0 at 0 as in the reference; so is its gradient there. */
function reciprocal(x: tf.Scalar): tf.Scalar {
  const withGradient = tf.customGrad((input, save) => {
    const value = tf.divNoNan(1, input as tf.Scalar);
    (save as tf.GradSaveFunc)([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.neg(tf.mul(dy, tf.square(saved[0]!))),
    };
  });
  return withGradient(x) as tf.Scalar;
}

type Correction = Extract<TwoTowerConfig['loss'], { type: 'softmax' }>['correction'];

/** log Q by item, `[N + 1]`; null without correction. */
function samplingLogQ(itemCounts: Uint32Array, correction: Correction): Float32Array | null {
  if (correction === 'none') return null;
  const more = correction === 'smoothedCounts' ? 1 : 0;
  const total = itemCounts.reduce((sum, count) => sum + count, 0) + more * (itemCounts.length - 1);
  return Float32Array.from(itemCounts, (count) => logShare((count + more) / Math.max(1, total)));
}

/** @throws ModelError without columns that could be hidden beside the id */
function selfSupervision(
  { selfSupervised: pattern }: TwoTowerConfig,
  columns: readonly FeatureColumn[],
  { itemCounts }: ModelData,
): SelfSupervision | null {
  if (pattern === null) return null;
  const hideable = (column: FeatureColumn): column is CategoryColumn | MultiColumn =>
    column.kind !== 'number';
  const chosen = columns.filter(hideable);
  if (chosen.length === 0) {
    throw new ModelError(
      'model/no-item-features',
      '`model.selfSupervised` hides features of items, and the model reads none that holds categories. ' +
        'Name such columns in `dataset.items.features`, or set `model.selfSupervised` to null.',
    );
  }
  const items = Int32Array.from(itemCounts.keys());
  const codes = [items, ...chosen.map(columnCodes)];
  // Only one pattern asks which columns belong together.
  const information =
    pattern === 'cfm' ? mutualInformation(codes, itemCounts) : codes.map(() => codes.map(() => 0));
  return {
    pattern,
    columns: [0, ...columns.flatMap((column, index) => (hideable(column) ? [index + 1] : []))],
    numParts: 1 + columns.length,
    related: relatedColumns(information),
  };
}
