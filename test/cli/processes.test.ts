import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunManifest } from '../../src/protocol/run';
import { RunDirectory, runsDirectoryOf } from '../../src/runs/runDirectory';
import { listRuns, readRun } from '../../src/runs/runStore';
import { readLiveTrainer } from '../../src/runs/trainerLock';

/*
 * The command line as a process among others: signals, pipes, files that are none or no longer what they were, and what it
 * prints for programs. One workspace serves all of it.
 */

const CLI = path.resolve('dist/cli.js');
const PATIENCE = { timeout: 60_000, interval: 50 };
const LONG = ['--set', 'training.epochs=100000'];

interface Program {
  child: ChildProcess;
  /** `code` is the name of the signal where that ended it. */
  ended: Promise<{ code: number | NodeJS.Signals | null; stdout: string; stderr: string }>;
  /** What it has printed by now. */
  printed: { stdout: string; stderr: string };
}

let workspace: string;
const children: ChildProcess[] = [];

function start(args: readonly string[], cwd = workspace, env = process.env): Program {
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  ).then((code) => ({ code, ...printed }));
  return { child, ended, printed };
}

const recsight = (...args: string[]) => start(args).ended;

async function runDirectories(): Promise<string[]> {
  const { runs } = await listRuns(runsDirectoryOf(workspace));
  return runs.map(({ directory }) => directory);
}

/** Waits for a run that was not there before. */
async function newRun(before: readonly string[]): Promise<string> {
  let found: string | undefined;
  await expect
    .poll(async () => (found = (await runDirectories()).find((run) => !before.includes(run))), PATIENCE)
    .toBeDefined();
  return found!;
}

const statusOf = async (directory: string) => (await readRun(directory)).status;
const isTraining = async (directory: string) => {
  const { status, manifest } = await readRun(directory);
  return status === 'running' && manifest.progress.step > 0;
};

beforeAll(async () => {
  workspace = await realpath(await mkdtemp(path.join(tmpdir(), 'recsight-cli-')));
  const rows = ['user_id,item_id,timestamp'];
  for (let user = 0; user < 40; user++)
    for (let step = 0; step < 6; step++) rows.push(`u${user},"i,${(user + step * step) % 20}",${1e9 + step}`);
  await writeFile(path.join(workspace, 'ratings.csv'), `${rows.join('\n')}\n`);
  const config = {
    dataset: { path: 'ratings.csv' },
    model: { type: 'sasrec', maxSequenceLength: 8, hiddenSize: 16, numBlocks: 1 },
    training: { epochs: 1, batchSize: 16, earlyStopping: { patience: null } },
  };
  await writeFile(path.join(workspace, 'tiny.recsight.json'), JSON.stringify(config));
  expect((await recsight('train', 'tiny.recsight.json')).code).toBe(0);
}, 60_000);

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const directory of await runDirectories()) {
    const trainer = await readLiveTrainer(new RunDirectory(directory));
    if (trainer !== null) process.kill(trainer.pid, 'SIGKILL');
  }
});

