import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sqlString, withDuckDb } from '../../../src/dataset/duckDb';
import { formatReport } from '../../../src/dataset/datasetReport';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import type { FeatureColumn } from '../../../src/protocol/features';
import { dataFolder, plainCsv, type DatasetInput } from './dataFolder';

/** Three users who meet i0, i1, i2, i3 in this order: i0 and i1 are in training, i2 and i3 are held out. */
const interactions = plainCsv();

function featuresOf(dataset: PreparedDataset, of: 'items' | 'users'): Record<string, FeatureColumn> {
  const columns = of === 'items' ? dataset.itemFeatures : dataset.userFeatures;
  return Object.fromEntries(columns.map((column) => [column.name, column]));
}

/** The texts of a category or multi-valued feature, by id; '' for the unknown, several joined by +. */
function textsOf(dataset: PreparedDataset, of: 'items' | 'users', name: string): Record<string, string> {
  const column = featuresOf(dataset, of)[name]!;
  if (column.kind === 'number') throw new Error(`${name} is a number`);
  const ids = of === 'items' ? dataset.itemIds : dataset.userIds;
  return Object.fromEntries(
    ids.map((id, row) => {
      const values =
        column.kind === 'category'
          ? [column.values[row]!]
          : [...column.values.subarray(column.offsets[row], column.offsets[row + 1])];
      return [id, values.map((value) => column.labels[value]!).join('+')];
    }),
  );
}

describe('categories', () => {
  test('know the values of training only; others, empty and missing ones are unknown', async () => {
    const folder = dataFolder({
      'a.csv': interactions,
      'i.csv': 'item_id,genre\ni3,b\ni1, a \ni0,b\ni2,held out\nother,never\n',
    });
    const { dataset } = await folder.prepare({
      path: 'a.csv',
      items: { path: 'i.csv', features: { genre: 'category' } },
    });
    expect(featuresOf(dataset, 'items').genre).toEqual({
      kind: 'category',
      name: 'genre',
      values: Int32Array.of(0, 2, 1, 0, 2),
      labels: ['', 'a', 'b'],
    });
    expect(dataset.itemTitles).toBeNull();
    expect(dataset.userFeatures).toEqual([]);

    folder.write('i.csv', 'item_id,genre\ni0,x\ni1,\ni3,x\n');
    const sparse = await folder.prepare({
      path: 'a.csv',
      items: { path: 'i.csv', features: { genre: { type: 'category' } } },
    });
    expect(textsOf(sparse.dataset, 'items', 'genre')).toEqual({ '': '', i0: 'x', i1: '', i2: '', i3: 'x' });
    expect(sparse.report.features).toEqual([
      { of: 'items', name: 'genre', kind: 'category', numValues: 1, unknownShare: 0.5 },
    ]);
    expect(sparse.warnings.join('\n')).toContain('1 of 4 items have no row in `i.csv`');
    expect(sparse.warnings.join('\n')).toContain('The feature `genre` is unknown for 50.0% of the items');
    expect(formatReport(sparse.report)).toContain(
      'item feature    genre · category · 1 value · 50.0% unknown',
    );
  });

  test('count entities, not interactions, for minCount', async () => {
    const { dataset } = await dataFolder({
      'a.csv': interactions,
      'u.csv': 'name,job\nu0,x\nu1,y\nu2,x\n',
    }).prepare({
      path: 'a.csv',
      users: { path: 'u.csv', id: 'name', features: { job: { type: 'category', minCount: 2 } } },
    });
    expect(textsOf(dataset, 'users', 'job')).toEqual({ u0: 'x', u1: '', u2: 'x' });
  });

  test('take the first of several rows, and say so where they differ', async () => {
    const { dataset, warnings } = await dataFolder({
      'a.csv': interactions,
      'i.csv': 'item_id,genre,title\ni0,a,\ni0,b,Zero\ni1,c,One\ni1,c,\ni2,a,Two\ni3,a,Three\n',
    }).prepare({ path: 'a.csv', items: { path: 'i.csv', features: { genre: 'category' } } });
    expect(textsOf(dataset, 'items', 'genre')).toMatchObject({ i0: 'a', i1: 'c' });
    expect(dataset.itemTitles).toEqual(['', 'Zero', 'One', 'Two', 'Three']);
    expect(warnings.join('\n')).toContain(
      '1 of 4 items have several rows in `i.csv` with different features',
    );
  });
});

