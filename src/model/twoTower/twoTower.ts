import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy } from '../../compute/layers/losses';
import type { RandomStream } from '../../compute/random';
import type {
  AttentionView,
  EmbeddingView,
  Histories,
  Model,
  ModelData,
  ModelInput,
  ProductScoring,
  Query,
  Recorder,
} from '../model';
import { exampleBuilder, type ExampleBatch, type ExampleBuilder } from '../batches/exampleBatches';
import { FeatureEmbedding, unknownIn, type LookupOptions } from '../parts/featureEmbedding';
import { historyMask } from '../parts/historyMask';
import { meanWeights } from '../parts/historyPooling';
import { ParametricModel } from '../parts/parametricModel';
import { drawItems } from './columnViews';
import { inBatchSoftmax, samplingLogQ } from './inBatchSoftmax';
import { rowsPerExample, type TwoTowerConfig } from './options';
import { maxMargin, pairScores } from './pairScores';
import { createRecencyWeights, recencyWeights, type RecencyWeights } from './recencyWeights';
import { createSelfSupervision, drawViews, type SelfSupervision } from './selfSupervision';
import { createTemperature, type InverseTemperature } from './temperature';
import { Tower } from './tower';
import { towerInputs } from './towerInputs';

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
export class TwoTower extends ParametricModel implements Model {
  readonly batches: ExampleBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[] = [];
  readonly inputs: readonly ModelInput[];
  readonly #config: TwoTowerConfig;
  readonly #data: ModelData;
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
    super(seed);
    const { loss } = config;
    this.#config = config;
    this.#data = data;
    this.batches = exampleBuilder({
      maxLength: config.maxSequenceLength,
      minLength: 0,
      numNegatives: loss.type === 'softmax' ? 0 : loss.numNegatives,
      sampler: loss.type === 'softmax' ? 'uniform' : loss.sampler,
      rowsPerExample: rowsPerExample(config),
      negativeHistories: false,
    });
    const { users, items, historyWidth } = towerInputs(config, data);
    const { parameters } = this;
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
    this.#selfSupervision = createSelfSupervision(config, items.columns, data);
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
  #selfSupervisedLoss(supervision: SelfSupervision, size: number, random: RandomStream): tf.Scalar {
    const { selfSupervisedMasks, selfSupervisedBatchNorm } = this.#config;
    const items = drawItems(size, this.#data.numItems, random);
    const { left, right } = drawViews(supervision, size, selfSupervisedMasks === 'perRow', random);
    const statistics = selfSupervisedBatchNorm === 'shared' ? 'training' : 'batch';
    const view = (shown: Float32Array): tf.Tensor2D =>
      this.#items.run(items, { training: random, statistics, shown });
    return inBatchSoftmax(view(left), view(right), {
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
  #pooledHistory(batch: Histories, training: RandomStream | null): tf.Tensor2D | null {
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
