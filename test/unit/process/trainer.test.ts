import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { findNode } from '../../../src/process/nodeRuntime';
import { evaluateRun, resumeRun } from '../../../src/process/resumeRun';
import { startTraining } from '../../../src/process/startTraining';
import { stopRun } from '../../../src/process/stopRun';
import type { TrainerOptions } from '../../../src/process/trainerOptions';
import { readProcessStartTime } from '../../../src/runs/processStartTime';
import { RunDirectory, runsDirectoryOf } from '../../../src/runs/runDirectory';
import { listRuns, readRun } from '../../../src/runs/runStore';
import { acquireTrainerLock, readLiveTrainer } from '../../../src/runs/trainerLock';
import { readRunCode } from '../../../src/userCode/runCode';
import { until } from '../../until';
import { temporaryFolder } from '../runs/newRun';
import { bundleScript } from '../runs/spawnScript';

let options: TrainerOptions;
let scripts: string;

beforeAll(async () => {
  scripts = await mkdtemp(path.join(tmpdir(), 'recsight-test-'));
  await mkdir(path.join(scripts, 'dist'));
  await writeFile(path.join(scripts, 'package.json'), '{"version": "9.8.7"}');
  const fixture = path.join(import.meta.dirname, 'fixtures', 'trainer.ts');
  options = {
    node: await findNode(process.execPath),
    trainerPath: await bundleScript(fixture, path.join(scripts, 'dist')),
  };
});
afterAll(() => rm(scripts, { recursive: true }));

async function writeConfig(folder: string, name: string): Promise<string> {
  const file = path.join(folder, `${name}.recsight.json`);
  await writeFile(file, '{ "dataset": { "path": "a.csv" }, "model": { "type": "sasrec" } } // enough');
  return file;
}

async function start(name: string, overrides?: string[]): Promise<RunDirectory> {
  const folder = await temporaryFolder();
  const configPath = await writeConfig(folder, name);
  const run = await startTraining({
    ...options,
    configPath,
    workspaceFolder: folder,
    runsDirectory: runsDirectoryOf(folder),
    ...(overrides === undefined ? {} : { overrides }),
  });
  onTestFinished(() => killLeftovers(run));
  return run;
}

async function killLeftovers(run: RunDirectory): Promise<void> {
  const trainer = await readLiveTrainer(run);
  if (trainer?.host === hostname()) {
    process.kill(-trainer.pid, 'SIGKILL');
  }
}

const statusOf = async (run: RunDirectory) => (await readRun(run.path)).status;
const reaches = (run: RunDirectory, status: string) =>
  vi.waitFor(async () => expect(await statusOf(run)).toBe(status), { timeout: 25_000 });
const pidOf = async (run: RunDirectory) => (await readLiveTrainer(run))!.pid;

/** Every process whose parent is this one and that has ended without being reaped. */
function zombies(): string[] {
  const table = execFileSync('ps', ['-o', 'stat=,ppid=,args=', '-A'], { encoding: 'utf8' });
  return table.split('\n').filter((line) => line.startsWith('Z') && line.includes(String(process.pid)));
}

test('training runs detached, is known in its run directory, and is stopped on request', async () => {
  const run = await start('polite', ['training.epochs=7', 'name=My polite run']);
  await reaches(run, 'running');
  const { manifest } = await readRun(run.path);
  expect(manifest).toMatchObject({
    name: 'My polite run',
    model: 'sasrec',
    configPath: 'polite.recsight.json',
    mainMetric: 'ndcg@10',
    progress: { epochs: 7 },
    git: null,
    versions: { recsight: '9.8.7', node: process.versions.node },
  });
  const pid = await pidOf(run);
  const groupAndSession = execFileSync('ps', ['-o', 'pgid=,sid=', '-p', String(pid)], { encoding: 'utf8' });
  expect(groupAndSession.trim().split(/\s+/).map(Number)).toEqual([pid, pid]);
  expect(await stopRun(run)).toBe('stopped');
  expect(await readProcessStartTime(pid)).toBeNull();
  await expect.poll(zombies).toEqual([]);
  expect(await readFile(run.logPath, 'utf8')).toBe('train My polite run\n');
  expect(await run.takeRequests()).toEqual([]);
  // A second stop is no harm.
  expect(await stopRun(run)).toBe('stopped');
});

test('the name decides nothing else: a run that stopped is resumed and evaluated, an active one is not', async () => {
  const run = await start('polite');
  await expect(resumeRun(options, run)).rejects.toMatchObject({ code: 'run/busy', pid: await pidOf(run) });
  await expect(evaluateRun(options, run)).rejects.toMatchObject({ code: 'run/busy' });
  await stopRun(run);
  await resumeRun(options, run);
  await reaches(run, 'running');
  await stopRun(run);
  await evaluateRun(options, run);
  await stopRun(run);
  expect(await readFile(run.logPath, 'utf8')).toBe('train polite\nresume polite\nevaluate polite\n');
});

