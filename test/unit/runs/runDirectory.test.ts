import { readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sweepRun } from '../../../src/runs/leftovers';
import { createRun, RunDirectory, runsDirectoryOf } from '../../../src/runs/runDirectory';
import { makeRun, newRun, temporaryFolder } from './newRun';

test('a new run is complete, sortable by name, kept out of git and names its config portably', async () => {
  const folder = await temporaryFolder();
  const run = await createRun(runsDirectoryOf(folder), newRun(folder, { name: 'Süße Größe 2.0' }));
  expect(run.id).toMatch(/^\d{8}-\d{6}-su-e-gro-e-2-0-[0-9a-f]{4}$/);
  const manifest = await run.readManifest();
  expect(manifest).toMatchObject({
    schemaVersion: '1.0',
    id: run.id,
    name: 'Süße Größe 2.0',
    status: 'preparing',
    configPath: 'configs/sasrec.recsight.json',
    progress: { epoch: 0, epochs: 3 },
  });
  expect(run.resolveConfigPath(manifest)).toBe(path.join(folder, 'configs', 'sasrec.recsight.json'));
  expect(await run.readConfig()).toEqual({ seed: 7 });
  expect(await readFile(path.join(folder, '.recsight', '.gitignore'), 'utf8')).toBe('*\n');
  expect(await readdir(runsDirectoryOf(folder))).toEqual([run.id]);
});

test('a new run is there only once whoever makes it can start its trainer', async () => {
  const folder = await temporaryFolder();
  const runs = runsDirectoryOf(folder);
  await mkdir(runs, { recursive: true });
  let isMade = false as boolean;
  const making = createRun(runs, newRun(folder)).finally(() => (isMade = true));
  const isThere = () => readdirSync(runs).some((name) => !name.startsWith('.'));
  // Each turn of the event loop is one in which a signal could end this process.
  while (!isThere() && !isMade) await new Promise((resolve) => setImmediate(resolve));
  expect([isThere(), isMade]).toEqual([true, true]);
  await making;
});

test('a config outside the workspace, or runs kept elsewhere, are named by an absolute path', async () => {
  const folder = await temporaryFolder();
  const outside = await createRun(
    runsDirectoryOf(folder),
    newRun(folder, { configPath: '/elsewhere/a.recsight.json' }),
  );
  expect((await outside.readManifest()).configPath).toBe(path.resolve('/elsewhere/a.recsight.json'));
  const loose = await createRun(path.join(folder, 'my-runs'), newRun(folder));
  const manifest = await loose.readManifest();
  expect(loose.resolveConfigPath(manifest)).toBe(path.join(folder, 'configs', 'sasrec.recsight.json'));
  expect(await readdir(folder)).not.toContain('.gitignore');
});

