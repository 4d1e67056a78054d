import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EventLogReader, EventLogWriter } from '../../../src/runs/eventLog';
import { createRun } from '../../../src/runs/runDirectory';
import { readRun } from '../../../src/runs/runStore';
import { acquireTrainerLock } from '../../../src/runs/trainerLock';
import { RunRecorder } from '../../../src/training/runRecorder';
import { newRun } from './newRun';
import { until } from '../../until';

/** What a function throws, or null. */
function throws(work: () => unknown): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** A disk of 256 kB, or null where this process may not mount one. */
function mountTinyDisk(): string | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'recsight-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
}

const disk = mountTinyDisk();
afterAll(() => {
  if (disk !== null) {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
});
if (disk === null) {
  console.warn('The tests of a full disk are skipped: mounting a tmpfs needs root.');
}

describe.skipIf(disk === null)('on a full disk', () => {
  const filler = path.join(disk ?? '', 'filler');
  const fill = () => {
    for (let bytes = 256 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
      try {
        writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' });
      } catch {
        // Too much; half of it may fit.
      }
    }
  };
  const isFull = expect.objectContaining({ name: 'RunWriteError', code: 'disk/full' }) as unknown;

  test('the old manifest and evaluation stay, and nothing half-written is left', async () => {
    const run = await createRun(path.join(disk!, 'a'), newRun(disk!));
    await run.writeEvaluation('test', { old: true });
    const manifest = await run.readManifest();
    fill();
    const versions = { padding: 'x'.repeat(10_000) };
    await expect(run.writeManifest({ ...manifest, versions })).rejects.toEqual(isFull);
    await expect(run.writeEvaluation('test', versions)).rejects.toEqual(isFull);
    expect(await run.readManifest()).toEqual(manifest);
    expect(await run.readEvaluation('test')).toEqual({ old: true });
    expect((await readdir(run.path)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    rmSync(filler);
    await run.writeManifest({ ...manifest, versions });
    expect((await run.readManifest()).versions).toEqual(versions);
  });

  test('a run that cannot be made leaves nothing', async () => {
    fill();
    mkdirSync(path.join(disk!, 'b'));
    await expect(createRun(path.join(disk!, 'b'), newRun(disk!))).rejects.toEqual(isFull);
    expect(await readdir(path.join(disk!, 'b'))).toEqual([]);
    rmSync(filler);
  });

  test('the trainer lock says so', async () => {
    const run = await createRun(path.join(disk!, 'c'), newRun(disk!));
    fill();
    await expect(acquireTrainerLock(run)).rejects.toEqual(isFull);
    rmSync(filler);
    await (await acquireTrainerLock(run)).release();
  });

  test('a run that fails of it is recorded as failed, in the place of the old manifest', async () => {
    const run = await createRun(path.join(disk!, 'd'), newRun(disk!));
    const recorder = await RunRecorder.open(run);
    await recorder.setStatus('running');
    fill();
    recorder.event({ kind: 'log', level: 'info', message: 'x'.repeat(50_000) });
    const error = { code: 'disk/full', message: `The disk is full: ${run.eventsPath} could not be written.` };
    // The log cannot be written: that is told, after the manifest.
    await expect(recorder.setStatus('failed', error)).rejects.toEqual(isFull);
    await expect(recorder.close()).rejects.toEqual(isFull);
    expect(await readRun(run.path)).toMatchObject({ status: 'failed', manifest: { error } });
    expect(await readdir(run.path)).toEqual(['config.json', 'control', 'events.jsonl', 'run.json']);
    rmSync(filler);
    await run.writeManifest(await run.readManifest());
  });

  test('one that has learned more since than fits there keeps the old manifest, and says why it failed', async () => {
    const run = await createRun(path.join(disk!, 'e'), newRun(disk!));
    const old = await run.readManifest();
    fill();
    const message = `The disk is full: ${run.eventsPath} could not be written. Free some space, and try again.`;
    const ended = { status: 'failed' as const, error: { code: 'disk/full', message }, finishedAt: 7 };
    const versions = { padding: 'x'.repeat(10_000) };
    await run.writeLastManifest({ ...old, ...ended, versions });
    expect(await run.readManifest()).toEqual({ ...old, ...ended });
    rmSync(filler);
  });

  test('an event log tells it, stays readable, and loses nothing once there is space again', async () => {
    const file = path.join(disk!, 'events.jsonl');
    const writer = await EventLogWriter.open(file);
    let count = 0;
    const append = () =>
      writer.append({ kind: 'log', level: 'info', message: `${count++} ${'x'.repeat(50)}` });
    append();
    writer.flush();
    fill();
    for (let n = 0; n < 500; n++) {
      try {
        append();
      } catch {
        // The clock decided that this one flushes; what it says is tested below.
      }
    }
    expect(() => writer.flush()).toThrow(expect.objectContaining({ code: 'disk/full' }) as Error);
    expect(statSync(file).size).toBeGreaterThan(0);
    const reader = new EventLogReader(file);
    const before = await reader.readNew();
    expect(before.length).toBeLessThan(count);
    expect(reader.skippedLines).toBe(0);

    await until('an append that cannot write', () => throws(append) !== null);
    rmSync(filler);
    writer.flush();
    writer.close();
    const events = before.concat(await reader.readNew());
    expect(events.map((event) => event.seq)).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(count + 1);
  });

  test('what a timer could not write is told by the next append', async () => {
    const writer = await EventLogWriter.open(path.join(disk!, 'later.jsonl'));
    fill();
    // More than the rest of the last page of an empty file.
    writer.append({ kind: 'log', level: 'info', message: 'x'.repeat(20_000) });
    const error = await until('an append that cannot write', () =>
      throws(() => writer.append({ kind: 'log', level: 'info', message: 'next' })),
    );
    expect(error.message).toMatch(/disk is full.*Free some space/);
    expect(() => writer.close()).toThrow(/disk is full/);
    rmSync(filler);
  });
});
