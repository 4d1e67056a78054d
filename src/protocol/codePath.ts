/**
 * Whether a name in a config, such as `./models/mine.ts`, is that of a file which its user wrote, and not that of a model or metric
 * of ours.
 */
export function isCodePath(name: unknown): name is CodePath {
  return typeof name === 'string' && /^\.\.?\/[^@]*\.m?[jt]s$/.test(name);
}

/** Relative to the folder of the config. */
export type CodePath = `.${string}`;
