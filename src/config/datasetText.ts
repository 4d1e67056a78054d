import { getNodeValue, parseTree } from 'jsonc-parser';
import { parseDocument } from 'yaml';
import { candidatesSchema } from '../options/candidatesSchema';
import { datasetSchema } from '../options/datasetSchema';
import type { TableName } from './openChoices';
import { problemAt, readSource, type ConfigFormat, type ConfigProblem } from './parseConfig';
import { readingFields } from '../options/readingSchema';
import type { CandidateFileConfig, DatasetConfig } from './schema';
import { findNode, keyRange, toValue, valueRange, type ConfigPath } from './sourceTree';

/* What a config text says of its data, also where the rest of it is not valid, or not yet written. */

/** The dataset of a config; null while it is not valid itself. */
export function readDataset(text: string, format: ConfigFormat): DatasetConfig | null {
  const { root, problems } = readSource(text, format);
  if (root?.kind !== 'object' || problems.length > 0) return null;
  const dataset = (toValue(root) as { dataset?: unknown }).dataset;
  return datasetSchema.safeParse(dataset).data ?? null;
}

/** The lists of candidates that a config names a file of; null where it does not, or while that is not valid itself. */
export function readCandidateFile(text: string, format: ConfigFormat): CandidateFileConfig | null {
  const { root, problems } = readSource(text, format);
  if (root?.kind !== 'object' || problems.length > 0) return null;
  const candidates = fieldOf(toValue(root), 'evaluation', 'candidates');
  const { data } = candidatesSchema.safeParse(candidates);
  return data?.type === 'file' ? data : null;
}

/** Problems with the values, or with the keys, at paths of a config: where their fields stand, or what should hold them. */
export function placeProblems(
  text: string,
  format: ConfigFormat,
  problems: readonly { path: ConfigPath; at: 'value' | 'key'; message: string }[],
): (ConfigProblem & { isWritten: boolean })[] {
  if (problems.length === 0) return [];
  const { root } = readSource(text, format);
  return problems.map(({ path, at, message }) => {
    const range =
      root === null ? { start: 0, end: 0 } : at === 'key' ? keyRange(root, path) : valueRange(root, path);
    const isWritten = root !== null && findNode(root, path) !== undefined;
    return { ...problemAt(text, { severity: 'error', path, message, ...range }), isWritten };
  });
}

/** A table of a config, as far as it says how to read it: a config that is being written is mostly not valid. */
export function readTable(
  text: string,
  format: ConfigFormat,
  table: TableName,
): { table: DatasetConfig; field: string } | null {
  const dataset = looseValue(text, format).dataset;
  const written = table === 'interactions' ? dataset : fieldOf(dataset, table);
  const known = ['path', ...Object.keys(readingFields)].flatMap((name) => {
    const value = fieldOf(written, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const parsed = datasetSchema.safeParse(Object.fromEntries(known)).data;
  return parsed === undefined
    ? null
    : { table: parsed, field: table === 'interactions' ? 'dataset' : `dataset.${table}` };
}

/** The value of a config text that may have errors, as far as it can be made out. */
export function looseValue(text: string, format: ConfigFormat): Record<string, unknown> {
  let value: unknown;
  try {
    if (format === 'json') {
      const tree = parseTree(text, [], { allowTrailingComma: true });
      value = tree && getNodeValue(tree);
    } else
      value = parseDocument(text, { logLevel: 'silent', uniqueKeys: false }).toJS({ maxAliasCount: 100 });
  } catch {
    value = undefined;
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A field of what may be no object. */
export function fieldOf(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (part, name) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, name)
        ? (part as Record<string, unknown>)[name]
        : undefined,
    value,
  );
}
