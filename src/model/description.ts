import type { z } from 'zod';
import type { DatasetOptions } from '../options/datasetSchema';
import type { TrainingOptionsInput } from '../options/trainingSchema';
import type { Baseline, TrainingSequences } from './baseline';
import type { HistoryLimit } from '../protocol/historyLimit';
import type { LetEventsIn } from '../protocol/letEventsIn';
import type { Model, ModelData, ModelSize, SizeContext } from './model';

/*
 * What everything outside a model's folder knows of it. A description is light: it imports schemas, and loads what computes
 * only when a model is built, so that an editor can read configs without TensorFlow.js.
 */

/** Options of a model as they stand in a config, told apart by `type`. */
export type ModelOptionsSchema = z.ZodObject<{ type: z.ZodLiteral<string> }>;

type SomeOptions<Schema extends ModelOptionsSchema> = Partial<Omit<z.input<Schema>, 'type'>>;

interface Described<Schema extends ModelOptionsSchema> {
  /** For people, such as `SASRec`. */
  title: string;
  /** What it is, in a line of the README's table. */
  summary: string;
  /** Its page in `docs/models`, without `.md`. */
  page: string;
  options: Schema;
  /**
   * It learns from labels, where the data have some, and is then measured by them; all others learn from the items that users took,
   * and rank.
   */
  learnsFromLabels?: {
    /** Options that have no effect then. */
    withoutEffect: readonly string[];
  };
}

/** A model that is trained by gradients. */
export interface TrainedDescription<
  Schema extends ModelOptionsSchema = ModelOptionsSchema,
> extends Described<Schema> {
  kind: 'trained';
  presets: Readonly<Record<string, Preset<Schema>>>;
  /** Whether scores are products of vectors of users and items, which an index can search. */
  scoresByProduct: boolean;
  /** Whether it can record how it weighs the items of a history. */
  recordsAttention: boolean;
  /** What its options need of the dataset. */
  rules?: readonly DatasetRule<z.output<Schema>>[];
  /** Options that came later, with what a run from before was trained with. */
  laterOptions?: SomeOptions<Schema>;
  /** Where it is meant to read whole histories: up to which length it does, so that people know where it does not. */
  historyLimit(options: z.output<Schema>): HistoryLimit | undefined;
  load(): Promise<TrainedImplementation<z.output<Schema>>>;
}

/** A recommender that is fitted at once. */
export interface BaselineDescription<
  Schema extends ModelOptionsSchema = ModelOptionsSchema,
> extends Described<Schema> {
  kind: 'baseline';
  /** Whether it is measured next to every model whose config names no baselines: for those that take seconds. */
  measuredByDefault: boolean;
  /** Newest interactions of a user that count; all if left out. */
  newestCounted?: number;
  /** What to say before users of so many interactions are ranked, where that takes many minutes; null where it does not. */
  slowNote?(options: z.output<Schema>, lengths: Uint32Array, numItems: number): string | null;
  /** Bytes that the fit takes, where they grow faster than the data. */
  fitBytes?(numItems: number): number;
  load(): Promise<BaselineImplementation<z.output<Schema>>>;
}

export type ModelDescription<Schema extends ModelOptionsSchema = ModelOptionsSchema> =
  TrainedDescription<Schema> | BaselineDescription<Schema>;

/** What computes. */
export interface TrainedImplementation<Options> {
  /** With fresh weights drawn from the seed. */
  create(options: Options, data: ModelData, seed: number): Model;
  /** What it is going to take, before it is built. */
  size(options: Options, context: SizeContext): ModelSize;
}

export interface BaselineImplementation<Options> {
  /**
   * Calls `letEventsIn` now and then, also while scores are made later.
   * @param seed of all that is drawn
   */
  fit(
    sequences: TrainingSequences,
    options: Options,
    seed: number,
    letEventsIn?: LetEventsIn,
  ): Promise<Baseline>;
}

/** Options that follow a reference: they take the place of the defaults, and a config may still say otherwise. */
export interface Preset<Schema extends ModelOptionsSchema = ModelOptionsSchema> {
  model: SomeOptions<Schema>;
  /** What the reference trains with, as far as it differs. */
  training?: Omit<TrainingOptionsInput, 'epochs' | 'earlyStopping'>;
}

/** A rule between a model's options and the dataset. */
export interface DatasetRule<Options> {
  /** Of the option that is at fault, which the message is about. */
  path: readonly string[];
  holds(options: Options, dataset: DatasetOptions): boolean;
  message(options: Options, dataset: DatasetOptions): string;
}
