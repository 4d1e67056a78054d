import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../compute/random';
import { STREAMS } from '../compute/randomStreams';
import type { Catalog, TopLists } from '../evaluation/topLists';
import type { RelevantPlaces } from '../evaluation/metrics/metric';
import type { Batch, BatchBuilder } from '../model/batches/batchBuilder';
import { exampleBuilder, type ExampleBuilder, type ExampleRequest } from '../model/batches/exampleBatches';
import {
  sequenceBuilder,
  type SequenceBuilder,
  type SequenceRequest,
} from '../model/batches/sequenceBatches';
import type {
  AttentionView,
  EmbeddingView,
  ModelData,
  ModelInput,
  Query,
  Recorder,
  Scoring,
} from '../model/model';
import * as layers from './v1/layers';
import type { NextItem, NextItemOptions } from './v1/nextItem';
import type { OptionDeclarations, OptionValues } from './v1/options';
import type { ModelParameters } from './v1/parameters';

/*
 * `recsight/v1`: what model files and metric files import. Whatever this module exports stays as it is for as long as it is
 * called v1; what has to change otherwise gets a v2 next to it.
 */

export { layers, RandomStream, tf };
export type { Normalized, Statistics } from '../compute/layers/batchNorm';
export type { Pooling } from '../compute/layers/embedding';
export type { FeedForwardInput } from '../compute/layers/feedForward';
export type { GruParameters, GruOptions, GruOutput, GruUpdate } from '../compute/layers/gru';
export type { LayerNormalization } from '../compute/layers/layerNorm';
export type { Activation } from '../compute/layers/linear';
export type { CandidateOptions } from '../compute/layers/losses';
export type { Projection } from '../compute/layers/projections';
export type {
  SumOutput,
  SumParameters,
  SumVersion,
  SumWritingParameters,
} from '../compute/layers/sumRecurrence';
export type { Initializer } from '../compute/parameters';
export type {
  Batch,
  BatchBuilder,
  Batches,
  LabeledRows,
  TimesRead,
  TrainingData,
} from '../model/batches/batchBuilder';
export type { ExampleBatch, ExampleRequest } from '../model/batches/exampleBatches';
export type { SequenceBatch, SequenceRequest } from '../model/batches/sequenceBatches';
export type {
  AttentionAxis,
  AttentionView,
  EmbeddingView,
  Histories,
  JointScoring,
  ModelData,
  ModelInput,
  ProductScoring,
  Query,
  Recorder,
  Scoring,
} from '../model/model';
export type { Sampler } from '../model/parts/samplingWeights';
export type { CategoryColumn, FeatureColumn, MultiColumn, NumberColumn } from '../protocol/features';
export type { BatchUnit } from '../protocol/run';
export type { AttentionOptions, BlockPass } from './v1/layers';
export type { Encode, NextItem, NextItemLoss, NextItemOptions } from './v1/nextItem';
export type {
  BooleanOption,
  EnumOption,
  IntegerOption,
  ListOption,
  NumberOption,
  OptionDeclaration,
  OptionDeclarations,
  OptionValues,
  StringOption,
} from './v1/options';
export type { BlockOptions, ModelParameters, TransformerBlock } from './v1/parameters';
export type { Catalog, RelevantPlaces, TopLists };

/** What `create` gets. */
export interface ModelContext<Options extends OptionDeclarations = OptionDeclarations> {
  /** Values of the declared options: those of the config, and defaults for the others. */
  options: OptionValues<Options>;
  /** What may be known of the training data in advance: sizes, counts and side features. */
  data: ModelData;
  /** Makes the model's parameters. */
  parameters: ModelParameters;
  /** The run's seed. Parameters, batches and dropout draw from it already. */
  seed: number;
  /**
   * Batches, loss and scoring of next-item prediction.
   * @param itemTable vectors of items, `[data.numItems + 1, d]`; row 0 is the padding
   */
  nextItem: (itemTable: tf.Variable, options: NextItemOptions) => NextItem;
}

