import { appendFile, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunEventBody } from '../../../src/protocol/events';
import { EventLogReader, EventLogWriter } from '../../../src/runs/eventLog';
import { until } from '../../until';
import { temporaryFolder } from './newRun';

const step = (n: number): RunEventBody => ({
  kind: 'step',
  epoch: 0,
  step: n,
  loss: 1 / n,
  sequencesPerSecond: 100,
});
const info = (message: string): RunEventBody => ({ kind: 'log', level: 'info', message });

async function logPath(): Promise<string> {
  return path.join(await temporaryFolder(), 'events.jsonl');
}

test('what is written is read, once, in order, with a header', async () => {
  const file = await logPath();
  const reader = new EventLogReader(file);
  expect(await reader.readNew()).toEqual([]);
  const writer = await EventLogWriter.open(file);
  const before = Date.now();
  const written = [writer.append(step(1)), writer.append(info('grüße 🎬'))];
  writer.flush();
  expect(await reader.readNew()).toEqual(written);
  expect(written[0]).toMatchObject({ v: 1, seq: 0, kind: 'step', loss: 1 });
  expect(written[1]).toMatchObject({ seq: 1, message: 'grüße 🎬' });
  expect(written[0]!.time).toBeGreaterThanOrEqual(before);
  expect(await reader.readNew()).toEqual([]);
  const third = writer.append(step(2));
  writer.close();
  expect(await reader.readNew()).toEqual([third]);
});

test('events reach the disk without a flush', async () => {
  const file = await logPath();
  const writer = await EventLogWriter.open(file);
  writer.append(step(1));
  await until('the event', async () => (await new EventLogReader(file).readNew()).length === 1);
  writer.close();
});

test('a trainer that never yields still writes while it appends', async () => {
  const file = await logPath();
  const writer = await EventLogWriter.open(file);
  // Not for ever: nothing else could end this test.
  for (let n = 1; n < 5_000_000 && readFileSync(file).length === 0; n++) {
    writer.append(step(n));
  }
  expect(readFileSync(file).length).toBeGreaterThan(0);
  writer.close();
});

test('losses that are not finite come back', async () => {
  const file = await logPath();
  const writer = await EventLogWriter.open(file);
  for (const loss of [NaN, Infinity, -Infinity]) {
    writer.append({ kind: 'step', epoch: 0, step: 1, loss, sequencesPerSecond: 1 });
  }
  writer.close();
  const events = await new EventLogReader(file).readNew();
  expect(events.map((event) => (event.kind === 'step' ? event.loss : null))).toEqual([
    NaN,
    Infinity,
    -Infinity,
  ]);
});

test('a resumed writer cuts an incomplete last line and goes on counting', async () => {
  const file = await logPath();
  const first = await EventLogWriter.open(file);
  first.append(step(1));
  first.append(step(2));
  first.close();
  const whole = await readFile(file, 'utf8');
  await appendFile(file, '{"v":1,"seq":2,"time":17');
  const reader = new EventLogReader(file);
  expect(await reader.readNew()).toHaveLength(2);
  const second = await EventLogWriter.open(file);
  expect(await readFile(file, 'utf8')).toBe(whole);
  expect(second.append(step(3)).seq).toBe(2);
  second.close();
  expect((await reader.readNew()).map((event) => event.seq)).toEqual([2]);
  expect(reader.restarted).toBe(false);
});

test('a writer counts on behind junk at the end, also far behind', async () => {
  const file = await logPath();
  const first = await EventLogWriter.open(file);
  first.append(step(1));
  first.close();
  await appendFile(file, `junk\n${'x'.repeat(700_000)}\n[1]\n`);
  const second = await EventLogWriter.open(file);
  expect(second.append(step(2)).seq).toBe(1);
  second.close();
  const reader = new EventLogReader(file);
  expect((await reader.readNew()).map((event) => event.seq)).toEqual([0, 1]);
  expect(reader.skippedLines).toBe(3);
});

test('a file of nothing but an incomplete line becomes an empty log', async () => {
  const file = await logPath();
  await writeFile(file, '{"v":1');
  const writer = await EventLogWriter.open(file);
  expect(writer.append(step(1)).seq).toBe(0);
  writer.close();
  expect(await new EventLogReader(file).readNew()).toHaveLength(1);
});

test('unknown kinds, lacking fields and junk are skipped without a gap in seq', async () => {
  const file = await logPath();
  const header = (seq: number) => `"v":1,"seq":${seq},"time":5`;
  await writeFile(
    file,
    [
      `{${header(0)},"kind":"log","level":"info","message":"a"}`,
      `{${header(1)},"kind":"gradient","norm":3}`,
      `{${header(2)},"kind":"step","epoch":0}`,
      `{${header(3)},"kind":"toString"}`,
      'not json',
      '',
      'null',
      `{${header(4)},"kind":"log","level":"info","message":"b","color":"new field"}`,
      '',
    ].join('\n'),
  );
  const reader = new EventLogReader(file);
  const events = await reader.readNew();
  expect(events.map((event) => event.seq)).toEqual([0, 1]);
  expect(events[1]).toMatchObject({ message: 'b' });
  expect(reader.skippedLines).toBe(6);
});