describe('multi-valued columns', () => {
  test('are split, each value counting once', async () => {
    const { dataset } = await dataFolder({
      'a.csv': interactions,
      'i.csv': 'item_id;tags\ni0;b| a|b|\ni1;\ni2;a|new\ni3;a\n',
    }).prepare({ path: 'a.csv', items: { path: 'i.csv', features: { tags: 'multi' } } });
    expect(featuresOf(dataset, 'items').tags).toEqual({
      kind: 'multi',
      name: 'tags',
      offsets: Uint32Array.of(0, 0, 2, 2, 3, 4),
      values: Int32Array.of(1, 2, 1, 1),
      labels: ['', 'a', 'b'],
    });
  });

  test('may have another separator, or be a list in JSON or Parquet', async () => {
    const folder = dataFolder({
      'a.csv': interactions,
      'i.csv': 'item_id,tags\ni0,"x, y"\ni1,y\n',
      'i.jsonl': '{"item_id":"i0","tags":["x","y"]}\n{"item_id":"i1","tags":"y"}\n',
    });
    await withDuckDb({ cacheDirectory: folder.cache }, (connection) =>
      connection.run(
        `COPY (SELECT * FROM (VALUES ('i0', ['x', 'y']), ('i1', ['y'])) t(item_id, tags)) TO ${sqlString(join(folder.path, 'i.parquet'))}`,
      ),
    );
    for (const path of ['i.csv', 'i.jsonl', 'i.parquet']) {
      const { dataset } = await folder.prepare({
        path: 'a.csv',
        items: { path, features: { tags: { type: 'multi', separator: ',' } } },
      });
      expect(textsOf(dataset, 'items', 'tags'), path).toMatchObject({ i0: 'x+y', i1: 'y', i2: '' });
    }
  });
});

describe('numbers', () => {
  const prepare = async (normalization: 'standard' | 'minMax' | 'none', csv: string) => {
    const { dataset, report } = await dataFolder({ 'a.csv': interactions, 'i.csv': csv }).prepare({
      path: 'a.csv',
      items: { path: 'i.csv', features: { price: { type: 'number', normalization } } },
    });
    const column = featuresOf(dataset, 'items').price!;
    if (column.kind !== 'number') throw new Error('no number');
    return { column, report };
  };

  test.each([
    ['standard', [0, -1, 1, 48, 0], 2, 1],
    ['minMax', [0, 0, 1, 24.5, 0], 1, 2],
    ['none', [0, 1, 3, 50, 0], 0, 1],
  ] as const)('%s: fitted on training, missing is 0', async (normalization, values, shift, scale) => {
    const { column, report } = await prepare(normalization, 'item_id,price\ni0,1\ni1, 3.0 \ni2,5e1\ni3,\n');
    expect([...column.values]).toEqual(values);
    expect(column).toMatchObject({ shift, scale });
    expect(report.features).toMatchObject([{ kind: 'number', numValues: null, unknownShare: 0.25 }]);
  });

  test.each(['standard', 'minMax'] as const)('%s: one value only becomes 0', async (normalization) => {
    const { column } = await prepare(normalization, 'item_id,price\ni0,0.1\ni1,0.1\ni2,0.1\ni3,NaN\n');
    expect([...column.values]).toEqual([0, 0, 0, 0, 0]);
  });

  test('that cannot be read are named with their row', async () => {
    await expect(prepare('none', 'item_id,price\ni0,1\ni1,"1,5"\n')).rejects.toMatchObject({
      code: 'dataset/not-a-number',
      message: expect.stringMatching(
        /^i\.csv, row 2 \(line 3\): column `price` holds `1,5`, expected a number.*`category` in `dataset\.items\.features`/,
      ) as string,
    });
    await expect(prepare('none', 'item_id,price\ni0,Infinity\n')).rejects.toThrow('row 1 (line 2)');
  });
});

