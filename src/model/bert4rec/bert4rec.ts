import * as tf from '@tensorflow/tfjs-core';
import { dropout } from '../../compute/layers/dropout';
import { embeddingLookup } from '../../compute/layers/embedding';
import { layerNorm, type LayerNormalization } from '../../compute/layers/layerNorm';
import type { Projection } from '../../compute/layers/projections';
import type { RandomStream } from '../../compute/random';
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
import { createDense, dense } from '../parts/dense';
import { historyMask } from '../parts/historyMask';
import { lastPosition } from '../parts/lastPosition';
import { namedInitializer } from '../parts/namedInitializer';
import { NextItemLoss } from '../parts/nextItemLoss';
import { ParametricModel } from '../parts/parametricModel';
import {
  createLayerNorm,
  createTransformerBlock,
  postNormBlock,
  preNormBlock,
  type TransformerBlock,
} from '../parts/transformerBlock';
import { maskedSequenceBuilder, type MaskedBatch } from './maskedSequences';
import { numPositions, type Bert4recConfig } from './options';
import { positionsFromOldest, withoutOldest } from './quirks';

/** Added to the variance by every LayerNorm, as BERT has it. */
const NORM_EPSILON = 1e-12;

/**
 * BERT4Rec (Sun et al., "BERT4Rec: Sequential Recommendation with Bidirectional Encoder Representations from Transformer",
 * CIKM 2019, arXiv 1904.06690).
 *
 * Items and positions are embedded (section 3.4) and pass through self-attention blocks in which each position sees all
 * others (3.3). Training hides items of a sequence and predicts them from both sides (3.6); ranking appends the mask token
 * to the history, whose state is scored against the item vectors: P(v) = softmax(GELU(h·W + b)·Eᵀ + c) (3.5, eq. 7).
 *
 * The defaults are the corrected form, close to RecTools: the masking of BERT (80% mask token, 10% random item, 10%
 * unchanged), LayerNorm before each sub-layer, and states that are scored as they are, P(v) = softmax(h·Eᵀ). What RecBole
 * does otherwise is an option each, and where it would be in the way, in `quirks.ts`.
 *
 * Shapes in comments: B sequences, T positions, d = hiddenSize, N items, P positions to be predicted.
 */
export class Bert4rec extends ParametricModel implements Model {
  readonly batches: BatchBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly #config: Bert4recConfig;
  readonly #numItems: number;
  readonly #itemEmbedding: tf.Variable; // [N + 2, d]; row 0 is the padding, the last is the mask token
  readonly #positionEmbedding: tf.Variable; // [numPositions, d]
  readonly #inputNorm: LayerNormalization;
  readonly #blocks: readonly TransformerBlock[];
  readonly #finalNorm: LayerNormalization | null;
  readonly #head: Head | null;
  readonly #loss: NextItemLoss;

