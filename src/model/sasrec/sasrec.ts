import * as tf from '@tensorflow/tfjs-core';
import { dropout } from '../../compute/layers/dropout';
import { embeddingLookup } from '../../compute/layers/embedding';
import { layerNorm, type LayerNormalization } from '../../compute/layers/layerNorm';
import type { Initializer } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
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
import type { ExampleBatch, ExampleBuilder } from '../batches/exampleBatches';
import type { SequenceBatch, SequenceBuilder } from '../batches/sequenceBatches';
import { lastPosition } from '../parts/lastPosition';
import { namedInitializer } from '../parts/namedInitializer';
import { NextItemPrediction, statesAt } from '../parts/nextItemPrediction';
import { ParametricModel } from '../parts/parametricModel';
import {
  createLayerNorm,
  createTransformerBlock,
  postNormBlock,
  preNormBlock,
  type TransformerBlock,
  type TransformerBlockOptions,
} from '../parts/transformerBlock';
import type { SasrecConfig } from './options';
import { kangBlock, Padding, positionRows } from './quirks';

/**
 * SASRec (Kang and McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018, arXiv 1808.09781).
 *
 * Item and position vectors are added (section III-A), pass through causal self-attention blocks (III-B to III-D), and the
 * state at each position is scored against the item vectors themselves (III-E, shared embedding).
 *
 * Where the public implementations differ from the paper or from each other, the defaults are the corrected form: padded
 * keys are masked, several heads are real heads with an output projection, LayerNorm sits before each sub-layer, and the
 * padding's vector is zero and no candidate. Each difference is an option, and the presets set all of them.
 *
 * Shapes in comments: B users, T positions, d = hiddenSize, N items, P positions that have a target.
 */
export class Sasrec extends ParametricModel implements Model {
  readonly batches: SequenceBuilder | ExampleBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly #config: SasrecConfig;
  readonly #itemEmbedding: tf.Variable; // [N + 1, d]; row 0 is the padding
  readonly #positionEmbedding: tf.Variable | null; // [maxSequenceLength, d], and a row 0 for padding with that option
  readonly #inputNorm: LayerNormalization | null;
  readonly #blocks: readonly TransformerBlock[];
  readonly #finalNorm: LayerNormalization | null;
  readonly #prediction: NextItemPrediction;

