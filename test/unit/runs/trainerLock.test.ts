import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TrainerProcess } from '../../../src/protocol/run';
import { readProcessStartTime } from '../../../src/runs/processStartTime';
import type { RunDirectory } from '../../../src/runs/runDirectory';
import { acquireTrainerLock, readLiveTrainer, trainerIsAlive } from '../../../src/runs/trainerLock';
import { until } from '../../until';
import { makeRun, temporaryFolder } from './newRun';
import { bundleScript, lineOf, spawnScript } from './spawnScript';

const LOCK_HOLDER = path.join(import.meta.dirname, 'fixtures', 'lockHolder.ts');

async function claim(run: RunDirectory, changes: Partial<TrainerProcess>): Promise<void> {
  const own: TrainerProcess = {
    pid: process.pid,
    processStartTime: (await readProcessStartTime(process.pid)) ?? '',
    host: hostname(),
    nonce: 'a',
    heartbeat: Date.now(),
  };
  await writeFile(run.processPath, JSON.stringify({ ...own, ...changes }));
}

test('a lock is held, renewed and released', async () => {
  const run = await makeRun();
  expect(await trainerIsAlive(run)).toBe(false);
  const lock = await acquireTrainerLock(run);
  expect(await readLiveTrainer(run)).toMatchObject({ pid: process.pid, host: hostname() });
  const first = JSON.parse(await readFile(run.processPath, 'utf8')) as TrainerProcess;
  await until('the next millisecond', () => Date.now() > first.heartbeat);
  await lock.heartbeat();
  const second = JSON.parse(await readFile(run.processPath, 'utf8')) as TrainerProcess;
  expect(second).toEqual({ ...first, heartbeat: second.heartbeat });
  expect(second.heartbeat).toBeGreaterThan(first.heartbeat);
  await expect(acquireTrainerLock(run)).rejects.toMatchObject({
    name: 'RunBusyError',
    code: 'run/busy',
    pid: process.pid,
    message: expect.stringContaining(String(process.pid)) as string,
  });
  const late = lock.heartbeat();
  await lock.release();
  await late;
  await lock.heartbeat();
  expect(await trainerIsAlive(run)).toBe(false);
  await (await acquireTrainerLock(run)).release();
});

test.each<[string, Partial<TrainerProcess>, boolean]>([
  ['this process', {}, true],
  ['a pid that now belongs to another process', { processStartTime: 'yesterday' }, false],
  ['a pid that no process has', { pid: 2 ** 22 + 1 }, false],
  ['no pid at all', { pid: -1 }, false],
  ['this process with an old heartbeat (it only computes for long)', { heartbeat: 1 }, true],
  ['another host with a fresh heartbeat', { host: 'elsewhere', pid: 1 }, true],
  ['another host whose clock runs ahead a little', { host: 'elsewhere', heartbeat: Date.now() + 5000 }, true],
  ['another host that has been silent', { host: 'elsewhere', heartbeat: Date.now() - 16_000 }, false],
])('%s', async (_name, changes, expected) => {
  const run = await makeRun();
  await claim(run, changes);
  expect(await trainerIsAlive(run)).toBe(expected);
  if (expected) {
    await expect(acquireTrainerLock(run)).rejects.toMatchObject({ code: 'run/busy' });
  } else {
    await (await acquireTrainerLock(run, { watchMs: 20 })).release();
    expect(await readdir(run.path)).toEqual(['config.json', 'control', 'run.json']);
  }
});

test('a damaged lock is waited for while it is young, then taken over', async () => {
  const run = await makeRun();
  await writeFile(run.processPath, '{"pid"');
  let isTaken = false;
  const taking = acquireTrainerLock(run).finally(() => (isTaken = true));
  for (let look = 0; look < 20; look++) {
    const now = Date.now() / 1000 - 0.1;
    await utimes(run.processPath, now, now);
  }
  expect(isTaken).toBe(false);
  await utimes(run.processPath, 1, 1);
  const lock = await taking;
  expect(await trainerIsAlive(run)).toBe(true);
  await lock.release();
});

test('a trainer that lost its lock learns it and does not release the other’s', async () => {
  const run = await makeRun();
  const lock = await acquireTrainerLock(run);
  await claim(run, { nonce: 'other' });
  await expect(lock.heartbeat()).rejects.toMatchObject({ code: 'run/busy' });
  await lock.release();
  expect(await trainerIsAlive(run)).toBe(true);
});

test('a killed holder is dead at once, although nobody has reaped it yet', async () => {
  const run = await makeRun();
  const script = await bundleScript(LOCK_HOLDER, await temporaryFolder());
  const child = spawnScript(script, run.path, '');
  await lineOf(child, 'won');
  expect(await trainerIsAlive(run)).toBe(true);
  process.kill(child.pid!, 'SIGKILL');
  await until('its death', async () => !(await trainerIsAlive(run)));
  await (await acquireTrainerLock(run)).release();
});

