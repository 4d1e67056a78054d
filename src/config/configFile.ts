import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemReason } from '../protocol/errorText';
import { ownFilesIn, readOwnCode } from './ownFiles';
import { parseConfig, type ConfigFormat, type ConfigProblem } from './parseConfig';
import type { ExperimentConfig } from './schema';

/** Finds the config files of a workspace. */
export const CONFIG_GLOB = '**/*.recsight.{json,yaml,yml}';

const NAME_PATTERN = /^(.+)\.recsight\.(json|yaml|yml)$/i;
const MAX_BYTES = 4 * 1024 * 1024;

/** A config as it is trained: complete and with a name. */
export type NamedConfig = ExperimentConfig & { name: string };

/** A config file could not be read or is not valid. The message is for the user and lists what is wrong, with places. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly code:
      'config/missing' | 'config/unreadable' | 'config/unknown-format' | 'config/invalid' | 'config/fixed',
    message: string,
    readonly problems: ConfigProblem[] = [],
  ) {
    super(message);
  }
}

/** How a config file is written, by its name; null when it is not named `*.recsight.json`, `.yaml` or `.yml`. */
export function configFormat(file: string): ConfigFormat | null {
  const extension = NAME_PATTERN.exec(path.basename(file))?.[2]?.toLowerCase();
  return extension === undefined ? null : extension === 'json' ? 'json' : 'yaml';
}

/** `sasrec` of `a/b/sasrec.recsight.json`. */
export function configName(file: string): string {
  return NAME_PATTERN.exec(path.basename(file))?.[1] ?? path.parse(file).name;
}

/**
 * Reads a config file, with `--set path=value` arguments applied, defaults filled in, and the name taken from the
 * file where it gives none. Throws ConfigError.
 */
export async function loadConfig(file: string, overrides: readonly string[] = []): Promise<NamedConfig> {
  const format = configFormat(file);
  if (format === null) {
    throw new ConfigError(
      'config/unknown-format',
      `${file} is not a config file name. Expected a name ending in .recsight.json, .recsight.yaml or .recsight.yml.`,
    );
  }
  const text = await readText(file);
  const own = await readOwnCode(path.dirname(file), ownFilesIn(text, format, overrides));
  const { config, problems } = parseConfig(text, format, overrides, own);
  if (config === null) {
    const errors = problems.filter((problem) => problem.severity === 'error');
    throw new ConfigError(
      'config/invalid',
      errors.map((problem) => formatProblem(file, problem)).join('\n'),
      problems,
    );
  }
  const named = { ...config, name: config.name ?? nameOfFile(file) };
  // Of use to editors only.
  delete named.$schema;
  return named;
}

/**
 * `file:line:column: message`, which terminals make a link of, or the `--set` argument in front. What is wrong with a model or
 * metric file is said of that, a line for each.
 */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const { ownFile } = problem;
  if (ownFile !== undefined) {
    const own = path.join(path.dirname(file), ownFile.path);
    return ownFile.problems
      .map(({ line, column, message }) => `${own}:${line}:${column}: ${message}`)
      .join('\n');
  }
  const place =
    problem.override === undefined
      ? `${file}:${problem.line}:${problem.column}`
      : `--set ${problem.override}`;
  return `${place}: ${problem.message}`;
}

/** SHA-256, hex, of a config: the same for the same settings, in whatever order and format they were written. */
export function configDigest(config: ExperimentConfig): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex');
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) {
      throw new ConfigError(
        'config/unreadable',
        `${file} has ${size} bytes; a config may have at most ${MAX_BYTES}. Is it a data file?`,
      );
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof ConfigError) {
      throw error;
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new ConfigError('config/missing', `There is no config file ${file}.`);
    }
    const reason =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not encoded as UTF-8' : systemReason(error);
    throw new ConfigError('config/unreadable', `${file} cannot be read: ${reason}.`);
  }
}

/** A file name may hold what the name of a run may not. */
function nameOfFile(file: string): string {
  const name = configName(file)
    .replace(/[^\p{L}\p{N} ._-]/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 64);
  return name === '' ? 'experiment' : name;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}