afterAll(() => rm(workspace, { recursive: true, force: true }));

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s before there is a run leaves none', async (signal, code) => {
    // A git that never answers, which is asked before the run is made.
    const folder = path.join(workspace, `git-${signal}`);
    await mkdir(folder);
    await writeFile(path.join(folder, 'git'), '#!/bin/sh\n: > "$0-was-asked"\nexec cat\n', { mode: 0o755 });
    const before = await runDirectories();
    const env = { ...process.env, PATH: [folder, process.env.PATH].join(path.delimiter) };
    const program = start(['train', 'tiny.recsight.json', ...LONG], workspace, env);
    await expect.poll(() => readdir(folder), { ...PATIENCE, interval: 10 }).toContain('git-was-asked');
    program.child.kill(signal);
    expect((await program.ended).code).toBe(code);
    expect(await runDirectories()).toEqual(before);
    expect(runningProcesses().filter(({ line }) => line.includes(workspace))).toEqual([]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s as soon as there is a run ends the trainer that is only starting', async (signal, code) => {
    const before = await runDirectories();
    const program = start(['train', 'tiny.recsight.json', ...LONG]);
    const run = await newRun(before);
    program.child.kill(signal);
    expect((await program.ended).code).toBe(code);
    expect(await statusOf(run)).toBe('stopped');
    expect(await readLiveTrainer(new RunDirectory(run))).toBeNull();
  });

  it('a terminal that goes as soon as there is a run leaves the trainer alone, and is told where it is', async () => {
    const before = await runDirectories();
    const program = start(['train', 'tiny.recsight.json', ...LONG]);
    const run = await newRun(before);
    program.child.kill('SIGHUP');
    const { code, stderr } = await program.ended;
    expect(code).toBe(129);
    expect(stderr).toContain(`continues: ${run}\n`);
    await expect.poll(() => isTraining(run), PATIENCE).toBe(true);
    expect((await recsight('stop', run)).code).toBe(0);
    expect(await statusOf(run)).toBe('stopped');
  });

  // Few rows, but billions of pairs: each of 60 users has 2,000 items that all have, and 3,000 that nobody else has.
  const manyPairs =
    'SELECT u.range AS user_id, CASE WHEN i.range < 2000 THEN i.range ELSE 5000 * u.range + i.range END AS item_id, ' +
    'i.range AS timestamp FROM range(60) u, range(5000) i';
  it.each<[string, object, (manifest: RunManifest) => boolean]>([
    [
      'data are prepared',
      {
        dataset: {
          query: 'SELECT range AS user_id, 1 AS item_id, 1 AS timestamp FROM range(1000000000000000)',
        },
      },
      // The engine is started last before.
      ({ status, backend }) => status === 'preparing' && backend !== null,
    ],
    [
      'item-kNN is fitted and validated',
      { dataset: { query: manyPairs }, model: { type: 'itemKnn' } },
      ({ status }) => status === 'running',
    ],
    [
      'item-kNN is measured beside a model',
      {
        dataset: { query: manyPairs },
        model: { type: 'popularity' },
        evaluation: { baselines: ['itemKnn'] },
      },
      ({ status }) => status === 'evaluating',
    ],
  ])('Ctrl-C while %s ends the trainer, which is not forced', async (_, config, isAtIt) => {
    const before = await runDirectories();
    const changes = Object.entries(config).flatMap(([field, value]) => [
      '--set',
      `${field}=${JSON.stringify(value)}`,
    ]);
    const program = start(['train', 'tiny.recsight.json', ...changes]);
    const run = await newRun(before);
    await expect.poll(async () => isAtIt((await readRun(run)).manifest), PATIENCE).toBe(true);
    program.child.kill('SIGINT');
    const { code, stdout } = await program.ended;
    expect(code).toBe(130);
    expect(stdout).not.toContain('and was killed');
    expect(await statusOf(run)).toBe('stopped');
    expect(runningProcesses().filter(({ line }) => line.includes(run))).toEqual([]);
  });

  it('SIGTERM saves a checkpoint and ends the trainer; a terminal that goes leaves it alone, and resume goes on', async () => {
    const before = await runDirectories();
    const program = start(['train', 'tiny.recsight.json', ...LONG, '--json']);
    const run = await newRun(before);
    await expect.poll(() => isTraining(run), PATIENCE).toBe(true);
    program.child.kill('SIGTERM');
    const ended = await program.ended;
    expect(ended.code).toBe(143);
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'stopped', directory: run });
    expect(await statusOf(run)).toBe('stopped');

    const resumed = start(['resume', path.basename(run)]);
    await expect.poll(() => isTraining(run), PATIENCE).toBe(true);
    resumed.child.kill('SIGHUP');
    const hungUp = await resumed.ended;
    expect(hungUp.code).toBe(129);
    expect(hungUp.stderr).toContain(`continues: ${run}\n`);
    expect(await readFile(new RunDirectory(run).logPath, 'utf8')).toContain('Detached from the terminal');
    expect(await statusOf(run)).toBe('running');

    const stopped = await recsight('stop', 'latest', '--json');
    expect(JSON.parse(stopped.stdout)).toEqual({
      run: path.basename(run),
      directory: run,
      status: 'stopped',
    });
  });

  it('a second Ctrl-C ends a trainer that does not answer', async () => {
    const before = await runDirectories();
    const program = start(['train', 'tiny.recsight.json', ...LONG]);
    const run = await newRun(before);
    await expect.poll(() => isTraining(run), PATIENCE).toBe(true);
    const { pid } = (await readLiveTrainer(new RunDirectory(run)))!;
    process.kill(pid, 'SIGSTOP');
    program.child.kill('SIGINT');
    await expect.poll(() => program.printed.stderr, PATIENCE).toContain('Stopping after this step');
    program.child.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
    expect(runningProcesses().some((other) => other.pid === pid)).toBe(false);
    expect(await statusOf(run)).toBe('stopped');
  });

  it.each([
    ['trainer.js', ['backends']],
    ['trainer.js', ['vectors', 'latest', '--output', 'interrupted.csv']],
    ['inspector.js', ['project', 'latest', '--method', 'umap', '--output', 'interrupted.csv']],
  ])('end %s, which a command started and nobody else waits for: %j', async (script, args) => {
    const program = start(args);
    const child = () =>
      runningProcesses().find(({ parent, line }) => parent === program.child.pid && line.includes(script));
    let pid: number | undefined;
    await expect.poll(() => (pid = child()?.pid), { ...PATIENCE, interval: 10 }).toBeDefined();
    program.child.kill('SIGTERM');
    expect((await program.ended).code).toBe(143);
    await expect.poll(() => runningProcesses().some((other) => other.pid === pid), PATIENCE).toBe(false);
    expect((await readdir(workspace)).filter((name) => name.startsWith('interrupted'))).toEqual([]);
  });

  it('a reader that goes away leaves the trainer alone, says where it is, and is no success', async () => {
    const before = await runDirectories();
    const program = start(['train', 'tiny.recsight.json', ...LONG]);
    program.child.stdout!.once('data', () => program.child.stdout!.destroy());
    const { code, stderr } = await program.ended;
    const run = await newRun(before);
    expect(code).toBe(141);
    expect(stderr).toContain(`continues: ${run}\n`);
    await expect.poll(() => isTraining(run), PATIENCE).toBe(true);
    expect((await recsight('stop', run)).code).toBe(0);
  });

  it('--detach starts a trainer and returns', async () => {
    const { code, stdout } = await recsight('train', 'tiny.recsight.json', ...LONG, '--detach', '--json');
    expect(code).toBe(0);
    const { run, directory } = JSON.parse(stdout) as { run: string; directory: string };
    expect(path.basename(directory)).toBe(run);
    await expect.poll(() => isTraining(directory), PATIENCE).toBe(true);
    expect((await recsight('stop', run)).stdout).toBe(`Run ${run}: stopped.\n`);
  });
});