  constructor(config: Bert4recConfig, data: ModelData, seed: number) {
    super(seed);
    this.#config = config;
    this.#numItems = data.numItems;
    const { parameters } = this;
    const { hiddenSize: width, kernelInitializer, initializerRange, normalization, dropout: rate } = config;
    const embedding = namedInitializer('normal', initializerRange);
    const kernel = namedInitializer(kernelInitializer, initializerRange);
    this.#itemEmbedding = parameters.create('itemEmbedding', [data.numItems + 2, width], embedding);
    this.#positionEmbedding = parameters.create(
      'positionEmbedding',
      [numPositions(config), width],
      embedding,
    );
    const norm = (name: string) => createLayerNorm(parameters, name, width, NORM_EPSILON);
    this.#inputNorm = norm('inputNorm');
    this.#blocks = Array.from({ length: config.numBlocks }, (_, index) =>
      createTransformerBlock(parameters, `block${index}`, {
        width,
        innerSize: config.innerSize ?? 4 * width,
        numHeads: config.numHeads,
        outputProjection: true,
        causal: false,
        activation: 'gelu',
        normEpsilon: NORM_EPSILON,
        dropout: {
          attention: config.attentionDropout ?? rate,
          attentionOutput: rate,
          inner: 0,
          outer: rate,
        },
        kernelInitializer: () => kernel,
      }),
    );
    this.#finalNorm = normalization === 'pre' ? norm('finalNorm') : null;
    this.#head = config.outputHead
      ? {
          layer: createDense(parameters, 'head', width, width, kernel),
          norm: norm('headNorm'),
          bias: parameters.create('itemBias', [data.numItems + 1], {
            kind: 'constant',
            value: 0,
          }) as tf.Tensor1D,
        }
      : null;
    this.#loss = new NextItemLoss(config.loss, data);

    this.batches = maskedSequenceBuilder(config);
    this.embeddings = [
      { name: 'items', label: 'Items', rows: 'items', vectors: () => tf.slice(this.#candidates(), [1, 0]) },
      {
        name: 'positions',
        label: 'Positions',
        rows: 'positions',
        vectors: () => tf.clone(this.#positionEmbedding as tf.Tensor2D),
      },
    ];
    this.attentions = this.#blocks.flatMap(({ name }, index) => attentionViews(name, `Block ${index + 1}`));
  }

  loss({ size, length, items, rows }: MaskedBatch, random: RandomStream): tf.Scalar {
    const states = this.#encode({ size, length, histories: items }, random); // [B, T, d]
    const flat: tf.Tensor2D = tf.reshape(states, [size * length, this.#config.hiddenSize]);
    const masked = embeddingLookup(flat, tf.tensor1d(rows.positions!, 'int32')) as tf.Tensor2D; // [P, d]
    const output = this.#output(masked);
    if (this.#head === null) return this.#loss.loss(output, this.#candidates(), rows);
    // A bias is the product with a column of ones.
    const ones = tf.ones<tf.Rank.R2>([rows.targets.length, 1]);
    const bias: tf.Tensor2D = tf.expandDims(this.#head.bias, 1);
    return this.#loss.loss(tf.concat2d([output, ones], 1), tf.concat2d([this.#candidates(), bias], 1), rows);
  }

  scoring(query: Query, record?: Recorder, items?: tf.Tensor2D): ProductScoring {
    const last = lastPosition(this.#encode(this.#withMask(query), null, this.#ofItems(query, record)));
    const scoring = this.#loss.scoring(this.#output(last), this.#candidates(), items); // states [B, d]
    return this.#head === null ? scoring : { ...scoring, bias: tf.slice(this.#head.bias, [1]) };
  }

  /** What the model makes of all positions of sequences, some of which may be masked: `[B, T, d]`. Within tf.tidy. */
  states(sequences: Histories, record?: Recorder): tf.Tensor3D {
    return this.#output(this.#encode(sequences, null, record));
  }

  /** States after the last block, `[B, T, d]`. `random` is null outside training. */
  #encode(sequences: Histories, random: RandomStream | null, record?: Recorder): tf.Tensor3D {
    const { normalization, dropout: rate } = this.#config;
    const { histories, size, length } = sequences;
    const run = normalization === 'pre' ? preNormBlock : postNormBlock;
    const items = embeddingLookup(
      this.#itemEmbedding as tf.Tensor2D,
      tf.tensor2d(histories, [size, length], 'int32'),
    );
    const keyMask = tf.tensor2d(historyMask(histories), [size, length]);
    let x = dropout(layerNorm(tf.add(items, this.#positions(sequences)), this.#inputNorm), rate, random);
    for (const block of this.#blocks) x = run(x, block, { keyMask, random, record });
    return x as tf.Tensor3D;
  }

  /** Vectors of the positions, of which the newest has the last, `[T, d]`; `[B, T, d]` where each sequence has its own. */
  #positions(sequences: Histories): tf.Tensor {
    const table = this.#positionEmbedding as tf.Tensor2D;
    if (this.#config.positions === 'fromOldest') return positionsFromOldest(sequences, table);
    return tf.slice(table, [table.shape[0] - sequences.length, 0]);
  }

  /** What is scored against the item vectors: LN(GELU(x·W + b)), `[…, d]`. */
  #output<T extends tf.Tensor>(states: T): T {
    const normalized = this.#finalNorm === null ? states : (layerNorm(states, this.#finalNorm) as T);
    if (this.#head === null) return normalized;
    return layerNorm(dense(normalized, this.#head.layer, 'gelu'), this.#head.norm) as T;
  }

  /** Vectors of the items, the padding's first, `[N + 1, d]`: all but the mask token. */
  #candidates(): tf.Tensor2D {
    return tf.slice(this.#itemEmbedding as tf.Tensor2D, [0, 0], [this.#numItems + 1, -1]);
  }

  /** The histories with the mask token at their end, where the next item would be. */
  #withMask(query: Histories): Histories {
    const {
      histories,
      size,
      length: from,
    } = this.#config.oldestItem === 'kept' ? query : withoutOldest(query);
    const length = from + 1;
    const masked = new Int32Array(size * length).fill(this.#numItems + 1);
    for (let row = 0; row < size; row++)
      masked.set(histories.subarray(row * from, (row + 1) * from), row * length);
    return { histories: masked, size, length };
  }

  /**
   * Records the weights of a pass with the mask token as those of the history's positions: what the token attends to, which
   * is a view of its own, and what the items do.
   */
  #ofItems({ length }: Histories, record: Recorder | undefined): Recorder | undefined {
    if (record === undefined) return undefined;
    return (name, weights) => {
      const [size, heads, positions] = weights.shape as [number, number, number]; // [B, heads, T, T]
      const read = positions - 1; // the mask token is the last
      // A history that lost its oldest item has a position less.
      const lost = length - read;
      const padded = tf.pad(weights, [
        [0, 0],
        [0, 0],
        [lost, 0],
        [lost, 0],
      ]);
      const fromMask = tf.slice(padded, [0, 0, length, 0], [size, heads, 1, length]);
      record(maskView(name), tf.squeeze(fromMask, [2]));
      record(name, tf.slice(padded, [0, 0, 0, 0], [size, heads, length, length]));
    };
  }
}

/** What stands between the last block and the item vectors. */
interface Head {
  layer: Projection;
  norm: LayerNormalization;
  /** `[N + 1]`: added to the scores of each item, and to that of the padding. */
  bias: tf.Tensor1D;
}

const maskView = (block: string): string => `${block}/mask`;

/** Without what goes to the mask token itself, so that rows sum to less than 1. */
function attentionViews(block: string, label: string): AttentionView[] {
  const common = { of: 'user', causal: false, normalized: false } as const;
  return [
    { name: maskView(block), label: `${label}, mask`, axes: ['head', 'position'], ...common },
    { name: block, label: `${label}, items`, axes: ['head', 'position', 'position'], ...common },
  ];
}
