import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataFolder, histories, writeParquet, type DataFolder, type DatasetInput } from './dataFolder';

const kept = { ann: ['a', 'b', 'c'], bob: ['b', 'c', 'a'] };
/** The rows of `kept`, with `lines` between them. */
const csv = (lines: readonly string[], header = 'user_id,item_id,timestamp') =>
  `${[header, 'ann,a,1', 'ann,b,2', 'ann,c,3', ...lines, 'bob,b,1', 'bob,c,2', 'bob,a,3'].join('\n')}\n`;

async function prepared(folder: DataFolder, config: DatasetInput) {
  const { dataset, report } = await folder.prepare(config);
  return { histories: histories(dataset), dropped: report.dropped, warnings: report.warnings, dataset };
}

describe('missing ids', () => {
  test.each([
    ['nothing', '', '  '],
    ['\\N', '\\N', '\\N'],
  ])('%s is left out and counted', async (_name, user, item) => {
    const folder = dataFolder({ 'a.csv': csv([`${user},a,1`, `${user},b,2`, `ann,${item},9`]) });
    const result = await prepared(folder, { path: 'a.csv' });
    expect(result.histories).toEqual(kept);
    expect(result.dropped.emptyIds).toBe(3);
  });

  test.each(['NULL', 'None', 'NaN', 'nan', 'NA', '<NA>'])(
    'the text %s stays an id and is named with its share, unless the config lists it',
    async (id) => {
      const folder = dataFolder({ 'a.csv': csv([`${id},a,1`, `${id},b,2`]) });
      const as = await prepared(folder, { path: 'a.csv' });
      expect(as.histories).toEqual({ ...kept, [id]: ['a', 'b'] });
      expect(as.warnings.filter((warning) => warning.includes(id))).toEqual([
        `The user id \`${id}\` appears in 2 of 8 rows (25.0%) of \`user_id\`, and counts as a user. If it marks a missing id, list it in \`dataset.missing\`.`,
      ]);
      const without = await prepared(folder, { path: 'a.csv', missing: [id] });
      expect(without.histories).toEqual(kept);
      expect(without.dropped.emptyIds).toBe(2);
      expect(without.warnings.join('\n')).not.toContain(id);
    },
  );

  test('an id that only holds such a text is an ordinary one', async () => {
    const folder = dataFolder({ 'a.csv': csv(['nanny,a,1', 'ann,NAN-7,4']) });
    const { warnings } = await prepared(folder, { path: 'a.csv' });
    expect(warnings.join('\n')).not.toContain('dataset.missing');
  });

  const numbers = `SELECT * FROM (VALUES (7::DOUBLE, 1::FLOAT, 1), (7, 2, 2), (7, 3.5, 3), ('NaN'::DOUBLE, 1, 1),
    ('NaN'::DOUBLE, 2, 2), ('inf'::DOUBLE, 2, 2), (NULL, 2, 2), (7, 'NaN'::FLOAT, 9), (8, 1, 1), (8, 2, 2), (8, 3.5, 3)) t(user_id, item_id, "timestamp")`;

  test.each([
    ['a Parquet file', { path: 'a.parquet' }],
    ['a query', { query: "SELECT * FROM 'a.parquet'" }],
  ])('NaN of a number column is left out, and whole numbers are written so: %s', async (_name, config) => {
    const folder = dataFolder();
    folder.write('x', '');
    await writeParquet(join(folder.path, 'a.parquet'), numbers);
    const result = await prepared(folder, config);
    expect(result.histories).toEqual({ '7': ['1', '2', '3.5'], '8': ['1', '2', '3.5'] });
    expect(result.dropped.emptyIds).toBe(5);
  });
});

test('a NaN of JSON Lines is missing as null is, and the text "NaN" is an id', async () => {
  const line = (user: string, item: string, time: string) =>
    `{"user_id":${user},"item_id":"${item}","timestamp":${time}}\n`;
  const folder = dataFolder({
    'a.jsonl': [
      ...['a', 'b', 'c'].flatMap((item, time) => [
        line('7', item, `${time}`),
        line('"NaN"', item, `${time}`),
      ]),
      line('NaN', 'a', '1'),
      line('null', 'a', '1'),
      line('"\\\\N"', 'a', '1'),
      line('7', 'd', 'NaN'),
      '{"item_id":"a","timestamp":1}\n',
    ].join(''),
  });
  const result = await prepared(folder, { path: 'a.jsonl' });
  expect(result.histories).toEqual({ '7': ['a', 'b', 'c'], NaN: ['a', 'b', 'c'] });
  expect(result.dropped).toMatchObject({ emptyIds: 4, missingTimes: 1 });
});

describe('missing numbers', () => {
  const noNumbers = ['', 'NaN', 'nan', 'NULL', 'None', 'NA', '<NA>', '\\N'];

  test('are no times', async () => {
    const lines = [...noNumbers, 'NaT', '-9'].map((time) => `ann,d,${time}`);
    const folder = dataFolder({ 'a.csv': csv(lines) });
    const result = await prepared(folder, { path: 'a.csv', missing: ['-9'] });
    expect(result.histories).toEqual(kept);
    expect(result.dropped.missingTimes).toBe(lines.length);
  });

  test('are no ratings', async () => {
    const lines = [...noNumbers, '0'].map((rating) => `ann,d,9,${rating}`);
    const rated = csv(lines, 'user_id,item_id,timestamp,rating').replaceAll(/,[123]$/gm, '$&,5');
    const result = await prepared(dataFolder({ 'a.csv': rated }), {
      path: 'a.csv',
      columns: { rating: 'rating' },
      minRating: 1,
    });
    expect(result.histories).toEqual(kept);
    expect(result.dropped.rating).toBe(lines.length);
  });

  test('are no features', async () => {
    const folder = dataFolder({ 'a.csv': csv([]), 'i.csv': 'item_id,price\na,1\nb,\\N\nc,None\n' });
    const { dataset } = await prepared(folder, {
      path: 'a.csv',
      items: { path: 'i.csv', features: { price: { type: 'number', normalization: 'none' } } },
    });
    expect([...dataset.itemFeatures[0]!.values]).toEqual([0, 1, 0, 0]);
  });

  test('are no categories where the config lists them', async () => {
    const folder = dataFolder({ 'a.csv': csv([]), 'i.csv': 'item_id,genre\na,x\nb,none\nc,\\N\n' });
    const { dataset } = await prepared(folder, {
      path: 'a.csv',
      missing: ['none'],
      items: { path: 'i.csv', features: { genre: 'category' } },
    });
    expect(dataset.itemFeatures[0]).toMatchObject({ labels: ['', 'x'] });
  });
});