describe('--output', () => {
  it.each(['-', '/dev/stdout'])('%s gives the data alone to the standard output', async (name) => {
    const vectors = await recsight('vectors', 'latest', '--format', 'csv', '--output', name);
    expect(vectors.code).toBe(0);
    const lines = vectors.stdout.trimEnd().split('\n');
    expect(lines[0]).toBe(`id,${[...Array(16).keys()].join(',')}`);
    expect(lines).toHaveLength(21);
    expect(vectors.stderr).toMatch(/^Wrote 20 vectors of 16 values, .* to standard output\.$/m);
    expect((await lstat('/dev/stdout')).isSymbolicLink()).toBe(true);
  });

  it('follows a link, writes binary data whole, and says what a stream lacks', async () => {
    await writeFile(path.join(workspace, 'target.csv'), 'old\n');
    await symlink('target.csv', path.join(workspace, 'link.csv'));
    const projected = await recsight('project', 'latest', '--output', 'link.csv');
    expect(projected.code).toBe(0);
    expect((await lstat(path.join(workspace, 'link.csv'))).isSymbolicLink()).toBe(true);
    expect(await readFile(path.join(workspace, 'target.csv'), 'utf8')).toMatch(/^id,label,.*,x,y\n/);

    const command = `"${process.execPath}" "${CLI}" vectors latest --format npy --output - > piped.npy`;
    const { stderr } = await shell(command);
    expect(stderr).toMatch(/The ids were not written/);
    expect((await recsight('vectors', 'latest', '--output', 'own.npy')).code).toBe(0);
    const [piped, own] = await Promise.all(
      ['piped.npy', 'own.npy'].map((name) => readFile(path.join(workspace, name))),
    );
    expect(piped!.equals(own!)).toBe(true);
  });

  it.each([
    ['a folder', ['vectors', 'latest', '--format', 'csv', '--output', '.'], /“\.”, which is a folder/],
    ['two results in one', ['vectors', 'latest', '--json', '--output', '-'], /both write to standard output/],
    [
      'two files in one stream',
      ['project', 'latest', '--format', 'tensorboard', '--output', '-'],
      /TensorBoard needs two files/,
    ],
  ])('refuses %s', async (_, args, message) => {
    const { code, stdout, stderr } = await recsight(...args);
    expect(code).toBe(2);
    expect(stdout + stderr).toMatch(message);
  });
});