  constructor(config: SasrecConfig, data: ModelData, seed: number) {
    super(seed);
    this.#config = config;
    const { parameters } = this;
    const { hiddenSize: width, normEpsilon } = config;
    const initializer = namedInitializer(config.embeddingInitializer, config.initializerRange);
    this.#itemEmbedding = parameters.create('itemEmbedding', [data.numItems + 1, width], initializer);
    const numPositions = positionRows(config);
    this.#positionEmbedding =
      numPositions === 0 ? null : parameters.create('positionEmbedding', [numPositions, width], initializer);
    this.#inputNorm = config.inputNorm ? createLayerNorm(parameters, 'inputNorm', width, normEpsilon) : null;
    this.#blocks = Array.from({ length: config.numBlocks }, (_, index) =>
      createTransformerBlock(parameters, `block${index}`, blockOptions(config)),
    );
    this.#finalNorm = config.finalNorm ? createLayerNorm(parameters, 'finalNorm', width, normEpsilon) : null;
    this.#prediction = new NextItemPrediction(parameters, this.#itemEmbedding, data, {
      ...config,
      initializer,
    });

    const { items, candidates } = this.#prediction.views;
    this.batches = this.#prediction.batches;
    this.embeddings = [items, ...this.#positionViews(), ...candidates];
    this.attentions = this.#blocks.map(({ name }, index) => ({
      name,
      label: `Block ${index + 1}`,
      of: 'user',
      axes: ['head', 'position', 'position'],
      causal: config.causal,
      normalized: true,
    }));
  }

  loss(batch: SequenceBatch | ExampleBatch, random: RandomStream): tf.Scalar {
    const targets = this.#prediction.targets(batch);
    const states = this.#encode(targets.histories, random); // [B, T, d]
    const loss = this.#prediction.loss(this.#normalize(statesAt(targets, states)), targets);
    return this.#config.embeddingL2 === 0 ? loss : tf.add(loss, this.#embeddingPenalty());
  }

  scoring(query: Query, record?: Recorder, items?: tf.Tensor2D): ProductScoring {
    const last = lastPosition(this.#encode(query, null, record)); // [B, d]
    return this.#prediction.scoring(this.#normalize(last), items);
  }

  /** What the model makes of all positions of histories, as `scoring` has it of the last: `[B, T, d]`. Within tf.tidy. */
  states(query: Query, record?: Recorder): tf.Tensor3D {
    const states = this.#encode(query, null, record);
    const added = states.shape[1] - query.length;
    return this.#normalize(added === 0 ? states : tf.slice(states, [0, added, 0]));
  }

  /**
   * States of all positions before the final norm, `[B, T, d]`. T is the length of the histories, or more where padding is
   * seen. `random` is null outside training.
   */
  #encode(histories: Histories, random: RandomStream | null, record?: Recorder): tf.Tensor3D {
    const run = BLOCKS[this.#config.normalization];
    const padding = new Padding(histories, this.#config);
    let x = padding.states(this.#embed(padding, random));
    for (const block of this.#blocks) x = padding.states(run(x, block, { ...padding.masks, random, record }));
    return x as tf.Tensor3D;
  }

  /** dropout(items + positions), `[B, T, d]` (section III-A). */
  #embed(padding: Padding, random: RandomStream | null): tf.Tensor {
    const { hiddenSize, scaleEmbedding, embeddingDropout, dropout: rate } = this.#config;
    const { histories, size, length } = padding.histories;
    const embedded = embeddingLookup(
      this.#itemEmbedding as tf.Tensor2D,
      tf.tensor2d(histories, [size, length], 'int32'),
    );
    const items = padding.items(scaleEmbedding ? tf.mul(embedded, Math.sqrt(hiddenSize)) : embedded);
    const positions = this.#positions(padding);
    const sum = positions === null ? items : tf.add(items, positions);
    const input = this.#inputNorm === null ? sum : layerNorm(sum, this.#inputNorm);
    return dropout(input, embeddingDropout ?? rate, random);
  }

  /** Vectors of the positions, of which the newest item has the last, `[T, d]`; `[B, T, d]` where each history has its own. */
  #positions(padding: Padding): tf.Tensor | null {
    if (this.#positionEmbedding === null) return null;
    const table = this.#positionEmbedding as tf.Tensor2D;
    const { positions, maxSequenceLength } = this.#config;
    const { length } = padding.histories;
    return positions === 'fromNewest'
      ? tf.slice(table, [maxSequenceLength - length, 0], [length, -1])
      : padding.positions(table);
  }

  #normalize<T extends tf.Tensor>(states: T): T {
    return this.#finalNorm === null ? states : (layerNorm(states, this.#finalNorm) as T);
  }

  /** λ·Σ w² of every embedding table. */
  #embeddingPenalty(): tf.Scalar {
    const tables = [...this.variables].filter(([name]) => name.endsWith('Embedding'));
    return tf.mul(tf.addN(tables.map(([, table]) => tf.sum(tf.square(table)))), this.#config.embeddingL2);
  }

  #positionViews(): EmbeddingView[] {
    const table = this.#positionEmbedding;
    if (table === null) return [];
    const first = table.shape[0] - this.#config.maxSequenceLength;
    const vectors = (): tf.Tensor2D => tf.slice(table, [first, 0]) as tf.Tensor2D;
    return [{ name: 'positions', label: 'Positions', rows: 'positions', vectors }];
  }
}

const BLOCKS = { pre: preNormBlock, post: postNormBlock, kang: kangBlock };

function blockOptions(config: SasrecConfig): TransformerBlockOptions {
  const { hiddenSize, innerSize, dropout: rate } = config;
  return {
    ...config,
    width: hiddenSize,
    innerSize: innerSize ?? hiddenSize,
    dropout: {
      attention: config.attentionDropout ?? rate,
      attentionOutput: config.attentionOutputDropout ?? rate,
      inner: config.innerDropout ?? rate,
      outer: rate,
    },
    kernelInitializer: (inputSize) => kernelInitializer(config, inputSize),
  };
}

function kernelInitializer(
  { kernelInitializer: name, initializerRange }: SasrecConfig,
  inputSize: number,
): Initializer {
  return name === 'fanInUniform'
    ? { kind: 'uniform', limit: 1 / Math.sqrt(inputSize) }
    : namedInitializer(name, initializerRange);
}
