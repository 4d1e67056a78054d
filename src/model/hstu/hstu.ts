import * as tf from '@tensorflow/tfjs-core';
import { dropout } from '../../compute/layers/dropout';
import { embeddingLookup } from '../../compute/layers/embedding';
import { layerNorm, type LayerNormalization } from '../../compute/layers/layerNorm';
import { linear } from '../../compute/layers/linear';
import {
  LATEST,
  pointwiseAttention,
  recordedPointwiseAttention,
  type PointwiseAttentionInput,
} from '../../compute/layers/pointwiseAttention';
import type { Projection } from '../../compute/layers/projections';
import { residualLinear } from '../../compute/layers/residualLinear';
import type { Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { SequenceBatch } from '../batches/sequenceBatches';
import type { BatchBuilder } from '../batches/batchBuilder';
import type {
  AttentionView,
  EmbeddingView,
  Histories,
  Model,
  ModelData,
  ProductScoring,
  Query,
  Recorder,
} from '../model';
import { historyMask } from '../parts/historyMask';
import { lastPosition } from '../parts/lastPosition';
import { namedInitializer } from '../parts/namedInitializer';
import { NextItemPrediction, statesAt } from '../parts/nextItemPrediction';
import { ParametricModel } from '../parts/parametricModel';
import { createLayerNorm } from '../parts/transformerBlock';
import { headSizes, type HstuConfig } from './options';

/** Added to the variance by every LayerNorm. */
const NORM_EPSILON = 1e-6;
/** Gaps of time that have a bias of their own. */
export const TIME_BUCKETS = 129;
/** Standard deviation of what starts small. */
const INITIALIZER_RANGE = 0.02;

/**
 * HSTU (Zhai et al., "Actions Speak Louder than Words: Trillion-Parameter Sequential Transducers for Generative
 * Recommendations", ICML 2024, arXiv 2402.17152), in the sequential setting of its section 4.1.1.
 *
 * A block has one linear layer before attention and one behind it, and no feed-forward layer (section 3):
 * - (U, V, Q, K) = silu(LN(x)·W₁) (eq. 1)
 * - O = silu(Q·Kᵀ + b)·V/N with a bias b by position and by time (eq. 2): no softmax, so that weights count how much there is
 * - x + (U∘LN(O))·W₂ (eq. 3)
 *
 * The references' bias by time knows when the item to be predicted comes. By default it is that of the time between the items
 * themselves, so that the model knows nothing in ranking that it would not know when it recommends.
 *
 * Shapes in comments: B users, T positions, d = hiddenSize, N items, P positions that have a target.
 */
export class Hstu extends ParametricModel implements Model {
  readonly batches: BatchBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly #config: HstuConfig;
  readonly #itemEmbedding: tf.Variable; // [N + 1, d]; row 0 is the padding
  readonly #positionEmbedding: tf.Variable; // [maxSequenceLength, d]
  readonly #blocks: readonly Block[];
  readonly #finalNorm: LayerNormalization | null;
  readonly #prediction: NextItemPrediction;

  constructor(config: HstuConfig, data: ModelData, seed: number) {
    super(seed);
    this.#config = config;
    const { parameters } = this;
    const { hiddenSize: width, maxSequenceLength, initializer: name, timeBias } = config;
    const initializer = namedInitializer(name === 'normal' ? 'truncatedNormal' : name, INITIALIZER_RANGE);
    this.#itemEmbedding = parameters.create('itemEmbedding', [data.numItems + 1, width], initializer);
    this.#positionEmbedding = parameters.create('positionEmbedding', [maxSequenceLength, width], {
      kind: 'glorotNormal',
    });
    this.#blocks = Array.from({ length: config.numBlocks }, (_, index) =>
      createBlock(parameters, `block${index}`, config),
    );
    this.#finalNorm = config.finalNorm ? createLayerNorm(parameters, 'finalNorm', width, NORM_EPSILON) : null;
    this.#prediction = new NextItemPrediction(parameters, this.#itemEmbedding, data, {
      ...{ loss: config.loss, maxSequenceLength, longHistories: config.longHistories, initializer },
      ...{ trainOn: 'all', outputEmbedding: 'shared' },
      ...(timeBias !== 'none' && { times: timeBias }),
    });

    this.batches = this.#prediction.batches;
    this.embeddings = [
      this.#prediction.views.items,
      {
        name: 'positions',
        label: 'Positions',
        rows: 'positions',
        vectors: () => tf.clone(this.#positionEmbedding as tf.Tensor2D),
      },
    ];
    this.attentions = this.#blocks.map(({ name: view }, index) => ({
      name: view,
      label: `Block ${index + 1}`,
      of: 'user',
      axes: ['head', 'position', 'position'],
      causal: true,
      normalized: false,
    }));
  }

  loss(batch: SequenceBatch, random: RandomStream): tf.Scalar {
    const targets = this.#prediction.targets(batch);
    const states = this.#encode(targets.histories, random); // [B, T, d]
    return this.#prediction.loss(this.#normalize(statesAt(targets, states)), targets);
  }

  scoring(query: Query, record?: Recorder, items?: tf.Tensor2D): ProductScoring {
    const last = lastPosition(this.#encode(query, null, record)); // [B, d]
    return this.#prediction.scoring(this.#normalize(last), items);
  }

  /** What the model makes of all positions of histories, as `scoring` has it of the last: `[B, T, d]`. Within tf.tidy. */
  states(query: Query, record?: Recorder): tf.Tensor3D {
    return this.#normalize(this.#encode(query, null, record));
  }

  /** States after the last block, `[B, T, d]`. `random` is null outside training. */
  #encode(sequences: Histories, random: RandomStream | null, record?: Recorder): tf.Tensor3D {
    const { hiddenSize, dropout: rate } = this.#config;
    const { histories, size, length } = sequences;
    const items = embeddingLookup(
      this.#itemEmbedding as tf.Tensor2D,
      tf.tensor2d(histories, [size, length], 'int32'),
    );
    const input = tf.add(tf.mul(items, Math.sqrt(hiddenSize)), this.#positions(sequences));
    const shared = {
      keyMask: tf.tensor2d(historyMask(histories), [size, length]),
      times: this.#times(sequences),
    };
    let x = dropout(input, rate, random);
    for (const block of this.#blocks) x = this.#runBlock(x, block, shared, random, record);
    return x as tf.Tensor3D;
  }

  /** x + dropout(U∘LN(O))·W₂. @param x `[B, T, d]` */
  #runBlock(
    x: tf.Tensor,
    block: Block,
    { keyMask, times }: { keyMask: tf.Tensor2D; times: BlockTimes | null },
    random: RandomStream | null,
    record: Recorder | undefined,
  ): tf.Tensor {
    const { maxSequenceLength, attentionDivisor, numHeads, dropout: rate } = this.#config;
    const { name, norm, projection, positionBias, timeBias, outputNorm, output } = block;
    const input: PointwiseAttentionInput = {
      projected: linear(layerNorm(x, norm()), projection, null, 'silu'),
      ...{ numHeads, ...headSizes(this.#config), keyMask, positionBias },
      divisor: attentionDivisor ?? maxSequenceLength,
      timeBias: times && { table: timeBias!, ...times },
      normalization: outputNorm(),
    };
    const gated = record === undefined ? pointwiseAttention(input) : recordedAttention(input, name, record);
    return residualLinear(dropout(gated, rate, random), output, x, 0, null);
  }

  /** Vectors of the positions, of which the newest has the last, `[T, d]`; `[B, T, d]` where each history has its own. */
  #positions({ histories, size, length }: Histories): tf.Tensor {
    const table = this.#positionEmbedding as tf.Tensor2D;
    if (this.#config.positions === 'fromNewest')
      return tf.slice(table, [table.shape[0] - length, 0], [length, -1]);
    const places = new Int32Array(size * length);
    let seen = 0;
    for (let place = 0; place < places.length; place++) {
      if (place % length === 0) seen = 0;
      places[place] = histories[place] === 0 ? 0 : seen++;
    }
    return embeddingLookup(table, tf.tensor2d(places, [size, length], 'int32'));
  }

  /** Whole seconds since the oldest item of each history, of the rows and columns of attention; null without that bias. */
  #times({ times, size, length }: Histories): BlockTimes | null {
    const { timeBias } = this.#config;
    if (timeBias === 'none') return null;
    if (times === undefined) throw new Error('There are no times, which the model reads.');
    const queryTimes = new Int32Array(size * length);
    const keyTimes = new Int32Array(size * length);
    const ahead = timeBias === 'target' ? 1 : 0;
    for (let row = 0; row < size; row++) {
      const own = times.subarray(row * (length + 1), (row + 1) * (length + 1));
      const oldest = own.reduce((least, time) => Math.min(least, time));
      for (let place = 0; place < length; place++) {
        keyTimes[row * length + place] = Math.min(LATEST, own[place]! - oldest);
        queryTimes[row * length + place] = Math.min(LATEST, own[place + ahead]! - oldest);
      }
    }
    return { queryTimes, keyTimes };
  }

  #normalize<T extends tf.Tensor>(states: T): T {
    return this.#finalNorm === null ? states : (layerNorm(states, this.#finalNorm) as T);
  }
}