describe('--set for a run that there is', () => {
  interface Report {
    run: string;
    directory: string;
    epochs: number;
    validation: object;
    test: Record<string, number>;
  }
  const train = async (epochs: number) => {
    const { stdout } = await recsight(
      'train',
      'tiny.recsight.json',
      '--set',
      `training.epochs=${epochs}`,
      '--json',
    );
    return JSON.parse(stdout) as Report;
  };

  it('goes on with a finished run as if more epochs had been planned from the start', async () => {
    const planned = await train(3);
    const short = await train(1);
    const more = await recsight('resume', short.run, '--set', 'training.epochs=3', '--json');
    expect(more.code).toBe(0);
    expect(more.stderr).toContain('From here on: training.epochs from 1 to 3.\n');
    const resumed = JSON.parse(more.stdout) as Report;
    expect(resumed).toMatchObject({ epochs: 3, validation: planned.validation, test: planned.test });
    const [config, plannedConfig] = await Promise.all(
      [short, planned].map(({ directory }) => new RunDirectory(directory).readConfig()),
    );
    expect(config).toEqual(plannedConfig);
    const { manifest } = await readRun(short.directory);
    expect(manifest.configDigest).toBe((await readRun(planned.directory)).manifest.configDigest);
    expect(manifest.progress.epochs).toBe(3);
    expect((await recsight('resume', short.run)).stdout).toContain('all 3 epochs are done');

    const once = await recsight('evaluate', short.run, '--set', 'evaluation.cutoffs=[1,10]', '--json');
    expect(once.code).toBe(0);
    const { test } = JSON.parse(once.stdout) as Report;
    expect(Object.keys(test)).toEqual(expect.arrayContaining(['hr@1', 'hr@10']));
    expect(test).not.toHaveProperty('hr@20');
    expect(test['ndcg@10']).toBe(planned.test['ndcg@10']);
    expect(await new RunDirectory(short.directory).readConfig()).toEqual(config);
  });

  it('refuses what would make another run of it, and leaves the run as it is', async () => {
    const { directory } = await train(1);
    const before = await readFile(path.join(directory, 'run.json'), 'utf8');
    const { code, stdout } = await recsight('resume', directory, '--set', 'model.hiddenSize=32', '--json');
    expect(code).toBe(1);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe('config/fixed');
    expect(error.message).toMatch(/^`model\.hiddenSize` cannot change .* accepts `training\.epochs`/);
    expect(await readFile(path.join(directory, 'run.json'), 'utf8')).toBe(before);

    await rm(path.join(directory, 'checkpoints', 'best'), { recursive: true });
    const evaluated = await recsight('evaluate', directory, '--json');
    expect(evaluated.code).toBe(1);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({
      status: 'finished',
      test: null,
      error: { code: 'evaluation/failed', message: expect.stringContaining('no checkpoint') as string },
    });
    await rm(directory, { recursive: true });
  });
});

describe('a run whose data file', () => {
  let run: string;
  const file = () => path.join(workspace, 'own.csv');

  beforeAll(async () => {
    await copyFile(path.join(workspace, 'ratings.csv'), file());
    const { stdout } = await recsight(
      'train',
      'tiny.recsight.json',
      '--set',
      'dataset.path=own.csv',
      '--json',
    );
    run = (JSON.parse(stdout) as { directory: string }).directory;
  });

  /** Other users with other items, and fewer of both. */
  const changeFile = () => {
    const rows = [...Array(60).keys()].map((row) => `v${row % 10},j${row % 12},${row}`);
    return writeFile(file(), ['user_id,item_id,timestamp', ...rows, ''].join('\n'));
  };

  describe.each<[string, () => Promise<void>, RegExp, number]>([
    ['has changed', changeFile, /data files.* have changed since this run was started: the copy/, 2],
    ['is gone', () => rm(file()), /data files.* can no longer be read: the copy.*own\.csv/, 3],
  ])('%s', (_, change, said, epochs) => {
    beforeAll(change);

    it.each<[string, string[], object]>([
      ['vectors', ['--format', 'csv', '--output', 'own-vectors.csv'], { rows: 20 }],
      ['project', ['--output', 'own-points.csv'], { rows: 20 }],
      [
        'attention',
        ['--user', 'u7'],
        { user: 'u7', history: [7, 8, 11, 16, 3].map((item) => ({ id: `i,${item}` })) },
      ],
      ['evaluate', [], { status: 'finished', protocol: { numUsers: 40 }, error: null }],
      [
        'resume',
        ['--set', `training.epochs=${epochs}`],
        { status: 'finished', protocol: { numUsers: 40 }, epochs },
      ],
    ])(
      'serves `%s` with the copy that was prepared for it, which is said',
      async (command, args, expected) => {
        const { code, stdout, stderr } = await recsight(command, run, ...args, '--json');
        expect(stderr).toMatch(said);
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject(expected);
      },
    );
  });
});

