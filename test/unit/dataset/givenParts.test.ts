import { describe, expect, test } from 'vitest';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import type { DatasetReport } from '../../../src/dataset/datasetReport';
import { dataFolder } from './dataFolder';

/** User id → the items of each part. */
function partsOf({ userIds, itemIds, offsets, trainEnd, validationEnd, items }: PreparedDataset) {
  const names = (from: number, to: number) =>
    Array.from(items.subarray(from, to), (item) => itemIds[item]!).join(' ');
  return Object.fromEntries(
    userIds.map((id, user) => [
      id,
      [
        names(offsets[user]!, trainEnd[user]!),
        names(trainEnd[user]!, validationEnd[user]!),
        names(validationEnd[user]!, offsets[user + 1]!),
      ],
    ]),
  );
}

const HEADER = 'user_id,item_id,timestamp\n';
const FILES = {
  'train.csv': `${HEADER}a,x,1\na,y,2\nb,x,5\n`,
  // As others write it, and compressed or not.
  'valid.jsonl': '{"user_id":"a","item_id":"z","timestamp":4}\n{"user_id":"c","item_id":"x","timestamp":6}\n',
  'test.csv': `${HEADER}a,x,3\na,w,6\nb,z,7\n`,
};
const SPLIT = { type: 'files' as const, validation: 'valid.jsonl', test: ['test.csv'] };

describe('parts that files give', () => {
  test('are those of the files, each in order of time', async () => {
    const { dataset, report } = await dataFolder(FILES).prepare({ path: 'train.csv', split: SPLIT });
    expect(partsOf(dataset)).toEqual({ a: ['x y', 'z', 'x w'], b: ['x', '', 'z'], c: ['', 'x', ''] });
    // x of test comes before z of validation.
    expect([...dataset.order!.subarray(0, 5)]).toEqual([0, 1, 3, 2, 4]);
    expect(report).toMatchObject({
      rows: 8,
      split: { training: 3, validation: 2, test: 3 },
      cold: { users: 1, items: 2 },
    });
  });

  test('come without what training does not know, where that is dropped', async () => {
    const { dataset, report } = await dataFolder(FILES).prepare({
      path: 'train.csv',
      split: { ...SPLIT, coldUsers: 'drop' },
    });
    expect(partsOf(dataset)).toEqual({ a: ['x y', 'z', 'x w'], b: ['x', '', 'z'] });
    expect(report.dropped.cold).toBe(1);
  });

  test('need no times: rows follow each other as they are read', async () => {
    const { dataset } = await dataFolder({
      'train.txt': '1 10 11 12\n2 10 12 13\n',
      'valid.txt': '1 13\n2 11\n',
      'test.txt': '1 14 15\n2 14\n',
    }).prepare({
      path: 'train.txt',
      format: 'sequences',
      split: { type: 'files', validation: 'valid.txt', test: 'test.txt' },
    });
    expect(dataset.order).toBeNull();
    expect(partsOf(dataset)).toEqual({ 1: ['10 11 12', '13', '14 15'], 2: ['10 12 13', '11', '14'] });
  });

  test('are of one file each', async () => {
    const split = { type: 'files' as const, validation: 'valid.jsonl', test: '*.csv' };
    await expect(dataFolder(FILES).prepare({ path: 'train.csv', split })).rejects.toMatchObject({
      code: 'dataset/bad-split',
      message:
        'train.csv is among the files of two parts, `dataset.path` and `dataset.split.test`. Each file is one part.',
    });
  });

  test('decide the fingerprint by what is in which part', async () => {
    const prepare = async (files: Record<string, string>, split: typeof SPLIT, path = 'train.csv') =>
      (await dataFolder(files).prepare({ path, split })).dataset.fingerprint;
    const plain = await prepare(FILES, SPLIT);
    const renamed = { ...FILES, 'held.csv': FILES['test.csv'] };
    expect(await prepare(renamed, { ...SPLIT, test: ['held.csv'] })).toBe(plain);
    const swapped = { type: 'files' as const, validation: 'test.csv', test: ['valid.jsonl'] };
    expect(await prepare(FILES, swapped)).not.toBe(plain);
    expect(await prepare({ ...FILES, 'test.csv': `${FILES['test.csv']}b,w,9\n` }, SPLIT)).not.toBe(plain);
  });

  test('come back from the cache, as long as no file of a part changes', async () => {
    const folder = dataFolder(FILES);
    const config = { path: 'train.csv', split: SPLIT };
    const first = await folder.prepare(config);
    const again = await folder.prepare(config);
    expect(again.cached).toBe(true);
    expect(again.dataset).toEqual(first.dataset);
    folder.write('test.csv', `${FILES['test.csv']}b,w,9\n`);
    expect((await folder.prepare(config)).cached).toBe(false);
  });
});

