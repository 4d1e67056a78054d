import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/compute/random';
import { readRun } from '../../src/runs/runStore';
import { until } from '../until';

/* Models of the user's own files, in a terminal: the built command line, which starts the built trainer and inspector. */

const CLI = path.resolve('dist/cli.js');
const execute = promisify(execFile);

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

const MODEL = `import { appendFileSync } from 'node:fs';
import { defineModel, layers, tf, type Histories, type RandomStream, type Recorder } from 'recsight/v1';
import { scaled } from './scaled';

appendFileSync(__dirname + '/ran.txt', 'x');
export default defineModel({
  title: 'Gated mean',
  options: {
    hiddenSize: { type: 'integer', minimum: 1, default: 8, description: 'Width of the vectors.' },
    dropout: { type: 'number', minimum: 0, exclusiveMaximum: 1, default: 0.2, description: 'Dropout rate.' },
  },
  create({ options, data, parameters, nextItem }) {
    const { hiddenSize: width, dropout } = options;
    const items = parameters.create('items', [data.numItems + 1, width], { kind: 'normal', deviation: 0.1 });
    const block = parameters.createTransformerBlock('block', { width, dropout });
    const prediction = nextItem(items, { maxSequenceLength: 6 });
    const encode = (histories: Histories, random: RandomStream | null, record?: Recorder) => {
      const vectors = layers.embeddingLookup(items, layers.historyItems(histories));
      return layers.transformerBlock(scaled(vectors), block, { keyMask: layers.itemMask(histories), random, record });
    };
    return {
      batches: prediction.batches,
      embeddings: [prediction.items],
      attentions: [
        { name: 'block', label: 'Block', of: 'user', axes: ['head', 'position', 'position'], causal: true, normalized: true },
      ],
      loss: (batch, random) => prediction.loss(batch, (histories) => encode(histories, random)),
      scoring: (query, record, known) => prediction.scoring(encode(query, null, record), known),
    };
  },
});
`;
const SCALED = `import { tf } from 'recsight/v1';
export const scaled = (vectors: tf.Tensor): tf.Tensor => tf.mul(vectors, 2);
`;