describe('what programs and people read', () => {
  it.each([
    ['a missing config', ['train', 'gone.recsight.json'], 1, 'config/missing'],
    ['an unknown flag', ['runs', '--all'], 2, 'cli/usage'],
    ['a run that has ended', ['stop', 'latest'], 1, 'run/not-running'],
  ])('--json prints one object on errors too: %s', async (_, args, exitCode, code) => {
    const output = await recsight(...args, '--json');
    expect(output.code).toBe(exitCode);
    expect(output.stderr).toBe('');
    const { error } = JSON.parse(output.stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/\w/);
  });

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await recsight('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it('takes ids with commas as histories', async () => {
    const read = async (...args: string[]) => {
      const { stdout } = await recsight('attention', 'latest', '--json', ...args);
      return (JSON.parse(stdout) as { history: { id: string }[] }).history.map(({ id }) => id);
    };
    expect(await read('--history', '["i,3", "i,7"]')).toEqual(['i,3', 'i,7']);
    expect(await read('--history', 'i,3', '--history', 'i,7')).toEqual(['i,3', 'i,7']);
  });

  it('passes over broken folders for `latest`, and shows no control character of what it reads', async () => {
    const trained = await recsight(
      'train',
      'tiny.recsight.json',
      '--set',
      'model={"type":"popularity"}',
      '--json',
    );
    const { directory } = JSON.parse(trained.stdout) as { directory: string };
    const run = new RunDirectory(directory);
    const manifest = await run.readManifest();
    await run.writeManifest({ ...manifest, name: 'evil\x1b]0;owned\x07\u202e' });
    const broken = path.join(runsDirectoryOf(workspace), '29991231-235959-x\x1b[31m-0000');
    await mkdir(broken);
    try {
      const { code, stdout, stderr } = await recsight('evaluate', 'latest');
      expect(code).toBe(0);
      expect(stdout).toContain('evil\\x1b]0;owned\\x07\\u202e');
      expect(stderr).toContain('Skipped ');
      expect(stdout + stderr).not.toMatch(/[\x1b\x07\u202e]/);
    } finally {
      await rm(broken, { recursive: true });
    }
  });

  it('keeps runs at the root of the work tree, and lists those that lie deeper', async () => {
    const root = path.join(workspace, 'project');
    const deep = path.join(root, 'configs', 'deep');
    await mkdir(deep, { recursive: true });
    execFileSync('git', ['init', '--quiet', root]);
    const config = { dataset: { path: '../../../ratings.csv' }, model: { type: 'popularity' } };
    await writeFile(path.join(deep, 'pop.recsight.json'), JSON.stringify(config));
    // As older versions did.
    const args = ['train', 'pop.recsight.json', '--json'];
    const older = await start([...args, '--runs', '.recsight/runs'], deep).ended;
    const later = await start(args, deep).ended;
    const [first, second] = [older, later].map(
      ({ stdout }) => JSON.parse(stdout) as { run: string; directory: string },
    );
    expect(path.dirname(first!.directory)).toBe(runsDirectoryOf(deep));
    expect(path.dirname(second!.directory)).toBe(runsDirectoryOf(root));
    const listed = await start(['runs', '--json'], root).ended;
    expect((JSON.parse(listed.stdout) as { runs: { id: string }[] }).runs.map(({ id }) => id)).toEqual([
      second!.run,
      first!.run,
    ]);
    expect((await start(['runs'], root).ended).stdout).toContain(`in ${path.join('configs', 'deep')}`);
    expect((await start(['evaluate', first!.run], root).ended).code).toBe(0);
  });
});

/** Processes of this machine, without those that have ended and only wait to be reaped. */
function runningProcesses(): { pid: number; parent: number; line: string }[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return table
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row))
    .filter((fields) => fields !== null && !fields[3]!.startsWith('Z'))
    .map((fields) => ({ pid: Number(fields![1]), parent: Number(fields![2]), line: fields![4]! }));
}

/** A command of the shell, for what only a shell does. */
function shell(command: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn('sh', ['-c', command], { cwd: workspace, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}
