import type { EventEmitter } from 'node:events';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createRun, RunDirectory, runsDirectoryOf } from '../../../src/runs/runDirectory';
import { readRun } from '../../../src/runs/runStore';
import { watchRuns, type WatchIntervals } from '../../../src/runs/watchRuns';
import { newRun, temporaryFolder } from './newRun';
import { bundleScript, lineOf, spawnScript } from './spawnScript';

const LOCK_HOLDER = path.join(import.meta.dirname, 'fixtures', 'lockHolder.ts');

/** The part of chokidar that is replaced. */
interface Chokidar {
  watch(...args: unknown[]): EventEmitter;
  FSWatcher: new () => EventEmitter;
}

/** Set by a test to make chokidar fail as a system without watches does. */
const failure = vi.hoisted(() => ({ code: null as string | null }));
vi.mock('chokidar', async (importOriginal) => {
  const original = await importOriginal<Chokidar>();
  return {
    ...original,
    watch: (...args: unknown[]) => {
      if (failure.code === null) {
        return original.watch(...args);
      }
      const watcher = new original.FSWatcher();
      const error = Object.assign(new Error(`${failure.code}: no space left`), { code: failure.code });
      setImmediate(() => watcher.emit('error', error));
      return watcher;
    },
  };
});

/** A test waits for what is told, so it is looked more often than for users. */
const OFTEN: WatchIntervals = { folder: 50, scan: 200, liveness: 100 };

function follow(
  runsDirectory: string,
  intervals: Partial<WatchIntervals> = {},
  onChanged: (directory: string) => void = () => undefined,
) {
  const told = { changed: [] as string[], removed: [] as string[], notices: [] as string[] };
  const watching = watchRuns(
    runsDirectory,
    {
      changed: (directory) => {
        told.changed.push(path.basename(directory));
        onChanged(directory);
      },
      removed: (directory) => told.removed.push(path.basename(directory)),
      notice: (message) => told.notices.push(message),
    },
    { ...OFTEN, ...intervals },
  );
  onTestFinished(() => watching.close());
  return told;
}

const soon = (check: () => void) => vi.waitFor(check, { timeout: 25_000, interval: 20 });

async function finish(run: RunDirectory): Promise<void> {
  await run.writeManifest({ ...(await run.readManifest()), status: 'finished' });
}

async function scenario(folder: string): Promise<void> {
  const runs = runsDirectoryOf(folder);
  const told = follow(runs, { liveness: Infinity });
  const first = await createRun(runs, newRun(folder, { name: 'first' }));
  await soon(() => expect(told.changed).toEqual([first.id]));
  const second = await createRun(runs, newRun(folder, { name: 'second' }));
  await soon(() => expect(told.changed).toEqual([first.id, second.id]));

  // What is not the manifest is not news: it is not among what is told until the next news.
  told.changed.length = 0;
  await writeFile(second.eventsPath, 'x\n');
  await mkdir(second.checkpointPath('last'), { recursive: true });
  await finish(first);
  await soon(() => expect(told.changed).toEqual([first.id]));

  await rm(second.path, { recursive: true });
  await soon(() => expect(told.removed).toEqual([second.id]));

  await rm(path.join(folder, '.recsight'), { recursive: true });
  await soon(() => expect(told.removed).toEqual([second.id, first.id]));
  // A run that is half deleted may have been told as changed.
  told.changed.length = 0;
  const third = await createRun(runs, newRun(folder, { name: 'third' }));
  await soon(() => expect(told.changed).toEqual([third.id]));
  await finish(third);
  await soon(() => expect(told.changed).toEqual([third.id, third.id]));
}

test('runs come, change and go, and so does their folder', async () => {
  await scenario(await temporaryFolder());
});