const ROWS = [
  ['a', 'x', 1, 'train'],
  ['a', 'y', 2, 'train'],
  ['a', 'z', 3, 'dev'],
  ['a', 'x', 4, 'test'],
  ['b', 'x', 9, 'train'],
  ['b', 'y', 8, 'valid'],
  ['b', 'z', 7, 'test'],
] as const;
const csv = (rows: readonly (readonly unknown[])[]) =>
  `user_id,item_id,timestamp,split\n${rows.map((row) => row.join(',')).join('\n')}\n`;

describe('parts by a column', () => {
  test('are those of its values, whatever the order of the rows', async () => {
    const config = { path: 'a.csv', split: { type: 'column' as const, name: 'split' } };
    const { dataset } = await dataFolder({ 'a.csv': csv(ROWS) }).prepare(config);
    expect(partsOf(dataset)).toEqual({ a: ['x y', 'z', 'x'], b: ['x', 'y', 'z'] });
    const other = await dataFolder({ 'a.csv': csv(ROWS.toReversed()) }).prepare(config, { threads: 1 });
    expect({ ...other.dataset, fingerprint: '' }).toEqual({ ...dataset, fingerprint: '' });
  });

  test('may have other values, and come from a query or lists', async () => {
    const split = {
      type: 'column' as const,
      name: 'fold',
      training: ['0', '1'],
      validation: ['2'],
      test: ['3'],
    };
    const query =
      "SELECT * EXCLUDE split, CASE split WHEN 'train' THEN 1 WHEN 'test' THEN 3 ELSE 2 END AS fold FROM 'a.csv'";
    const { dataset } = await dataFolder({ 'a.csv': csv(ROWS) }).prepare({ query, split });
    expect(partsOf(dataset)).toEqual({ a: ['x y', 'z', 'x'], b: ['x', 'y', 'z'] });
    const lists = await dataFolder({
      'lists.csv': 'user_id,items,fold\na,x y,0\na,z,2\na,x,3\nb,x,1\nb,x,2\nb,y z,3\n',
    }).prepare({ path: 'lists.csv', columns: { items: 'items', timestamp: null }, split });
    expect(partsOf(lists.dataset)).toEqual({ a: ['x y', 'z', 'x'], b: ['x', 'x', 'y z'] });
  });

  test('name the first row that is of no part', async () => {
    const rows = [...ROWS, ['b', 'x', 10, 'hold'], ['b', 'x', 11, '']];
    await expect(
      dataFolder({ 'a.csv': csv(rows) }).prepare({ path: 'a.csv', split: { type: 'column', name: 'split' } }),
    ).rejects.toMatchObject({
      code: 'dataset/bad-split',
      message:
        'a.csv, row 8 (line 9): column `split` holds `hold` (and 1 more row has a value of no part), expected `train`, `training`, ' +
        '`valid`, `validation`, `val`, `dev`, `test`. Name the value in `dataset.split.training`, `validation` or `test`, or leave such rows out with `dataset.query`.',
    });
  });

  test('need each part', async () => {
    const rows = ROWS.filter(([, , , part]) => part !== 'test');
    await expect(
      dataFolder({ 'a.csv': csv(rows) }).prepare({ path: 'a.csv', split: { type: 'column', name: 'split' } }),
    ).rejects.toMatchObject({
      code: 'dataset/empty-part',
      message:
        'Of 2 users, none has interactions in the test part: parts by the column `split` needs rows with a value of each part. ' +
        'Check `dataset.split`, and what the filters of `dataset` leave.',
    });
  });
});