describe('own models', () => {
  let folder: string;
  const started: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-cli-own-'));
    await makeWorkspace(workspace());
  });
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGTERM');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const workspace = (): string => path.join(folder, 'workspace');
  const modelPath = (): string => path.join(workspace(), 'models/mine.ts');
  /** How often the model file was run. */
  const timesRun = async (place = workspace()): Promise<number> =>
    (await readFile(path.join(place, 'models/ran.txt'), 'utf8').catch(() => '')).length;

  async function makeWorkspace(place: string): Promise<void> {
    await mkdir(path.join(place, 'models'), { recursive: true });
    const random = new RandomStream(5);
    const rows = ['user_id,item_id,timestamp'];
    for (let user = 0; user < 60; user++) {
      let item = random.nextInt(30);
      for (let step = 0; step < 8; step++) {
        rows.push(`${user},${item},${1_600_000_000 + user * 100 + step}`);
        item = random.nextFloat() < 0.8 ? (item + 1) % 30 : random.nextInt(30);
      }
    }
    await writeFile(path.join(place, 'ratings.csv'), `${rows.join('\n')}\n`);
    await writeFile(path.join(place, 'models/mine.ts'), MODEL);
    await writeFile(path.join(place, 'models/scaled.ts'), SCALED);
    const config = {
      dataset: { path: 'ratings.csv' },
      model: { type: './models/mine.ts', hiddenSize: 12 },
      training: { epochs: 2, batchSize: 16, learningRate: 0.01, earlyStopping: { patience: null } },
    };
    await writeFile(path.join(place, 'mine.recsight.json'), JSON.stringify(config));
  }

  /** @param settings where agreements are kept: those of another machine where it is another folder */
  function environment(settings = 'settings'): NodeJS.ProcessEnv {
    return { ...process.env, XDG_CONFIG_HOME: path.join(folder, settings) };
  }

  async function recsightIn(place: string, settings: string, ...args: string[]): Promise<Output> {
    const options = { cwd: place, timeout: 100_000, env: environment(settings) };
    try {
      const { stdout, stderr } = await execute(process.execPath, [CLI, ...args], options);
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as Output;
      return { code, stdout, stderr };
    }
  }

  const recsight = (...args: string[]): Promise<Output> => recsightIn(workspace(), 'settings', ...args);

  async function train(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await recsight('train', 'mine.recsight.json', '--json', ...args);
    expect(stderr).not.toContain('rror');
    expect(code).toBe(0);
    return (JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { directory: string }).directory;
  }

  async function weightsOf(directory: string, which: 'best' | 'last'): Promise<string> {
    const place = path.join(directory, 'checkpoints', which);
    const state = JSON.parse(await readFile(path.join(place, 'state.json'), 'utf8')) as {
      files: { model: string };
    };
    return (await readFile(path.join(place, state.files.model))).toString('base64');
  }

  it('are trained, stopped and resumed to the same bits', async () => {
    const cli = spawn(
      process.execPath,
      [CLI, 'train', 'mine.recsight.json', '--set', 'training.epochs=100000'],
      { cwd: workspace(), stdio: 'ignore', env: environment() },
    );
    started.push(cli);
    const runs = path.join(workspace(), '.recsight/runs');
    const directory = await until('the run', async () => {
      const [id] = (await readdir(runs).catch(() => [])).filter((name) => !name.startsWith('.'));
      if (id === undefined) return null;
      const { status, manifest } = await readRun(path.join(runs, id));
      if (status === 'failed') throw new Error(manifest.error?.message);
      return manifest.progress.epoch >= 1 && path.join(runs, id);
    });
    expect((await recsight('stop', directory)).code).toBe(0);
    const { manifest } = await readRun(directory);
    const epochs = manifest.progress.epoch + 2;
    const resumed = await recsight('resume', directory, '--set', `training.epochs=${epochs}`);
    expect(resumed.stdout).toContain(`finished after ${epochs} epochs`);
    const whole = await train('--set', `training.epochs=${epochs}`);
    for (const which of ['best', 'last'] as const)
      expect(await weightsOf(directory, which)).toBe(await weightsOf(whole, which));
  });

  it('are evaluated and inspected with the code that the run keeps, and a changed file is told in one line', async () => {
    const directory = await train();
    const before = await readRun(directory);
    expect(before.manifest.memory!.activations).toBeGreaterThan(0);
    await writeFile(modelPath(), 'throw new Error("not this code");');
    const { code, stdout } = await recsight('evaluate', directory);
    expect(code).toBe(0);
    const lines = stdout.split('\n').filter((line) => line.includes('changed'));
    expect(lines).toEqual([
      '“models/mine.ts” has changed in the workspace since this run was started: the source that the run keeps is used.',
    ]);
    const { test } = (await readRun(directory)).manifest;
    expect(test!.metrics).toEqual(before.manifest.test!.metrics);

    const resumed = await recsight('resume', directory, '--set', 'training.epochs=3');
    expect(resumed.stdout).toContain('the source that the run keeps is used');
    expect(resumed.code).toBe(0);
    expect((await recsight('project', directory, '--list')).stdout).toMatch(
      /^items\s+Items: 30 items of 12 values/m,
    );
    expect((await recsight('project', directory, '--output', 'p.csv')).stdout).toContain('Wrote 30 rows');
    const notice =
      '“models/mine.ts” has changed in the workspace since this run was started: the source that the run keeps is used.\n';
    const vectors = await recsight('vectors', directory, '--output', 'v.csv');
    expect(vectors.stdout).toContain('Wrote 30 vectors of 12');
    expect(vectors.stderr).toBe(notice);
    const attention = await recsight('attention', directory, '--user', '3', '--json');
    expect(attention).toMatchObject({ code: 0, stderr: notice });
    expect(attention.stdout).toContain('Block');
  });

  it('run nothing when runs are listed or configs and data are looked at', async () => {
    const directory = await train();
    const before = await timesRun();
    expect(before).toBeGreaterThan(0);
    expect((await recsight('runs')).stdout).toContain(path.basename(directory));
    expect((await recsight('data', 'mine.recsight.json')).code).toBe(0);
    expect((await recsight('cache')).code).toBe(0);
    const wrong = await recsight('train', 'mine.recsight.json', '--set', 'model.hiddenSize=0');
    expect(wrong.stderr).toContain('“model.hiddenSize”: expected a whole number of at least 1');
    expect(await timesRun()).toBe(before);
  });

  it('run the code of a run from elsewhere only when the user has agreed, by its hash', async () => {
    const directory = await train();
    const elsewhere = path.join(folder, 'elsewhere');
    await makeWorkspace(elsewhere);
    await rm(path.join(elsewhere, 'models'), { recursive: true });
    await mkdir(path.join(elsewhere, 'models'));
    await cp(directory, path.join(elsewhere, '.recsight/runs', path.basename(directory)), {
      recursive: true,
    });
    const { hash } = JSON.parse(await readFile(path.join(directory, 'code.json'), 'utf8')) as {
      hash: string;
    };
    const short = hash.slice(0, 12);
    const there = (...args: string[]): Promise<Output> => recsightIn(elsewhere, 'other', ...args);

    expect((await there('runs')).stdout).toContain(path.basename(directory));
    for (const args of [
      ['evaluate', 'latest'],
      ['resume', 'latest', '--set', 'training.epochs=3'],
      ['project', 'latest', '--output', 'p.csv'],
      ['vectors', 'latest', '--output', 'v.csv'],
      ['attention', 'latest', '--user', '3'],
      ['recommend', 'latest', '--user', '3'],
    ]) {
      const { code, stderr } = await there(...args);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stderr).toContain('has code that you have not agreed to run on this machine: “models/mine.ts”');
      expect(stderr).toContain(`--allow-code ${short}`);
      expect(code).toBe(1);
    }
    // Not this program alone: the trainer looks for itself.
    const trainer = path.resolve('dist/trainer.js');
    const copy = path.join(elsewhere, '.recsight/runs', path.basename(directory));
    const request = JSON.stringify({ of: 'items', format: 'csv', output: path.join(folder, 'x.csv') });
    await expect(
      execute(process.execPath, [trainer, 'vectors', copy, request], { env: environment('other') }),
    ).rejects.toMatchObject({ stderr: expect.stringContaining('have not agreed to run') as string });
    expect(await timesRun(elsewhere)).toBe(0);

    const wrong = await there('evaluate', 'latest', '--allow-code', '0123456789ab');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(short);
    expect((await there('evaluate', 'latest', '--allow-code', short)).code).toBe(0);
    // From then on it is not asked again.
    expect((await there('vectors', 'latest', '--output', 'v.csv')).code).toBe(0);
    expect(await timesRun(elsewhere)).toBeGreaterThan(0);
  });

  it('refuse code that was changed in the run', async () => {
    const directory = await train();
    const file = path.join(directory, 'code/models/mine.ts');
    await writeFile(file, `${await readFile(file, 'utf8')}\nappendFileSync('${folder}/tampered', '');`);
    const before = await timesRun();
    const { code, stderr } = await recsight('evaluate', directory);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file} has changed since the run was started`);
    expect((await recsight('runs')).stdout).toContain(path.basename(directory));
    expect(await timesRun()).toBe(before);
    expect(existsSync(path.join(folder, 'tampered'))).toBe(false);
  });

  it('are measured by metrics of the user, whose title and direction results carry', async () => {
    await mkdir(path.join(workspace(), 'metrics'));
    await writeFile(
      path.join(workspace(), 'metrics/missed.ts'),
      `import { defineMetric } from 'recsight/v1';
export default defineMetric({
  title: 'Missed places', definition: 'Places in front.', higherIsBetter: false, needs: 'rank',
  of: ({ places }, k) => (places[0]! - 1) / k,
});
`,
    );
    const own = ['evaluation.metrics=["ndcg","./metrics/missed.ts"]', 'evaluation.cutoffs=[10]'];
    const set = [...own, 'training.earlyStopping.metric=./metrics/missed.ts@10'].flatMap((each) => [
      '--set',
      each,
    ]);
    const { code, stdout } = await recsight('train', 'mine.recsight.json', ...set);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Epoch 1\/2 .* validation Missed places@10 0\.\d+ ★/);
    expect(stdout).toMatch(/^ +NDCG@10 +Missed places@10$/m);
    const [id] = await readdir(path.join(workspace(), '.recsight/runs'));
    const { manifest } = await readRun(path.join(workspace(), '.recsight/runs', id!));
    expect(manifest.mainMetric).toBe('Missed places ↓@10');
    expect(Object.keys(manifest.test!.metrics)).toEqual(['ndcg@10', 'Missed places ↓@10']);
    // Without the file, and from elsewhere.
    await rm(path.join(workspace(), 'metrics'), { recursive: true });
    expect((await recsight('runs')).stdout).toMatch(/Missed places@10 validation 0\.\d+ {2}test 0\.\d+/);
    expect((await recsight('evaluate', 'latest')).stdout).toContain('Missed places@10');
  });

  describe('say in one line, with file, line and column, where there is', () => {
    it.each<[string, string, string, RegExp]>([
      ['a syntax error', 'title:', 'title', /models\/mine\.ts:7:\d+: Syntax error: /],
      [
        'a default out of its bounds',
        'default: 8',
        'default: 0',
        /models\/mine\.ts:9:57: “default” of the option “hiddenSize” is not a value/,
      ],
      [
        'a wrong shape',
        'return layers.transformerBlock(scaled(vectors)',
        'return layers.transformerBlock(tf.matMul(scaled(vectors), tf.ones([3, 5]))',
        /^models\/mine\.ts:19:41: .*(16,\d+,12|12).*3,5/m,
      ],
      [
        'NaN in the third step',
        'encode(histories, random))',
        'tf.sqrt(tf.sub(tf.abs(encode(histories, random)), step++ < 2 ? 0 : 1e6)))',
        /^models\/mine\.ts:\d+:\d+: The loss is NaN at epoch 1, step 3\. “Sqrt” made NaN of shape \[\d+, \d+(, 12)?\]/m,
      ],
      [
        'a parameter without a gradient',
        'const prediction =',
        "parameters.create('idle', [3, 2], { kind: 'constant', value: 0 }); const prediction =",
        /^models\/mine\.ts:16:16: The parameter “idle” \[3, 2\] gets no gradient/m,
      ],
      [
        'a leaked tensor',
        'const vectors =',
        'tf.keep(tf.zeros([7, 2])); const vectors =',
        /^models\/mine\.ts:18:18: Each step leaves a tensor behind \(shape \[7, 2\]\)/m,
      ],
    ])('%s', async (_, found, replaced, message) => {
      const text = MODEL.replace(found, replaced).replace(
        'appendFileSync(__dirname',
        'let step = 0;\nappendFileSync(__dirname',
      );
      const shifted = text.replace("\nappendFileSync(__dirname + '/ran.txt', 'x');", '');
      await writeFile(modelPath(), shifted);
      const { code, stdout, stderr } = await recsight('train', 'mine.recsight.json');
      expect(code).toBe(1);
      expect(`${stdout}${stderr}`).toMatch(message);
      expect(`${stdout}${stderr}`).not.toMatch(/^\s+at /m);
      expect(`${stdout}${stderr}`).not.toContain('trainer.js');
    });
  });
});
