import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { RunEvent } from '../../../src/protocol/events';
import { EventLogWriter } from '../../../src/runs/eventLog';
import { followEvents, type FollowOptions } from '../../../src/runs/followEvents';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { makeRun, temporaryFolder } from './newRun';
import { bundleScript, outputOf, spawnScript } from './spawnScript';

function follow(run: RunDirectory, options?: FollowOptions): RunEvent[] {
  const events: RunEvent[] = [];
  const following = followEvents(run, (batch) => events.push(...batch), options);
  onTestFinished(() => following.close());
  return events;
}

const numbers = (events: RunEvent[]) =>
  events.map((event) => (event.kind === 'log' ? Number(event.message.split(' ').at(-1)) : NaN));

test('first what is there, then what is written, within a fraction of a second', async () => {
  const run = await makeRun();
  const writer = await EventLogWriter.open(run.eventsPath);
  const write = (n: number) => {
    writer.append({ kind: 'log', level: 'info', message: String(n) });
    writer.flush();
  };
  write(0);
  const events = follow(run);
  await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 1000 });
  const delays: number[] = [];
  for (let n = 1; n <= 10; n++) {
    await sleep(50);
    const start = performance.now();
    write(n);
    await vi.waitFor(() => expect(events).toHaveLength(n + 1), { timeout: 2000, interval: 5 });
    delays.push(performance.now() - start);
  }
  writer.close();
  expect(delays.sort((a, b) => a - b)[5]).toBeLessThan(300);
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
  await sleep(150);
  const late = follow(run);
  await outputOf(child);
  const expected = Array.from({ length: 5000 }, (_, n) => n);
  await vi.waitFor(
    () => {
      expect(early.length).toBeGreaterThanOrEqual(5000);
      expect(late.length).toBeGreaterThanOrEqual(5000);
    },
    { timeout: 5000 },
  );
  await sleep(300);
  expect(numbers(early)).toEqual(expected);
  expect(numbers(late)).toEqual(expected);
  expect(early.map((event) => event.seq)).toEqual(expected);
});

test('a run that does not exist yet is followed from when it does', async () => {
  const folder = await temporaryFolder();
  const run = new RunDirectory(path.join(folder, 'later'));
  const events = follow(run);
  await sleep(100);
  await mkdir(run.path);
  const writer = await EventLogWriter.open(run.eventsPath);
  writer.append({ kind: 'log', level: 'info', message: '1' });
  writer.close();
  await vi.waitFor(() => expect(numbers(events)).toEqual([1]), { timeout: 3000 });
});

test('a replaced log is told, then read from its start', async () => {
  const run = await makeRun();
  const first = await EventLogWriter.open(run.eventsPath);
  first.append({ kind: 'log', level: 'info', message: '1' });
  first.close();
  const events: RunEvent[] = follow(run, { onRestart: () => (events.length = 0) });
  await vi.waitFor(() => expect(numbers(events)).toEqual([1]));
  const other = await EventLogWriter.open(`${run.eventsPath}.new`);
  other.append({ kind: 'log', level: 'info', message: '2' });
  other.close();
  await rename(`${run.eventsPath}.new`, run.eventsPath);
  await vi.waitFor(() => expect(numbers(events)).toEqual([2]), { timeout: 3000 });
});

test('a log that cannot be read is told once; a closed follower is silent', async () => {
  const run = await makeRun();
  await mkdir(run.eventsPath);
  const onError = vi.fn();
  const events: RunEvent[] = [];
  const following = followEvents(run, (batch) => events.push(...batch), { onError });
  await sleep(1500);
  expect(onError).toHaveBeenCalledOnce();
  following.close();
  await rm(run.eventsPath, { recursive: true });
  const writer = await EventLogWriter.open(run.eventsPath);
  writer.append({ kind: 'log', level: 'info', message: '1' });
  writer.close();
  await sleep(1200);
  expect(events).toEqual([]);
});
