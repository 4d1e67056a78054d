import { mkdir, rename, rm, utimes } from 'node:fs/promises';
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