describe('tables', () => {
  test('lack a column: the message says what there is', async () => {
    const folder = dataFolder({ 'a.csv': interactions, 'i.csv': 'item_id,genre,age\n' });
    const items = (config: object) => folder.prepare({ path: 'a.csv', items: { path: 'i.csv', ...config } });
    await expect(items({ features: { genres: 'category' } })).rejects.toThrow(
      'i.csv has no column `genres` (`dataset.items.features`); its columns are `item_id`, `genre`, `age`. Did you mean `genre`?',
    );
    await expect(items({ title: 'name', features: { genre: 'category' } })).rejects.toThrow(
      'no column `name`',
    );
    await expect(items({})).rejects.toThrow('no column `title`');
    await expect(
      folder.prepare({ path: 'a.csv', users: { path: 'i.csv', features: { age: 'number' } } }),
    ).rejects.toThrow('no column `user_id` (`dataset.users.id`)');
    await expect(
      folder.prepare({ path: 'a.csv', users: { path: '?.csv', id: 'x', features: { age: 'number' } } }),
    ).rejects.toThrow('`dataset.users.path` (`?.csv`) matches 2 files');
  });

  test('of other ids than the data ask for the right column', async () => {
    const { warnings } = await dataFolder({ 'a.csv': interactions, 'u.csv': 'user_id,age\nU0,3\n' }).prepare({
      path: 'a.csv',
      users: { path: 'u.csv', features: { age: 'number' } },
    });
    expect(warnings.join('\n')).toContain(
      '3 of 3 users have no row in `u.csv`: their features are unknown. Is `dataset.users.id` the right column?',
    );
  });

  test('in RecBole’s atomic files', async () => {
    const { dataset } = await dataFolder({
      'x.inter': `user_id:token\titem_id:token\ttimestamp:float\n${interactions.split('\n').slice(1).join('\n').replaceAll(',', '\t')}`,
      'x.item':
        'item_id:token\tmovie_title:token_seq\tyear:float\tclass:token_seq\ni0\tBig "Fish\t1990\tDrama Comedy\ni1\tTwo\t1992\tDrama\n',
      'x.user': 'user_id:token\tgender:token\nu0\tF\nu1\tM\nu2\tF\n',
    }).prepare({
      path: 'x.inter',
      items: {
        path: 'x.item',
        title: 'movie_title',
        features: { class: 'multi', 'year:float': { type: 'number', normalization: 'minMax' } },
      },
      users: { path: 'x.user', features: { gender: 'category' } },
    });
    expect(dataset.itemTitles!.slice(1, 3)).toEqual(['Big "Fish', 'Two']);
    expect(textsOf(dataset, 'items', 'class')).toMatchObject({ i0: 'Comedy+Drama', i1: 'Drama', i2: '' });
    expect([...featuresOf(dataset, 'items')['year:float']!.values]).toEqual([0, 0, 1, 0, 0]);
    expect(textsOf(dataset, 'users', 'gender')).toEqual({ u0: 'F', u1: 'M', u2: 'F' });
  });

  const merged: DatasetInput = {
    path: 'merged.csv',
    columns: { user: 'user', item: 'item', timestamp: 'time' },
    items: { path: 'merged.csv', id: 'item', features: { genre1: 'category', genre2: 'category' } },
    users: { path: 'merged.csv', id: 'user', features: { sex: 'category', age: 'number' } },
  };
  const mergedCsv = [
    'user,item,label,time,sex,age,genre1,genre2',
    '5,1,3,1,M,20,drama,missing',
    '5,2,3,2,M,20,comedy,crime',
    '5,3,3,3,M,20,drama,',
    '6,2,3,1,F,40,comedy,crime',
    '6,1,3,2,F,40,drama,missing',
    '6,3,3,3,F,40,drama,',
  ].join('\n');

  test('and interactions in one file, as LibRecommender has them', async () => {
    const folder = dataFolder({ 'merged.csv': mergedCsv });
    const { dataset, warnings } = await folder.prepare(merged);
    expect(textsOf(dataset, 'items', 'genre1')).toEqual({ '': '', 1: 'drama', 2: 'comedy', 3: 'drama' });
    expect(textsOf(dataset, 'items', 'genre2')).toEqual({ '': '', 1: 'missing', 2: 'crime', 3: '' });
    expect(textsOf(dataset, 'users', 'sex')).toEqual({ 5: 'M', 6: 'F' });
    expect([...featuresOf(dataset, 'users').age!.values]).toEqual([-1, 1]);
    expect(warnings.join('\n')).not.toContain('several rows');
  });

  test('decide the fingerprint, and come back from the cache', async () => {
    const folder = dataFolder({ 'merged.csv': mergedCsv, 'u.csv': 'user,sex\n5,M\n6,F\n' });
    const users = { path: 'u.csv', id: 'user', features: { sex: 'category' } } as const;
    const first = await folder.prepare({ ...merged, users });
    const again = await folder.prepare({ ...merged, users });
    expect(again.cached).toBe(true);
    expect(again.dataset).toEqual(first.dataset);
    expect(again.report).toEqual(first.report);
    const fingerprints = [
      first,
      await folder.prepare(merged),
      await folder.prepare({ ...merged, users: { ...users, features: { sex: 'multi' } } }),
      await folder.prepare({
        ...merged,
        users: { ...users, features: { sex: { type: 'category', minCount: 2 } } },
      }),
    ].map(({ dataset }) => dataset.fingerprint);
    folder.write('u.csv', 'user,sex\n5,M\n6,M\n');
    fingerprints.push((await folder.prepare({ ...merged, users })).dataset.fingerprint);
    expect(new Set(fingerprints).size).toBe(5);

    // A query that names no file has a fingerprint of its content.
    const query = `SELECT * FROM (VALUES ('5','1',1),('5','2',2),('5','1',3),('6','2',1)) t("user", item, "time")`;
    const { columns } = merged;
    const byContent = async (csv: string) => {
      folder.write('u.csv', csv);
      return (await folder.prepare({ query, columns, users })).dataset.fingerprint;
    };
    expect(await byContent('user,sex\n5,M\n6,F\n')).not.toBe(await byContent('user,sex\n5,M\n6,M\n'));
  });
});

