import type { EventEmitter } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createRun, RunDirectory, runsDirectoryOf } from '../../../src/runs/runDirectory';
import { readRun } from '../../../src/runs/runStore';
import { watchRuns } from '../../../src/runs/watchRuns';
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
      setTimeout(() => watcher.emit('error', error), 10);
      return watcher;
    },
  };
});

function follow(runsDirectory: string) {
  const told = { changed: [] as string[], removed: [] as string[], notices: [] as string[] };
  const watching = watchRuns(runsDirectory, {
    changed: (directory) => told.changed.push(path.basename(directory)),
    removed: (directory) => told.removed.push(path.basename(directory)),
    notice: (message) => told.notices.push(message),
  });
  onTestFinished(() => watching.close());
  return told;
}

const soon = (check: () => void, timeout = 10_000) => vi.waitFor(check, { timeout, interval: 20 });

async function scenario(folder: string): Promise<void> {
  const runs = runsDirectoryOf(folder);
  const told = follow(runs);
  await sleep(1200);
  const first = await createRun(runs, newRun(folder, { name: 'first' }));
  await soon(() => expect(told.changed).toContain(first.id));
  const second = await createRun(runs, newRun(folder, { name: 'second' }));
  await soon(() => expect(told.changed).toContain(second.id));

  await sleep(1200);
  told.changed.length = 0;
  await first.writeManifest({ ...(await first.readManifest()), status: 'finished' });
  await soon(() => expect(told.changed).toContain(first.id));
  // What is not the manifest is not news.
  told.changed.length = 0;
  await writeFile(second.eventsPath, 'x\n');
  await mkdir(second.checkpointPath('last'), { recursive: true });
  await sleep(1200);
  expect(told.changed).toEqual([]);

  await rm(second.path, { recursive: true });
  await soon(() => expect(told.removed).toEqual([second.id]));

  await rm(path.join(folder, '.recsight'), { recursive: true });
  await soon(() => expect(told.removed).toEqual([second.id, first.id]));
  const third = await createRun(runs, newRun(folder, { name: 'third' }));
  await soon(() => expect(told.changed).toContain(third.id));
  await sleep(1200);
  told.changed.length = 0;
  await third.writeManifest({ ...(await third.readManifest()), status: 'finished' });
  await soon(() => expect(told.changed).toContain(third.id));
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
  expect(told.notices[0]).toMatch(/no file watches left \(ENOSPC/);
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

test('a manifest is told within a second', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const run = await createRun(runs, newRun(folder));
  const told = follow(runs);
  await soon(() => expect(told.changed).toEqual([run.id]));
  await sleep(500);
  told.changed.length = 0;
  const start = performance.now();
  await run.writeManifest(await run.readManifest());
  await soon(() => expect(told.changed).toContain(run.id));
  expect(performance.now() - start).toBeLessThan(800);
});

test('a killed trainer is told within 15 s although no file changes', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const run = await createRun(runs, newRun(folder));
  const child = spawnScript(await bundleScript(LOCK_HOLDER, folder), run.path, '0', '60000');
  await lineOf(child, 'won');
  await run.writeManifest({ ...(await run.readManifest()), status: 'running' });
  const told = follow(runs);
  await soon(() => expect(told.changed).toEqual([run.id]));
  process.kill(child.pid!, 'SIGKILL');
  await soon(() => expect(told.changed).toEqual([run.id, run.id]), 15_000);
  expect((await readRun(run.path)).status).toBe('lost');
});

test('a closed watch is silent', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  const changed = vi.fn();
  const watching = watchRuns(runs, { changed, removed: () => undefined, notice: () => undefined });
  await watching.close();
  await createRun(runs, newRun(folder));
  await sleep(1300);
  expect(changed).not.toHaveBeenCalled();
  expect(new RunDirectory(runs).id).toBe('runs');
});
