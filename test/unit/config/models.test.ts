import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';
import { configSchema, isTrained, type ExperimentConfig } from '../../../src/config/schema';
import { createModel, modelSize } from '../../../src/model/createModel';
import { historyLimit, isBaseline } from '../../../src/model/models';
import type { FeatureColumn } from '../../../src/protocol/features';
import { useBackend } from '../compute/useBackend';
import { modelData } from '../model/modelData';

const FEATURES = {
  items: { path: 'i.csv', features: { genre: 'category', year: 'number' } },
  users: { path: 'u.csv', features: { age: 'number' } },
};

function parse(model: object, dataset: object = FEATURES) {
  const text = JSON.stringify({ dataset: { path: 'a.csv', ...dataset }, model }, null, 2);
  return { text, ...parseConfig(text, 'json') };
}

describe('the history that a model is meant to read whole', () => {
  it.each([
    [
      { type: 'sasrec', maxSequenceLength: 30 },
      { maxLength: 30, learnsOlder: true },
    ],
    [
      { type: 'sasrec', maxSequenceLength: 30, longHistories: 'newest' },
      { maxLength: 30, learnsOlder: false },
    ],
    [
      { type: 'gru4rec', preset: 'recbole' },
      { maxLength: 50, learnsOlder: true },
    ],
    [
      { type: 'din', maxSequenceLength: 30 },
      { maxLength: 30, learnsOlder: true },
    ],
    [
      { type: 'bert4rec', maxSequenceLength: 30, sequences: 'newest' },
      { maxLength: 30, learnsOlder: false },
    ],
    [
      { type: 'hstu', preset: 'rectools' },
      { maxLength: 200, learnsOlder: false },
    ],
    [{ type: 'twoTower' }, undefined],
    [{ type: 'popularity' }, undefined],
  ])('is bounded in %o to %o', (model, expected) => {
    expect(historyLimit(parse(model).config!.model)).toEqual(expected);
  });
});

describe('bad options of models', () => {
  it.each<[object, string, RegExp]>([
    [{ type: 'hstu', hiddenSize: 10, numHeads: 3 }, 'model.numHeads', /divide `hiddenSize` \(10\) unless/],
    [{ type: 'hstu', timeBias: 'query' }, 'model.timeBias', /`history`/],
    [{ type: 'sum', slots: 0 }, 'model.slots', /expected a whole number .*, found `0`/],
    [
      { type: 'sasrec', hiddenSize: 10, numHeads: 3 },
      'model.numHeads',
      /divide `hiddenSize` \(10\), found `3`/,
    ],
    [
      { type: 'sasrec', loss: { type: 'sampledSoftmax', temperature: 0 } },
      'model.loss.temperature',
      /above 0/,
    ],
    [
      { type: 'gru4rec', loss: { type: 'sampledSoftmax', temperature: 0 } },
      'model.loss.temperature',
      /above 0/,
    ],
    [{ type: 'twoTower', loss: { type: 'softmax', temperature: 0 } }, 'model.loss.temperature', /found `0`/],
    [
      { type: 'twoTower', selfSupervised: 'rfm', itemFeatures: ['year'] },
      'model.selfSupervised',
      /item features to hide: .*\(declares `genre: category`, `year: number`\), and in `model.itemFeatures` \(names `year`\)/,
    ],
    [
      { type: 'twoTower', selfSupervised: 'rfm', loss: { type: 'maxMargin' } },
      'model.selfSupervised',
      /needs `loss.type` to be `softmax`, which is `maxMargin`/,
    ],
    [
      { type: 'twoTower', userIds: false, userFeatures: [], maxSequenceLength: 0 },
      'model.userIds',
      /nothing to read: .*`model.maxSequenceLength` \(0\).*\(declares `age: number`\) and in `model.userFeatures` \(names nothing\)/,
    ],
    [
      { type: 'dien', maxSequenceLength: 1 },
      'model.maxSequenceLength',
      /at least 2 with an auxiliary loss.*`auxiliaryWeight` \(\d\S*\) to 0/,
    ],
    [{ type: 'din', maxSequenceLength: 0 }, 'model.maxSequenceLength', /found `0`/],
    [
      { type: 'gru4rec', hiddenSize: 8, embeddingSize: 4, outputProjection: false },
      'model.outputProjection',
      /cannot be off while `hiddenSize` \(8\) and `embeddingSize` \(4\) differ/,
    ],
    // A preset gives way to what is said explicitly, and what comes of both is validated.
    [
      { type: 'sasrec', preset: 'recbole', hiddenSize: 10, numHeads: 4 },
      'model.numHeads',
      /divide `hiddenSize` \(10\)/,
    ],
    [{ type: 'dien', preset: 'recbole', maxSequenceLength: 1 }, 'model.maxSequenceLength', /at least 2/],
    [
      { type: 'sum', minSequenceLength: 9, maxSequenceLength: 7 },
      'model.minSequenceLength',
      /longer than `maxSequenceLength` \(7\), found `9`/,
    ],
    [
      { type: 'sum', dropout: [0.1, 0.2, 0.3], layerSizes: [8] },
      'model.dropout',
      /as many as `layerSizes` has \(1, and here 3\)/,
    ],
    [
      { type: 'sasrec', trainOn: 'last', loss: { type: 'sampledSoftmax', sharedNegatives: true } },
      'model.loss.sharedNegatives',
      /needs `model.trainOn` to be `all`, which is `last`/,
    ],
    [
      { type: 'itemKnn', similarity: { type: 'adjustedCosine' } },
      'model.similarity.type',
      /needs `featureWeighting` to be `bm25`, which is `none`/,
    ],
    [
      { type: 'itemKnn', similarity: { type: 'jaccard' }, featureWeighting: 'tfIdf' },
      'model.featureWeighting',
      /must be `none` if `similarity.type` is `jaccard`/,
    ],
    [{ type: 'itemKnn', similarity: { type: 'pearson' } }, 'model.similarity.type', /found `"pearson"`/],
    [{ type: 'ials', factors: 0 }, 'model.factors', /expected a whole number .*, found `0`/],
    [
      { type: 'ials', objective: { type: 'hkv', regularization: 0 } },
      'model.objective.regularization',
      /above 0, found `0`/,
    ],
    [{ type: 'ials', objective: { type: 'bpr' } }, 'model.objective.type', /found `"bpr"`/],
    [{ type: 'din', preset: 'paper' }, 'model.preset', /expected .*, found `"paper"`/],
  ])('%o: %s', (model, field, message) => {
    const { config, problems } = parse(model);
    expect(config).toBeNull();
    const problem = problems.find((candidate) => candidate.path === field);
    expect(problem?.message, problems.map((other) => other.message).join('\n')).toMatch(message);
    expect(problem?.message).toContain(`\`${field}\``);
  });

  it('allows a length of 1 where no auxiliary loss needs the next item', () => {
    expect(parse({ type: 'dien', maxSequenceLength: 1, auxiliaryWeight: 0 }).problems).toEqual([]);
  });

  it('lets explicit fields win over a preset', () => {
    const { config } = parse({ type: 'gru4rec', preset: 'recbole', hiddenSize: 32 });
    expect(config?.model).toMatchObject({ hiddenSize: 32, embeddingSize: 64 });
  });

  it('attends to all positions where causal is off', () => {
    const all = parse({ type: 'sasrec', causal: false, trainOn: 'all' });
    const last = parse({ type: 'sasrec', causal: false, trainOn: 'last' });
    expect(all.problems.map((problem) => problem.message).join()).toMatch(/causal/);
    expect(last.problems).toEqual([]);
  });
});

