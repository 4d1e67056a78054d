import type { z } from 'zod';
import type { HistoryLimit } from '../protocol/historyLimit';
import { isCodePath } from '../protocol/codePath';
import type { BaselineDescription, ModelDescription, TrainedDescription } from './description';
import { bert4rec } from './bert4rec/description';
import { bprMf } from './bprMf/description';
import { clickRate } from './clickRate/description';
import { dien } from './dien/description';
import { din } from './din/description';
import { ease } from './ease/description';
import { gru4rec } from './gru4rec/description';
import { hstu } from './hstu/description';
import { ials } from './ials/description';
import { itemKnn } from './itemKnn/description';
import { logisticRegression } from './logisticRegression/description';
import { markov } from './markov/description';
import { ownModel, type OwnModelConfig } from './ownModel';
import { popularity } from './popularity/description';
import { sasrec } from './sasrec/description';
import { sum } from './sum/description';
import { twoTower } from './twoTower/description';

/** All models, in the order in which they are listed everywhere. The first one is that of a new config. */
export const MODELS = [
  sasrec,
  gru4rec,
  bert4rec,
  hstu,
  sum,
  din,
  dien,
  twoTower,
  bprMf,
  popularity,
  itemKnn,
  markov,
  ease,
  ials,
  clickRate,
  logisticRegression,
] as const;

type Described = (typeof MODELS)[number];
type OptionsOf<Kind extends Described['kind']> = z.output<Extract<Described, { kind: Kind }>['options']>;

/** Of a model that is trained by gradients. */
export type TrainedModelConfig = OptionsOf<'trained'> | OwnModelConfig;
export type BaselineConfig = OptionsOf<'baseline'>;
export type ModelConfig = TrainedModelConfig | BaselineConfig;

/** A small model whose steps measure what a compute backend is worth on a machine: plain JavaScript takes some in a second. */
export const BACKEND_PROBE = sasrec.options.parse({
  type: 'sasrec',
  maxSequenceLength: 32,
  hiddenSize: 64,
  numBlocks: 1,
  numHeads: 2,
});

/** The options of each, in the same order. */
export const MODEL_OPTIONS = optionsOf(MODELS);
export const BASELINE_MODELS = MODELS.filter((model) => model.kind === 'baseline');
type BaselineOptions = (typeof BASELINE_MODELS)[number]['options'];
/** Their options. */
export const BASELINE_OPTIONS = BASELINE_MODELS.map(({ options }) => options) as [
  BaselineOptions,
  ...BaselineOptions[],
];
/** Their types. */
export const BASELINES = BASELINE_MODELS.map((model) => typeOf(model));
/** Of those that are measured next to every model, by whether it is measured by labels. */
export const DEFAULT_BASELINES = defaultBaselines(false);
export const DEFAULT_LABEL_BASELINES = defaultBaselines(true);

const byType = new Map<string, ModelDescription>(MODELS.map((model) => [typeOf(model), model]));

function defaultBaselines(byLabels: boolean) {
  return BASELINE_MODELS.filter(
    (model: BaselineDescription) =>
      model.measuredByDefault && (model.learnsFromLabels !== undefined) === byLabels,
  ).map((model) => typeOf(model));
}

function optionsOf<const All extends readonly ModelDescription[]>(
  models: All,
): { -readonly [Place in keyof All]: All[Place]['options'] } {
  return models.map(({ options }) => options) as { -readonly [Place in keyof All]: All[Place]['options'] };
}

/** The `type` of a model in a config. */
export function typeOf<Type extends string>(model: {
  options: z.ZodObject<{ type: z.ZodLiteral<Type> }>;
}): Type {
  return model.options.shape.type.value;
}

/** The description of a model, by its `type`; undefined for one that this version does not know. */
export function findModel(type: string): ModelDescription | undefined {
  return byType.get(type) ?? (isCodePath(type) ? ownModel(type) : undefined);
}

/** The description of a model whose config was checked. */
export function describedModel(model: TrainedModelConfig): TrainedDescription;
export function describedModel(model: BaselineConfig): BaselineDescription;
export function describedModel(model: ModelConfig): ModelDescription;
export function describedModel({ type }: ModelConfig): ModelDescription {
  return findModel(type)!;
}

export function isBaseline(model: ModelConfig): model is BaselineConfig {
  return describedModel(model).kind === 'baseline';
}

/** A baseline with its default options, as it stands beside a model. */
export function defaultBaseline(type: BaselineConfig['type']): BaselineConfig {
  return BASELINE_MODELS.find((model) => typeOf(model) === type)!.options.parse({ type });
}

/** How much a model reads of a history, where it is meant to read all of it. */
export function historyLimit(model: ModelConfig): HistoryLimit | undefined {
  const described = describedModel(model);
  return described.kind === 'trained' ? described.historyLimit(model) : undefined;
}

/** Types of the models of which something holds, for messages: `` `sasrec`, `din` ``. */
export function typesOf(holds: (model: ModelDescription) => boolean): string {
  return MODELS.filter(holds)
    .map((model) => `\`${typeOf(model)}\``)
    .join(', ');
}