describe('the temporal split', () => {
  const rows = Array.from({ length: 40 }, (_, row) => [`u${row % 4}`, `i${row % 5}`, 86400 * row, '']);
  const files = { 'a.csv': csv([...rows, ['late', 'i1', 86400 * 39, ''], ['u1', 'new', 86400 * 39, '']]) };

  test('tells where it cuts, and what is cold', async () => {
    const split = { type: 'temporal' as const, validation: '1970-01-21', test: '1970-01-31' };
    const { report } = await dataFolder(files).prepare({ path: 'a.csv', split });
    expect(report).toMatchObject({
      split: { training: 20, validation: 10, test: 12, cut: { validation: 20 * 86400, test: 30 * 86400 } },
      cold: { users: 1, items: 1 },
    });
    const dropped = await dataFolder(files).prepare({
      path: 'a.csv',
      split: { ...split, coldUsers: 'drop', coldItems: 'drop' },
    });
    expect(dropped.report).toMatchObject({
      users: 4,
      items: 5,
      split: { training: 20, validation: 10, test: 10 },
      dropped: { cold: 2 },
    });
  });

  test('says how its cuts lie to the data where a part is empty', async () => {
    const split = { type: 'temporal' as const, validation: '1970-01-21', test: '1971-01-01' };
    await expect(dataFolder(files).prepare({ path: 'a.csv', split })).rejects.toMatchObject({
      code: 'dataset/empty-part',
      message:
        'Of 5 users, none has interactions in the test part: global temporal split with validation from 1970-01-21 and test from 1971-01-01 ' +
        'needs interactions before, between and after its two cuts in time. Validation begins at 1970-01-21 00:00 and test at ' +
        '1971-01-01 00:00, and the data are from 1970-01-01 00:00 to 1970-02-09 00:00. Change `dataset.split`.',
    });
  });

  test('needs times', async () => {
    await expect(
      dataFolder({ 'a.txt': '1 10 11 12\n2 10 12 13\n' }).prepare({
        path: 'a.txt',
        format: 'sequences',
        split: { type: 'temporal' },
      }),
    ).rejects.toMatchObject({ code: 'dataset/no-times' });
  });
});

describe('training that is later than what is held out', () => {
  const later = ({ checks }: DatasetReport) =>
    checks.filter(({ code }) => code === 'data/later-training').map(({ message }) => message);

  test('is told with its users, whoever made the parts', async () => {
    const rows = [['a', 'x', 5, 'train'], ['a', 'y', 6, 'train'], ...ROWS.slice(2)];
    const { report } = await dataFolder({ 'a.csv': csv(rows) }).prepare({
      path: 'a.csv',
      split: { type: 'column', name: 'split' },
    });
    // b’s only training interaction is the newest, and a learns at 6 what is tested at 4.
    expect(later(report)).toEqual([
      '2 of 2 users have training interactions that are later than held-out ones of the same user: a model learns from what comes ' +
        'after what it is tested on. The splits `leaveOneOut`, `lastN`, `ratio` and `temporal` hold out what comes last.',
    ]);
    const random = await dataFolder({ 'a.csv': csv(rows) }).prepare({
      path: 'a.csv',
      split: { type: 'randomRatio', validation: 0.25, test: 0.25, seed: 1 },
    });
    expect(later(random.report)).toHaveLength(1);
  });

  test('is not under splits that hold out what comes last', async () => {
    for (const type of ['leaveOneOut', 'ratio', 'temporal'] as const) {
      const rows = Array.from({ length: 60 }, (_, row) => [`u${row % 4}`, `i${row % 7}`, 100 * row, '']);
      const { report } = await dataFolder({ 'a.csv': csv(rows) }).prepare({ path: 'a.csv', split: { type } });
      expect(later(report)).toEqual([]);
    }
  });
});