const shared = resolve(__dirname, '../../../../shared/data');
test.skipIf(!existsSync(shared))('the data that models are measured on', async () => {
  const folder = dataFolder();
  const { report } = await folder.prepare({
    path: join(shared, 'libreco-merged/merged.csv'),
    columns: { user: 'user', item: 'item', timestamp: 'time' },
    items: {
      path: join(shared, 'libreco-merged/merged.csv'),
      id: 'item',
      features: { genre1: 'category', genre2: 'category', genre3: 'category' },
    },
    users: {
      path: join(shared, 'libreco-merged/merged.csv'),
      id: 'user',
      features: { sex: 'category', age: 'number', occupation: 'category' },
    },
  });
  expect(report.features).toHaveLength(6);
  expect(report.features.every(({ unknownShare }) => unknownShare < 0.05)).toBe(true);

  const recBole = await folder.prepare({
    path: join(shared, 'ml-100k/ml-100k.inter'),
    items: {
      path: join(shared, 'ml-100k/ml-100k.item'),
      title: 'movie_title',
      features: { release_year: 'category', class: 'multi' },
    },
    users: {
      path: join(shared, 'ml-100k/ml-100k.user'),
      features: { age: 'number', gender: 'category', occupation: 'category' },
    },
  });
  expect(recBole.report.features.map(({ name, numValues }) => [name, numValues])).toMatchObject([
    ['release_year', expect.any(Number)],
    ['class', 19],
    ['age', null],
    ['gender', 2],
    ['occupation', 21],
  ]);
});
