import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { root } from '../../../scripts/lib/toolchain.mjs';
import type { RunSummary } from '../../../src/protocol/run';
import { runsDirectoryOf } from '../../../src/runs/runDirectory';
import { runsOf } from './tinyWorkspace';

const samples = path.join(root, 'samples/movietweetings');
/** Enough for every model to learn from, few enough to train them all within a minute. */
const NUM_USERS = 200;

/** Fills a folder with some sample configs and the interactions of the first users, and trains each for one epoch. */
export async function trainSampleModels(folder: string, names: readonly string[]): Promise<RunSummary[]> {
  await mkdir(folder, { recursive: true });
  await cp(path.join(samples, 'items.csv'), path.join(folder, 'items.csv'));
  const csv = gunzipSync(await readFile(path.join(samples, 'interactions.csv.gz'))).toString();
  await writeFile(path.join(folder, 'interactions.csv.gz'), gzipSync(ofFirstUsers(csv)));
  for (const name of names.map((model) => `${model}.recsight.json`)) {
    await cp(path.join(samples, name), path.join(folder, name));
    const quick = ['training.epochs=1', 'training.batchSize=64', 'evaluation.baselines=["popularity"]'];
    await promisify(execFile)(process.execPath, [
      path.join(root, 'dist/cli.js'),
      'train',
      path.join(folder, name),
      '--runs',
      runsDirectoryOf(folder),
      ...quick.flatMap((setting) => ['--set', setting]),
    ]);
  }
  return runsOf(folder);
}

/** Item id → title, as the sample's table has them. */
export async function sampleTitles(): Promise<Map<string, string>> {
  const [head, ...lines] = (await readFile(path.join(samples, 'items.csv'), 'utf8')).trim().split('\n');
  if (!head!.startsWith('item_id,title')) throw new Error(`items.csv begins with ${head!}.`);
  return new Map(
    lines.map((line) => {
      const [, id, quoted, plain] = /^([^,]*),(?:"((?:[^"]|"")*)"|([^,]*))/.exec(line)!;
      return [id!, quoted?.replaceAll('""', '"') ?? plain!];
    }),
  );
}

function ofFirstUsers(csv: string): string {
  const [head, ...lines] = csv.trim().split('\n');
  const userOf = (line: string) => line.slice(0, line.indexOf(','));
  const users = new Set([...new Set(lines.map(userOf))].slice(0, NUM_USERS));
  return `${[head, ...lines.filter((line) => users.has(userOf(line)))].join('\n')}\n`;
}