test('a damaged line, or one of a newer version, does not make a log unreadable, and is told once', async () => {
  const file = await logPath();
  const event = (kind: string, fields: object) => JSON.stringify({ v: 1, seq: 0, time: 5, kind, ...fields });
  const bad = [
    event('log', { level: 'info', message: 'a', v: 17 }),
    event('log', { level: 'info', message: 'a', v: -1 }),
    event('validation', {
      epoch: 1,
      step: 5,
      metrics: { 'hr@1': 'high' },
      protocol: {},
      best: true,
      seconds: 1,
    }),
    event('status', { status: 'dreaming' }),
    event('dataset', { dataset: { fingerprint: 7 }, seconds: 1, cached: true }),
    event('started', { pid: 1, backend: { name: ['wasm'] }, resumedFromStep: 0 }),
    event('memory', { estimate: { total: 'much' } }),
    '{"v":1,"seq":0,"time":5,"kind":"step","epoch":0,"st',
  ];
  await writeFile(file, `${bad[0]}\n`);
  const reader = new EventLogReader(file);
  await expect(reader.readNew()).rejects.toMatchObject({ code: 'run/newer-version' });
  await appendFile(file, `${bad.slice(1).join('\n')}\n`);
  const good = event('status', { status: 'failed', error: { code: 'a/b', message: 'c' } });
  await appendFile(file, `${good}\n`);
  expect(await reader.readNew()).toEqual([JSON.parse(good)]);
  expect(reader.skippedLines).toBe(bad.length);
  expect(reader.takeNotice()).toBe(
    `8 lines of ${file} cannot be read and are left out: damaged, or of a newer version of RecSight.`,
  );
  await appendFile(file, `${bad[0]}\n`);
  expect(await reader.readNew()).toEqual([]);
  expect(reader.takeNotice()).toBeNull();
});

test('nothing is written where somebody else may write by now, and it waits', async () => {
  const file = await logPath();
  const refused = new Error('taken over');
  let isMine = true;
  const writer = await EventLogWriter.open(file, () => {
    if (!isMine) throw refused;
  });
  writer.append(step(1));
  writer.sync();
  isMine = false;
  // On a slow disk the event before has been written long ago, and this one is to be written at once.
  expect(() => {
    writer.append(step(2));
    writer.flush();
  }).toThrow(refused);
  expect(await new EventLogReader(file).readNew()).toHaveLength(1);
  isMine = true;
  writer.close();
  expect(await new EventLogReader(file).readNew()).toHaveLength(2);
});

test('a newer major version is refused', async () => {
  const file = await logPath();
  await writeFile(file, '{"v":2,"seq":0,"time":5,"kind":"log","level":"info","message":"a"}\n');
  await expect(new EventLogReader(file).readNew()).rejects.toMatchObject({ code: 'run/newer-version' });
});

test('a file that shrank or was replaced is read again from the start', async () => {
  const file = await logPath();
  const writer = await EventLogWriter.open(file);
  writer.append(step(1));
  writer.append(step(2));
  writer.close();
  const reader = new EventLogReader(file);
  await reader.readNew();
  await truncate(file, 0);
  await reader.readNew();
  expect(reader.restarted).toBe(true);

  reader.restarted = false;
  const other = `${file}.new`;
  const otherWriter = await EventLogWriter.open(other);
  for (let n = 0; n < 10; n++) {
    otherWriter.append(info(String(n)));
  }
  otherWriter.close();
  await rename(other, file);
  const events = await reader.readNew();
  expect(reader.restarted).toBe(true);
  expect(events.map((event) => event.seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('an endless line is skipped without being held in memory', async () => {
  const file = await logPath();
  const writer = await EventLogWriter.open(file);
  writer.append(step(1));
  writer.close();
  for (let n = 0; n < 40; n++) {
    await appendFile(file, 'x'.repeat(1024 * 1024));
  }
  const reader = new EventLogReader(file);
  expect(await reader.readNew()).toHaveLength(1);
  await appendFile(file, '\n{"v":1,"seq":1,"time":5,"kind":"log","level":"info","message":"after"}\n');
  const events = await reader.readNew();
  expect(events).toMatchObject([{ seq: 1, message: 'after' }]);
});

test('the log of a long run is read whole', async () => {
  const file = await logPath();
  const writer = await EventLogWriter.open(file);
  for (let n = 1; n <= 50_000; n++) {
    writer.append(step(n));
  }
  writer.close();
  const events = await new EventLogReader(file).readNew();
  expect(events).toHaveLength(50_000);
  expect(events.at(-1)).toMatchObject({ seq: 49_999, step: 50_000 });
});

test('however a log is cut into pieces, every event is read exactly once', async () => {
  const folder = await temporaryFolder();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 20 }),
      async (messages, cuts) => {
        const own = await mkdtemp(path.join(folder, 'cut-'));
        const whole = path.join(own, 'whole.jsonl');
        const writer = await EventLogWriter.open(whole);
        const written = messages.map((message) => writer.append(info(message)));
        writer.close();
        const bytes = readFileSync(whole);
        const growing = path.join(own, 'growing.jsonl');
        const reader = new EventLogReader(growing);
        const read = [];
        let from = 0;
        for (const cut of [...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
          appendFileSync(growing, bytes.subarray(from, cut));
          from = cut;
          read.push(...(await reader.readNew()));
        }
        expect(read).toEqual(JSON.parse(JSON.stringify(written)));
        expect(reader.skippedLines).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('no bytes make a reader or a writer throw anything but a RunReadError', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'recsight-test-'));
  try {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const file = path.join(folder, 'events.jsonl');
        await rm(file, { force: true });
        await writeFile(file, bytes);
        await new EventLogReader(file).readNew();
        const writer = await EventLogWriter.open(file);
        const event = writer.append(info('end'));
        writer.close();
        const events = await new EventLogReader(file).readNew();
        expect(events.at(-1)).toMatchObject({ message: 'end', time: event.time });
      }),
      { numRuns: 100 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
