import * as tf from '@tensorflow/tfjs-core';
import { attend, multiHeadAttention, type AttentionInput } from '../../compute/layers/attention';
import { dropout } from '../../compute/layers/dropout';
import { embeddingLookup } from '../../compute/layers/embedding';
import { feedForward } from '../../compute/layers/feedForward';
import { layerNorm, type LayerNormalization } from '../../compute/layers/layerNorm';
import { linear } from '../../compute/layers/linear';
import { projections, type Projection } from '../../compute/layers/projections';
import { residualLinear } from '../../compute/layers/residualLinear';
import { Parameters, type Initializer } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import { sharesNegatives } from '../parts/nextItemLossOptions';
import type { SasrecConfig } from './options';
import type {
  AttentionView,
  BatchRequest,
  EmbeddingView,
  ExampleBatch,
  Model,
  ModelData,
  ModelSize,
  ProductScoring,
  Query,
  Recorder,
  SequenceBatch,
  SizeContext,
} from '../model';
import { NextItemLoss, nextItemLossSize, targetRows } from '../parts/nextItemLoss';
import { createDense } from '../parts/dense';
import { historyMask } from '../parts/historyMask';
import { lastPosition } from '../parts/lastPosition';

/** Parameters of one transformer block. */
interface Block {
  /** Of its attention weights. */
  name: string;
  query: Projection;
  key: Projection;
  value: Projection;
  /** Null where the joined heads are the output. */
  output: Projection | null;
  attentionNorm: LayerNormalization;
  inner: Projection;
  outer: Projection;
  feedForwardNorm: LayerNormalization;
}

/** What a forward pass knows beside the states. */
interface Pass {
  /** `[B, T]`: 1 where there is an item, 0 where there is padding. */
  present: tf.Tensor2D;
  /** Null outside training. */
  random: RandomStream | null;
  record: Recorder | undefined;
}

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
export class Sasrec implements Model {
  readonly batches: BatchRequest;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  readonly #config: SasrecConfig;
  readonly #loss: NextItemLoss;
  readonly #rates: Readonly<
    Record<'embedding' | 'attention' | 'attentionOutput' | 'inner' | 'outer', number>
  >;
  readonly #parameters: Parameters;
  readonly #itemEmbedding: tf.Variable; // [N + 1, d]; row 0 is the padding
  readonly #positionEmbedding: tf.Variable | null; // [maxSequenceLength, d], and a row 0 for padding with that option
  readonly #inputNorm: LayerNormalization | null;
  readonly #blocks: Block[];
  readonly #finalNorm: LayerNormalization | null;
  readonly #outputEmbedding: tf.Variable | null; // [N + 1, d] if separate

  constructor(config: SasrecConfig, data: ModelData, seed: number) {
    const { dropout: rate, hiddenSize: width } = config;
    this.#config = config;
    this.#loss = new NextItemLoss(config.loss, data);
    this.#rates = {
      embedding: config.embeddingDropout ?? rate,
      attention: config.attentionDropout ?? rate,
      attentionOutput: config.attentionOutputDropout ?? rate,
      inner: config.innerDropout ?? rate,
      outer: rate,
    };
    this.batches = this.#loss.batches(config.trainOn, config.maxSequenceLength);

