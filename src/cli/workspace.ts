import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { TrainerOptions } from '../process/trainer';
import { findNode } from '../process/nodeRuntime';
import { RunDirectory, runsDirectoryOf } from '../runs/runDirectory';
import { UsageError } from './usageError';

/**
 * Where runs are kept: what `--runs` says, else the `.recsight/runs` of the nearest folder above `start` that has one,
 * else that of the working directory when `start` lies in it, else that of `start`.
 */
export function findRunsDirectory(option: string | undefined, start: string): string {
  if (option !== undefined) return path.resolve(option);
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    if (existsSync(runsDirectoryOf(folder))) return runsDirectoryOf(folder);
    if (folder === path.dirname(folder)) break;
  }
  const isBelow = !path.relative(process.cwd(), path.resolve(start)).startsWith('..');
  return runsDirectoryOf(isBelow ? process.cwd() : path.resolve(start));
}

/** Finds a run by id, by the beginning or end of one, by path, or as `latest`. @throws UsageError */
export async function findRun(name: string, runsOption: string | undefined): Promise<RunDirectory> {
  if (name.includes(path.sep) || name.includes('/')) {
    if (!existsSync(name)) throw new UsageError(`There is no run directory ${path.resolve(name)}.`);
    return new RunDirectory(name);
  }
  const directory = findRunsDirectory(runsOption, process.cwd());
  const ids = (await readdir(directory).catch(() => [])).filter((id) => /^\d{8}-\d{6}-/.test(id)).sort();
  const exact = ids.filter((id) => id === name);
  const found =
    name === 'latest'
      ? ids.slice(-1)
      : exact.length > 0
        ? exact
        : ids.filter((id) => id.startsWith(name) || id.endsWith(name));
  if (found.length === 1) return new RunDirectory(path.join(directory, found[0]!));
  const problem =
    found.length === 0 ? 'fits no run' : `fits ${found.length} runs (${found.slice(0, 3).join(', ')} …)`;
  throw new UsageError(
    `\`${name}\` ${problem} in ${directory}. \`recsight runs\` lists them; \`--runs DIR\` names another place.`,
  );
}

/** The trainer beside this program, run by the Node.js that runs it. */
export async function trainerOptions(): Promise<TrainerOptions> {
  return { node: await findNode(process.execPath), trainerPath: path.join(__dirname, 'trainer.js') };
}
