import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataFile } from './dataFile';
import type { OpenedRows, OpenedSource } from './openSource';
import { settleFile, type SettledFile } from './settleFile';

/** A source whose files were read to their ends. */
export interface SettledSource extends OpenedSource {
  /** How files are read, where that was guessed: one line for files alike. */
  reading: string[];
}

/**
 * Reads the text files of a source to their ends and runs `use` with what that tells. Copies that DuckDB needs are in a
 * folder of their own in the cache, which is removed afterwards.
 */
export async function withSettledSource<T>(
  source: OpenedSource,
  cacheDirectory: string,
  use: (settled: SettledSource) => Promise<T>,
): Promise<T> {
  const name = `tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  const folder = await makeFolder(join(cacheDirectory, name), join(tmpdir(), `recsight-${name}`));
  try {
    return await use(await settle(source, folder));
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function settle(source: OpenedSource, folder: string): Promise<SettledSource> {
  // One file may hold interactions, items and users.
  const known = new Map<string, SettledFile>();
  const warnings = new Set(source.warnings);
  const settleRows = async <R extends OpenedRows | null>(opened: R): Promise<R> => {
    if (opened?.source.kind !== 'files') return opened;
    const files: DataFile[] = [];
    for (const file of opened.source.files) {
      const key = JSON.stringify([file.path, file.layout, file.encoding, file.columns, file.part]);
      const settled = known.get(key) ?? (await settleFile(file, folder));
      known.set(key, settled);
      files.push(settled.file);
      for (const warning of settled.warnings) warnings.add(warning);
    }
    return { ...opened, source: { kind: 'files', files } };
  };
  const interactions = await settleRows(source.interactions);
  const items = await settleRows(source.items);
  const users = await settleRows(source.users);
  const files = [interactions, items, users].flatMap((opened) =>
    opened?.source.kind === 'files' ? opened.source.files : [],
  );
  return { ...source, interactions, items, users, warnings: [...warnings], reading: readingLines(files) };
}

/** `ratings.dat: separated by `::`, no header`: one line for files that were read alike. */
function readingLines(files: readonly DataFile[]): string[] {
  const labels = new Map<string, Set<string>>();
  for (const { guesses, label } of files) {
    if (guesses.length === 0) continue;
    const text = guesses.join(', ');
    labels.set(text, (labels.get(text) ?? new Set()).add(label));
  }
  return [...labels].map(([text, [first = '', ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `${first}${more}: ${text}`;
  });
}

async function makeFolder(path: string, fallback: string): Promise<string> {
  for (const folder of [path, fallback]) {
    const made = await mkdir(folder, { recursive: true }).then(
      () => true,
      () => false,
    );
    if (made) return folder;
  }
  return tmpdir();
}
