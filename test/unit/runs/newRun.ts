import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createRun, runsDirectoryOf, type NewRun, type RunDirectory } from '../../../src/runs/runDirectory';

/** A folder that is deleted when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'recsight-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function newRun(workspaceFolder: string, changes: Partial<NewRun> = {}): NewRun {
  return {
    name: 'sasrec',
    model: 'sasrec',
    configPath: path.join(workspaceFolder, 'configs', 'sasrec.recsight.json'),
    config: { seed: 7 },
    configDigest: 'ab12',
    seed: 7,
    mainMetric: 'ndcg@10',
    epochs: 3,
    git: null,
    versions: { node: '20.0.0' },
    ...changes,
  };
}

/** A run that was just made, in a temporary workspace. */
export async function makeRun(changes: Partial<NewRun> = {}): Promise<RunDirectory> {
  const folder = await temporaryFolder();
  return createRun(runsDirectoryOf(folder), newRun(folder, changes));
}