type BlockTimes = Pick<NonNullable<PointwiseAttentionInput['timeBias']>, 'queryTimes' | 'keyTimes'>;

interface Block {
  /** Of its attention weights. */
  name: string;
  norm: () => LayerNormalization;
  /** W₁, `[d, 2·numHeads·(valueSize + keySize)]` */
  projection: tf.Tensor2D;
  /** `[maxSequenceLength]`, the last for a position itself; null where it is off. */
  positionBias: tf.Tensor1D | null;
  /** `[TIME_BUCKETS]` */
  timeBias: tf.Tensor1D | null;
  outputNorm: () => LayerNormalization;
  /** W₂ `[numHeads·valueSize, d]` and its bias */
  output: Projection;
}

function createBlock(parameters: Parameters, name: string, config: HstuConfig): Block {
  const { hiddenSize, numHeads, maxSequenceLength, affineNorm } = config;
  const { keySize, valueSize } = headSizes(config);
  const values = numHeads * valueSize;
  const isNormal = config.initializer === 'normal';
  const bias = (part: string, size: number): tf.Tensor1D =>
    parameters.create(`${name}/${part}`, [size], {
      kind: 'normal',
      deviation: INITIALIZER_RANGE,
    }) as tf.Tensor1D;
  const norm = (part: string, width: number): (() => LayerNormalization) => {
    if (!affineNorm)
      return () => ({ gamma: tf.ones([width]), beta: tf.zeros([width]), epsilon: NORM_EPSILON });
    const made = createLayerNorm(parameters, `${name}/${part}`, width, NORM_EPSILON);
    return () => made;
  };
  return {
    name,
    norm: norm('norm', hiddenSize),
    projection: parameters.create(
      `${name}/projection/kernel`,
      [hiddenSize, 2 * (values + numHeads * keySize)],
      isNormal ? { kind: 'normal', deviation: INITIALIZER_RANGE } : { kind: 'glorotNormal' },
    ) as tf.Tensor2D,
    positionBias: config.positionBias ? bias('positionBias', maxSequenceLength) : null,
    timeBias: config.timeBias === 'none' ? null : bias('timeBias', TIME_BUCKETS),
    outputNorm: norm('outputNorm', values),
    output: {
      kernel: parameters.create(`${name}/output/kernel`, [values, hiddenSize], {
        kind: isNormal ? 'glorotUniform' : 'glorotNormal',
      }) as tf.Tensor2D,
      bias: parameters.create(`${name}/output/bias`, [hiddenSize], {
        kind: 'uniform',
        limit: 1 / Math.sqrt(values),
      }) as tf.Tensor1D,
    },
  };
}

function recordedAttention(input: PointwiseAttentionInput, name: string, record: Recorder): tf.Tensor {
  const { output, weights } = recordedPointwiseAttention(input);
  record(name, weights);
  return output;
}
