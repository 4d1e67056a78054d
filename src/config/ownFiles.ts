import path from 'node:path';
import { ownMetricName } from '../evaluation/ownMetric';
import { systemReason } from '../protocol/errorText';
import { isCodePath, type CodePath } from '../protocol/codePath';
import { isRecord } from '../protocol/isRecord';
import type { OwnCode, ReadDeclaration } from '../userCode/declaration';
import { readCodeFile } from '../userCode/readCodeFile';
import { applyOverrides } from './overrides';
import { readSource, type ConfigFormat } from './parseConfig';
import { toValue } from './sourceTree';

/** The model and metric files that a config names: relative to its folder, each once. */
export function ownFilesOf(config: unknown): CodePath[] {
  const { model, evaluation } = isRecord(config) ? config : {};
  const metrics = isRecord(evaluation) && Array.isArray(evaluation.metrics) ? evaluation.metrics : [];
  const named: unknown[] = [isRecord(model) ? model.type : undefined, ...(metrics as unknown[])];
  return [...new Set(named.filter(isCodePath))];
}

/** The same of a config text, also of one that is not valid. */
export function ownFilesIn(
  text: string,
  format: ConfigFormat,
  overrides: readonly string[] = [],
): CodePath[] {
  const document = readSource(text.replace(/^\uFEFF/, ''), format);
  applyOverrides(document, overrides);
  return document.root === null ? [] : ownFilesOf(toValue(document.root));
}

/**
 * Reads what model and metric files declare. Runs nothing, and never throws: what is wrong is in their problems.
 * @param textOf reads a file; an editor has the text of those that are open
 */
export async function readOwnCode(
  folder: string,
  names: readonly CodePath[],
  textOf: (file: string) => Promise<string> = readCodeFile,
): Promise<OwnCode> {
  if (names.length === 0) return NONE;
  const { readDeclaration } = await import('../userCode/readDeclaration');
  const read = async (name: CodePath): Promise<ReadDeclaration> => {
    const file = path.resolve(folder, name);
    try {
      return readDeclaration(await textOf(file), file);
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      const message = isMissing
        ? 'There is no such file.'
        : `The file cannot be read: ${systemReason(error)}.`;
      return { declaration: null, problems: [{ message, line: 1, column: 1, endLine: 1, endColumn: 1 }] };
    }
  };
  return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
}

/** What results call a metric that a config names, with its cut-off: `./metrics/evenHits.ts@10` is `Even hits ↑@10` there. */
export function measuredName(metric: string, own: OwnCode): string {
  const [name, cutoff] = metric.split('@');
  const declaration = own.get(name!)?.declaration;
  return declaration?.kind === 'metric' ? `${ownMetricName(declaration)}@${cutoff}` : metric;
}

const NONE: OwnCode = new Map();
