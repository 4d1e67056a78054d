import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { readCandidates } from '../../../src/dataset/readCandidates';
import { datasetConfig, dataFolder } from './dataFolder';

const IDS = { userIds: ['ann', 'bob', 'eve'], itemIds: ['', 'a', 'b', 'c'] };

/** Reads lists of a file, with what `evaluation.candidates` says of it. */
async function read(files: Record<string, string>, settings: object = {}, dataset: object = {}) {
  const folder = dataFolder(files);
  const path = Object.keys(files)[0]!;
  const { candidates } = configSchema.shape.evaluation.parse({
    candidates: { type: 'file', path, ...settings },
  });
  if (candidates.type !== 'file') throw new Error('These are lists of a file.');
  const { lists, warnings } = await readCandidates(
    candidates,
    datasetConfig({ path: 'x.csv', ...dataset }),
    IDS,
    {
      baseDirectory: folder.path,
      cacheDirectory: folder.cache,
    },
  );
  const { offsets, items, ...about } = lists;
  const byUser = Object.fromEntries(
    IDS.userIds.map((id, user) => [
      id,
      Array.from(items.subarray(offsets[user], offsets[user + 1]), (item) => IDS.itemIds[item]),
    ]),
  );
  return { ...about, byUser, warnings };
}

const ROWS = 'user_id,item_id\nbob,b\nann,c\nann,a\nbob,b\n';
const LISTS = { ann: ['a', 'c'], bob: ['b'], eve: [] };

describe('lists of candidates', () => {
  test('are the same in any order of rows, format and form', async () => {
    const { hash, ...found } = await read({ 'lists.csv': ROWS });
    expect(found).toEqual({ file: 'lists.csv', byUser: LISTS, warnings: [] });
    const others = [
      await read({ 'l.csv': 'user_id,item_id\nann,a\nann,c\nbob,b\n' }),
      await read({ 'l.tsv': 'user_id\titem_id\nbob\tb\nann\ta\nann\tc\n' }),
      await read({ 'l.csv': 'user_id,items\nann,c a\nbob,b\n' }, { columns: { items: 'items' } }),
      await read({
        'l.jsonl':
          '{"user_id":"ann","item_id":"c"}\n{"user_id":"ann","item_id":"a"}\n{"user_id":"bob","item_id":"b"}\n',
      }),
      await read({ 'l.csv': 'who;what\nbob;b\nann;a\nann;c\n' }, { columns: { user: 'who', item: 'what' } }),
      await read(
        { 'l.csv': 'who,what\nbob,b\nann,a\nann,c\n' },
        {},
        { columns: { user: 'who', item: 'what' } },
      ),
    ];
    // What users were shown is in the data, and not in lists of candidates.
    const shown = { columns: { impressions: 'shown', items: 'history' } };
    others.push(
      await read({ 'l.txt': 'bob b\nann c a\n' }, { format: 'sequences' }, shown),
      await read({ 'l.csv': 'user_id,item_id\nbob,b\nann,a\nann,c\n' }, {}, shown),
    );
    for (const other of others) expect(other).toMatchObject({ hash, byUser: LISTS });
    expect((await read({ 'l.csv': 'user_id,item_id\nann,a\nbob,b\n' })).hash).not.toBe(hash);
  });

  test('leave out what the data do not have, and say so', async () => {
    const { byUser, warnings } = await read({ 'l.csv': `${ROWS}tom,a\nann,z\neve,y\n,a\n` });
    expect(byUser).toEqual(LISTS);
    expect(warnings).toEqual([
      '1 of 8 rows has no user or item id in `l.csv`.',
      '1 user of `l.csv` is not in the data and left out, such as `tom`.',
      '2 items of `l.csv` are not in the data and left out, such as `z`.',
    ]);
  });

  test('that cannot be used are refused, with the field to change', async () => {
    await expect(read({ 'l.csv': 'user_id,movie\nann,a\nbob,b\n' })).rejects.toMatchObject({
      code: 'dataset/missing-column',
      message: expect.stringContaining(
        'l.csv has no column `item_id` (`evaluation.candidates.columns.item`)',
      ) as string,
    });
    await expect(read({ 'l.csv': 'user_id,item_id\nann,z\nbob,y\n' })).rejects.toMatchObject({
      code: 'dataset/nothing-left',
      message:
        'None of the 2 rows of `l.csv` has a user and an item of the data. The data have no item `z`, for example. ' +
        'Are `evaluation.candidates.columns.user` and `item` the right columns?',
    });
    await expect(read({ 'l.csv': 'user_id,item_id\n' })).rejects.toMatchObject({ code: 'dataset/no-rows' });
    await expect(read({ 'l.csv': ROWS }, { path: 'none.csv' })).rejects.toMatchObject({
      code: 'dataset/missing-file',
    });
  });
});
