import * as tf from '@tensorflow/tfjs-core';
import { dropout } from '../../compute/layers/dropout';
import { embeddingLookup } from '../../compute/layers/embedding';
import { gru, type GruParameters } from '../../compute/layers/gru';
import type { Projection } from '../../compute/layers/projections';
import { Parameters, type Initializer } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { Gru4recConfig } from './options';
import { sharesNegatives } from '../parts/nextItemLossOptions';
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
import { createDense, dense } from '../parts/dense';
import { createGru, gruParameters } from '../parts/gruLayer';
import { historyMask } from '../parts/historyMask';
import { lastPosition } from '../parts/lastPosition';

/**
 * GRU4Rec (Hidasi, Karatzoglou, Baltrunas and Tikk, "Session-based Recommendations with Recurrent Neural Networks",
 * ICLR 2016, arXiv 1511.06939).
 *
 * Item vectors pass through recurrent layers (section 3.1, with an embedding in the place of one-hot input), and the state
 * after each item is scored against the item vectors. Sequences are whole histories, read from a state of zeros, where the
 * paper feeds sessions in parallel from step to step (3.1.1): with histories at hand nothing is cut.
 *
 * Shapes in comments: B users, T positions, e = embeddingSize, H = hiddenSize, N items, P positions that have a target.
 */
export class Gru4rec implements Model {
  readonly batches: BatchRequest;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[] = [];
  readonly #config: Gru4recConfig;
  readonly #loss: NextItemLoss;
  readonly #parameters: Parameters;
  readonly #itemEmbedding: tf.Variable; // [N + 1, e]; row 0 is the padding
  readonly #layers: GruParameters[];
  readonly #output: Projection | null; // [H, e]
  readonly #outputEmbedding: tf.Variable | null; // [N + 1, e] if separate

  constructor(config: Gru4recConfig, data: ModelData, seed: number) {
    this.#config = config;
    this.#loss = new NextItemLoss(config.loss, data);
    this.batches = this.#loss.batches(config.trainOn, config.maxSequenceLength);

    const { embeddingSize, hiddenSize, numLayers } = config;
    const parameters = new Parameters(seed);
    const embedding: Initializer =
      config.embeddingInitializer === 'normal'
        ? { kind: 'normal', deviation: config.initializerRange }
        : { kind: 'glorotNormal' };
    this.#parameters = parameters;
    this.#itemEmbedding = parameters.create('itemEmbedding', [data.numItems + 1, embeddingSize], embedding);
    this.#layers = Array.from({ length: numLayers }, (_, index) =>
      createGru(
        parameters,
        `layer${index}`,
        index === 0 ? embeddingSize : hiddenSize,
        hiddenSize,
        config.recurrentInitializer,
        0,
      ),
    );
    this.#output = projects(config) ? createDense(parameters, 'output', hiddenSize, embeddingSize) : null;
    this.#outputEmbedding =
      config.outputEmbedding === 'separate'
        ? parameters.create('outputEmbedding', [data.numItems + 1, embeddingSize], embedding)
        : null;

    const rowsOf = (table: tf.Variable) => () => tf.slice(table, [1, 0]) as tf.Tensor2D;
    this.embeddings = [
      { name: 'items', label: 'Items', rows: 'items', vectors: rowsOf(this.#itemEmbedding) },
      ...(this.#outputEmbedding === null
        ? []
        : ([
            {
              name: 'outputItems',
              label: 'Items as candidates',
              rows: 'items',
              vectors: rowsOf(this.#outputEmbedding),
            },
          ] as const)),
    ];
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
      read = embeddingLookup(flat, tf.tensor1d(rows.positions, 'int32')) as tf.Tensor2D;
    }
    return this.#loss.loss(this.#project(read), this.#candidates(), rows);
  }

  scoring({ histories, size, length }: Query, _record?: Recorder, items?: tf.Tensor2D): ProductScoring {
    const last = lastPosition(this.#encode(histories, size, length, null));
    return this.#loss.scoring(this.#project(last), this.#candidates(), items);
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  /** States of the last layer at all positions, `[B, T, H]`. `random` is null outside training. */
  #encode(sequences: Int32Array, size: number, length: number, random: RandomStream | null): tf.Tensor3D {
    const { embeddingDropout, layerDropout } = this.#config;
    // Padding comes first, and the state is copied through it: it is still zero at the first item.
    const present = tf.tensor2d(historyMask(sequences), [size, length]);
    const items = embeddingLookup(
      this.#itemEmbedding as tf.Tensor2D,
      tf.tensor2d(sequences, [size, length], 'int32'),
    );
    let x = dropout(items, embeddingDropout, random) as tf.Tensor3D;
    this.#layers.forEach((layer, index) => {
      const input = index === 0 ? x : (dropout(x, layerDropout, random) as tf.Tensor3D);
      x = gru(input, layer, present, { resetAfter: true, update: 'keep' }).states;
    });
    return x;
  }

  /** `[…, H]` → `[…, e]` */
  #project(states: tf.Tensor2D): tf.Tensor2D {
    return this.#output === null ? states : dense(states, this.#output);
  }

  /** Vectors that states are scored against, with the padding's, `[N + 1, e]`. */
  #candidates(): tf.Tensor2D {
    return (this.#outputEmbedding ?? this.#itemEmbedding) as tf.Tensor2D;
  }
}

/** How much a GRU4Rec takes. What a layer made stays until its gradient is made, when that of its output is there. */
export function gru4recSize(
  config: Gru4recConfig,
  { data: { numItems }, batchSize, threads }: SizeContext,
): ModelSize {
  const { embeddingSize: e, hiddenSize: h, numLayers, maxSequenceLength, trainOn, loss } = config;
  const layers = Array.from({ length: numLayers }, (_, index) => gruParameters(index === 0 ? e : h, h));
  const tables = (config.outputEmbedding === 'separate' ? 2 : 1) * (numItems + 1);
  const positions = batchSize * maxSequenceLength;
  const rows = trainOn === 'all' ? positions : batchSize;
  return {
    parameters:
      tables * e + layers.reduce((sum, size) => sum + size, 0) + (projects(config) ? (h + 1) * e : 0),
    // Vectors, dropout, and for each layer its input, gates, candidates and states; gradients of one layer.
    activations:
      positions * (2 * e + (6 * numLayers + 1) * h) +
      nextItemLossSize(loss, { rows, width: e, numItems, threads }),
  };
}

const projects = ({ outputProjection, embeddingSize, hiddenSize }: Gru4recConfig): boolean =>
  outputProjection ?? embeddingSize !== hiddenSize;
