import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { RunEvent } from '../../../src/protocol/events';
import { EventLogWriter } from '../../../src/runs/eventLog';
import { followEvents, type FollowOptions } from '../../../src/runs/followEvents';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { makeRun, temporaryFolder } from './newRun';
import { until } from '../../until';
import { bundleScript, outputOf, spawnScript } from './spawnScript';

function follow(run: RunDirectory, options?: FollowOptions): RunEvent[] {
  const events: RunEvent[] = [];
  const following = followEvents(run, (batch) => events.push(...batch), options);
  onTestFinished(() => following.close());
  return events;
}

const logLine = (n: number) =>
  `{"v":1,"seq":${n},"time":1795338000000,"kind":"log","level":"info","message":"${n}"}\n`;

const soon = (check: () => void) => vi.waitFor(check, { timeout: 25_000, interval: 10 });

const numbers = (events: RunEvent[]) =>
  events.map((event) => (event.kind === 'log' ? Number(event.message.split(' ').at(-1)) : NaN));

test('first what is there, then what is written, by watching the log', async () => {
  const run = await makeRun();
  const writer = await EventLogWriter.open(run.eventsPath);
  const write = (n: number) => {
    writer.append({ kind: 'log', level: 'info', message: String(n) });
    writer.flush();
  };
  write(0);
  const events = follow(run, { safetyPollMs: Infinity });
  await soon(() => expect(events).toHaveLength(1));
  for (let n = 1; n <= 10; n++) {
    write(n);
    await soon(() => expect(events).toHaveLength(n + 1));
  }
  writer.close();
  expect(numbers(events)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('nothing is lost or doubled while another process appends in pieces', async () => {
  const run = await makeRun();
  const script = await bundleScript(
    path.join(import.meta.dirname, 'fixtures', 'logWriter.ts'),
    await temporaryFolder(),
  );
  const early = follow(run);
  const child = spawnScript(script, run.eventsPath, '5000');
  const ended = outputOf(child);
  await until('the first events', () => early.length > 0);
  const late = follow(run);
  await ended;
  // Behind it nothing can come twice any more.
  const last = await EventLogWriter.open(run.eventsPath);
  last.append({ kind: 'log', level: 'info', message: '5000' });
  last.close();
  const expected = Array.from({ length: 5001 }, (_, n) => n);
  await soon(() => {
    expect(numbers(early)).toContain(5000);
    expect(numbers(late)).toContain(5000);
  });
  expect(numbers(early)).toEqual(expected);
  expect(numbers(late)).toEqual(expected);
  expect(early.map((event) => event.seq)).toEqual(expected);
});

test('a long log comes in parts, and then it is said that all of it came', async () => {
  const run = await makeRun();
  const lines = Array.from({ length: 10_000 }, (_, n) => logLine(n));
  await writeFile(run.eventsPath, lines.join(''));
  const told: (number | 'all')[] = [];
  const following = followEvents(run, (batch) => told.push(batch.length), {
    onCaughtUp: () => told.push('all'),
  });
  onTestFinished(() => following.close());
  await soon(() => expect(told).toContain('all'));
  const parts = told.slice(0, told.indexOf('all')) as number[];
  expect(parts.reduce((sum, count) => sum + count, 0)).toBe(lines.length);
  expect(parts.length).toBeGreaterThan(1);
  // What is folded part by part is never in memory at once.
  expect(Math.max(...parts)).toBeLessThan(5000);
});

test('of a log that is not there, or cannot be read, nothing more is to come', async () => {
  const missing = new RunDirectory(path.join(await temporaryFolder(), 'missing'));
  const unreadable = await makeRun();
  await mkdir(unreadable.eventsPath);
  for (const run of [missing, unreadable]) {
    const onCaughtUp = vi.fn();
    follow(run, { onCaughtUp });
    await soon(() => expect(onCaughtUp).toHaveBeenCalled());
  }
});

test('a run that does not exist yet is followed from when it does', async () => {
  const folder = await temporaryFolder();
  const run = new RunDirectory(path.join(folder, 'later'));
  const events = follow(run);
  await mkdir(run.path);
  const writer = await EventLogWriter.open(run.eventsPath);
  writer.append({ kind: 'log', level: 'info', message: '1' });
  writer.close();
  await soon(() => expect(numbers(events)).toEqual([1]));
});

test('a replaced log is told, then read from its start', async () => {
  const run = await makeRun();
  const first = await EventLogWriter.open(run.eventsPath);
  first.append({ kind: 'log', level: 'info', message: '1' });
  first.close();
  const events: RunEvent[] = follow(run, { onRestart: () => (events.length = 0) });
  await soon(() => expect(numbers(events)).toEqual([1]));
  const other = await EventLogWriter.open(`${run.eventsPath}.new`);
  other.append({ kind: 'log', level: 'info', message: '2' });
  other.close();
  await rename(`${run.eventsPath}.new`, run.eventsPath);
  await soon(() => expect(numbers(events)).toEqual([2]));
});

test('a log that cannot be read is told once; a closed follower is silent', async () => {
  const run = await makeRun();
  await mkdir(run.eventsPath);
  const onError = vi.fn();
  const events: RunEvent[] = [];
  const following = followEvents(run, (batch) => events.push(...batch), { onError });
  await soon(() => expect(onError).toHaveBeenCalledOnce());
  // Each is a reason to look again.
  for (let n = 1; n <= 5; n++) await utimes(run.eventsPath, n, n);
  const next = vi.fn();
  follow(run, { onError: next });
  await soon(() => expect(next).toHaveBeenCalledOnce());
  expect(onError).toHaveBeenCalledOnce();
  following.close();
  await rm(run.eventsPath, { recursive: true });
  const writer = await EventLogWriter.open(run.eventsPath);
  writer.append({ kind: 'log', level: 'info', message: '1' });
  writer.close();
  const open = follow(run);
  await soon(() => expect(numbers(open)).toEqual([1]));
  expect(events).toEqual([]);
});
