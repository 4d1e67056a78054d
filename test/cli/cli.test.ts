import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMetric } from '../../src/evaluation/metrics/metrics';
import { meanRankMetric, tieGroups } from '../../src/evaluation/rankMetrics';
import { RandomStream } from '../../src/compute/random';
import type { Comparison } from '../../src/protocol/comparison';
import type { BackendReport } from '../../src/protocol/backends';
import type { RunManifest, RunStatus, TrainerProcess } from '../../src/protocol/run';
import { shortestFloat32 } from '../../src/protocol/shortestFloat32';
import type { VectorReport } from '../../src/protocol/vectors';
import { readPerUserResults } from '../../src/runs/perUserFile';
import { RunDirectory } from '../../src/runs/runDirectory';
import { readRun } from '../../src/runs/runStore';
import { until } from '../until';

/*
 * The command line as its users run it: the built dist/cli.js, which starts the built dist/trainer.js.
 */

const CLI = path.resolve('dist/cli.js');
const execute = promisify(execFile);

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

interface TrainReport {
  run: string;
  directory: string;
  status: RunStatus;
  protocol: { numUsers: number; seenTargets: number };
  validation: { metrics: Record<string, number> };
  test: Record<string, number>;
  baselines: Record<string, Record<string, number>>;
  epochs: number;
  seconds: number;
}

