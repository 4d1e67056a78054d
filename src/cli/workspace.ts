import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TrainerOptions } from '../process/trainerOptions';
import { findNode } from '../process/nodeRuntime';
import { RunDirectory, runsDirectoryOf } from '../runs/runDirectory';
import { listRunDirectories, listRuns } from '../runs/runStore';
import { runsDirectoriesOf, workspaceFolderFor } from '../runs/workspaceRuns';
import { notes } from './terminal';
import { UsageError } from './usageError';

/** Where the runs of a config in `start` are kept: what `--runs` says, else the `.recsight/runs` of the workspace. */
export function runsDirectoryFor(option: string | undefined, start: string): string {
  return option === undefined ? runsDirectoryOf(workspaceOf(start)) : path.resolve(option);
}

/** The workspace folder of a config in `start`: where that does not say, the current folder if it is below. */
export function workspaceOf(start: string): string {
  const folder = path.resolve(start);
  const isBelow = !path.relative(process.cwd(), folder).startsWith('..');
  return workspaceFolderFor(folder, isBelow ? process.cwd() : folder);
}

/** All places that have runs of the workspace one is in, or what `--runs` says; the first is where new ones are kept. */
export async function runsDirectoriesFor(option: string | undefined): Promise<[string, ...string[]]> {
  return option === undefined ? runsDirectoriesOf(process.cwd()) : [path.resolve(option)];
}

/** Finds a run by id, by the beginning or end of one, by path, or as `latest`. @throws UsageError */
export async function findRun(name: string, runsOption: string | undefined): Promise<RunDirectory> {
  if (name.includes(path.sep) || name.includes('/')) {
    if (!existsSync(name)) throw new UsageError(`There is no run directory ${path.resolve(name)}.`);
    return new RunDirectory(name);
  }
  const places = await runsDirectoriesFor(runsOption);
  const runs = name === 'latest' ? await readableRuns(places) : await namedRuns(places, name);
  const [found] = runs;
  if (found !== undefined && runs.length === 1) return new RunDirectory(found);
  const ids = runs.slice(0, 3).map((directory) => path.basename(directory));
  const problem =
    found === undefined ? 'matches no run' : `matches ${runs.length} runs (${ids.join(', ')} …)`;
  throw new UsageError(
    `\`${name}\` ${problem} in ${places.join(', ')}. \`recsight runs\` lists them; \`--runs DIR\` names another folder.`,
  );
}

/** The newest run, if there is one. Folders that look like a later one and cannot be read are named. */
async function readableRuns(places: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(places.map(listRuns));
  const [newest] = lists
    .flatMap(({ runs }) => runs)
    .sort((a, b) => b.manifest.createdAt - a.manifest.createdAt);
  if (newest === undefined) return [];
  for (const { directory, message } of lists.flatMap(({ unreadable }) => unreadable))
    if (isRunId(path.basename(directory)) && path.basename(directory) > path.basename(newest.directory))
      notes.print(`Skipped ${directory}: ${message}\n`);
  return [newest.directory];
}

async function namedRuns(places: readonly string[], name: string): Promise<string[]> {
  const all = (await Promise.all(places.map(listRunDirectories)))
    .flat()
    .filter((directory) => isRunId(path.basename(directory)));
  const exact = all.filter((directory) => path.basename(directory) === name);
  if (exact.length > 0) return exact;
  return all.filter((directory) => {
    const id = path.basename(directory);
    return id.startsWith(name) || id.endsWith(name);
  });
}

const isRunId = (name: string): boolean => /^\d{8}-\d{6}-/.test(name);

/** The trainer beside this program, run by the Node.js that runs it. */
export async function trainerOptions(): Promise<TrainerOptions> {
  return { node: await findNode(process.execPath), trainerPath: path.join(__dirname, 'trainer.js') };
}
