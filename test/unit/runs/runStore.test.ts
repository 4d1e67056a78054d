import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { RecordedStatus, RunManifest } from '../../../src/protocol/run';
import { encodeState, stateFileOf } from '../../../src/runs/checkpointState';
import { createRun, type RunDirectory, runsDirectoryOf } from '../../../src/runs/runDirectory';
import { listRuns, readRun } from '../../../src/runs/runStore';
import { acquireTrainerLock } from '../../../src/runs/trainerLock';
import { makeRun, newRun, temporaryFolder } from './newRun';
import { bundleScript, lineOf, spawnScript } from './spawnScript';
import { until } from '../../until';

async function record(run: RunDirectory, changes: Partial<RunManifest>): Promise<void> {
  await run.writeManifest({ ...(await run.readManifest()), ...changes });
}

test('a run without a trainer is lost, except when it has just been made', async () => {
  const run = await makeRun();
  expect((await readRun(run.path)).status).toBe('preparing');
  await record(run, { createdAt: Date.now() - 14_000 });
  expect((await readRun(run.path)).status).toBe('preparing');
  await record(run, { createdAt: Date.now() - 16_000 });
  expect((await readRun(run.path)).status).toBe('lost');
  // A trainer that is just making its lock.
  await writeFile(run.processPath, '');
  expect((await readRun(run.path)).status).toBe('preparing');
  await rm(run.processPath);
  await record(run, { createdAt: Date.now() + 3_600_000 });
  expect((await readRun(run.path)).status).toBe('lost');
});

test.each<[RecordedStatus, string]>([
  ['running', 'lost'],
  ['evaluating', 'lost'],
  ['stopping', 'lost'],
  ['finished', 'finished'],
  ['stopped', 'stopped'],
  ['failed', 'failed'],
])('%s without a trainer is shown as %s, with one as itself', async (status, shown) => {
  const run = await makeRun();
  await record(run, { status });
  expect((await readRun(run.path)).status).toBe(shown);
  const lock = await acquireTrainerLock(run);
  expect((await readRun(run.path)).status).toBe(status);
  await lock.release();
});

test('a trainer that is killed makes its run lost; the grace of a new run does not hide that', async () => {
  const run = await makeRun();
  const script = await bundleScript(
    path.join(import.meta.dirname, 'fixtures', 'lockHolder.ts'),
    await temporaryFolder(),
  );
  const child = spawnScript(script, run.path, '');
  await lineOf(child, 'won');
  expect((await readRun(run.path)).status).toBe('preparing');
  process.kill(child.pid!, 'SIGKILL');
  await until('the run to be lost', async () => (await readRun(run.path)).status === 'lost');
});

test('a run that ended early can be resumed once it has a whole checkpoint', async () => {
  const run = await makeRun();
  const resumable = async () => (await readRun(run.path)).resumable;
  await record(run, { status: 'failed' });
  expect(await resumable()).toBe(false);
  const folder = run.checkpointPath('last');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'model-0.safetensors'), '');
  expect(await resumable()).toBe(false);
  await writeFile(path.join(folder, 'state.json'), '{}');
  expect(await resumable()).toBe(true);
  await record(run, { status: 'finished' });
  expect(await resumable()).toBe(false);
});