describe('recsight', () => {
  let folder: string;
  const started: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-cli-'));
    await writeFile(path.join(folder, 'ratings.csv'), ratings());
    await writeConfig({});
  });

  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    for (const pid of await trainers()) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  /** Users who mostly take the next item. Ids have leading zeros. */
  function ratings(): string {
    const random = new RandomStream(5);
    const rows = ['user_id,item_id,timestamp'];
    for (let user = 0; user < 60; user++) {
      let item = random.nextInt(30);
      for (let step = 0; step < 8; step++) {
        rows.push(`00${user},0${item},${1_600_000_000 + user * 100 + step}`);
        item = random.nextFloat() < 0.8 ? (item + 1) % 30 : random.nextInt(30);
      }
    }
    return `${rows.join('\n')}\n`;
  }

  async function writeConfig(training: object, dataset: object = {}): Promise<void> {
    const config = {
      dataset: { path: 'ratings.csv', ...dataset },
      model: { type: 'sasrec', maxSequenceLength: 8, hiddenSize: 16, numBlocks: 1 },
      training: {
        epochs: 3,
        batchSize: 16,
        learningRate: 0.01,
        earlyStopping: { patience: null },
        ...training,
      },
    };
    await writeFile(path.join(folder, 'tiny.recsight.json'), JSON.stringify(config, null, 2));
  }

  async function recsight(...args: string[]): Promise<Output> {
    try {
      const { stdout, stderr } = await execute(process.execPath, [CLI, ...args], {
        cwd: folder,
        timeout: 100_000,
      });
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as Output;
      return { code, stdout, stderr };
    }
  }

  /** Starts a training that would take hours and waits until it runs. */
  async function startLong(): Promise<{ directory: string; cli: ChildProcess }> {
    await writeConfig({ epochs: 100_000 });
    const cli = spawn(process.execPath, [CLI, 'train', 'tiny.recsight.json'], {
      cwd: folder,
      stdio: 'ignore',
    });
    started.push(cli);
    const runs = path.join(folder, '.recsight', 'runs');
    const directory = await until('the run', async () => {
      const [id] = (await readdir(runs).catch(() => [])).filter((name) => !name.startsWith('.'));
      if (id === undefined) return null;
      const { status, manifest } = await readRun(path.join(runs, id));
      if (status === 'failed') throw new Error(manifest.error?.message);
      return status === 'running' && manifest.progress.epoch >= 1 && path.join(runs, id);
    });
    return { directory, cli };
  }

  async function trainers(): Promise<number[]> {
    const runs = path.join(folder, '.recsight', 'runs');
    const pids: number[] = [];
    for (const id of await readdir(runs).catch(() => [])) {
      const text = await readFile(path.join(runs, id, 'process.json'), 'utf8').catch(() => null);
      if (text === null) continue;
      const { pid } = JSON.parse(text) as TrainerProcess;
      if (isAlive(pid)) pids.push(pid);
    }
    return pids;
  }

  function isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  function statusBecomes(directory: string, wanted: RunStatus): Promise<RunManifest> {
    return until(`the run to be ${wanted}`, async () => {
      const { status, manifest } = await readRun(directory);
      return status === wanted && manifest;
    });
  }

  it.each([
    ['a file in the place of a folder', 'a folder on its path is a file. Move that file'],
    ['a folder that may only be read', 'permission was denied. Grant yourself permission'],
  ])('says why no run can be kept: %s', async (place, reason) => {
    const isRoot = process.getuid?.() === 0;
    if (place.startsWith('a file')) await writeFile(path.join(folder, '.recsight'), '');
    // To root nothing is forbidden.
    await chmod(folder, 0o555);
    const asNobody = isRoot && !place.startsWith('a file') ? { uid: 65_534, gid: 65_534 } : {};
    const { code, stderr } = await execute(process.execPath, [CLI, 'train', 'tiny.recsight.json'], {
      cwd: folder,
      ...asNobody,
    }).then(
      () => ({ code: 0, stderr: '' }),
      (error: unknown) => error as Output,
    );
    await chmod(folder, 0o755);
    expect(code).toBe(1);
    expect(stderr).toContain(`Runs cannot be stored in ${path.join(folder, '.recsight', 'runs')}: ${reason}`);
    expect(stderr).not.toMatch(/\bE[A-Z]{4,}\b/);
  });

  it('trains, tests beside the baselines and reports as JSON', async () => {
    const { code, stdout } = await recsight(
      'train',
      'tiny.recsight.json',
      '--json',
      '--set',
      'training.epochs=2',
    );
    expect(code).toBe(0);
    const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as TrainReport;
    expect(report).toMatchObject({ status: 'finished', epochs: 2 });
    expect(report.protocol).toMatchObject({
      split: 'leaveOneOut',
      part: 'test',
      candidates: 'full',
      filterSeen: true,
    });
    const { numUsers, seenTargets } = report.protocol;
    expect(numUsers + seenTargets).toBe(60);
    expect(numUsers).toBeGreaterThan(50);
    expect(Object.keys(report.baselines)).toEqual(['popularity', 'itemKnn', 'markov']);
    for (const metrics of [report.test, report.validation.metrics, ...Object.values(report.baselines)]) {
      expect(metrics['ndcg@10']).toBeGreaterThan(0);
      expect(metrics['ndcg@10']).toBeLessThanOrEqual(1);
    }
    // The data are a chain of items, which Markov finds and popularity does not.
    expect(report.baselines.markov!['ndcg@10']).toBeGreaterThan(2 * report.baselines.popularity!['ndcg@10']!);

    const stored = await readPerUserResults(new RunDirectory(report.directory), 'test');
    expect(stored!.userIds).toContain('007');
    expect(stored!.userIds).toHaveLength(numUsers);
    expect([...stored!.rankers.keys()]).toEqual(['model', 'popularity', 'itemKnn', 'markov']);
    const { ranks, lists } = stored!.rankers.get('model')!;
    // Who is ranked first is listed first.
    const { targets } = stored!.details!;
    const first = targets.filter((item, row) => lists!.items[row * lists!.length] === item);
    expect(first).toHaveLength(ranks.worst.filter((place) => place === 1).length);
    const groups = tieGroups({ targetOffsets: stored!.targetOffsets, ranks });
    for (const [name, value] of Object.entries(report.test)) {
      const metric = findMetric(name);
      if (metric?.needs !== 'rank') throw new Error(`${name} is no metric of ranks.`);
      expect(meanRankMetric(metric, groups, Number(name.split('@')[1]))).toBe(value);
    }
    expect(Object.keys(report.test)).toHaveLength(9);

    const listed = await recsight('runs', '--json');
    expect((JSON.parse(listed.stdout) as { runs: { id: string }[] }).runs.map(({ id }) => id)).toEqual([
      report.run,
    ]);
    expect((await recsight('runs')).stdout).toContain(report.run);
    await expect.poll(trainers, { timeout: 10_000 }).toEqual([]);

    const again = await recsight('evaluate', 'latest', '--json');
    expect(again.code).toBe(0);
    expect((JSON.parse(again.stdout.trimEnd().split('\n').at(-1)!) as TrainReport).test).toEqual(report.test);

    // Other metrics of the same protocol need no model; another protocol does.
    const isStored = 'computed from the stored results of each user';
    const metrics = 'evaluation.metrics=["ndcg","f1","coverage"]';
    const other = await recsight('evaluate', 'latest', '--set', metrics, '--set', 'evaluation.cutoffs=[10]');
    expect(other.stdout + other.stderr).toContain(isStored);
    const { test: others } = (await readRun(report.directory)).manifest;
    expect(Object.keys(others!.metrics)).toEqual(['ndcg@10', 'f1@10', 'coverage@10']);
    expect(others!.metrics['ndcg@10']).toBe(report.test['ndcg@10']);
    expect(others!.baselines.markov!['ndcg@10']).toBe(report.baselines.markov!['ndcg@10']);
    const kept = await recsight('evaluate', 'latest', '--set', 'evaluation.filterSeen=false');
    expect(kept.stdout + kept.stderr).not.toContain(isStored);
  });

  it('writes the vectors of a run for an index, and leaves the run as it is', async () => {
    await recsight('train', 'tiny.recsight.json', '--set', 'training.epochs=1');
    const before = (await recsight('runs', '--json')).stdout;
    const items = await recsight('vectors', 'latest', '--output', 'out/items.npy', '--json');
    expect(items.code).toBe(0);
    const report = JSON.parse(items.stdout.trimEnd().split('\n').at(-1)!) as VectorReport;
    expect(report).toMatchObject({ of: 'items', format: 'npy', rows: 30, width: 16, epoch: 1 });
    const ids = JSON.parse(await readFile(path.join(folder, 'out', 'items.ids.json'), 'utf8')) as string[];
    expect(ids).toHaveLength(30);
    expect(ids).toContain('07');
    const bytes = await readFile(path.join(folder, 'out', 'items.npy'));
    expect(bytes).toHaveLength(10 + bytes.readUInt16LE(8) + 4 * 30 * 16);

    const users = await recsight('vectors', 'latest', '--users', '--format', 'jsonl', '--output', 'users');
    expect(users.stdout).toContain('Wrote 60 vectors of 16 values');
    const [first] = (await readFile(path.join(folder, 'users'), 'utf8')).split('\n');
    expect((JSON.parse(first!) as { vector: number[] }).vector).toHaveLength(16);
    expect((await recsight('runs', '--json')).stdout).toBe(before);

    expect(await recsight('vectors', 'latest', '--format', 'xml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('npy, csv, jsonl') as string,
    });
    await recsight('train', 'tiny.recsight.json', '--set', 'model={"type":"markov"}');
    const none = await recsight('vectors', 'latest');
    expect(none).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('“markov” has no vectors') as string,
    });

    const composed = await recsight('recommend', 'latest', '--items', '01,02', '--top', '2');
    expect(composed.stdout).toMatch(/^tiny recommends to a composed history, from 2 items of history:\n/);
    const file = ['--output', 'out/all.parquet', '--json'];
    expect(JSON.parse((await recsight('recommend', 'latest', '--all', ...file)).stdout)).toMatchObject({
      checkpoint: null,
      users: 60,
      rows: 600,
      format: 'parquet',
    });
    expect((await readFile(path.join(folder, 'out', 'all.parquet'))).toString('latin1')).toMatch(
      /^PAR1.*PAR1$/s,
    );
    for (const [args, message] of [
      [[], /takes one of “--user ID”, “--items ID,ID,…” and “--all”/],
      [['--user', '0O7'], /no user “0O7” in the data of this run\. +Ids look like “000”/],
      [['--items', '01,x9'], /no item “x9” in the data of this run\. +Ids look like “0\d+”/],
      [['--user', '007', '--top', '0'], /“--top” is 0; expected a whole number from 1/],
      [['--user', '007', '--until', 'now'], /“now”; expected one of train, validation, all/],
      [['--items', '01', '--until', 'all'], /Omit it with “--items”/],
      [['--all', '--output', 'all.xlsx'], /ends in “xlsx”; expected one of csv, parquet/],
    ] as const) {
      const { code, stderr } = await recsight('recommend', 'latest', ...args);
      expect(stderr).toMatch(message);
      expect(code).toBe(2);
    }
  });

  it('shows what a run looks at: for a user, a composed history, and over users', async () => {
    await recsight('train', 'tiny.recsight.json', '--set', 'training.epochs=1');
    const { code, stdout } = await recsight('attention', 'latest', '--user', '007', '--json');
    expect(code).toBe(0);
    const shown = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
      user: string;
      checkpoint: string;
      history: { id: string }[];
      views: { name: string }[];
      weights: { view: string; shape: number[]; values: number[] }[];
      recommendations: { id: string; rank: number }[];
      target: { id: string; rank: number };
    };
    // The eighth interaction is the one to be found.
    expect(shown).toMatchObject({ user: '007', checkpoint: 'best', views: [{ name: 'block0' }] });
    expect(shown.history).toHaveLength(7);
    const { shape, values } = shown.weights[0]!;
    expect(shape).toEqual([1, 7, 7]);
    const newest = values.slice(-7);
    expect(newest.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    expect(values).toEqual(values.map(shortestFloat32));
    expect(shown.recommendations.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

    const text = (await recsight('attention', 'latest', '--user', '007', '--contributions')).stdout;
    expect(text).toContain('The history of user 007');
    expect(text).toMatch(
      new RegExp(` 7 .*█.* ${newest.at(-1)!.toFixed(3)} {2}${shown.history.at(-1)!.id}\n`),
    );
    expect(text).toContain(`Next item of the user: ${shown.target.id}, rank ${shown.target.rank}`);
    expect(text).toMatch(/item \d of the history: 0\d+/);

    const composed = await recsight(
      ...['attention', 'latest', '--history', '01,02', '--candidate', '03', '--output', 'out/what.json'],
    );
    expect(composed.stdout).toBe('Wrote out/what.json.\n');
    expect(JSON.parse(await readFile(path.join(folder, 'out', 'what.json'), 'utf8'))).toMatchObject({
      user: null,
      history: [{ id: '01' }, { id: '02' }],
      candidates: [{ id: '03' }],
      target: null,
    });

    const overview = await recsight('attention', 'latest', '--overview', '--users', '20', '--json');
    const { numUsers, heads } = JSON.parse(overview.stdout.trimEnd().split('\n').at(-1)!) as {
      numUsers: number;
      heads: { entropy: number; byDistance: number[] }[];
    };
    expect([numUsers, heads.length, heads[0]!.byDistance.length]).toEqual([20, 1, 7]);
    expect((await recsight('attention', 'latest', '--overview')).stdout).toMatch(/60 users.*Block 1 .*%/s);

    const asked = ['recommend', 'latest', '--user', '007', '--until', 'validation'];
    const recommended = JSON.parse((await recsight(...asked, '--json')).stdout) as typeof shown & {
      heldOut: { id: string; rank: number; part: string }[];
    };
    expect(recommended).toMatchObject({ user: '007', checkpoint: 'best', epoch: 1, read: 7, unknown: [] });
    expect(recommended.recommendations).toEqual(shown.recommendations);
    expect(recommended.heldOut).toEqual([{ ...shown.target, part: 'test' }]);
    expect((await recsight(...asked, '--top', '3')).stdout).toMatch(
      new RegExp(
        `recommends to user 007, from 7 items of history:\n.*\n {5}1 .* ${shown.recommendations[0]!.id}.*${shown.target.rank} .* {2}${shown.target.id} {2}\\(test\\)\n`,
        's',
      ),
    );
    const all = await recsight('recommend', 'latest', '--all', '--until', 'validation', '--output', '-');
    expect(all.stderr).toContain('Wrote 600 recommendations for 60 users to standard output.');
    expect(all.stdout).toMatch(/^user,rank,item,score\n/);
    expect(all.stdout).toContain(`\n007,1,${shown.recommendations[0]!.id},`);
  });

  it.each([
    ['no question', [], /takes one of “--user ID”/, 2],
    ['an unknown user', ['--user', '0077'], /no user “0077”/, 2],
    ['an unknown item', ['--history', '01,x9'], /no item “x9”/, 2],
    ['an empty history', ['--history', ''], /history is empty/, 1],
    ['an unknown view', ['--user', '007', '--view', 'block7'], /“block7”; expected one of “block0”/, 2],
    ['an unknown checkpoint', ['--user', '007', '--checkpoint', 'epoch-9'], /epoch-9/, 1],
  ])('says what it cannot show: %s', async (_, args, message, code) => {
    await recsight('train', 'tiny.recsight.json', '--set', 'training.epochs=1');
    const output = await recsight('attention', 'latest', ...args);
    expect(output.stderr).toMatch(message);
    expect(output.stderr).not.toMatch(/\n\s+at /);
    expect(output.code).toBe(code);
  });

  it('measures baselines with options, and tells two of one type apart', async () => {
    const baselines = ['popularity', 'itemKnn', { type: 'itemKnn', shrinkage: 50, numNeighbors: 3 }];
    const train = ['train', 'tiny.recsight.json', '--set', 'training.epochs=1', '--set'];
    const named = (...more: object[]) => `evaluation.baselines=${JSON.stringify([...baselines, ...more])}`;
    const trained = await recsight(...train, named(), '--json');
    const report = JSON.parse(trained.stdout.trimEnd().split('\n').at(-1)!) as TrainReport;
    const keys = ['popularity', 'itemKnn', 'itemKnn(numNeighbors=3, shrinkage=50)'];
    expect(Object.keys(report.baselines)).toEqual(keys);
    expect((await recsight('evaluate', 'latest')).stdout).toMatch(
      /\npopularity .*\nitem-kNN +\d.*\nitem-kNN \(numNeighbors 3, shrinkage 50\) .*\n\n/,
    );
    const other = named({ type: 'itemKnn', shrinkage: 9, numNeighbors: 3 });
    expect((await recsight('evaluate', 'latest', '--set', other)).stdout).toMatch(
      /\nitem-kNN +\d.*\nitem-kNN \(shrinkage 50\) .*\nitem-kNN \(shrinkage 9\) .*\n\n/,
    );

    const wrong = await recsight(
      'train',
      'tiny.recsight.json',
      '--set',
      'evaluation.baselines=[{"type":"ease","lambda":3}]',
    );
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('“lambda” is not a field of “evaluation.baselines.0”.');
  });

  it('measures a baseline as a model of its own, evaluates and resumes it', async () => {
    const { stdout } = await recsight(
      'train',
      'tiny.recsight.json',
      '--json',
      '--set',
      'model={"type":"markov"}',
    );
    const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as TrainReport;
    expect(report).toMatchObject({ status: 'finished', epochs: 0 });
    expect(report.validation.metrics['ndcg@10']).toBeGreaterThan(0.3);
    expect(report.test).toEqual(report.baselines.markov);
    expect(report.test['ndcg@10']).toBeGreaterThan(0.3);

    // Beside the others: a second row of its own numbers would be no comparison.
    const evaluated = await recsight('evaluate', 'latest');
    expect(evaluated.stdout).toMatch(/\ntiny .*\npopularity .*\nitem-kNN .*\n\n/);
    expect(evaluated.stdout).not.toMatch(/\nMarkov/);
    const resumed = await recsight('resume', 'latest');
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toMatch(/finished after \d/);
    expect(resumed.stdout).not.toMatch(/NaN|epoch/);
    const { manifest } = await readRun(report.directory);
    expect(manifest).toMatchObject({ status: 'finished', progress: { epochs: 0 } });
    expect(manifest.test?.metrics).toEqual(report.test);
    expect((await recsight('runs')).stdout).toMatch(/finished +–/);
  });

  it('compares runs user by user, and refuses what is not comparable', async () => {
    const ids: string[] = [];
    for (const type of ['popularity', 'markov']) {
      const set = `model={"type":"${type}"}`;
      const { stdout } = await recsight('train', 'tiny.recsight.json', '--json', '--set', set);
      ids.push((JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as TrainReport).run);
    }
    const shown = await recsight('compare', ...ids, '--slice', 'historyLength');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(
      /\nB − A +difference +95 % interval +p +better +same +worse\nNDCG@10 +▲ \+0\.\d+/,
    );
    expect(shown.stdout).toMatch(/\nmodel.type +popularity +markov\n/);
    expect(shown.stdout).toMatch(/\nNDCG@10 by history length .*\n5 to 9 items +\d+ /);
    expect(shown.stdout).toMatch(/\nUsers who gain most by B /);

    const options = ['--metric', 'recall@3', '--output', 'comparison.csv', '--json'];
    const { stdout: json } = await recsight('compare', ...ids, ...options);
    const { differences } = JSON.parse(json) as Comparison;
    expect(differences[0]![0]!.wins).toBeGreaterThan(differences[0]![0]!.losses);
    const rows = (await readFile(path.join(folder, 'comparison.csv'), 'utf8')).trimEnd().split('\n');
    expect(rows.map((row) => row.split(',').slice(4, 7).join())).toEqual([
      'metric,group,runs',
      `recall@3,A,${ids[0]!}`,
      `recall@3,B,${ids[1]!}`,
    ]);
    await recsight('evaluate', ids[1]!, '--set', 'evaluation.filterSeen=false');
    const refused = await recsight('compare', ...ids);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /different protocols.*items of the history are left out in A .* kept in B/,
    );
    expect((await recsight('compare', ids[0]!)).stderr).toContain('“--baselines”');
    const beside = await recsight('compare', ids[0]!, '--baselines');
    expect(beside.stdout).toContain(`\nB  Markov  ${ids[0]!}:markov\n`);
    expect((await recsight('compare', ...ids, '--output', 'x.txt')).stderr).toContain('expected csv or json');
  });

  it('refits a run on training and validation, and evaluates it by lists of a file', async () => {
    const reportOf = ({ stdout }: Output) => JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as TrainReport;
    const first = reportOf(
      await recsight('train', 'tiny.recsight.json', '--set', 'training.epochs=3', '--json'),
    );
    const { best } = (await readRun(first.directory)).manifest;
    const { code, ...told } = await recsight('refit', first.run, '--json');
    expect(code).toBe(0);
    const report = reportOf({ code, ...told });
    const { manifest, status } = await readRun(report.directory);
    expect(status).toBe('finished');
    expect(manifest.refitOf).toEqual({ run: first.run, epochs: best!.epoch });
    expect(manifest.progress).toMatchObject({ epoch: best!.epoch, epochs: best!.epoch });
    expect(manifest.test).toMatchObject({ epoch: best!.epoch, protocol: { refit: true } });
    expect(manifest.protocol).toBeNull();
    expect(Object.keys(report.test)).toEqual(Object.keys(first.test));
    // The baselines are the same: they learn from validation in any case.
    expect(report.baselines).toEqual(first.baselines);
    expect(report.test).not.toEqual(first.test);
    expect((await recsight('runs')).stdout).toMatch(/validation –  test 0\.\d+ .* refit .*refit of/);

    const refused = await recsight('compare', first.run, report.run);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('refitted on training and validation in B');
    expect((await recsight('refit', report.run)).stderr).toContain(`it is a refit itself, of ${first.run}`);

    // Evaluated again, it is the same; by lists, it is measured on these, whatever becomes of the file.
    expect(reportOf(await recsight('evaluate', report.run, '--json')).test).toEqual(report.test);
    const rows = Array.from({ length: 30 }, (_, item) => `0059,0${item}\n0058,0${item}\n`).join('');
    await writeFile(path.join(folder, 'lists.csv'), `user_id,item_id\n${rows}`);
    const lists = ['--set', 'evaluation.candidates={"type":"file","path":"lists.csv"}', '--json'];
    const listed = await recsight('evaluate', report.run, ...lists);
    expect(reportOf(listed).protocol).toMatchObject({
      numUsers: 2,
      lists: { unlistedUsers: 58 },
      refit: true,
    });
    await writeFile(path.join(folder, 'lists.csv'), 'user_id,item_id\n0057,01\n');
    const again = await recsight('evaluate', report.run, ...lists);
    expect(reportOf(again)).toMatchObject({
      test: reportOf(listed).test,
      protocol: reportOf(listed).protocol,
    });
    expect(again.stderr).toContain('The candidates in “lists.csv” have changed since the run read them');
    expect(
      reportOf(await recsight('evaluate', report.run, '--set', 'evaluation.cutoffs=[50]', '--json')).test,
    ).toHaveProperty('hr@50');
  });

  it('keeps a finished run finished when its evaluation fails', async () => {
    const { stdout } = await recsight('train', 'tiny.recsight.json', '--json', '--set', 'training.epochs=1');
    const { directory, test } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as TrainReport;
    await rm(path.join(folder, 'ratings.csv'));
    await rm(path.join(folder, '.recsight', 'cache'), { recursive: true });
    const again = await recsight('evaluate', 'latest');
    expect(again.code).toBe(1);
    expect(again.stdout).toMatch(/Error: .*ratings\.csv/);
    // The older result would pass for the new one.
    expect(again.stdout).toMatch(/stays as it was \(finished\)/);
    expect(again.stdout).not.toContain('NDCG');
    const { status, manifest } = await readRun(directory);
    expect(status).toBe('finished');
    expect(manifest.test?.metrics).toEqual(test);
  });

  it('replaces no test result by one of weights that are NaN or damaged', async () => {
    const { stdout } = await recsight('train', 'tiny.recsight.json', '--json', '--set', 'training.epochs=1');
    const { directory, test } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as TrainReport;
    const best = path.join(directory, 'checkpoints', 'best');
    const [name] = (await readdir(best)).filter((file) => file.endsWith('.safetensors'));
    const file = path.join(best, name!);
    const bytes = await readFile(file);
    const withNaN = Buffer.from(bytes);
    withNaN.writeFloatLE(NaN, withNaN.length - 4);
    for (const broken of [withNaN, bytes.subarray(0, bytes.length / 2)]) {
      await writeFile(file, broken);
      const again = await recsight('evaluate', 'latest');
      expect(again.code).toBe(1);
      expect(again.stdout).toMatch(/Error: .*(not finite|cannot be read|damaged)/);
      const { status, manifest } = await readRun(directory);
      expect(status).toBe('finished');
      expect(manifest.test?.metrics).toEqual(test);
    }
  });

  it('says that a run has diverged when it ends', async () => {
    const wild = ['--set', 'training.learningRate=50', '--set', 'training.epochs=2'];
    const { code, stdout } = await recsight('train', 'tiny.recsight.json', ...wild);
    expect(code).toBe(0);
    expect(stdout).toMatch(/finished after 2 epochs, .*, but loss diverged/);
    expect(stdout).toMatch(/^Warning: Training diverges: the mean loss of epoch 2 is/m);
    expect((await recsight('runs')).stdout).toMatch(/full · LOO · seen filtered .*! loss diverged/);
  });

  it('says that popularity beats a model when its run ends', async () => {
    // All choose among 8 items that everybody likes, and between them one of 200 that hardly anybody does.
    const rows = Array.from({ length: 60 }, (_, user) =>
      Array.from({ length: 8 }, (_, step) => {
        const item = step % 2 === 0 ? `rare${(7 * user + 50 * step) % 200}` : `liked${(user + step) % 8}`;
        return `u${user},${item},${step}\n`;
      }).join(''),
    );
    await writeFile(path.join(folder, 'ratings.csv'), `user_id,item_id,timestamp\n${rows.join('')}`);
    await writeConfig({ epochs: 1, learningRate: 1e-9 });
    const { code, stdout } = await recsight('train', 'tiny.recsight.json');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /finished after 1 epoch, .*, but below popularity\.\nWarning: On test, NDCG@10 is 0.*, and 0.* for a ranking by popularity: /,
    );
    expect((await recsight('runs')).stdout).toContain('! below popularity');

    const evaluated = await recsight('evaluate', 'latest', '--json');
    const { directory, warnings } = JSON.parse(evaluated.stdout) as TrainReport & { warnings: object[] };
    expect(warnings).toEqual([
      { code: 'result/below-popularity', message: expect.stringMatching(/^On test, /) as string },
    ]);
    expect((await readRun(directory)).manifest.warnings).toEqual(warnings);
  });

  it.each([
    ['sasrec', 'sequences'],
    ['twoTower', 'interactions'],
    ['din', 'interactions'],
  ])('counts what a batch of %s is made of: %s', async (type, unit) => {
    const model = ['--set', `model=${JSON.stringify({ type })}`, '--set', 'training.epochs=1'];
    const { code, stdout, stderr } = await recsight('train', 'tiny.recsight.json', ...model, '--json');
    expect(code).toBe(0);
    expect(stderr).toMatch(new RegExp(`^Epoch 1/1 .* [\\d,.]+ ${unit}/s$`, 'm'));
    const { directory } = JSON.parse(stdout) as TrainReport;
    expect((await readRun(directory)).manifest.progress.batchUnit).toBe(unit);
  });

  it('prints epochs, a table with its protocol, and where the run is', async () => {
    const { code, stdout } = await recsight('train', 'tiny.recsight.json');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Epoch 3\/3 {2}loss \d.*validation NDCG@10 0\.\d+/);
    expect(stdout).toMatch(/^tiny .*\npopularity .*\nitem-kNN .*\nMarkov/m);
    expect(stdout).toContain('Protocol: test, leave-one-out, ranked against all 30 items');
    expect(stdout).toMatch(/Everything is in \.recsight\/runs\/\d{8}-\d{6}-tiny-[0-9a-f]{4}/);
  });

  it('describes data', async () => {
    const { code, stdout } = await recsight('data', 'tiny.recsight.json', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ users: 60, items: 30, interactions: 480 });
    expect((await recsight('data', 'tiny.recsight.json')).stdout).toMatch(/480/);
  });

  it('lists the compute backends with their speed, or why they are not available', async () => {
    const { code, stdout } = await recsight('backends', '--json');
    expect(code).toBe(0);
    const { backends, auto } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
      backends: BackendReport[];
      auto: string;
    };
    expect(backends.map(({ name }) => name)).toEqual(['tensorflow', 'webgpu', 'native', 'wasm', 'cpu']);
    for (const { available, version, device, threads, stepsPerSecond, reason } of backends) {
      if (available) {
        expect(version).toMatch(/\d/);
        expect(device).not.toBe('');
        expect(threads).toBeGreaterThanOrEqual(1);
        expect(stepsPerSecond).toBeGreaterThan(0);
      } else {
        expect(reason).toMatch(/\w/);
        expect(reason).not.toMatch(/\n\s+at /);
      }
    }
    const working = backends.filter(({ available }) => available).map(({ name }) => name);
    expect(working).toContain('wasm');
    expect(working).toContain('cpu');
    expect(working).toContain(auto);
  });

  it('says in the run that a backend gave way to another', async () => {
    const { code, stdout } = await recsight(
      ...['train', 'tiny.recsight.json', '--set', 'training.epochs=1', '--set', 'backend=webgpu'],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Warning: Computing with \w+: webgpu, which was requested, could not be started\./,
    );
  });

  it('stops a run with a checkpoint, resumes it and evaluates it', async () => {
    const { directory, cli } = await startLong();
    const ended = new Promise<number | null>((resolve) => cli.once('exit', resolve));
    const stop = await recsight('stop', 'latest');
    expect(stop).toMatchObject({ code: 0 });
    expect(stop.stdout).toMatch(/: stopped\.$/m);
    expect(await ended).toBe(1); // the planned work was not done
    await expect.poll(trainers, { timeout: 10_000 }).toEqual([]);
    const stopped = await statusBecomes(directory, 'stopped');

    const evaluated = await recsight('evaluate', 'latest', '--json');
    expect(evaluated.code).toBe(0);
    expect(
      (JSON.parse(evaluated.stdout.trimEnd().split('\n').at(-1)!) as TrainReport).test['ndcg@10'],
    ).toBeGreaterThan(0);
    expect((await readRun(directory)).status).toBe('stopped');

    const resumed = spawn(process.execPath, [CLI, 'resume', 'latest'], { cwd: folder, stdio: 'ignore' });
    started.push(resumed);
    await until('the run to go on', async () => {
      const { manifest } = await readRun(directory);
      return manifest.status === 'running' && manifest.progress.step > stopped.progress.step;
    });
    const busy = await recsight('resume', 'latest');
    expect(busy.code).toBe(1);
    expect(busy.stderr).toMatch(/in use by the trainer process|running/);
    expect(busy.stderr).not.toMatch(/\n\s+at /);
    await recsight('stop', 'latest');
    await statusBecomes(directory, 'stopped');
  });

  it('says when a resumed run has no checkpoint and starts again', async () => {
    await writeConfig({}, { path: 'gone.csv' });
    expect((await recsight('train', 'tiny.recsight.json')).code).toBe(1);
    expect((await recsight('resume', 'latest')).stdout).toContain(
      'The run has no checkpoint: training starts again from the first step.',
    );
  });

  it('lists the tables of vectors that a run learned, lays them out and writes them', async () => {
    await recsight('train', 'tiny.recsight.json');
    const listed = await recsight('project', 'latest', '--list');
    expect(listed.stdout).toMatch(/^items +Items: 30 items of 16 values$/m);
    expect(listed.stdout).toMatch(/^states .*--position 0 to 7$/m);

    const report = async (...args: string[]) => {
      const { stdout, stderr, code } = await recsight('project', 'latest', '--json', ...args);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      return JSON.parse(stdout) as { files: string[]; cached?: boolean; explained?: number[] };
    };
    const pca = await report('--dimensions', '3', '--output', 'out/items.csv');
    expect(pca.explained).toHaveLength(3);
    const lines = (await readFile(pca.files[0]!, 'utf8')).trimEnd().split('\n');
    expect(lines[0]).toMatch(/^id,label,popularity decile,.*,x,y,z$/);
    expect(lines).toHaveLength(31);
    expect(lines.some((line) => line.startsWith('07,'))).toBe(true);

    const umap = [
      '--table',
      'states',
      '--position',
      '1',
      '--checkpoint',
      'epoch-2',
      '--method',
      'umap',
      '--seed',
      '3',
    ];
    const [first, again] = [
      await report(...umap, '--output', 'a.npy'),
      await report(...umap, '--output', 'b.npy'),
    ];
    expect([first.cached, again.cached]).toEqual([false, true]);
    expect(await readFile(again.files[0]!)).toEqual(await readFile(first.files[0]!));

    const { files } = await report('--output', 'projector.tsv');
    expect(files.map((file) => path.basename(file))).toEqual(['projector.tsv', 'projector.metadata.tsv']);
    const [vectors, metadata] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    // One line more: the names of the columns.
    expect(metadata!.split('\n').length).toBe(vectors!.split('\n').length + 1);

    for (const [args, message, code] of [
      [['--table', 'itmes'], /no table of vectors named “itmes”. It has “items”/, 1],
      [['--checkpoint', 'epoch-9'], /no checkpoint in .*epoch-9/, 1],
      [['--dimensions', '4'], /“--dimensions” is “4”; expected one of 2, 3/, 2],
      [['--neighbors', 'many'], /“--neighbors” is “many”, which is not a number/, 2],
    ] as const) {
      const output = await recsight('project', 'latest', ...args);
      expect(output.stderr).toMatch(message);
      expect(output.stderr).not.toMatch(/\n\s+at /);
      expect(output.code).toBe(code);
    }
  });

  it('shows a killed trainer as lost, leaves no process behind, and resumes', async () => {
    const { directory, cli } = await startLong();
    const ended = new Promise<number | null>((resolve) => cli.once('exit', resolve));
    const [pid] = await trainers();
    process.kill(pid!, 'SIGKILL');
    const lost = await statusBecomes(directory, 'lost');
    expect(await ended).toBe(1);
    await expect.poll(trainers, { timeout: 10_000 }).toEqual([]);
    expect(lost.progress.epoch).toBeGreaterThanOrEqual(1);

    started.push(spawn(process.execPath, [CLI, 'resume', 'latest'], { cwd: folder, stdio: 'ignore' }));
    await statusBecomes(directory, 'running');
    await recsight('stop', 'latest');
    await statusBecomes(directory, 'stopped');
  });

  it('goes on when the terminal that started it dies', async () => {
    const { directory, cli } = await startLong();
    cli.kill('SIGKILL');
    const { progress } = (await readRun(directory)).manifest;
    // One that had died with its terminal would have written a step or two.
    const later = await until('the run to go on', async () => {
      const run = await readRun(directory);
      return run.manifest.progress.epoch > progress.epoch + 2 && run;
    });
    expect(later.status).toBe('running');
    await recsight('stop', 'latest');
  });

  it.each([
    ['a missing config', ['train', 'nothing.recsight.json'], /nothing\.recsight\.json/, 1],
    [
      'an unknown setting',
      ['train', 'tiny.recsight.json', '--set', 'training.epoch=2'],
      /training\.epoch.*epochs/s,
      1,
    ],
    ['an unknown command', ['tarin', 'tiny.recsight.json'], /no command “tarin”/, 2],
    [
      'an unknown flag',
      ['train', 'tiny.recsight.json', '--epochs', '3'],
      /--epochs.*Usage: recsight train/s,
      2,
    ],
    ['no argument', ['train'], /takes one <config>/, 2],
    ['a run that is not there', ['stop', 'xyz'], /“xyz” matches no run/, 2],
  ])('says clearly what is wrong: %s', async (_, args, message, code) => {
    const output = await recsight(...args);
    expect(output.stderr).toMatch(message);
    expect(output.stderr).not.toMatch(/\n\s+at /);
    expect(output.code).toBe(code);
  });

  it.each([
    ['a missing data file', { path: 'gone.csv' }, /gone\.csv/],
    ['a missing column', { columns: { user: 'users' } }, /`users`.*user_id/s],
    ['k-core that leaves nothing', { minUserInteractions: 9 }, /[Nn]o .*(left|interactions)/],
  ])(
    'a run with bad data fails with a message and without a stack trace: %s',
    async (_, dataset, message) => {
      await writeConfig({}, dataset);
      const { code, stdout } = await recsight('train', 'tiny.recsight.json', '--json');
      expect(code).toBe(1);
      const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
        status: string;
        error: { message: string };
      };
      expect(report.status).toBe('failed');
      expect(report.error.message).toMatch(message);
      expect(report.error.message).not.toMatch(/\n\s+at /);
      await expect.poll(trainers, { timeout: 10_000 }).toEqual([]);
    },
  );

  it('fails with a message when the disk is full, and nothing stays behind', async (context) => {
    const mount = path.join(folder, 'small');
    await mkdir(mount);
    try {
      await execute('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'tmpfs', mount]);
    } catch {
      context.skip('needs the right to mount a small file system');
    }
    try {
      const { code, stdout } = await recsight(
        ...[
          'train',
          'tiny.recsight.json',
          '--json',
          '--runs',
          path.join(mount, 'runs'),
          '--set',
          'model.hiddenSize=64',
        ],
      );
      expect(code).toBe(1);
      const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as TrainReport & {
        error: { message: string };
      };
      expect(report.status).toBe('failed');
      expect(report.error.message).toMatch(/disk is full/);
      const { pid } = JSON.parse(
        await readFile(path.join(report.directory, 'process.json'), 'utf8').catch(() => '{"pid":0}'),
      ) as TrainerProcess;
      expect(pid === 0 || !isAlive(pid)).toBe(true);
    } finally {
      // A process that ends may still have files open there.
      await execute('umount', ['--lazy', mount]);
    }
  });
});
