import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { EventLogReader, EventLogWriter } from '../../../src/runs/eventLog';
import { sweepRun } from '../../../src/runs/leftovers';
import type { RunDirectory } from '../../../src/runs/runDirectory';
import { listRuns } from '../../../src/runs/runStore';
import { makeRun, temporaryFolder } from './newRun';

/** A run in which links lead to somebody else's files. */
describe.skipIf(process.platform === 'win32')('a run with links in it', () => {
  let run: RunDirectory;
  let foreign: string;
  const FILES = {
    'stop.json': '{"kind":"stop"}',
    'notes.json': 'no json',
    'model-1-abcdef.safetensors': 'weights',
    'events.jsonl': 'unfinished line',
    'a.0123abcd.tmp': 'x',
  };

  beforeEach(async () => {
    run = await makeRun();
    foreign = path.join(await temporaryFolder(), 'foreign');
    await mkdir(path.join(foreign, 'folder.json'), { recursive: true });
    for (const [name, content] of Object.entries(FILES)) await writeFile(path.join(foreign, name), content);
  });

  const link = async (name: string, target = foreign) => {
    await rm(path.join(run.path, name), { recursive: true, force: true });
    await symlink(target, path.join(run.path, name));
  };
  const expectUntouched = async () => {
    expect((await readdir(foreign)).sort()).toEqual([...Object.keys(FILES), 'folder.json'].sort());
    for (const [name, content] of Object.entries(FILES))
      expect(await readFile(path.join(foreign, name), 'utf8')).toBe(content);
  };

  test('takes no requests behind one, and leaves none there', async () => {
    await link('control');
    const refused = expect.objectContaining({
      message: expect.stringMatching(/control.*it is a link.*plain files/) as string,
    }) as Error;
    await expect(run.takeRequests()).rejects.toEqual(refused);
    await expect(run.requestStop()).rejects.toEqual(refused);
    await expectUntouched();
  });

  test('takes requests from plain files alone', async () => {
    const control = path.join(run.path, 'control');
    await mkdir(path.join(control, 'folder.json', 'deep'), { recursive: true });
    await symlink(path.join(foreign, 'stop.json'), path.join(control, '1.json'));
    await writeFile(path.join(control, '2.json'), '{"kind":"stop"}');
    expect(await run.takeRequests()).toEqual([{ kind: 'stop' }]);
    expect((await readdir(control)).sort()).toEqual(['1.json', 'folder.json']);
    expect(await readdir(path.join(control, 'folder.json'))).toEqual(['deep']);
    await expectUntouched();
  });

  test('sweeps nothing behind one', async () => {
    for (const name of ['control', 'checkpoints', 'evaluation', 'projection', 'attention']) await link(name);
    await sweepRun(run.path);
    await rm(path.join(run.path, 'checkpoints'));
    await mkdir(path.join(run.path, 'checkpoints'));
    await link('checkpoints/last');
    await sweepRun(run.path);
    await expectUntouched();
  });

  test('lists no checkpoints behind one and writes no results', async () => {
    await link('checkpoints');
    await expect(run.checkpoints()).rejects.toThrow(/it is a link/);
    await link('evaluation');
    await expect(run.writeEvaluation('stop', {})).rejects.toThrow(/it is a link/);
    await expect(run.readEvaluation('notes')).rejects.toThrow();
    await expectUntouched();
  });

  test('adds no event behind one and cuts off nothing', async () => {
    await link('events.jsonl', path.join(foreign, 'events.jsonl'));
    await expect(EventLogWriter.open(run.eventsPath)).rejects.toThrow(/it is a link/);
    await expect(new EventLogReader(run.eventsPath).readNew()).rejects.toThrow(/it is a link/);
    await expectUntouched();
  });

  test('does not keep the list of runs waiting', async () => {
    const manifest = path.join(run.path, 'run.json');
    await rm(manifest);
    execFileSync('mkfifo', [manifest]);
    const { runs, unreadable } = await listRuns(path.dirname(run.path));
    expect(runs).toEqual([]);
    expect(unreadable[0]?.message).toMatch(/run\.json cannot be read \(it is not a file/);
    await link('run.json', '/dev/zero');
    expect((await listRuns(path.dirname(run.path))).unreadable[0]?.message).toMatch(/it is a link/);
  });
});