test('a lost run has the epochs that its checkpoints have, not those that its trainer had time to tell', async () => {
  const run = await makeRun();
  const { progress } = await run.readManifest();
  const measured = (epoch: number) => ({ epoch, step: 10 * epoch, metrics: { 'ndcg@10': 0.1 * epoch } });
  await record(run, {
    status: 'running',
    progress: { ...progress, epoch: 1, step: 17, stepsPerEpoch: 10 },
    best: measured(1),
    last: measured(1),
  });
  expect((await readRun(run.path)).manifest.progress.epoch).toBe(1);
  const save = async (name: string, epoch: number): Promise<void> => {
    const directory = run.checkpointPath(name);
    await mkdir(directory, { recursive: true });
    const state = {
      ...{ epoch: epoch + 1, stepInEpoch: 0, step: 10 * epoch, lossSum: 0, loss: 0.5 },
      earlyStopping: { best: measured(epoch), withoutImprovement: 0 },
      ...{ optimizerStep: 10 * epoch, files: { model: 'model-1.safetensors', optimizer: null } },
    };
    await writeFile(stateFileOf(directory), encodeState(state));
  };
  await save('last', 2);
  const lost = await readRun(run.path);
  expect(lost.status).toBe('lost');
  expect(lost.manifest.progress).toMatchObject({ epoch: 2, step: 20, loss: 0.5 });
  expect(lost.manifest.best).toEqual(measured(2));
  // `best` is saved first, and what it holds is as much of the run.
  await save('best', 3);
  expect((await readRun(run.path)).manifest).toMatchObject({ progress: { epoch: 3 }, best: measured(3) });
  // While a trainer is there, it tells.
  const lock = await acquireTrainerLock(run);
  expect((await readRun(run.path)).manifest.progress.epoch).toBe(1);
  await lock.release();
  // A damaged one tells nothing.
  await writeFile(stateFileOf(run.checkpointPath('last')), '{');
  expect((await readRun(run.path)).manifest.progress.epoch).toBe(1);
});

test('a run that ends while it is read is never seen as lost', async () => {
  const run = await makeRun();
  const seen = new Set<string>();
  for (let n = 0; n < 15; n++) {
    const lock = await acquireTrainerLock(run);
    await record(run, { status: 'running' });
    const trainer = { hasEnded: false };
    const reading = (async () => {
      while (!trainer.hasEnded) {
        seen.add((await readRun(run.path)).status);
      }
    })();
    await record(run, { status: 'finished' });
    await lock.release();
    trainer.hasEnded = true;
    await reading;
  }
  expect(seen).not.toContain('lost');
});

test('a list is newest first and is not broken by what else lies there', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  expect(await listRuns(runs)).toEqual({ runs: [], unreadable: [] });
  const made: RunDirectory[] = [];
  for (let n = 0; n < 5; n++) {
    const run = await createRun(runs, newRun(folder));
    await record(run, { createdAt: 1000 * ((n * 2) % 5), status: 'finished' });
    made.push(run);
  }
  await writeFile(path.join(runs, 'notes.txt'), 'hello');
  await mkdir(path.join(runs, '.20260101-000000-half-made-0000'));
  await mkdir(path.join(runs, 'empty'));
  await mkdir(path.join(runs, 'half-deleted', 'checkpoints'), { recursive: true });
  await mkdir(path.join(runs, 'blank'));
  await writeFile(path.join(runs, 'blank', 'run.json'), '');
  await mkdir(path.join(runs, 'folder', 'run.json'), { recursive: true });
  await symlink('nowhere', path.join(runs, 'dangling'));
  const list = await listRuns(runs);
  expect(list.runs.map((run) => run.manifest.createdAt)).toEqual([4000, 3000, 2000, 1000, 0]);
  expect(list.runs.map((run) => run.directory).sort()).toEqual(made.map((run) => run.path).sort());
  const unreadable = Object.fromEntries(
    list.unreadable.map((entry) => [path.basename(entry.directory), entry.message]),
  );
  expect(Object.keys(unreadable).sort()).toEqual(['blank', 'dangling', 'empty', 'folder', 'half-deleted']);
  expect(unreadable.blank).toContain('is empty');
  expect(unreadable.empty).toContain('does not exist');
  await writeFile(path.join(folder, 'file'), '');
  expect(await listRuns(path.join(folder, 'file'))).toEqual({ runs: [], unreadable: [] });
});

test('two thousand runs are listed', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const run = await createRun(runs, newRun(folder));
  await record(run, { status: 'finished' });
  const manifest = await run.readManifest();
  for (let n = 0; n < 2000; n++) {
    const directory = path.join(runs, `run-${n}`);
    await mkdir(directory);
    await writeFile(
      path.join(directory, 'run.json'),
      JSON.stringify({ ...manifest, id: `run-${n}`, createdAt: n }),
    );
  }
  const list = await listRuns(runs);
  expect(list.runs).toHaveLength(2001);
});
