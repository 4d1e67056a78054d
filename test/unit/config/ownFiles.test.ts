import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/configFile';
import { changeConfig } from '../../../src/config/changeConfig';
import { configJsonSchema, findFieldSchema } from '../../../src/config/jsonSchema';
import { measuredName, ownFilesIn, readOwnCode } from '../../../src/config/ownFiles';
import { parseConfig } from '../../../src/config/parseConfig';
import { configSchemaWith, isTrained } from '../../../src/config/schema';
import { describedModel } from '../../../src/model/models';

/* Configs that name a model file: its options are checked like those of built-in models, by what the file declares. */

const MODEL = `import { defineModel } from 'recsight/v1';
export default defineModel({
  title: 'Mine',
  options: {
    maxSequenceLength: { type: 'integer', minimum: 1, default: 7, description: 'Newest items that are read.' },
    pooling: { enum: ['mean', 'attention'], default: 'mean' },
    rate: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
  },
  create() { throw new Error('This must not run.'); },
});
`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-own-'));
  await writeFile(path.join(folder, 'mine.ts'), MODEL);
  await writeFile(path.join(folder, 'broken.ts'), `${MODEL.replace("'Mine'", 'Mine')}\n`);
  await writeFile(
    path.join(folder, 'metric.ts'),
    `import { defineMetric } from 'recsight/v1';
export default defineMetric({ title: 'M', definition: 'M.', higherIsBetter: true, needs: 'rank', of: () => 1 });`,
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const textOf = (model: object): string => JSON.stringify({ dataset: { path: 'a.csv' }, model });

async function parse(model: object, overrides: string[] = []) {
  const text = textOf(model);
  const own = await readOwnCode(folder, ownFilesIn(text, 'json', overrides));
  return { own, ...parseConfig(text, 'json', overrides, own) };
}

const messages = async (model: object): Promise<string[]> =>
  (await parse(model)).problems.map(({ message }) => message);

it('fills in the defaults that the file declares', async () => {
  const { config, problems } = await parse({ type: './mine.ts', rate: 0.5 });
  expect(problems).toEqual([]);
  expect(config!.model).toEqual({ type: './mine.ts', maxSequenceLength: 7, pooling: 'mean', rate: 0.5 });
  expect(isTrained(config!)).toBe(true);
  const described = describedModel(config!.model);
  expect(described).toMatchObject({ kind: 'trained', title: 'mine' });
});

it('finds the file where an override names it', async () => {
  const { config } = await parse({ type: 'sasrec' }, ['model={"type":"./mine.ts","rate":0}']);
  expect(config!.model).toMatchObject({ type: './mine.ts', rate: 0 });
});

it('says what is wrong with the options as it does for built-in models', async () => {
  expect(await messages({ type: './mine.ts' })).toEqual([
    '`model.rate` is missing. Expected a number of at least 0 and below 1.',
  ]);
  expect(await messages({ type: './mine.ts', rate: 1, pooling: 'meam', maxSequenceLenght: 3 })).toEqual([
    '`model.rate`: expected a number of at least 0 and below 1, found `1`.',
    '`model.pooling`: expected `mean` or `attention`, found `"meam"`. Did you mean `mean`?',
    '`maxSequenceLenght` is not a field of `model`. Did you mean `maxSequenceLength`?',
  ]);
});

it('says of a missing or broken file what is wrong, once', async () => {
  expect(await messages({ type: './none.ts', a: 1 })).toEqual([
    '`model.type`: `./none.ts` cannot be used: line 1, column 1: There is no such file.',
  ]);
  const { problems, config } = await parse({ type: './broken.ts' });
  expect(config).toBeNull();
  expect(problems).toMatchObject([
    { path: 'model.type', ownFile: { path: './broken.ts', problems: [{ line: 3, column: 10 }] } },
  ]);
  expect(await messages({ type: './metric.ts' })).toEqual([
    '`model.type`: `./metric.ts` is not a model file.',
  ]);
});

it('reads no more than code can be', async () => {
  await mkdir(path.join(folder, 'folder.ts'));
  expect(await messages({ type: './folder.ts' })).toEqual([
    '`model.type`: `./folder.ts` cannot be used: line 1, column 1: The file cannot be read: it is not a file.',
  ]);
  await writeFile(path.join(folder, 'long.ts'), ' '.repeat(5 * 1024 * 1024));
  expect((await messages({ type: './long.ts' }))[0]).toContain(
    'it has 5242880 bytes; code may have at most 4194304',
  );
});

it('says in a terminal what is wrong with a model file, with the place in that file', async () => {
  const file = path.join(folder, 'own.recsight.json');
  await writeFile(file, textOf({ type: './broken.ts' }));
  await expect(loadConfig(file)).rejects.toThrow(
    `${path.join(folder, 'broken.ts')}:3:10: \`title\` must be written out as literals`,
  );
  await writeFile(file, textOf({ type: './mine.ts', rate: 0 }));
  expect(await loadConfig(file)).toMatchObject({ name: 'own', model: { rate: 0 } });
});

it('describes the options for completion and hovers', async () => {
  const { own } = await parse({ type: './mine.ts' });
  const json = configJsonSchema(configSchemaWith(own));
  const at = (name: string) => findFieldSchema(['model', name], { model: { type: './mine.ts' } }, json);
  expect(at('maxSequenceLength')).toMatchObject({
    type: 'integer',
    minimum: 1,
    default: 7,
    description: 'Newest items that are read.',
  });
  expect(at('pooling')).toMatchObject({ enum: ['mean', 'attention'], default: 'mean' });
});

it('lets a run change what may change, by what its code declares', async () => {
  const { config, own } = await parse({ type: './mine.ts', rate: 0 });
  const { config: changed } = changeConfig(config, ['training.epochs=3'], 'resume', own);
  expect(changed.training.epochs).toBe(3);
  expect(() => changeConfig(config, ['model.rate=0.1'], 'resume', own)).toThrow('cannot change once a run');
});

it('takes metrics of the user, also to select the best epoch', async () => {
  const parseMetrics = async (metrics: string[], metric: string) => {
    const text = JSON.stringify({
      dataset: { path: 'a.csv' },
      model: { type: 'sasrec' },
      training: { earlyStopping: { metric } },
      evaluation: { metrics },
    });
    const own = await readOwnCode(folder, ownFilesIn(text, 'json'));
    const { config, problems } = parseConfig(text, 'json', [], own);
    return { config, own, messages: problems.map(({ message }) => message) };
  };
  const { config, own, messages: none } = await parseMetrics(['ndcg', './metric.ts'], './metric.ts@10');
  expect(none).toEqual([]);
  expect(config!.evaluation.metrics).toEqual(['ndcg', './metric.ts']);
  expect(measuredName(config!.training.earlyStopping.metric, own)).toBe('M ↑@10');
  expect(measuredName('ndcg@10', own)).toBe('ndcg@10');
  expect((await parseMetrics(['ndcg'], './metric.ts@10')).messages).toEqual([
    '`training.earlyStopping.metric` needs a metric that is in `evaluation.metrics` (`ndcg`), found `"./metric.ts@10"`.',
  ]);
  expect((await parseMetrics(['ndcg', './mine.ts'], 'ndcg@10')).messages).toEqual([
    '`evaluation.metrics.1`: `./mine.ts` is not a metric file.',
  ]);
  expect((await parseMetrics(['ndcg', './none.ts'], 'ndcg@10')).messages).toEqual([
    '`evaluation.metrics.1`: `./none.ts` cannot be used: line 1, column 1: There is no such file.',
  ]);
  await writeFile(
    path.join(folder, 'twin.ts'),
    (await readFile(path.join(folder, 'metric.ts'), 'utf8')).replace("title: 'M'", "title: 'NDCG'"),
  );
  await cp(path.join(folder, 'metric.ts'), path.join(folder, 'copy.ts'));
  const told = (title: string): string =>
    `has the title of another metric, \`${title}\`: results could not be told apart`;
  for (const metrics of [
    ['ndcg', './twin.ts'],
    ['./twin.ts', 'ndcg'],
  ])
    expect((await parseMetrics(metrics, 'ndcg@10')).messages).toEqual([
      expect.stringContaining(`\`evaluation.metrics.${metrics.indexOf('./twin.ts')}\` ${told('NDCG')}`),
    ]);
  expect((await parseMetrics(['ndcg', './metric.ts', './copy.ts'], 'ndcg@10')).messages).toEqual(
    [1, 2].map((place) => expect.stringContaining(`\`evaluation.metrics.${place}\` ${told('M')}`) as string),
  );
});

it('takes a name without a folder for a model of ours', async () => {
  expect((await messages({ type: 'mine.ts' }))[0]).toMatch(/^`model.type`: expected `sasrec`/);
  expect(
    ownFilesIn('{"model": {"type": "./a.ts"}, "evaluation": {"metrics": ["ndcg", "../b.mjs"]}}', 'json'),
  ).toEqual(['./a.ts', '../b.mjs']);
  expect(ownFilesIn('not a config: [', 'json')).toEqual([]);
});
