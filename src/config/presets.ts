import type { z } from 'zod';
import { dienPresets } from './models/dien';
import { dinPresets } from './models/din';
import { sumPresets } from './models/sum';
import { gru4recPresets } from './models/gru4rec';
import { sasrecPresets } from './models/sasrec';
import { twoTowerPresets } from './models/twoTower';
import type { configSchema } from './schema';

type ConfigInput = z.input<typeof configSchema>;

/** Options that follow a reference: they take the place of the defaults, and a config may still say otherwise. */
export interface Preset<Model> {
  model: Partial<Model>;
  /** What the reference trains with, as far as it differs. */
  training?: Omit<NonNullable<ConfigInput['training']>, 'epochs' | 'earlyStopping'>;
}

/** Presets by model type and name. */
const presets: Readonly<Record<string, Readonly<Record<string, Preset<object>>>>> = {
  dien: dienPresets,
  din: dinPresets,
  gru4rec: gru4recPresets,
  sasrec: sasrecPresets,
  sum: sumPresets,
  twoTower: twoTowerPresets,
};

/**
 * Puts the options of `model.preset` under those that a config names itself. What has no such preset stays as it is, for
 * the validation to say so.
 */
export function applyPreset(config: unknown): unknown {
  if (!isObject(config) || !isObject(config.model)) return config;
  const { type, preset: name } = config.model;
  if (typeof type !== 'string' || typeof name !== 'string') return config;
  const preset = presets[type]?.[name];
  if (preset === undefined) return config;
  const training = config.training ?? {};
  return {
    ...config,
    model: merged(preset.model, config.model),
    ...(isObject(training) && preset.training ? { training: merged(preset.training, training) } : {}),
  };
}

/** What the presets of a model put into its field at `path`, where that is a single value. */
export function presetValues(
  modelType: string,
  path: readonly string[],
): { preset: string; value: unknown }[] {
  return Object.entries(presets[modelType] ?? {}).flatMap(([preset, { model }]) => {
    const value = path.reduce<unknown>((part, name) => (isObject(part) ? part[name] : undefined), model);
    return value === undefined || isObject(value) ? [] : [{ preset, value }];
  });
}

/** The fields of `training` that some preset sets. */
export function trainingPresets(): ReadonlySet<string> {
  const all = Object.values(presets).flatMap((named) => Object.values(named));
  return new Set(all.flatMap(({ training }) => Object.keys(training ?? {})));
}

/** The fields of both; those of `own` come first, also within an object of the same `type`, such as a loss. */
function merged(preset: object, own: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...preset, ...own };
  for (const [name, value] of Object.entries(preset)) {
    const part = own[name];
    if (isObject(value) && isObject(part) && value.type === part.type) result[name] = { ...value, ...part };
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
