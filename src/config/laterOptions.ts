import { findModel } from '../model/models';

/**
 * The config of a run with the options of its model that came later. It was complete when it was written: where it lacks one, the
 * model was trained without what the option's default adds.
 */
export function withLaterOptions(stored: unknown): unknown {
  const config = stored as { model?: { type?: unknown } } | null;
  const type = config?.model?.type;
  const described = typeof type === 'string' ? findModel(type) : undefined;
  if (described?.kind !== 'trained' || described.laterOptions === undefined) return stored;
  return { ...config, model: { ...described.laterOptions, ...config!.model } };
}