    const parameters = new Parameters(seed);
    const embedding = embeddingInitializer(config);
    this.#parameters = parameters;
    this.#itemEmbedding = parameters.create('itemEmbedding', [data.numItems + 1, width], embedding);
    const numPositions = positionRows(config);
    this.#positionEmbedding =
      numPositions === 0 ? null : parameters.create('positionEmbedding', [numPositions, width], embedding);
    this.#inputNorm = config.inputNorm ? createNorm(parameters, 'inputNorm', config) : null;
    this.#blocks = Array.from({ length: config.numBlocks }, (_, index) =>
      createBlock(parameters, `block${index}`, config),
    );
    this.#finalNorm = config.finalNorm ? createNorm(parameters, 'finalNorm', config) : null;
    this.#outputEmbedding =
      config.outputEmbedding === 'separate'
        ? parameters.create('outputEmbedding', [data.numItems + 1, width], embedding)
        : null;

    this.embeddings = this.#embeddingViews();
    this.attentions = this.#blocks.map(({ name }, index) => ({
      name,
      label: `Block ${index + 1}`,
      of: 'user',
      axes: ['head', 'position', 'position'],
      causal: config.causal,
      normalized: true,
    }));
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.state;
  }

  loss(batch: SequenceBatch | ExampleBatch, random: RandomStream): tf.Scalar {
    const rows = targetRows(batch, sharesNegatives(this.#config.loss));
    const items = batch.kind === 'sequences' ? batch.items : batch.histories;
    const encoded = this.#encode(items, batch.size, batch.length, random);
    let read: tf.Tensor2D;
    if (rows.positions === null) read = lastPosition(encoded);
    else {
      const flat: tf.Tensor2D = tf.reshape(encoded, [-1, this.#config.hiddenSize]);
      const added = encoded.shape[1] - batch.length;
      const places = rows.positions.map((place) => place + added * (Math.floor(place / batch.length) + 1));
      const areAll = places.length === flat.shape[0]; // then there is nothing to copy
      read = areAll ? flat : (embeddingLookup(flat, tf.tensor1d(places, 'int32')) as tf.Tensor2D);
    }
    const loss = this.#loss.loss(this.#finish(read) as tf.Tensor2D, this.#candidates(), rows);
    return this.#config.embeddingL2 === 0 ? loss : tf.add(loss, this.#embeddingPenalty());
  }

  scoring({ histories, size, length }: Query, record?: Recorder, items?: tf.Tensor2D): ProductScoring {
    const last = lastPosition(this.#encode(histories, size, length, null, record));
    return this.#loss.scoring(this.#finish(last) as tf.Tensor2D, this.#candidates(), items);
  }

  /** What the model makes of all positions of histories, as `scoring` has it of the last: `[B, T, d]`. Within tf.tidy. */
  states({ histories, size, length }: Query, record?: Recorder): tf.Tensor3D {
    const states = this.#encode(histories, size, length, null, record);
    const added = states.shape[1] - length;
    return this.#finish(added === 0 ? states : tf.slice(states, [0, added, 0])) as tf.Tensor3D;
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  /**
   * States of all positions before the final norm, `[B, T, d]`. `random` is null outside training.
   *
   * T is the length of the sequences where nobody attends to padding. Elsewhere it is that of the longest history that the
   * model reads: how much padding a user sees must not depend on who else is in the batch.
   */
  #encode(
    given: Int32Array,
    size: number,
    givenLength: number,
    random: RandomStream | null,
    record?: Recorder,
  ): tf.Tensor3D {
    const { maxSequenceLength, normalization, padding } = this.#config;
    const length = padding === 'masked' ? givenLength : Math.max(givenLength, maxSequenceLength);
    const sequences = length === givenLength ? given : widened(given, size, length);
    const present = tf.tensor2d(historyMask(sequences), [size, length]);
    const pass: Pass = { present, random, record };
    // Masked padding is no key of attention, and nothing else looks from one position to another: its states reach nobody.
    const zeroes = padding === 'zeroed' || normalization === 'kang';
    const settle = (states: tf.Tensor): tf.Tensor => (zeroes ? onlyPresent(states, present) : states);

    let x = settle(this.#embed(sequences, pass));
    for (const block of this.#blocks) x = settle(this.#block(block, x, pass));
    return x as tf.Tensor3D;
  }

  /** dropout(items + positions), `[B, T, d]` (section III-A). */
  #embed(sequences: Int32Array, { present, random }: Pass): tf.Tensor {
    const { hiddenSize, scaleEmbedding, padding, paddingVector } = this.#config;
    const [size, length] = present.shape;
    const embedded = embeddingLookup(
      this.#itemEmbedding as tf.Tensor2D,
      tf.tensor2d(sequences, [size, length], 'int32'),
    ); // [B, T, d]
    const scaled = scaleEmbedding ? tf.mul(embedded, Math.sqrt(hiddenSize)) : embedded;
    const zeroPadding = padding === 'visible' && paddingVector === 'zero';
    const items = zeroPadding ? onlyPresent(scaled, present) : scaled;
    const positions = this.#positions(sequences, present, zeroPadding);
    const sum = positions === null ? items : tf.add(items, positions);
    const input = this.#inputNorm === null ? sum : layerNorm(sum, this.#inputNorm);
    return dropout(input, this.#rates.embedding, random);
  }

  /** Position vectors, `[T, d]` or `[B, T, d]`; null if there are none. */
  #positions(sequences: Int32Array, present: tf.Tensor2D, zeroPadding: boolean): tf.Tensor | null {
    if (this.#positionEmbedding === null) return null;
    const table = this.#positionEmbedding as tf.Tensor2D;
    const { positions, maxSequenceLength } = this.#config;
    const [size, length] = present.shape;
    const first = maxSequenceLength - length;
    if (positions === 'fromNewest') return tf.slice(table, [first, 0], [length, -1]);

    const places = new Int32Array(sequences.length);
    for (let row = 0; row < places.length; row += length) {
      let seen = 0;
      for (let place = 0; place < length; place++) {
        if (sequences[row + place] === 0) continue;
        places[row + place] = positions === 'fromOldest' ? seen++ : first + place + 1;
      }
    }
    const vectors = embeddingLookup(table, tf.tensor2d(places, [size, length], 'int32'));
    return zeroPadding && positions === 'fromNewestPaddingZero' ? onlyPresent(vectors, present) : vectors;
  }

  #block(block: Block, x: tf.Tensor, pass: Pass): tf.Tensor {
    switch (this.#config.normalization) {
      case 'pre': {
        // x + Attention(LN(x)), then x + FFN(LN(x)).
        const projected = projections(x, [block.query, block.key, block.value], block.attentionNorm);
        const attended = this.#addAttention(block, x, projected, pass);
        return this.#addFeedForward(block, attended, block.feedForwardNorm, pass);
      }
      case 'post': {
        // LN(x + Attention(x)), then LN(x + FFN(x)).
        const projected = projections(x, [block.query, block.key, block.value]);
        const attended = layerNorm(this.#addAttention(block, x, projected, pass), block.attentionNorm);
        return layerNorm(this.#addFeedForward(block, attended, null, pass), block.feedForwardNorm);
      }
      case 'kang': {
        // y + Attention(y, x) with y = LN(x), then z + FFN(z) with z = LN of that.
        const asking = layerNorm(x, block.attentionNorm);
        const projected = [
          project(asking, block.query),
          project(x, block.key),
          project(x, block.value),
        ] as const;
        const attended = this.#addAttention(block, asking, projected, pass);
        return this.#addFeedForward(block, layerNorm(attended, block.feedForwardNorm), null, pass);
      }
    }
  }

  /** residual + dropout(Attention(query, key, value)) (III-B) */
  #addAttention(
    block: Block,
    residual: tf.Tensor,
    [query, key, value]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
    { present, random, record }: Pass,
  ): tf.Tensor {
    const { numHeads, causal, padding } = this.#config;
    const input: AttentionInput = {
      // A query of zeros divides its attention evenly: what the references' masking of padded queries comes to.
      query: padding === 'zeroed' ? onlyPresent(query, present) : query,
      key,
      value,
      numHeads,
      causal,
      keyMask: padding === 'masked' ? present : null,
      dropout: this.#rates.attention,
      random,
    };
    const mixed = record === undefined ? attend(input) : recordedAttention(input, block.name, record);
    const rate = this.#rates.attentionOutput;
    return block.output === null
      ? tf.add(residual, dropout(mixed, rate, random))
      : residualLinear(mixed, block.output, residual, rate, random);
  }

  /** x + dropout(FFN(x)), or FFN(LN(x)) (III-C). */
  #addFeedForward(
    { inner, outer }: Block,
    x: tf.Tensor,
    normalization: LayerNormalization | null,
    { random }: Pass,
  ): tf.Tensor {
    return feedForward({
      x,
      normalization,
      inner,
      outer,
      activation: this.#config.activation,
      innerDropout: this.#rates.inner,
      outerDropout: this.#rates.outer,
      random,
    });
  }

  #finish(states: tf.Tensor): tf.Tensor {
    return this.#finalNorm === null ? states : layerNorm(states, this.#finalNorm);
  }

  /** Vectors that states are scored against, with the padding's, `[N + 1, d]`. */
  #candidates(): tf.Tensor2D {
    const table = (this.#outputEmbedding ?? this.#itemEmbedding) as tf.Tensor2D;
    const { loss, paddingVector } = this.#config;
    const seesPadding = loss.type === 'crossEntropy' && loss.includePadding;
    if (!seesPadding || paddingVector === 'trained') return table;
    return tf.concat([tf.zeros<tf.Rank.R2>([1, table.shape[1]]), tf.slice(table, [1, 0])]);
  }

  /** λ·Σ w² of every embedding table. */
  #embeddingPenalty(): tf.Scalar {
    const tables = [this.#itemEmbedding, this.#positionEmbedding, this.#outputEmbedding];
    const squares = tables.filter((table) => table !== null).map((table) => tf.sum(tf.square(table)));
    return tf.mul(tf.addN(squares), this.#config.embeddingL2);
  }

  #embeddingViews(): EmbeddingView[] {
    const rowsFrom = (table: tf.Variable, first: number) => () => tf.slice(table, [first, 0]) as tf.Tensor2D;
    const views: EmbeddingView[] = [
      { name: 'items', label: 'Items', rows: 'items', vectors: rowsFrom(this.#itemEmbedding, 1) },
    ];
    if (this.#positionEmbedding !== null) {
      const first = this.#positionEmbedding.shape[0] - this.#config.maxSequenceLength;
      const vectors = rowsFrom(this.#positionEmbedding, first);
      views.push({ name: 'positions', label: 'Positions', rows: 'positions', vectors });
    }
    if (this.#outputEmbedding !== null) {
      const vectors = rowsFrom(this.#outputEmbedding, 1);
      views.push({ name: 'outputItems', label: 'Items as candidates', rows: 'items', vectors });
    }
    return views;
  }
}

/**
 * How much a SASRec takes. A layer's output stays until its gradient is made, so that the most is there when the backward
 * pass begins: all outputs, and what the loss makes.
 */
export function sasrecSize(
  config: SasrecConfig,
  { data: { numItems }, batchSize, threads }: SizeContext,
): ModelSize {
  const { hiddenSize: d, numBlocks, numHeads, maxSequenceLength: length, dropout: rate } = config;
  const { normalization, loss } = config;
  const inner = config.innerSize ?? d;
  const positions = batchSize * length;
  const block = (config.outputProjection ? 4 : 3) * (d * d + d) + 2 * d * inner + inner + d + 4 * d;
  const tables = (config.outputEmbedding === 'separate' ? 2 : 1) * (numItems + 1) + positionRows(config);
  const ownNorms = (config.inputNorm ? 2 : 0) + (config.finalNorm ? 2 : 0);
  const dropped = rate > 0 ? 1 : 0;
  const zeroes = config.padding === 'zeroed' || normalization === 'kang' ? 3 : 0;
  // Query, key, value, mixed, sum, inner, sum, and the weights. The norms before sub-layers stay within our kernels, as the
  // dropped inner values do; engines without them keep those as well.
  const norms = normalization === 'pre' ? 0 : 2;
  const perBlock = (6 + norms + zeroes) * d + inner + numHeads * length;
  // The items, scaled, with positions, dropped; where every position learns, what is read of them; and two gradients.
  const read = config.trainOn === 'all' ? 1 : 0;
  const perPosition = (5 + dropped + read) * d + numBlocks * perBlock;
  const rows = config.trainOn === 'all' ? positions : batchSize;
  return {
    parameters: (tables + ownNorms) * d + numBlocks * block,
    activations: positions * perPosition + nextItemLossSize(loss, { rows, width: d, numItems, threads }),
  };
}

/** Rows of the position table; 0 for none. */
function positionRows({ positions, maxSequenceLength }: SasrecConfig): number {
  if (positions === 'none') return 0;
  return maxSequenceLength + (positions === 'fromNewestPaddingZero' ? 1 : 0);
}

function embeddingInitializer({ embeddingInitializer: kind, initializerRange }: SasrecConfig): Initializer {
  switch (kind) {
    case 'normal':
      return { kind, deviation: initializerRange };
    case 'uniform':
      return { kind, limit: initializerRange };
    case 'glorotUniform':
    case 'glorotNormal':
      return { kind };
  }
}

function kernelInitializer(
  { kernelInitializer: kind, initializerRange }: SasrecConfig,
  inputSize: number,
): Initializer {
  switch (kind) {
    case 'normal':
      return { kind, deviation: initializerRange };
    case 'fanInUniform':
      return { kind: 'uniform', limit: 1 / Math.sqrt(inputSize) };
    case 'glorotUniform':
    case 'glorotNormal':
      return { kind };
  }
}

function createBlock(parameters: Parameters, name: string, config: SasrecConfig): Block {
  const width = config.hiddenSize;
  const innerSize = config.innerSize ?? width;
  const create = (part: string, inputSize: number, outputSize: number): Projection =>
    createDense(parameters, `${name}/${part}`, inputSize, outputSize, kernelInitializer(config, inputSize));
  return {
    name,
    query: create('attention/query', width, width),
    key: create('attention/key', width, width),
    value: create('attention/value', width, width),
    output: config.outputProjection ? create('attention/output', width, width) : null,
    attentionNorm: createNorm(parameters, `${name}/attentionNorm`, config),
    inner: create('feedForward/inner', width, innerSize),
    outer: create('feedForward/outer', innerSize, width),
    feedForwardNorm: createNorm(parameters, `${name}/feedForwardNorm`, config),
  };
}

function createNorm(
  parameters: Parameters,
  name: string,
  { hiddenSize, normEpsilon }: SasrecConfig,
): LayerNormalization {
  return {
    gamma: parameters.create(`${name}/gamma`, [hiddenSize], { kind: 'constant', value: 1 }) as tf.Tensor1D,
    beta: parameters.create(`${name}/beta`, [hiddenSize], { kind: 'constant', value: 0 }) as tf.Tensor1D,
    epsilon: normEpsilon,
  };
}

const project = (x: tf.Tensor, { kernel, bias }: Projection): tf.Tensor => linear(x, kernel, bias);

function recordedAttention(input: AttentionInput, name: string, record: Recorder): tf.Tensor {
  const { output, weights } = multiHeadAttention(input);
  record(name, weights);
  return output;
}

/** The sequences with more padding before them. */
function widened(sequences: Int32Array, size: number, length: number): Int32Array {
  const from = sequences.length / size;
  const rows = new Int32Array(size * length);
  for (let row = 0; row < size; row++)
    rows.set(sequences.subarray(row * from, (row + 1) * from), (row + 1) * length - from);
  return rows;
}

/** Zeros in the place of what padding has. @param x `[B, T, d]` @param present `[B, T]` */
function onlyPresent(x: tf.Tensor, present: tf.Tensor2D): tf.Tensor {
  return tf.mul(x, tf.expandDims(present, -1));
}