test('a killed trainer makes the run lost, and it can be resumed', async () => {
  const run = await start('polite');
  await reaches(run, 'running');
  process.kill(await pidOf(run), 'SIGKILL');
  await reaches(run, 'lost');
  expect(await stopRun(run)).toBe('lost');
  await resumeRun(options, run);
  await reaches(run, 'running');
  expect(await stopRun(run)).toBe('stopped');
  await expect.poll(zombies).toEqual([]);
});

test.each(['deaf', 'hasty'])(
  'a %s trainer is ended by force; the run is stopped, with a note',
  async (name) => {
    const run = await start(name);
    await reaches(run, 'running');
    const pid = await pidOf(run);
    expect(await stopRun(run, { graceMs: 300 })).toBe('stopped');
    expect(await readProcessStartTime(pid)).toBeNull();
    await expect.poll(zombies).toEqual([]);
    expect(await run.takeRequests()).toEqual([]);
    const log = readFileSync(run.eventsPath, 'utf8');
    expect(log).toContain('and was killed');
    expect(log.trim().split('\n').at(-1)).toContain('"status":"stopped"');
  },
);

test('what a trainer started dies with it', async () => {
  const run = await start('parent');
  await reaches(run, 'running');
  await vi.waitFor(async () => expect(await readFile(run.logPath, 'utf8')).toContain('child'));
  const child = Number(/child (\d+)/.exec(await readFile(run.logPath, 'utf8'))![1]);
  expect(await readProcessStartTime(child)).not.toBeNull();
  expect(await stopRun(run, { graceMs: 300 })).toBe('stopped');
  await vi.waitFor(async () => expect(await readProcessStartTime(child)).toBeNull());
});

test('a process that stays after its run has stopped is ended', async () => {
  const run = await start('lingering');
  await reaches(run, 'running');
  const pid = await pidOf(run);
  expect(await stopRun(run, { graceMs: 500 })).toBe('stopped');
  expect(await readProcessStartTime(pid)).toBeNull();
  expect(readFileSync(run.eventsPath, 'utf8')).not.toContain('and was killed');
});

test('who writes down how a trainer ended is not taken for it, nor ended', async () => {
  const run = await start('polite');
  await stopRun(run);
  const stopped = await run.readManifest();
  await run.writeManifest({ ...stopped, status: 'running' });
  const signals: unknown[] = [];
  const kill = process.kill.bind(process);
  const spy = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
    if (signal === 0) return kill(pid, signal);
    signals.push(signal);
    return true;
  });
  try {
    const lock = await acquireTrainerLock(run, { purpose: 'record' });
    const stopping = stopRun(run, { graceMs: 2000 });
    // The stop has seen the process that holds the run.
    await vi.waitFor(async () => expect(await readdir(path.join(run.path, 'control'))).not.toEqual([]));
    await run.writeLastManifest(stopped);
    await lock.release();
    expect(await stopping).toBe('stopped');
    expect(signals).toEqual([]);
  } finally {
    spy.mockRestore();
  }
});

test('a trainer that is done before anyone looks has been started all the same', async () => {
  const run = await start('quick');
  await reaches(run, 'finished');
  await resumeRun(options, run);
  await reaches(run, 'finished');
});

test('a trainer that dies at once is told with what it printed, and its run is failed', async () => {
  const folder = await temporaryFolder();
  const runsDirectory = runsDirectoryOf(folder);
  const starting = startTraining({
    ...options,
    configPath: await writeConfig(folder, 'broken'),
    workspaceFolder: folder,
    runsDirectory,
  });
  await expect(starting).rejects.toMatchObject({
    code: 'trainer/start-failed',
    message: expect.stringMatching(/exit code 1 .*the wheel came off/s) as string,
  });
  const { runs } = await listRuns(runsDirectory);
  expect(runs).toMatchObject([{ status: 'failed', manifest: { error: { code: 'trainer/start-failed' } } }]);
  expect(existsSync(new RunDirectory(runs[0]!.directory).processPath)).toBe(false);
});

test('a Node.js that is not there, and a trainer that is not there', async () => {
  const folder = await temporaryFolder();
  const configPath = await writeConfig(folder, 'polite');
  const runsDirectory = runsDirectoryOf(folder);
  const node = { ...options.node, path: path.join(folder, 'no-node') };
  await expect(
    startTraining({ ...options, node, configPath, workspaceFolder: folder, runsDirectory }),
  ).rejects.toThrow(/could not be started \(there is no such file or folder\)/);
  const trainerPath = path.join(folder, 'no-trainer.js');
  await expect(
    startTraining({ ...options, trainerPath, configPath, workspaceFolder: folder, runsDirectory }),
  ).rejects.toThrow(/Cannot find module/);
  expect((await listRuns(runsDirectory)).runs.map((run) => run.status)).toEqual(['failed', 'failed']);
});

