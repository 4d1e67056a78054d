import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy } from '../../compute/layers/losses';
import { Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { TwoTowerConfig } from './options';
import type { CategoryColumn, FeatureColumn, MultiColumn } from '../../protocol/features';
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
} from '../model';
import { ModelError } from '../modelError';
import { chosenColumns } from '../parts/chosenColumns';
import { examplesPerStep } from '../parts/examplesPerStep';
import {
  columnCodes,
  drawItems,
  hiddenCells,
  mutualInformation,
  relatedColumns,
  type ViewPattern,
} from './columnViews';
import {
  FeatureEmbedding,
  featureParameters,
  featureWidth,
  unknownIn,
  type LookupOptions,
} from '../parts/featureEmbedding';
import { historyMask } from '../parts/historyMask';
import {
  createRecencyWeights,
  meanWeights,
  recencyWeights,
  type RecencyWeights,
} from '../parts/historyPooling';
import { inBatchSoftmax, logShare } from './inBatchSoftmax';
import { maxMargin, pairScores } from './pairScores';
import { createTemperature, type InverseTemperature } from './temperature';
import { Tower } from './tower';

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
 * network makes a vector of a user's id, features and history, another of an item's id and features, and the score is their
 * product. The history is the mean of its items' vectors as they go into the item tower, as in Covington et al., "Deep
 * neural networks for YouTube recommendations", RecSys 2016, weighted by how long ago they were; it can be left out, as the
 * reference does.
 *
 * The layers and losses are those of LibRecommender's TwoTower, including self-supervised learning on item columns (Yao et
 * al., CIKM 2021, arXiv 2007.12865). Users and items that training does not know go by their features: their id
 * vector is the mean of the learned ones, or one that `idDropout` trains.
 *
 * Shapes in comments: B examples, T items of a history, k negatives, D width of what goes into the item tower, d = width of
 * the towers' last layer, N items, U users.
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
  readonly #itemEmbedding: FeatureEmbedding;
  /** Null where no history is read, or all of its items count alike. */
  readonly #recency: RecencyWeights | null;
  /** log Q by item, `[N + 1]`; null without correction. */
  readonly #logQ: Float32Array | null;
  readonly #temperature: InverseTemperature;
  readonly #selfSupervision: SelfSupervision | null;

  /** @throws ModelError when the data lack features that the config asks for */
  constructor(config: TwoTowerConfig, data: ModelData, seed: number) {
    const { loss } = config;
    this.#config = config;
    this.#data = data;
    this.batches = {
      kind: 'examples',
      maxLength: config.maxSequenceLength,
      minLength: 0,
      numNegatives: loss.type === 'softmax' ? 0 : loss.numNegatives,
      sampler: loss.type === 'softmax' ? 'uniform' : loss.sampler,
      rowsPerExample: rowsPerExample(config),
      negativeHistories: false,
    };
    const { users, items, historyWidth } = towerSizes(config, data);
    const parameters = new Parameters(seed);
    this.#parameters = parameters;
    const { itemCounts } = data;
    const initializer = { kind: 'glorotUniform' } as const;
    const userEmbedding =
      users === null ? null : new FeatureEmbedding(parameters, 'user', { ...users, initializer });
    this.#users = new Tower(parameters, 'userTower', {
      of: 'users',
      embedding: userEmbedding,
      contextWidth: historyWidth,
      isKnown: (user) => user >= 0,
      ...config,
    });
    const { maxSequenceLength, historyPooling } = config;
    this.#recency =
      maxSequenceLength > 0 && historyPooling === 'recency'
        ? createRecencyWeights(parameters, 'historyRecency', maxSequenceLength)
        : null;
    this.#itemEmbedding = new FeatureEmbedding(parameters, 'item', { ...items, initializer });
    this.#items = new Tower(parameters, 'itemTower', {
      of: 'items',
      embedding: this.#itemEmbedding,
      contextWidth: 0,
      isKnown: (item) => itemCounts[item]! > 0,
      ...config,
    });
    this.#temperature = createTemperature(parameters, loss.type === 'softmax' ? loss.temperature : 1);
    this.#logQ = loss.type === 'softmax' ? samplingLogQ(itemCounts, loss.correction) : null;
    this.#selfSupervision = selfSupervision(config, items.columns, data);
    this.embeddings = [
      ...this.#itemEmbedding.views,
      ...(userEmbedding?.views ?? []),
      { name: 'itemTower', label: 'Items (tower)', rows: 'items', vectors: () => this.#itemVectors() },
      // With a history users have no vector of their own: it moves with what they do.
      ...(historyWidth === 0
        ? [
            {
              name: 'userTower',
              label: 'Users (tower)',
              rows: 'users',
              vectors: () => this.#userVectors(),
            } as const,
          ]
        : []),
    ];
    // An item without its id is one that training does not know.
    this.inputs = [
      ...(userEmbedding?.inputs ?? []),
      { of: 'items', feature: null },
      ...this.#itemEmbedding.inputs,
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
    const states = this.#users.infer(
      query.users,
      unknownIn('users', query),
      this.#pooledHistory(query, null),
    );
    const vectors = query.unknown?.of === 'items' ? undefined : items;
    return { kind: 'product', states, items: vectors ?? this.#itemVectors(unknownIn('items', query)) };
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  #mainLoss(batch: ExampleBatch, random: RandomStream): tf.Scalar {
    const { candidates, size } = batch;
    const { loss } = this.#config;
    const users = this.#users.train(batch.users, random, this.#pooledHistory(batch, random)); // [B, d]
    if (loss.type === 'softmax') {
      const columns = candidates.length / size;
      const positives = Int32Array.from({ length: size }, (_, row) => candidates[row * columns]!);
      const logQ = this.#logQ;
      return inBatchSoftmax(users, this.#items.train(positives, random), {
        scale: this.#temperature.value(),
        logQ: logQ && Float32Array.from(positives, (item) => logQ[item]!),
        items: loss.removeAccidentalHits ? positives : null,
      });
    }
    const separate = loss.type === 'maxMargin' && this.#config.negativeBatchNorm === 'separate';
    const items = separate
      ? this.#trainSeparately(candidates, size, random)
      : this.#items.train(candidates, random); // [B·(1 + k), d]
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
      return this.#items.run(items, { training: random, statistics, shown });
    };
    return inBatchSoftmax(view(hidden.left), view(hidden.right), {
      scale: this.#temperature.value(),
      logQ: null,
      items: null,
    });
  }

  /**
   * The mean of the vectors of each history's items, `[B, D]`, which of no items is 0; null where none is read. Items that
   * training does not know go by their features here as well.
   * @param training null outside training
   */
  #pooledHistory(
    batch: Pick<Query, 'size' | 'length' | 'histories'>,
    training: RandomStream | null,
  ): tf.Tensor2D | null {
    if (this.#config.maxSequenceLength === 0) return null;
    // Where nobody has a history there is padding, so that every parameter has a gradient.
    const histories = batch.length === 0 ? new Int32Array(batch.size) : batch.histories;
    const present = historyMask(histories);
    const weights =
      this.#recency === null
        ? meanWeights(present, batch.size)
        : recencyWeights(present, batch.size, this.#recency);
    const lookup =
      training === null
        ? this.#items.inferenceLookup(histories)
        : this.#items.trainingLookup(histories, training);
    return this.#itemEmbedding.weightedSums(histories, weights, lookup);
  }

  /** Vectors of candidates, `[B·(1 + k), d]`, whose positives and negatives go through the tower one after the other. */
  #trainSeparately(candidates: Int32Array, size: number, random: RandomStream): tf.Tensor2D {
    const columns = candidates.length / size;
    const positives = candidates.filter((_, place) => place % columns === 0);
    const negatives = candidates.filter((_, place) => place % columns !== 0);
    const width = this.#config.hiddenSizes.at(-1)!;
    const perUser = (items: Int32Array): tf.Tensor3D =>
      tf.reshape(this.#items.train(items, random), [size, -1, width]);
    return tf.reshape(tf.concat3d([perUser(positives), perUser(negatives)], 1), [-1, width]);
  }

  /** `[N, d]` */
  #itemVectors(lookup: LookupOptions = {}): tf.Tensor2D {
    return this.#items.infer(
      Int32Array.from({ length: this.#data.numItems }, (_, place) => place + 1),
      lookup,
    );
  }

  /** `[U, d]` */
  #userVectors(): tf.Tensor2D {
    return this.#users.infer(Int32Array.from({ length: this.#data.numUsers }, (_, user) => user));
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
  const { users, items, historyWidth } = towerSizes(config, data);
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
  const userWidth = (users === null ? 0 : featureWidth(users)) + historyWidth;
  const itemWidth = featureWidth(items);
  const [userTables, itemTables] = [users === null ? 0 : featureParameters(users), featureParameters(items)];
  const history = config.maxSequenceLength;
  const recency = config.historyPooling === 'recency' ? history : 0;
  const views = selfSupervised === null ? 0 : 2;
  const itemRows = batchSize * ((loss.type === 'softmax' ? 1 : 1 + loss.numNegatives) + views);
  const separate = loss.type === 'maxMargin' && config.negativeBatchNorm === 'separate' ? 1 : 0;
  const penalties = l2 > 0 ? 2 : 0; // squares, and their gradient
  const learned = loss.type === 'softmax' && typeof loss.temperature === 'string' ? 1 : 0;
  return {
    parameters: userTables + itemTables + layers(userWidth) + layers(itemWidth) + learned + recency,
    activations:
      batchSize * perRow(userWidth) +
      itemRows * perRow(itemWidth) +
      // Weights, what they are made of, and their gradients; codes of categories; vectors of what is no category.
      batchSize * history * (8 + 2 * items.columns.length + 2 * vectorsWidth(items)) +
      // A block of scores for each thread.
      (loss.type === 'softmax' ? 64 * threads * batchSize : 0) +
      addedGradients(1 + penalties) * userTables +
      addedGradients(1 + views + separate + penalties + (history > 0 ? 1 : 0)) * itemTables,
  };
}

/** Width of the columns of which there is a vector for each item of a history. */
function vectorsWidth({ columns, featureSize }: TowerSize): number {
  return columns.filter(({ kind }) => kind !== 'category').length * featureSize;
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

/** What goes into the towers; `users` is null where a history is all that is known of them. */
function towerSizes(
  config: TwoTowerConfig,
  data: ModelData,
): { users: TowerSize | null; items: TowerSize; historyWidth: number } {
  const { embeddingSize, userIds } = config;
  const userColumns = chosenColumns(data.userFeatures, config.userFeatures, 'model.userFeatures');
  const items: TowerSize = {
    of: 'items',
    count: data.numItems,
    columns: chosenColumns(data.itemFeatures, config.itemFeatures, 'model.itemFeatures'),
    idSize: embeddingSize,
    featureSize: embeddingSize,
  };
  const users: TowerSize = {
    of: 'users',
    count: data.numUsers,
    columns: userColumns,
    idSize: userIds ? embeddingSize : 0,
    featureSize: embeddingSize,
  };
  return {
    users: userIds || userColumns.length > 0 ? users : null,
    items,
    historyWidth: config.maxSequenceLength > 0 ? featureWidth(items) : 0,
  };
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
