import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { editDistance } from '../config/nearestName';

const DATA_NAME = /\.(csv|tsv|tab|txt|dat|data|jsonl?|ndjson|parquet|pq|inter|item|user)(\.(gz|zst))?$/i;
/** Files of these endings that hold something else. */
const OTHER_NAME =
  /\.recsight\.json$|^(package|package-lock|composer|tsconfig.*|jsconfig)\.json$|^(readme|licen[cs]e|requirements.*|changelog)\.txt$/i;
const OTHER_FOLDER = /^(\.|node_modules$|__pycache__$|venv$)/;
/** Folders below the one that is looked in, and how many names are looked at in all. */
const MAX_DEPTH = 3;
const MAX_ENTRIES = 5000;
const MAX_FILES = 50;

/**
 * Data files in a folder, in those below it, and in the one that `typed` points to, relative to the folder with `/` between
 * names; those most like what is typed first.
 */
export async function nearFiles(typed: string, baseDirectory: string): Promise<string[]> {
  const found = new Set<string>();
  const budget = { entries: MAX_ENTRIES };
  const pointedTo = path.resolve(baseDirectory, typed.endsWith('/') ? typed : path.dirname(typed));
  await collect(baseDirectory, 0, found, budget);
  if (!isWithin(pointedTo, baseDirectory)) await collect(pointedTo, MAX_DEPTH, found, budget);
  const isAbsolute = path.isAbsolute(typed);
  const names = [...found].map((file) =>
    (isAbsolute ? file : path.relative(baseDirectory, file)).split(path.sep).join('/'),
  );
  const likeness = new Map(names.map((name) => [name, unlikeness(name, typed)]));
  return names.sort((a, b) => likeness.get(a)! - likeness.get(b)! || (a < b ? -1 : 1)).slice(0, MAX_FILES);
}

async function collect(
  folder: string,
  depth: number,
  found: Set<string>,
  budget: { entries: number },
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (--budget.entries < 0) return;
    if (!entry.isDirectory() && DATA_NAME.test(entry.name) && !OTHER_NAME.test(entry.name))
      found.add(path.join(folder, entry.name));
  }
  if (depth >= MAX_DEPTH) return;
  for (const entry of entries) {
    if (entry.isDirectory() && !OTHER_FOLDER.test(entry.name))
      await collect(path.join(folder, entry.name), depth + 1, found, budget);
  }
}

/** By the name first, then by how deep a file lies. */
function unlikeness(name: string, typed: string): number {
  const stem = (file: string) => path.posix.basename(file).toLowerCase().replace(DATA_NAME, '');
  const [a, b] = [stem(name), stem(typed.replaceAll('\\', '/'))];
  const longest = Math.max(a.length, b.length, 1);
  const isPart = Math.min(a.length, b.length) >= 3 && (a.includes(b) || b.includes(a));
  const distance = isPart ? 0.2 : editDistance(a, b) / longest;
  const isUsual = /rating|interaction|event|review|click|train|\.inter/i.test(name);
  return distance + name.split('/').length * 0.1 - (isUsual ? 0.15 : 0);
}

function isWithin(folder: string, base: string): boolean {
  const relative = path.relative(base, folder);
  return (
    relative.split(path.sep)[0] !== '..' &&
    !path.isAbsolute(relative) &&
    relative.split(path.sep).length <= MAX_DEPTH
  );
}
