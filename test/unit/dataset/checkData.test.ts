import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configSchema, type CandidateFileConfig } from '../../../src/config/schema';
import { readCandidates } from '../../../src/dataset/readCandidates';
import { datasetSchema } from '../../../src/options/datasetSchema';
import { DataLook } from '../../../src/dataset/checkData';
import { withDuckDb } from '../../../src/dataset/duckDb';
import { dataFolder, type DataFolder, type DatasetInput } from './dataFolder';

const IDS = { userIds: ['u1', 'u2'], itemIds: ['', '7', '8', '9'] };
const RATINGS = 'uid,movie_id,stars,when\nu1,7,5,1600000000\nu2,8,4,1600000100\nu1,9,3,1600000200\n';

const check = (folder: DataFolder, config: DatasetInput, look = new DataLook()) =>
  look.check(datasetSchema.parse(config), folder.path, null);

/** What the trainer says. */
const trainerSays = (folder: DataFolder, config: DatasetInput) =>
  folder.prepare(config).then(
    () => null,
    (error: unknown) => (error as Error).message,
  );

describe('what is wrong with data is what the trainer says', () => {
  test.each<[string, DatasetInput, string]>([
    ['a missing file', { path: 'rating.csv' }, 'dataset.path'],
    ['a glob without files', { path: 'parts/*.csv' }, 'dataset.path'],
    ['a glob with an odd file', { path: '*.bad' }, 'dataset.path'],
    ['a folder', { path: 'data' }, 'dataset.path'],
    ['an address', { path: 'https://example.org/a.csv' }, 'dataset.path'],
    ['one of several', { path: ['ratings.csv', 'gone.csv'] }, 'dataset.path.1'],
    ['an empty file', { path: 'empty.csv' }, 'dataset.path'],
    ['an archive', { path: 'archive.zip' }, 'dataset.path'],
    ['what is not compressed', { path: 'plain.csv.gz' }, 'dataset.path'],
    ['a damaged Parquet file', { path: 'damaged.parquet' }, 'dataset.path'],
    [
      'a missing column',
      { path: 'ratings.csv', columns: { item: 'movie_id', timestamp: 'when' } },
      'dataset.columns.user',
    ],
    [
      'a missing column of labels',
      { path: 'ratings.csv', columns: { user: 'uid', item: 'movie_id', timestamp: 'when', label: 'click' } },
      'dataset.columns.label',
    ],
    [
      'a missing column of impressions',
      { path: 'ratings.csv', columns: { user: 'uid', timestamp: 'when', impressions: 'shown' } },
      'dataset.columns.impressions',
    ],
    [
      'a column of a Parquet file',
      { path: 'ratings.parquet', columns: { user: 'uid' } },
      'dataset.columns.item',
    ],
    [
      'a column of JSON Lines',
      { path: 'ratings.jsonl', columns: { user: 'u', item: 'x', timestamp: null } },
      'dataset.columns.item',
    ],
    [
      'a table of items',
      {
        path: 'ratings.csv',
        columns: { user: 'uid', item: 'movie_id', timestamp: 'when' },
        items: { path: 'movies.csv' },
      },
      'dataset.items.id',
    ],
    [
      'a feature',
      {
        path: 'ratings.csv',
        columns: { user: 'uid', item: 'movie_id', timestamp: 'when' },
        items: { path: 'movies.csv', id: 'movie', features: { gener: 'category' } },
      },
      'dataset.items.features.gener',
    ],
  ])('%s', async (_, config, place) => {
    const folder = dataFolder({
      'ratings.csv': RATINGS,
      'ratings.jsonl': '{"u": "a", "i": "b"}\n{"u": "a", "i": "c"}\n',
      'movies.csv': 'movie,title,genre\n7,A,x\n8,B,y\n',
      'data/x.csv': RATINGS,
      'odd.bad': 'PK\x03\x04 and more',
      'archive.zip': 'PK\x03\x04 and more',
      'empty.csv': '',
      'plain.csv.gz': RATINGS,
      'damaged.parquet': `PAR1\x15${'junk'.repeat(100)}PAR1`,
    });
    if (place === 'dataset.columns.item')
      await withDuckDb({ cacheDirectory: folder.cache }, (connection) =>
        connection.run(
          `COPY (SELECT 'a' AS uid, 7 AS movie, 1.5 AS stars) TO '${join(folder.path, 'ratings.parquet')}' (FORMAT parquet)`,
        ),
      );
    const [first] = await check(folder, config);
    expect(first?.path.join('.')).toBe(place);
    expect(first?.message).toBe(await trainerSays(folder, config));
  });

  test('all at once, and nothing of what can be read', async () => {
    const folder = dataFolder({ 'ratings.csv': RATINGS });
    const problems = await check(folder, {
      path: 'ratings.csv',
      columns: { user: 'user', item: 'item' },
      items: { path: 'gone.csv' },
    });
    expect(problems.map(({ path }) => path.join('.'))).toEqual([
      'dataset.columns.user',
      'dataset.columns.item',
      'dataset.columns.timestamp',
      'dataset.items.path',
    ]);
    const columns = { user: 'uid', item: 'movie_id', timestamp: 'when' };
    expect(await check(folder, { path: 'ratings.csv', columns })).toEqual([]);
  });

  test('lists of candidates, whose columns are those of the data where they name no others', async () => {
    const folder = dataFolder({ 'ratings.csv': RATINGS, 'lists.csv': 'uid,movie\nu1,7\nu2,8\n' });
    const dataset = datasetSchema.parse({
      path: 'ratings.csv',
      columns: { user: 'uid', item: 'movie_id', timestamp: 'when' },
    });
    const problemsOf = async (settings: object) => {
      const { candidates } = configSchema.shape.evaluation.parse({
        candidates: { type: 'file', ...settings },
      });
      const problems = await new DataLook().check(dataset, folder.path, candidates);
      const said = readCandidates(candidates as CandidateFileConfig, dataset, IDS, {
        baseDirectory: folder.path,
        cacheDirectory: folder.cache,
      }).then(
        () => [],
        (error: unknown) => [(error as Error).message],
      );
      expect(problems.map(({ message }) => message)).toEqual(await said);
      return problems.map(({ path, choices }) => [path.join('.'), choices[0]?.value]);
    };
    expect(await problemsOf({ path: 'list.csv' })).toEqual([['evaluation.candidates.path', 'lists.csv']]);
    expect(await problemsOf({ path: 'lists.csv' })).toEqual([
      ['evaluation.candidates.columns.item', 'movie'],
    ]);
    expect(await problemsOf({ path: 'lists.csv', columns: { item: 'movie' } })).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('a pipe and a device, which are not waited for', async () => {
    const folder = dataFolder();
    execFileSync('mkfifo', [join(folder.path, 'pipe.csv')]);
    for (const path of ['pipe.csv', '/dev/zero']) {
      const [problem] = await check(folder, { path });
      expect(problem?.message).toMatch(/ is a (pipe|device), expected a regular file/);
      expect(problem?.message).toBe(await trainerSays(folder, { path }));
    }
  });

  test('nothing of a query, which is not run either', async () => {
    const folder = dataFolder();
    expect(await check(folder, { query: "SELECT * FROM 'gone.csv'" })).toEqual([]);
  });
});

describe('what could stand there instead', () => {
  test('files, those of a like name first', async () => {
    const folder = dataFolder({
      'users.csv': 'a',
      'data/ratings.csv.gz': 'a',
      'ratings.tsv': 'a',
      'sasrec.recsight.json': '{}',
      'package.json': '{}',
      'node_modules/x/ratings.csv': 'a',
      'notes.md': 'a',
    });
    const [problem] = await check(folder, { path: 'rating.csv' });
    expect(problem?.choices.map(({ value }) => value)).toEqual([
      'ratings.tsv',
      'data/ratings.csv.gz',
      'users.csv',
    ]);
  });

  test('files of the folder that the path points to', async () => {
    const folder = dataFolder({}, 'configs');
    folder.write('../elsewhere/ratings.csv', 'a');
    const [problem] = await check(folder, { path: '../elsewhere/rating.csv' });
    expect(problem?.choices.map(({ value }) => value)).toEqual(['../elsewhere/ratings.csv']);
  });

  test('of very many columns, those that are likely', async () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `column_${index}`);
    const folder = dataFolder({ 'wide.csv': `${[...names, 'uid'].join(',')}\n` });
    const [problem] = await check(folder, { path: 'wide.csv' });
    expect(problem?.choices[0]?.value).toBe('uid');
    expect(problem?.choices.length).toBeLessThan(1000);
  });

  test('columns, the likeliest first, with what they hold', async () => {
    const folder = dataFolder({ 'ratings.csv': RATINGS });
    const problems = await check(folder, { path: 'ratings.csv', columns: { user: 'usr' } });
    const choices = new Map(problems.map(({ path, choices }) => [path.at(-1), choices]));
    expect(choices.get('user')?.[0]).toEqual({ value: 'uid', detail: 'text, such as u1' });
    expect(choices.get('item')?.[0]).toEqual({ value: 'movie_id', detail: 'whole numbers, such as 7' });
    expect(choices.get('timestamp')?.[0]?.value).toBe('when');
    expect(choices.get('timestamp')?.at(-1)?.value).toBeNull();
  });

  test('columns for a role, where none is named yet', async () => {
    const folder = dataFolder({ 'ratings.csv': 'id,n,user_number\n1,2,u\n' });
    const table = { path: 'ratings.csv', format: 'auto' };
    const [first] = await new DataLook().columns(table, 'dataset', 'user', folder.path);
    expect(first?.value).toBe('user_number');
    const log = dataFolder({ 'log.csv': 'user,item,n,clicked,request\nu,1,2,1,3\n' });
    for (const [role, column] of Object.entries({ label: 'clicked', impression: 'request' })) {
      const [likely] = await new DataLook().columns({ ...table, path: 'log.csv' }, 'dataset', role, log.path);
      expect(likely?.value).toBe(column);
    }
  });

  test('places of columns without a header', async () => {
    const folder = dataFolder({ 'u.txt': 'a,1,5\nb,2,4\na,3,4\n' });
    const [problem] = await check(folder, { path: 'u.txt', header: false });
    expect(problem?.choices.map(({ value }) => value).sort()).toEqual([1, 2, 3]);
    expect(
      await new DataLook().columns({ path: 'u.txt', format: 'auto' }, 'dataset', 'user', folder.path),
    ).toHaveLength(3);
  });
});

test('a file that changes is looked at again; one that appears or vanishes is seen', async () => {
  const folder = dataFolder({ 'ratings.csv': RATINGS });
  const look = new DataLook();
  const config: DatasetInput = {
    path: 'ratings.csv',
    columns: { user: 'uid', item: 'movie_id', timestamp: 'when' },
  };
  expect(await check(folder, config, look)).toEqual([]);
  folder.write('ratings.csv', RATINGS.replace('uid', 'user_number'));
  expect((await check(folder, config, look)).map(({ path }) => path.at(-1))).toEqual(['user']);
  rmSync(join(folder.path, 'ratings.csv'));
  expect((await check(folder, config, look))[0]?.message).toMatch(/^There is no file/);
  folder.write('ratings.csv', RATINGS);
  expect(await check(folder, config, look)).toEqual([]);
});
