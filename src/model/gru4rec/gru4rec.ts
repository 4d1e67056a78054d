import * as tf from '@tensorflow/tfjs-core';
import { dropout } from '../../compute/layers/dropout';
import { embeddingLookup } from '../../compute/layers/embedding';
import { gru, type GruParameters } from '../../compute/layers/gru';
import type { Projection } from '../../compute/layers/projections';
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
import { createDense, dense } from '../parts/dense';
import { createGru } from '../parts/gruLayer';
import { historyMask } from '../parts/historyMask';
import { lastPosition } from '../parts/lastPosition';
import { namedInitializer } from '../parts/namedInitializer';
import { NextItemPrediction, statesAt } from '../parts/nextItemPrediction';
import { ParametricModel } from '../parts/parametricModel';
import { hasOutputProjection, type Gru4recConfig } from './options';

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
export class Gru4rec extends ParametricModel implements Model {
  readonly batches: SequenceBuilder | ExampleBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[] = [];
  readonly #config: Gru4recConfig;
  readonly #itemEmbedding: tf.Variable; // [N + 1, e]; row 0 is the padding
  readonly #layers: readonly GruParameters[];
  readonly #output: Projection | null; // [H, e]
  readonly #prediction: NextItemPrediction;

  constructor(config: Gru4recConfig, data: ModelData, seed: number) {
    super(seed);
    this.#config = config;
    const { parameters } = this;
    const { embeddingSize, hiddenSize, numLayers, recurrentInitializer } = config;
    const initializer = namedInitializer(config.embeddingInitializer, config.initializerRange);
    this.#itemEmbedding = parameters.create('itemEmbedding', [data.numItems + 1, embeddingSize], initializer);
    this.#layers = Array.from({ length: numLayers }, (_, index) => {
      const inputSize = index === 0 ? embeddingSize : hiddenSize;
      return createGru(parameters, `layer${index}`, inputSize, hiddenSize, recurrentInitializer, 0);
    });
    this.#output = hasOutputProjection(config)
      ? createDense(parameters, 'output', hiddenSize, embeddingSize)
      : null;
    this.#prediction = new NextItemPrediction(parameters, this.#itemEmbedding, data, {
      ...config,
      initializer,
    });

    const { items, candidates } = this.#prediction.views;
    this.batches = this.#prediction.batches;
    this.embeddings = [items, ...candidates];
  }

  loss(batch: SequenceBatch | ExampleBatch, random: RandomStream): tf.Scalar {
    const targets = this.#prediction.targets(batch);
    const states = this.#encode(targets.histories, random); // [B, T, H]
    return this.#prediction.loss(this.#project(statesAt(targets, states)), targets);
  }

  scoring(query: Query, _record?: Recorder, items?: tf.Tensor2D): ProductScoring {
    const last = lastPosition(this.#encode(query, null)); // [B, H]
    return this.#prediction.scoring(this.#project(last), items);
  }

  /** States of the last layer at all positions, `[B, T, H]`. `random` is null outside training. */
  #encode({ histories, size, length }: Histories, random: RandomStream | null): tf.Tensor3D {
    const { embeddingDropout, layerDropout } = this.#config;
    // Padding comes first, and the state is copied through it: it is still zero at the first item.
    const present = tf.tensor2d(historyMask(histories), [size, length]);
    const items = embeddingLookup(
      this.#itemEmbedding as tf.Tensor2D,
      tf.tensor2d(histories, [size, length], 'int32'),
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
}
