import { leavesOf } from '../config/configLeaves';
import { defaultConfig } from '../config/schema';
import type { RunSetting, RunSettings } from '../protocol/runSettings';

/*
 * What tells a run from the others of its group: its settings beside the most common ones. Pure.
 */

/** Dotted path → value as text, in the order of the config. */
type Settings = ReadonlyMap<string, string>;

/** The most common value of each setting; undefined where most configs have none. */
export type UsualSettings = ReadonlyMap<string, string | undefined>;

/** @param configs newest first: of values that are equally common, the older is the usual one */
export function usualSettings(configs: readonly unknown[]): UsualSettings {
  const all = configs.map(settingsIn);
  const paths = new Set(all.flatMap((settings) => [...settings.keys()]));
  return new Map([...paths].map((path) => [path, mostCommon(all.map((settings) => settings.get(path)))]));
}

/**
 * The settings in which a config differs from the usual ones, such as `hiddenSize 32, dropout 0.5`; empty for a config that is
 * all usual. Names are cut to as many of their last parts as tell them apart.
 */
export function distinguishingSettings(config: unknown, usual: UsualSettings): string {
  return [...settingsIn(config)]
    .filter(([path, value]) => value !== usual.get(path))
    .map(([path, value]) => `${shortName(path, usual)} ${value}`)
    .join(', ');
}

/** The settings of a config beside those of its group, itself included. Alone it is compared with the defaults of its model. */
export function settingsBeside(config: unknown, group: readonly unknown[]): RunSettings {
  const own = settingsIn(config);
  if (group.length < 2) {
    const defaults = defaultSettings(own);
    const settings = [...own].map(([path, value]): RunSetting => {
      // What every config must say has no default to differ from.
      const usual = defaults.get(path) ?? null;
      return { path, value, usual, differs: usual !== null && usual !== value };
    });
    return { settings, usual: { of: 'defaults' } };
  }
  const usual = usualSettings(group);
  // Of a config that is lost it is not known what it lacks.
  const lacking =
    own.size === 0 ? [] : [...usual.keys()].filter((path) => usual.get(path) !== undefined && !own.has(path));
  const settings = [...own.keys(), ...lacking].map((path): RunSetting => {
    const [value, common] = [own.get(path) ?? null, usual.get(path) ?? null];
    return { path, value, usual: common, differs: value !== common };
  });
  return { settings, usual: { of: 'runs', numRuns: group.length } };
}

function defaultSettings(own: Settings): Settings {
  const settings = new Map(settingsIn(defaultConfig(own.get('model.type') ?? '')));
  settings.delete('dataset.path');
  settings.delete('model.type');
  return settings;
}

/** What only names or describes is left out. */
function settingsIn(config: unknown): Settings {
  if (typeof config !== 'object' || config === null) return new Map();
  const leaves = [...leavesOf(config)].filter(
    ([path, value]) => path !== 'name' && path !== '$schema' && value !== undefined,
  );
  return new Map(
    leaves.map(([path, value]) => [
      path,
      typeof value === 'string' && value !== '' ? value : JSON.stringify(value),
    ]),
  );
}

/** The most common value; of several, the one that comes last. */
function mostCommon<Value>(values: readonly Value[]): Value {
  const counts = new Map<Value, number>();
  for (const value of [...values].reverse()) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, other) => (other[1] > best[1] ? other : best))[0];
}

/** `hiddenSize` of `model.hiddenSize`, but `optimizer.type` where there are other types. */
function shortName(path: string, all: UsualSettings): string {
  const parts = path.split('.');
  for (let length = 1; length < parts.length; length++) {
    const name = parts.slice(-length).join('.');
    const others = [...all.keys()].filter((other) => other === name || other.endsWith(`.${name}`));
    if (others.length <= 1) return name;
  }
  return path;
}