test('a config in a folder of its own may name a model in another folder of the workspace, before there are runs', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'configs'));
  await mkdir(path.join(folder, 'models'));
  vi.stubEnv('XDG_CONFIG_HOME', path.join(folder, 'settings'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const model =
    "import { defineModel } from 'recsight/v1';\nexport default defineModel({ title: 'Mine', options: {}, create() {} });";
  await writeFile(path.join(folder, 'models/mine.ts'), model);
  const configPath = path.join(folder, 'configs', 'polite.recsight.json');
  await writeFile(configPath, '{ "dataset": { "path": "a.csv" }, "model": { "type": "../models/mine.ts" } }');
  const run = await startTraining({
    ...options,
    configPath,
    workspaceFolder: folder,
    runsDirectory: runsDirectoryOf(folder),
  });
  onTestFinished(() => killLeftovers(run));
  expect(await readRunCode(run)).toMatchObject({
    workspaceFolder: folder,
    configFolder: 'configs',
    entries: { '../models/mine.ts': 'models/mine.ts' },
  });
});

test('a bad config makes no run', async () => {
  const folder = await temporaryFolder();
  const configPath = path.join(folder, 'bad.recsight.json');
  await writeFile(configPath, '{');
  const runsDirectory = runsDirectoryOf(folder);
  await expect(
    startTraining({ ...options, configPath, workspaceFolder: folder, runsDirectory }),
  ).rejects.toMatchObject({
    name: 'ConfigError',
  });
  expect(existsSync(runsDirectory)).toBe(false);
});

test('of several resumes at once exactly one wins', async () => {
  const run = await start('polite');
  await stopRun(run);
  const results = await Promise.allSettled(Array.from({ length: 3 }, () => resumeRun(options, run)));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'rejected') {
      expect(result.reason).toMatchObject({ code: 'run/busy' });
    }
  }
  await reaches(run, 'running');
  expect(await stopRun(run)).toBe('stopped');
  await expect.poll(zombies).toEqual([]);
});

test('a run on another host is asked, and left alone', async () => {
  const run = await start('polite');
  await stopRun(run);
  await run.writeManifest({ ...(await run.readManifest()), status: 'running' });
  const bystander = await start('deaf');
  const pid = await pidOf(bystander);
  const remote = { pid, processStartTime: 'x', host: 'elsewhere', nonce: 'n', heartbeat: Date.now() };
  await writeFile(run.processPath, JSON.stringify(remote));
  expect(await stopRun(run, { graceMs: 300 })).toBe('running');
  expect((await run.takeRequests()).length).toBeGreaterThan(0);
  expect(await readProcessStartTime(pid)).not.toBeNull();
  await expect(resumeRun(options, run)).rejects.toThrow(/on elsewhere/);
  await rm(run.processPath);
  await stopRun(bystander, { graceMs: 10 });
});

test('a stop that comes while the trainer is starting is not lost', async () => {
  const folder = await temporaryFolder();
  const configPath = await writeConfig(folder, 'polite');
  const runsDirectory = runsDirectoryOf(folder);
  const starting = startTraining({ ...options, configPath, workspaceFolder: folder, runsDirectory });
  const found = await until('the run', async () => (await listRuns(runsDirectory)).runs[0]);
  expect(await stopRun(new RunDirectory(found.directory))).toBe('stopped');
  await starting;
});

test('a trainer that has not taken up its run is ended at once when it is to stop', async () => {
  const folder = await temporaryFolder();
  const stopping = new AbortController();
  let started: RunDirectory | undefined;
  const run = await startTraining({
    ...options,
    configPath: await writeConfig(folder, 'slow'),
    workspaceFolder: folder,
    runsDirectory: runsDirectoryOf(folder),
    signal: stopping.signal,
    onStarted: (begun) => {
      started = begun;
      stopping.abort();
    },
  });
  expect(run).toBe(started);
  const { status, manifest } = await readRun(run.path);
  expect(status).toBe('stopped');
  expect(manifest.error).toBeNull();
  expect(await readFile(run.eventsPath, 'utf8')).toContain('stopped before its trainer had started it');
  const table = execFileSync('ps', ['-o', 'args=', '-A'], { encoding: 'utf8' });
  expect(table.split('\n').filter((line) => line.includes(run.path))).toEqual([]);
});