/** What `create` returns: how the model learns, scores, and what it shows. */
export interface ModelParts {
  /** What it learns from: of `nextItem`, of {@link sequenceBatches} or {@link exampleBatches}, or a builder of your own. */
  batches: BatchBuilder;
  /**
   * Training loss of a batch; gradients are taken with respect to all parameters.
   * @param batch what the builder of `batches` made
   * @param random for dropout and all else that the step draws
   */
  loss(batch: Batch, random: RandomStream): tf.Scalar;
  /**
   * How items are scored for users, in evaluation and in panels: nothing is dropped. Tensors made here are disposed of.
   * @param record receives attention weights, if anyone wants them
   * @param items those of an earlier `scoring` with the same weights: return them as they are, where they depend on no query
   */
  scoring(query: Query, record?: Recorder, items?: tf.Tensor2D): Scoring;
  /** Tables that a projection can show; none if left out. */
  embeddings?: readonly EmbeddingView[];
  /** Attention weights that `scoring` records; none if left out. */
  attentions?: readonly AttentionView[];
  /** What a query can take as unknown; nothing if left out. */
  inputs?: readonly ModelInput[];
  /**
   * Values that a training step has at once beside parameters and gradients, about, for the memory estimate. Measured in the first
   * step if left out.
   */
  activations?(batchSize: number): number;
}

/** A model: its title, its options and what makes it. */
export interface ModelDefinition<Options extends OptionDeclarations = OptionDeclarations> {
  /** What lists and panels call it. A literal. */
  title: string;
  /** Options that a config may set, declared by a subset of JSON Schema. Literals; none if left out. */
  options?: Options;
  /** Makes the model, with fresh parameters. */
  create(context: ModelContext<Options>): ModelParts;
}

/** What {@link defineModel} returns. */
export interface DefinedModel<
  Options extends OptionDeclarations = OptionDeclarations,
> extends ModelDefinition<Options> {
  readonly kind: 'model';
}

/**
 * Defines a model. It must be the default export of the model file, and everything but `create` must be literal, because the
 * editor reads it without running the file.
 */
export function defineModel<const Options extends OptionDeclarations>(
  definition: ModelDefinition<Options>,
): DefinedModel<Options> {
  return { ...definition, kind: 'model' };
}

interface DescribedMetric {
  /** What lists and panels call it. */
  title: string;
  /** What it measures, in a sentence. */
  definition: string;
  /** Decides which epoch and which run is the best. */
  higherIsBetter: boolean;
  /** Such as `0 to 1`. */
  range?: string;
}

/**
 * A metric of the places that relevant items have among all candidates: a mean over users. Users without a relevant item among the
 * first k count as 0, so higher values should be better: where lower ones are, missing everything would be the best.
 */
export interface RankMetricDefinition extends DescribedMetric {
  needs: 'rank';
  /** Value of one user, for one order of the candidates, with the cut-off k. */
  of(relevant: RelevantPlaces, k: number): number;
}

/** A metric of the items that are recommended, relevant or not. */
export interface ListMetricDefinition extends DescribedMetric {
  needs: 'list';
  /** Whether it compares categories of items, so that the dataset must declare some. */
  needsCategories?: boolean;
  /**
   * Of the first k places of each list.
   * @returns a value for each user, whose mean is the metric (NaN: not counted), or one value for all lists together
   */
  of(lists: TopLists, k: number, catalog: Catalog): Float64Array | number;
}

/** A metric: its title, what it means and how it is computed. */
export type MetricDefinition = RankMetricDefinition | ListMetricDefinition;

/** What {@link defineMetric} returns. */
export type DefinedMetric = MetricDefinition & { readonly kind: 'metric' };

/**
 * Defines a metric. It must be the default export of the metric file, and everything but `of` must be literal, because the editor
 * reads it without running the file.
 */
export function defineMetric(definition: MetricDefinition): DefinedMetric {
  return { ...definition, kind: 'metric' };
}

/** Batches of whole sequences: {@link SequenceBatch}, with the next item as the target at each position. */
export function sequenceBatches(request: SequenceRequest): SequenceBuilder {
  return sequenceBuilder(request);
}

/** Batches of examples: {@link ExampleBatch}, each an interaction with the history before it and sampled negatives. */
export function exampleBatches(request: ExampleRequest): ExampleBuilder {
  return exampleBuilder(request);
}

/**
 * Random numbers that depend on the seed and these numbers only, such as the epoch and the index of a batch, so that a resumed
 * run draws what an uninterrupted one would have drawn. For batch builders of your own.
 */
export function randomStream(seed: number, ...name: number[]): RandomStream {
  return new RandomStream(seed, STREAMS.ownModels, ...name);
}