describe('features that a model names', () => {
  const models = ['sum', 'din', 'dien', 'twoTower'] as const;

  it.each(models)('%s: are those of the dataset, and the message points at the other', (type) => {
    const { text, config, problems } = parse({ type, itemFeatures: ['genre', 'gender'] });
    expect(config).toBeNull();
    expect(problems).toHaveLength(1);
    const [{ message, start, end, path: field }] = problems as [(typeof problems)[number]];
    expect(message).toBe(
      '`model.itemFeatures.1` must be a feature that the dataset has (`dataset.items.features` declares `genre`, `year`), found `"gender"`.',
    );
    expect(text.slice(start, end)).toContain('gender');
    expect(field).toBe('model.itemFeatures.1');
  });

  it.each(['din', 'dien', 'twoTower'] as const)('%s: the same of users, and without a table', (type) => {
    expect(parse({ type, userFeatures: ['genre'] }).problems[0]?.message).toMatch(
      /`model\.userFeatures\.0` must be .*`dataset\.users\.features` declares `age`\)/,
    );
    expect(parse({ type, userFeatures: ['age'] }, {}).problems[0]?.message).toMatch(/declares nothing/);
  });

  it.each(models)('%s: some, all and none are allowed', (type) => {
    for (const itemFeatures of [['genre'], ['year', 'genre'], [], null])
      expect(parse({ type, itemFeatures }).problems).toEqual([]);
  });
});

describe('samples', () => {
  useBackend('wasm');
  const folder = path.resolve('samples/movietweetings');
  const samples = readdirSync(folder).filter((name) => name.endsWith('.recsight.json'));

  it('are there for every model that is trained', () => {
    const types = new Set(samples.map((name) => (configOf(name).model as { type: string }).type));
    const known = configSchema.shape.model.options.map((option) => option.shape.type.value);
    const trained = known.filter((type) => !isBaseline({ type } as ExperimentConfig['model']));
    expect([...types]).toEqual(expect.arrayContaining(trained));
  });

  it.each(samples)('%s is valid, and its model can be made', async (name) => {
    const config = configOf(name);
    if (!isTrained(config)) return;
    const { items, users } = config.dataset;
    const data = modelData(20, {
      itemFeatures: Object.entries(items?.features ?? {}).map((entry) => columnOf(entry, 21)),
      userFeatures: Object.entries(users?.features ?? {}).map((entry) => columnOf(entry, 4)),
    });
    const model = await createModel(config.model, data, 1);
    const values = [...model.variables.values()].reduce((sum, { size }) => sum + size, 0);
    const { parameters } = await modelSize(config.model, { data, batchSize: 8, threads: 1 });
    expect(parameters).toBe(values);
    model.dispose();
  });

  function configOf(name: string): ExperimentConfig {
    const { config, problems } = parseConfig(readFileSync(path.join(folder, name), 'utf8'), 'json');
    expect(problems).toEqual([]);
    return config!;
  }
});

/** A column of the kind that a config asks for, with two values. */
function columnOf([name, { type }]: [string, { type: string }], rows: number): FeatureColumn {
  if (type === 'number') return { kind: 'number', name, values: new Float32Array(rows), shift: 0, scale: 1 };
  const labels = ['', 'a', 'b'];
  return type === 'category'
    ? { kind: 'category', name, labels, values: new Int32Array(rows) }
    : { kind: 'multi', name, labels, offsets: new Uint32Array(rows + 1), values: new Int32Array() };
}