test('of several processes that start together exactly one gets the run', async () => {
  const script = await bundleScript(LOCK_HOLDER, await temporaryFolder());
  // A free run, a dead trainer's run, and one whose last taker-over died in the middle.
  for (const prepare of [
    () => Promise.resolve(),
    (run: RunDirectory) => claim(run, { pid: 2 ** 22 + 1 }),
    async (run: RunDirectory) => {
      await claim(run, { pid: 2 ** 22 + 1 });
      const taker = spawnScript(script, run.path, '');
      await lineOf(taker, 'won');
      taker.kill('SIGKILL');
    },
  ]) {
    const run = await makeRun();
    await prepare(run);
    const startFile = path.join(await temporaryFolder(), 'go');
    const children = Array.from({ length: 4 }, () => spawnScript(script, run.path, startFile));
    await Promise.all(children.map((child) => lineOf(child, 'ready')));
    const answers = children.map((child) =>
      Promise.race(['won', 'busy'].map((answer) => lineOf(child, answer).then(() => answer))),
    );
    await writeFile(startFile, '');
    expect((await Promise.all(answers)).sort()).toEqual(['busy', 'busy', 'busy', 'won']);
  }
});

test('a claim that was left by a dead taker-over does not lock the run for ever', async () => {
  const run = await makeRun();
  await claim(run, { pid: 2 ** 22 + 1, nonce: 'dead' });
  // The name of the claim is part of no interface: find it by letting two take over at the same time.
  const { createHash } = await import('node:crypto');
  const key = createHash('sha256').update('dead').digest('hex').slice(0, 16);
  const text = await readFile(run.processPath, 'utf8');
  await writeFile(path.join(run.path, `process.${key}.claim`), text.replace('"dead"', '"dead too"'));
  const lock = await acquireTrainerLock(run);
  expect(await trainerIsAlive(run)).toBe(true);
  await lock.release();
  expect(await readdir(run.path)).toEqual(['config.json', 'control', 'run.json']);
});

test('an empty lock beside an empty claim does not lock the run for ever', async () => {
  const run = await makeRun();
  // The name that a claim of an empty lock once had.
  const { createHash } = await import('node:crypto');
  const claim = `process.${createHash('sha256').update('').digest('hex').slice(0, 16)}.claim`;
  for (const name of ['process.json', claim]) {
    await writeFile(path.join(run.path, name), '');
    await utimes(path.join(run.path, name), 1, 1);
  }
  const lock = await acquireTrainerLock(run);
  expect(await trainerIsAlive(run)).toBe(true);
  await lock.release();
});

test.each<[string, (file: string) => Promise<unknown>]>([
  ['a folder', (file) => mkdir(file)],
  ['a link that leads nowhere', (file) => symlink('nowhere', file)],
  ['a link to itself', (file) => symlink(path.basename(file), file)],
])('%s in the place of the lock is named, and no trainer is alive', async (_name, put) => {
  const run = await makeRun();
  await put(run.processPath);
  expect(await trainerIsAlive(run)).toBe(false);
  await expect(acquireTrainerLock(run, { timeoutMs: 50 })).rejects.toMatchObject({
    name: 'RunWriteError',
    message: expect.stringContaining(`${run.processPath} is in the way`) as string,
  });
});

test('a lock of the future is no lock', async () => {
  const run = await makeRun();
  await writeFile(run.processPath, '');
  const later = Date.now() / 1000 + 3600;
  await utimes(run.processPath, later, later);
  await (await acquireTrainerLock(run)).release();
});

test('a trainer on a host whose clock is wrong is alive as long as its heartbeat changes', async () => {
  const run = await makeRun();
  let heartbeat = 1000;
  const beat = () => claim(run, { host: 'elsewhere', heartbeat: (heartbeat += 1000) });
  await beat();
  expect(await trainerIsAlive(run)).toBe(false);
  const acquired = acquireTrainerLock(run, { watchMs: 60_000 });
  await beat();
  await expect(acquired).rejects.toMatchObject({ code: 'run/busy' });
  expect(await trainerIsAlive(run)).toBe(true);
});

test('a trainer that lost its lock, or its run, learns it before it writes', async () => {
  const run = await makeRun();
  const lock = await acquireTrainerLock(run);
  lock.check();
  await claim(run, { nonce: 'other' });
  const isBusy = expect.objectContaining({ code: 'run/busy' }) as Error;
  expect(() => lock.check()).toThrow(isBusy);
  // The other has done its work and let go.
  await rm(run.processPath);
  expect(() => lock.check()).toThrow(isBusy);
  await expect(lock.heartbeat()).rejects.toMatchObject({ code: 'run/busy' });
  await rm(run.path, { recursive: true });
  expect(() => lock.check()).toThrow(/was removed/);
  await expect(lock.heartbeat()).rejects.toMatchObject({ code: 'run/write-failed' });
});