test('a manifest survives a round trip, with losses that are not finite', async () => {
  const run = await makeRun();
  const manifest = await run.readManifest();
  manifest.progress.loss = NaN;
  manifest.best = { epoch: 1, step: 10, metrics: { 'ndcg@10': -Infinity } };
  await run.writeManifest(manifest);
  expect(await run.readManifest()).toEqual(manifest);
  expect((await readdir(run.path)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test.each([
  ['an empty file', '', 'run/corrupt', /is empty/],
  ['a cut file', '{"schemaVersion": "1.0", "id"', 'run/corrupt', /not valid JSON/],
  ['a list', '[]', 'run/corrupt', /schemaVersion/],
  ['a lacking field', '{"schemaVersion": "1.0"}', 'run/corrupt', /`id`/],
  ['a newer major version', '{"schemaVersion": "2.0"}', 'run/newer-version', /2\.0.*Update RecSight/],
  ['a strange version', '{"schemaVersion": "new"}', 'run/corrupt', /schemaVersion/],
])('%s is refused with a clear message', async (_name, text, code, message) => {
  const run = await makeRun();
  await writeFile(path.join(run.path, 'run.json'), text);
  await expect(run.readManifest()).rejects.toMatchObject({
    name: 'RunReadError',
    code,
    message: expect.stringMatching(message) as string,
  });
});

test('a status or a result that this version does not know is damage, an unknown field is not', async () => {
  const run = await makeRun();
  const manifest = await run.readManifest();
  const write = (changes: object) =>
    writeFile(
      path.join(run.path, 'run.json'),
      JSON.stringify({ ...manifest, schemaVersion: '1.7', ...changes }),
    );
  await write({ carbon: 3 });
  expect(await run.readManifest()).toMatchObject({ id: run.id, carbon: 3 });
  await write({ status: 'dreaming' });
  await expect(run.readManifest()).rejects.toThrow(/`status`/);
  await write({ best: {} });
  await expect(run.readManifest()).rejects.toThrow(/best/);
  await rm(path.join(run.path, 'run.json'));
  await expect(run.readManifest()).rejects.toMatchObject({ code: 'run/missing' });
});

test('evaluations are written, replaced and read; one that is not there is null', async () => {
  const run = await makeRun();
  expect(await run.readEvaluation('test')).toBeNull();
  await run.writeEvaluation('test', { 'ndcg@10': 0.1 });
  await run.writeEvaluation('test', { 'ndcg@10': 0.2 });
  expect(await run.readEvaluation('test')).toEqual({ 'ndcg@10': 0.2 });
  await writeFile(path.join(run.path, 'evaluation', 'test.json'), '{');
  await expect(run.readEvaluation('test')).rejects.toMatchObject({ code: 'run/corrupt' });
});

test('requests are taken once; junk among them is dropped, and what is no file is left', async () => {
  const run = await makeRun();
  expect(await run.takeRequests()).toEqual([]);
  await run.requestStop();
  await writeFile(path.join(run.path, 'control', 'junk.json'), '{"kind": "explode"}');
  await writeFile(path.join(run.path, 'control', 'cut.json'), '{"ki');
  await mkdir(path.join(run.path, 'control', 'folder.json'));
  await writeFile(path.join(run.path, 'control', 'unfinished.json.tmp'), '{"kind": "stop"}');
  expect(await run.takeRequests()).toEqual([{ kind: 'stop' }]);
  expect((await readdir(path.join(run.path, 'control'))).sort()).toEqual([
    'folder.json',
    'unfinished.json.tmp',
  ]);
  expect(await run.takeRequests()).toEqual([]);
});

test('a deleted run takes no request and has none', async () => {
  const run = new RunDirectory(path.join(await temporaryFolder(), 'gone'));
  expect(await run.takeRequests()).toEqual([]);
  await expect(run.readManifest()).rejects.toMatchObject({ code: 'run/missing' });
});

test('a removed run does not come back in part', async () => {
  const run = await makeRun();
  const manifest = await run.readManifest();
  await rm(run.path, { recursive: true });
  for (const write of [
    () => run.requestStop(),
    () => run.writeEvaluation('test', {}),
    () => run.writeManifest(manifest),
    () => run.writeLastManifest(manifest),
  ]) {
    await expect(write()).rejects.toMatchObject({ name: 'RunWriteError', code: 'run/write-failed' });
  }
  expect(await readdir(path.dirname(run.path))).toEqual([]);
});

test('what cannot be read is not taken for missing, and stays', async () => {
  const run = await makeRun();
  const loop = async (name: string) => {
    await rm(path.join(run.path, name), { recursive: true, force: true });
    await symlink(path.basename(name), path.join(run.path, name));
  };
  await run.requestStop();
  await loop('control/unreadable.json');
  expect(await run.takeRequests()).toEqual([{ kind: 'stop' }]);
  expect(await readdir(path.join(run.path, 'control'))).toEqual(['unreadable.json']);
  for (const [name, read] of [
    ['run.json', () => run.readManifest()],
    ['config.json', () => run.readConfig()],
    ['checkpoints', () => run.checkpoints()],
    ['control', () => run.takeRequests()],
  ] as const) {
    await loop(name);
    await expect(read()).rejects.toMatchObject({ name: 'RunReadError', code: 'run/unreadable' });
  }
});

test('what died writers left is swept, and only that', async () => {
  const run = await makeRun();
  const runs = path.dirname(run.path);
  const put = async (file: string, age = 0) => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, '');
    await utimes(file, Date.now() / 1000 - age, Date.now() / 1000 - age);
  };
  const hours = 2 * 3600;
  const inRun = (name: string) => path.join(run.path, name);
  await put(inRun('run.json.0123abcd.tmp'));
  await put(inRun('checkpoints/last/state.json.0123abcd.tmp'));
  await put(inRun('checkpoints/last/notes.tmp'));
  await put(inRun('control/1-stop.json.0123abcd.tmp'));
  await put(inRun('control/2-stop.json.0123abcd.tmp'), hours);
  await put(inRun('process.0123456789abcdef.claim'), hours);
  for (const [name, age] of [
    ['.20260101-000000-old-0000', hours],
    ['.20260101-000000-young-0000', 0],
    ['.cache', hours],
  ] as const) {
    await put(path.join(runs, name, 'run.json'));
    await utimes(path.join(runs, name), Date.now() / 1000 - age, Date.now() / 1000 - age);
  }
  await sweepRun(run.path);
  expect((await readdir(run.path, { recursive: true })).sort()).toEqual([
    'checkpoints',
    'checkpoints/last',
    'checkpoints/last/notes.tmp',
    'config.json',
    'control',
    'control/1-stop.json.0123abcd.tmp',
    'run.json',
  ]);
  const other = await createRun(runs, newRun(runs));
  expect((await readdir(runs)).sort()).toEqual(
    ['.20260101-000000-young-0000', '.cache', run.id, other.id].sort(),
  );
});

test('a folder that takes no run is named, with the reason and what to do', async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, '.recsight'), '');
  const runs = runsDirectoryOf(folder);
  await expect(createRun(runs, newRun(folder))).rejects.toMatchObject({
    code: 'run/write-failed',
    message: `Runs cannot be stored in ${runs}: a folder on its path is a file. Move that file, or use another folder.`,
  });
});
