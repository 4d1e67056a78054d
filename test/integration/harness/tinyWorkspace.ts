import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunSummary } from '../../../src/protocol/run';
import { runsDirectoryOf } from '../../../src/runs/runDirectory';
import { listRuns, readRun } from '../../../src/runs/runStore';
import { until } from '../../until';

const numUsers = 60;
const numItems = 30;

/**
 * Fills a folder with a dataset of 60 users × 30 items, in which every user walks from item to item in one order, so
 * that a model learns something within seconds, and with three configs: `short` trains three epochs, `long` goes on
 * until it is stopped, `wrong` has two mistakes.
 */
export async function writeTinyWorkspace(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const rows = ['user_id,item_id,timestamp'];
  for (let user = 0; user < numUsers; user++) {
    const length = 8 + (user % 7);
    for (let i = 0; i < length; i++) {
      rows.push(`u${user},i${(user * 11 + i) % numItems},${1_700_000_000 + user * 1000 + i}`);
    }
  }
  await writeFile(path.join(folder, 'tiny.csv'), `${rows.join('\n')}\n`);
  await writeConfig(folder, 'short', tinyConfig(3));
  await writeConfig(folder, 'long', tinyConfig(100_000));
  const { training, ...rest } = tinyConfig(3);
  await writeConfig(folder, 'wrong', { ...rest, trainig: training, seed: 'many' });
}

function tinyConfig(epochs: number) {
  return {
    dataset: { path: 'tiny.csv' },
    model: { type: 'sasrec', maxSequenceLength: 20, hiddenSize: 32, numBlocks: 1 },
    training: { epochs, batchSize: 4, earlyStopping: { patience: null } },
    evaluation: { cutoffs: [5, 10] },
  };
}

async function writeConfig(folder: string, name: string, config: unknown): Promise<void> {
  await writeFile(configPath(folder, name), `${JSON.stringify(config, null, 2)}\n`);
}

export function configPath(folder: string, name: string): string {
  return path.join(folder, `${name}.recsight.json`);
}

/** The runs of a workspace, newest first. */
export async function runsOf(folder: string): Promise<RunSummary[]> {
  return (await listRuns(runsDirectoryOf(folder))).runs;
}

/** Reads a run until a condition holds; a run that fails before is an error that says why. */
export async function waitForRun(
  directory: string,
  isReached: (run: RunSummary) => boolean,
  timeoutMs = 60_000,
): Promise<RunSummary> {
  return until(
    `the run in ${directory}`,
    async () => {
      const run = await readRun(directory);
      if (isReached(run)) return run;
      if (run.status !== 'failed' && run.status !== 'lost') return null;
      const { error, progress } = run.manifest;
      throw new Error(
        `The run is ${run.status} at epoch ${progress.epoch}, and what was waited for did not come. ` +
          (error?.message ?? ''),
      );
    },
    timeoutMs,
  );
}
