import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CLI = path.resolve('dist/cli.js');
const TSC = path.resolve('node_modules/typescript/bin/tsc');
const execute = promisify(execFile);

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

describe('recsight new-model', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-new-model-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** What is agreed to in a test is not the user's. */
  const environment = () => ({ ...process.env, XDG_CONFIG_HOME: path.join(folder, '.settings') });

  async function run(program: string, ...args: string[]): Promise<Output> {
    try {
      return {
        code: 0,
        ...(await execute(process.execPath, [program, ...args], { cwd: folder, env: environment() })),
      };
    } catch (error) {
      const { code, stdout, stderr } = error as Output;
      return { code, stdout, stderr };
    }
  }
  const recsight = (...args: string[]) => run(CLI, ...args);
  /** What TypeScript says of the model files, with nothing installed. */
  const check = () => run(TSC, '-p', 'models');

  it('writes a model and a config into an empty folder, and types that need nothing installed', async () => {
    const { code, stdout } = await recsight('new-model', 'gatedMean');
    expect(code).toBe(0);
    expect(stdout).toBe(
      'Wrote models/gatedMean.ts, gatedMean.recsight.json, .recsight/types/v1.d.ts, models/tsconfig.json.\n' +
        'Say in gatedMean.recsight.json where the data are.\n' +
        'Train it: recsight train gatedMean.recsight.json\n',
    );
    expect(await readFile(path.join(folder, 'models/gatedMean.ts'), 'utf8')).toContain("title: 'Gated mean'");
    expect(await readdir(folder)).toEqual(['.recsight', 'gatedMean.recsight.json', 'models']);
    expect(await check()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('types options from their declaration, and layers by their shapes', async () => {
    await recsight('new-model', 'typed');
    await writeFile(
      path.join(folder, 'models/typed.ts'),
      `import { defineModel, layers, tf } from 'recsight/v1';
export default defineModel({
  title: 'Typed',
  options: { width: { type: 'integer', default: 8 }, pooling: { enum: ['mean', 'sum'], default: 'mean' } },
  create({ options, parameters }) {
    const width: string = options.width;
    const pooling: 'mean' | 'max' = options.pooling;
    layers.embeddingLookup(parameters.create('one', [3], { kind: 'normal', deviation: 1 }), tf.scalar(1));
    return {};
  },
});
`,
    );
    const { stdout } = await check();
    const places = [...stdout.matchAll(/^typed\.ts\((\d+),|^models\/typed\.ts\((\d+),/gm)];
    expect(places.map(([, first, second]) => Number(first ?? second)).sort((a, b) => a - b)).toEqual([
      5, 6, 7, 8,
    ]);
  });

  it('takes data and training from the newest config, and overwrites nothing', async () => {
    await cp('samples/movietweetings/sasrec.recsight.json', path.join(folder, 'sasrec.recsight.json'));
    const { stdout } = await recsight('new-model', 'mine');
    expect(stdout).toContain('The data and the training of the config are those of sasrec.recsight.json.');
    const config = await readFile(path.join(folder, 'mine.recsight.json'), 'utf8');
    expect(JSON.parse(config)).toMatchObject({
      dataset: { path: 'interactions.csv.gz', split: { type: 'leaveOneOut' } },
      model: { type: './models/mine.ts' },
      training: { epochs: 20 },
    });

    await writeFile(path.join(folder, 'models/mine.ts'), 'mine');
    const again = await recsight('new-model', 'mine');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(
      /^There is a model file .*models\/mine\.ts already\. Choose another name\.\n$/,
    );
    expect(await readFile(path.join(folder, 'models/mine.ts'), 'utf8')).toBe('mine');
    expect(await readFile(path.join(folder, 'mine.recsight.json'), 'utf8')).toBe(config);

    await writeFile(path.join(folder, 'other.recsight.json'), '{}');
    await writeFile(path.join(folder, 'models/tsconfig.json'), '{}');
    expect((await recsight('new-model', 'other')).stdout).toBe(
      'Wrote models/other.ts.\nTo train it, set "model": { "type": "./models/other.ts" } in a config.\n',
    );
    expect(await readFile(path.join(folder, 'models/tsconfig.json'), 'utf8')).toBe('{}');
  });

  it('writes a model that trains on the sample, and beats popularity', async () => {
    for (const file of ['interactions.csv.gz', 'items.csv', 'sasrec.recsight.json'])
      await cp(path.join('samples/movietweetings', file), path.join(folder, file));
    await recsight('new-model', 'mine');
    const changes = ['training.epochs=2', 'model.maxSequenceLength=20', 'backend=wasm'];
    const { code, stdout, stderr } = await recsight(
      ...['train', 'mine.recsight.json', '--json'],
      ...changes.flatMap((change) => ['--set', change]),
    );
    expect(code, stderr).toBe(0);
    const { test, baselines } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      test: Record<string, number>;
      baselines: Record<string, Record<string, number>>;
    };
    expect(test['ndcg@10']).toBeGreaterThan(1.2 * baselines.popularity!['ndcg@10']!);
  }, 240_000);

  it.each(['../up', 'a b', '', '1st'])('rejects the name %j', async (name) => {
    const { code, stderr } = await recsight('new-model', name);
    expect(code).toBe(1);
    expect(stderr).toContain('is not a name for a model. Expected a letter, then letters');
    expect(await readdir(folder)).toEqual([]);
  });
});