test('the same without file watches, which is said once', async () => {
  failure.code = 'ENOSPC';
  onTestFinished(() => {
    failure.code = null;
  });
  const folder = await temporaryFolder();
  const told = follow(runsDirectoryOf(folder));
  await scenario(folder);
  expect(told.notices).toHaveLength(1);
  expect(told.notices[0]).toMatch(/no file watches left \(on Linux, raise/);
});

test('runs that are there at the start are told; the ones being made or deleted are not', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const run = await createRun(runs, newRun(folder));
  await mkdir(path.join(runs, '.20260101-000000-half-made-0000'));
  const told = follow(runs);
  await soon(() => expect(told.changed).toEqual([run.id]));
  await rename(run.path, path.join(runs, '.deleted-run'));
  await soon(() => expect(told.removed).toEqual([run.id]));
  expect(told.changed).toEqual([run.id]);
});

test('files are watched: a change is told without looking at everything, from the first on', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const run = await createRun(runs, newRun(folder));
  const told = follow(runs, { scan: Infinity, liveness: Infinity });
  await soon(() => expect(told.changed).toEqual([run.id]));
  // The first change may come before the watches are there, the second sooner after it than chokidar tells changes.
  await finish(run);
  await soon(() => expect(told.changed).toEqual([run.id, run.id]));
  await finish(run);
  await soon(() => expect(told.changed).toEqual([run.id, run.id, run.id]));
});

/** A run whose trainer is another process. */
async function runWithTrainer() {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const run = await createRun(runs, newRun(folder));
  const child = spawnScript(await bundleScript(LOCK_HOLDER, folder), run.path, '');
  await lineOf(child, 'won');
  await run.writeManifest({ ...(await run.readManifest()), status: 'running' });
  const kill = () => process.kill(child.pid!, 'SIGKILL');
  return { runs, run, pid: child.pid!, kill };
}

test('a killed trainer is told although no file changes', async () => {
  const { runs, run, kill } = await runWithTrainer();
  const told = follow(runs);
  await soon(() => expect(told.changed).toEqual([run.id]));
  kill();
  await soon(() => expect(told.changed).toEqual([run.id, run.id]));
  expect((await readRun(run.path)).status).toBe('lost');
});

/** What the kernel says of the state of a process; dead ones stay as zombies until they are reaped. */
const stateOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0];

test.runIf(process.platform === 'linux')(
  'a trainer that is killed just as its run is told is told too',
  async () => {
    const { runs, run, pid, kill } = await runWithTrainer();
    let isKilled = false;
    const told = follow(runs, {}, () => {
      if (isKilled) return;
      isKilled = true;
      kill();
      // Nothing else happens here until it is dead.
      while (stateOf(pid) !== 'Z');
    });
    await soon(() => expect(told.changed).toEqual([run.id, run.id]));
    expect((await readRun(run.path)).status).toBe('lost');
  },
);

test('a run that could not be read is told when it can be, although its files look the same', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const run = await createRun(runs, newRun(folder));
  const manifest = path.join(run.path, 'run.json');
  const text = readFileSync(manifest, 'utf8');
  const write = (content: string) => {
    writeFileSync(manifest, content);
    utimesSync(manifest, 1, 1);
  };
  write(text.replace('{', ' '));
  const told = follow(runs);
  await soon(() => expect(told.changed).toEqual([run.id]));
  await expect(readRun(run.path)).rejects.toMatchObject({ code: 'run/corrupt' });
  write(text);
  await soon(() => expect(told.changed).toEqual([run.id, run.id]));
  expect((await readRun(run.path)).status).toBe('preparing');
});

test('a closed watch is silent', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const changed = vi.fn();
  const closed = watchRuns(runs, { changed, removed: () => undefined, notice: () => undefined }, OFTEN);
  await closed.close();
  const told = follow(runs);
  const run = await createRun(runs, newRun(folder));
  await soon(() => expect(told.changed).toEqual([run.id]));
  await finish(run);
  await soon(() => expect(told.changed).toEqual([run.id, run.id]));
  expect(changed).not.toHaveBeenCalled();
  expect(new RunDirectory(runs).id).toBe('runs');
});
