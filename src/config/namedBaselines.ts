import { defaultBaseline, findModel, type BaselineConfig } from '../model/models';
import { leavesOf } from './configLeaves';
import type { EvaluationConfig } from './schema';

/** A baseline that `evaluation.baselines` names. */
export interface NamedBaseline {
  /** By which results have it: its type, and the options that differ from the defaults, `itemKnn(shrinkage=50)`. */
  key: string;
  /** For people: the same of two of a type, but only options in which they differ. */
  title: string;
  config: BaselineConfig;
}

/** The baselines that an evaluation measures next to the model, each once. */
export function namedBaselines({ baselines }: Pick<EvaluationConfig, 'baselines'>): NamedBaseline[] {
  const configs = baselines.map((named) => (typeof named === 'string' ? defaultBaseline(named) : named));
  const unique = new Map(configs.map((config) => [keyOf(config), config]));
  return [...unique].map(([key, config]) => {
    const others = [...unique.values()].filter((other) => other.type === config.type && other !== config);
    return { key, title: titleOf(config, others), config };
  });
}

function keyOf(config: BaselineConfig): string {
  const own = optionsBeside(config, [defaultBaseline(config.type)]);
  return own.length === 0
    ? config.type
    : `${config.type}(${own.map((option) => option.join('=')).join(', ')})`;
}

/** A title without options is that of the defaults. */
function titleOf(config: BaselineConfig, others: readonly BaselineConfig[]): string {
  const { title } = findModel(config.type)!;
  const defaults = defaultBaseline(config.type);
  if (optionsBeside(config, [defaults]).length === 0) return title;
  const tuned = others.filter((other) => optionsBeside(other, [defaults]).length > 0);
  const own = optionsBeside(config, tuned.length > 0 ? tuned : [defaults]);
  return `${title} (${own.map((option) => option.join(' ')).join(', ')})`;
}

/** The options of a baseline that not all others have, with their values. */
function optionsBeside(config: BaselineConfig, others: readonly BaselineConfig[]): [string, string][] {
  return [...leavesOf(config)].flatMap(([path, value]) => {
    const text = JSON.stringify(value);
    const isShared = others.every((other) => JSON.stringify(leavesOf(other).get(path)) === text);
    return isShared ? [] : [[path, typeof value === 'string' ? value : text]];
  });
}
