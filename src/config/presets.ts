import { isRecord } from '../protocol/isRecord';
import type { Preset } from '../model/description';
import { findModel, MODELS } from '../model/models';

/** The presets of a model, by name. */
function presetsOf(type: string): Readonly<Record<string, Preset>> {
  const model = findModel(type);
  return model?.kind === 'trained' ? model.presets : {};
}

/**
 * Puts the options of `model.preset` under those that a config names itself. What has no such preset stays as it is, for
 * the validation to say so.
 */
export function applyPreset(config: unknown): unknown {
  if (!isRecord(config) || !isRecord(config.model)) return config;
  const { type, preset: name } = config.model;
  if (typeof type !== 'string' || typeof name !== 'string') return config;
  const preset = presetsOf(type)[name];
  if (preset === undefined) return config;
  const training = config.training ?? {};
  return {
    ...config,
    model: merged(preset.model, config.model),
    ...(isRecord(training) && preset.training ? { training: merged(preset.training, training) } : {}),
  };
}

/** What the presets of a model put into its field at `path`, where that is a single value. */
export function presetValues(
  modelType: string,
  path: readonly string[],
): { preset: string; value: unknown }[] {
  return Object.entries(presetsOf(modelType)).flatMap(([preset, { model }]) => {
    const value = path.reduce<unknown>((part, name) => (isRecord(part) ? part[name] : undefined), model);
    return value === undefined || isRecord(value) ? [] : [{ preset, value }];
  });
}

/** The fields of `training` that some preset sets. */
export function trainingPresets(): ReadonlySet<string> {
  const all = MODELS.flatMap((model): Preset[] =>
    model.kind === 'trained' ? Object.values<Preset>(model.presets) : [],
  );
  return new Set(all.flatMap(({ training }) => Object.keys(training ?? {})));
}

/** The fields of both; those of `own` come first, also within an object of the same `type`, such as a loss. */
function merged(preset: object, own: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...preset, ...own };
  for (const [name, value] of Object.entries(preset)) {
    const part = own[name];
    if (isRecord(value) && isRecord(part) && value.type === part.type) result[name] = { ...value, ...part };
  }
  return result;
}
