import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';
import { formatReport } from '../../../src/dataset/datasetReport';
import { historiesUntil } from '../../../src/dataset/histories';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import { dataFolder, histories, writeParquet, type DataFolder, type DatasetInput } from './dataFolder';

/** Labeled rows of each user by part, as `item:label<history`. */
function shownTo(
  dataset: PreparedDataset,
): Record<string, Record<'training' | 'validation' | 'test', string[]>> {
  const labeled = dataset.labeled!;
  const { offsets, trainEnd, validationEnd } = labeled;
  const inTime = historiesUntil(dataset, 'all');
  const id = (item: number) => dataset.itemIds[item]!;
  const rowsOf = (user: number, from: number, to: number, clicks: Uint32Array) =>
    Array.from(labeled.items.subarray(from, to), (item, place) => {
      const history = clicks.subarray(dataset.offsets[user], labeled.historyEnd[from + place]);
      return `${id(item)}:${labeled.labels[from + place]!}<${Array.from(history, id).join(' ')}`;
    });
  return Object.fromEntries(
    dataset.userIds.map((name, user) => [
      name,
      {
        training: rowsOf(user, offsets[user]!, trainEnd[user]!, dataset.items),
        validation: rowsOf(user, trainEnd[user]!, validationEnd[user]!, inTime.items),
        test: rowsOf(user, validationEnd[user]!, offsets[user + 1]!, inTime.items),
      },
    ]),
  );
}

const lines = (rows: readonly string[]): string => `${rows.join('\n')}\n`;

/** Two users, six impressions of two items each, of which the first is clicked. Times are those of the impressions. */
const LOG = ['u,v'].flatMap((users) =>
  users
    .split(',')
    .flatMap((user) =>
      [1, 2, 3, 4, 5, 6].flatMap((time) => [
        `${user},a${time},${1000 + time},1,${user}${time}`,
        `${user},b${time},${1000 + time},0,${user}${time}`,
      ]),
    ),
);
const HEADER = 'user_id,item_id,timestamp,label,shown_id';
const labeled = { columns: { label: 'label', impression: 'shown_id' } };
const sixths = { type: 'temporal', validation: 1 / 6, test: 1 / 6 } as const;

const reject = (folder: DataFolder, config: DatasetInput) =>
  folder.prepare(config).then(
    () => {
      throw new Error('was read');
    },
    (error: unknown) => error as { code: string; message: string },
  );

describe('labels', () => {
  const folder = dataFolder({ 'log.csv': lines([HEADER, ...LOG]) });

  test('make clicks the interactions, and keep all that was shown beside them', async () => {
    const { dataset, report } = await folder.prepare({ path: 'log.csv', ...labeled, split: sixths });
    expect(histories(dataset)).toEqual({
      u: ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'],
      v: ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'],
    });
    const { u } = shownTo(dataset);
    expect(u!.training.toSorted().slice(0, 4)).toEqual(['a1:1<', 'a2:1<a1', 'a3:1<a1 a2', 'a4:1<a1 a2 a3']);
    expect(u!.validation.toSorted()).toEqual(['a5:1<a1 a2 a3 a4', 'b5:0<a1 a2 a3 a4']);
    expect(u!.test.toSorted()).toEqual(['a6:1<a1 a2 a3 a4 a5', 'b6:0<a1 a2 a3 a4 a5']);
    const [first, , third] = dataset.labeled!.impressions!;
    expect([first, third, dataset.labeled!.impressions!.length]).toEqual([0, 1, 24]);
    expect(report.labels).toEqual({
      shown: 24,
      clicks: 12,
      impressions: 12,
      usersWithoutClick: 0,
      parts: {
        training: { shown: 16, clicks: 8 },
        validation: { shown: 4, clicks: 2 },
        test: { shown: 4, clicks: 2 },
      },
      clicksBefore: 0,
      withHistory: 12,
    });
    const text = formatReport(report);
    expect(text).toContain('shown           24: training 16 · validation 4 · test 4');
    expect(text).toContain('click rate      50.0%: training 50.0% · validation 50.0% · test 50.0%');
    expect(text).toContain('impressions     12 · 2.0 items each');
  });

  test('come from the cache as they were', async () => {
    const config = { path: 'log.csv', ...labeled, split: sixths } as const;
    const first = await folder.prepare({ ...config, duplicates: 'keepFirst' });
    const second = await folder.prepare({ ...config, duplicates: 'keepFirst' });
    expect([first.cached, second.cached]).toEqual([false, true]);
    expect(second.dataset).toEqual(first.dataset);
    expect(second.report).toEqual(first.report);
  });

  test.each([
    [
      'RecBole',
      'log.inter',
      'user_id:token\titem_id:token\ttimestamp:float\tlabel:float',
      '\t',
      ['1.0', '0.0'],
    ],
    ['words', 'words.csv', 'user_id,item_id,timestamp,label', ',', ['True', 'FALSE']],
  ])('of %s are read alike', async (_, name, header, separator, [yes, no]) => {
    const rows = LOG.map((row) => {
      const [user, item, time, label] = row.split(',');
      return [user, item, time, label === '1' ? yes : no].join(separator);
    });
    const other = dataFolder({ [name]: lines([header, ...rows]), 'log.csv': lines([HEADER, ...LOG]) });
    const config = { columns: { label: 'label' }, split: sixths };
    const [found, wanted] = [
      await other.prepare({ path: name, ...config }),
      await other.prepare({ path: 'log.csv', ...config }),
    ];
    expect({ ...found.dataset, fingerprint: '' }).toEqual({ ...wanted.dataset, fingerprint: '' });
  });

  test('may be a column of true and false in Parquet', async () => {
    const other = dataFolder();
    await writeParquet(
      `${other.path}/log.parquet`,
      "SELECT 'u' || i % 3 AS user_id, 'i' || i % 5 AS item_id, i AS timestamp, i % 2 = 0 AS label FROM range(60) t(i)",
    );
    const { report } = await other.prepare({
      path: 'log.parquet',
      columns: { label: 'label' },
      split: sixths,
    });
    expect(report.labels).toMatchObject({ shown: 60, clicks: 30, impressions: null });
  });

  test('may be true and false in JSON, and come from a query', async () => {
    const rows = LOG.map((row) => {
      const [user_id, item_id, time, label] = row.split(',');
      return JSON.stringify({ user_id, item_id, timestamp: Number(time), label: label === '1' });
    });
    const other = dataFolder({ 'log.jsonl': lines(rows) });
    const config = { columns: { label: 'label' }, split: sixths };
    const read = await other.prepare({ path: 'log.jsonl', ...config });
    const queried = await other.prepare({ query: "SELECT * FROM 'log.jsonl'", ...config });
    expect(read.report.labels).toMatchObject({ shown: 24, clicks: 12 });
    expect({ ...queried.dataset, fingerprint: '' }).toEqual({ ...read.dataset, fingerprint: '' });
  });

  test('are made of ratings', async () => {
    const { dataset, report } = await folder.prepare({
      ...{ path: 'log.csv', columns: { rating: 'timestamp' }, positiveRating: 1002 },
      split: { type: 'ratio', validation: 0.2, test: 0.2 },
    });
    expect(report.labels).toMatchObject({ shown: 24, clicks: 20 });
    expect(dataset.labeled!.impressions).toBeNull();
  });

  test('may be missing: such rows are left out, counted and named', async () => {
    const other = dataFolder({ 'log.csv': lines([HEADER, ...LOG, 'u,a1,1009,,x', 'u,a1,1009,?,x']) });
    const { report } = await other.prepare({ path: 'log.csv', missing: ['?'], ...labeled, split: sixths });
    expect(report.dropped.missingLabels).toBe(2);
    expect(report.warnings).toContain('Rows left out because they have no label: 2.');
    expect(formatReport(report)).toContain('no label 2');
  });

  test.each([
    [
      'unlike in each row',
      (row: number) => `${row}`,
      'Each impression has one item: there is nothing to rank within them.',
    ],
    ['alike in all rows', () => 'home', 'No training row has a history: no user clicked anything before it'],
  ])('of impressions that are %s are doubted', async (_, impressionOf, expected) => {
    const rows = Array.from(
      { length: 40 },
      (_row, row) => `u${row % 10},a${row % 7},${1000 + (row % 10)},${(row % 3) % 2},${impressionOf(row)}`,
    );
    const other = dataFolder({ 'log.csv': lines([HEADER, ...rows]) });
    const { report } = await other.prepare({ ...labeled, path: 'log.csv', split: { type: 'temporal' } });
    expect(report.warnings.join(' ')).toContain(expected);
  });

  test('that say both of an item are named', async () => {
    const other = dataFolder({ 'log.csv': lines([HEADER, ...LOG, 'u,a1,1001,0,u1']) });
    const { report } = await other.prepare({ path: 'log.csv', ...labeled, split: sixths });
    expect(report.warnings).toContain(
      'In 1 case, an item is labeled both 1 and 0 for the same user in the same impression; both count.',
    );
  });

  test('keep users who clicked nothing', async () => {
    const idle = [1, 6].map((time) => `w,b${time},${1000 + time},0,w${time}`);
    const other = dataFolder({ 'log.csv': lines([HEADER, ...LOG, ...idle]) });
    const { dataset, report } = await other.prepare({ path: 'log.csv', ...labeled, split: sixths });
    expect(histories(dataset).w).toEqual([]);
    expect(shownTo(dataset).w).toEqual({ training: ['b1:0<'], validation: [], test: ['b6:0<'] });
    expect(report.labels?.usersWithoutClick).toBe(1);
    expect(report.timeRange).toEqual([1001, 1006]);
  });

  test('of an impression without an id are of one of their own', async () => {
    const other = dataFolder({
      'log.csv': lines([HEADER, ...LOG, 'u,a9,1000,1,', 'u,b9,1000,0,']),
    });
    const { dataset, report } = await other.prepare({ path: 'log.csv', ...labeled, split: sixths });
    expect(report.labels?.impressions).toBe(14);
    expect(report.warnings).toContain('2 rows name no impression; each counts as an impression of its own.');
    expect(shownTo(dataset).u!.training).toContain('a1:1<a9');
  });
});

describe('an impression', () => {
  test('is one unit of the split, whatever the split', async () => {
    const folder = dataFolder({ 'log.csv': lines([HEADER, ...LOG]) });
    const { dataset } = await folder.prepare({ path: 'log.csv', ...labeled, split: { type: 'leaveOneOut' } });
    const { u } = shownTo(dataset);
    expect([u!.training.length, u!.validation.length, u!.test.length]).toEqual([8, 2, 2]);
  });

  test('that the data put into two parts is an error', async () => {
    const folder = dataFolder({
      'train.csv': lines([HEADER, ...LOG]),
      'valid.csv': lines([HEADER, 'u,c1,1001,0,u1']),
      'test.csv': lines([HEADER, 'u,c9,1009,1,u9']),
    });
    const split = { type: 'files', validation: 'valid.csv', test: 'test.csv' } as const;
    const { code, message } = await reject(folder, { path: 'train.csv', ...labeled, split });
    expect(code).toBe('dataset/bad-split');
    expect(message).toMatch(
      /^An impression of the user `u`, which has the item `\w\d`, is in several parts\./,
    );
  });
});

describe('impressions of MIND', () => {
  const row = (id: number, user: string, hour: number, history: string, shown: string) =>
    `${id}\t${user}\t11/13/2019 ${hour}:05:58 AM\t${history}\t${shown}`;
  const rows = [
    row(1, 'U1', 8, 'N8 N9', 'N1-1 N2-0'),
    row(2, 'U1', 9, 'N8 N9', 'N2-1 N1-0 N3-0'),
    row(3, 'U1', 10, 'N8 N9', 'N3-0 N4-1'),
    row(4, 'U2', 8, '', 'N1-0 N2-1'),
    row(5, 'U2', 9, '', 'N5-1 N1-0'),
    row(6, 'U2', 10, '', 'N4-0 N1-1'),
  ];
  const split = { type: 'temporal', validation: 0.3, test: 0.3 } as const;
  const config = {
    path: 'behaviors.tsv',
    columns: { user: 'user_id', impressions: 'impressions', items: 'history', timestamp: 'time' },
    split,
  };

  test('are read with their times and histories', async () => {
    const folder = dataFolder({ 'behaviors.tsv': lines(rows) });
    const { dataset, report } = await folder.prepare(config);
    expect(histories(dataset)).toEqual({ U1: ['N8', 'N9', 'N1', 'N2', 'N4'], U2: ['N2', 'N5', 'N1'] });
    const { U1 } = shownTo(dataset);
    expect(U1!.training.toSorted()).toEqual(['N1:1<N8 N9', 'N2:0<N8 N9']);
    expect(U1!.validation.toSorted()).toEqual(['N1:0<N8 N9 N1', 'N2:1<N8 N9 N1', 'N3:0<N8 N9 N1']);
    expect(U1!.test.toSorted()).toEqual(['N3:0<N8 N9 N1 N2', 'N4:1<N8 N9 N1 N2']);
    const eight = Date.parse('2019-11-13T08:05:58Z') / 1000;
    expect(Array.from(dataset.times!.subarray(0, 3))).toEqual([eight - 2, eight - 1, eight]);
    expect(report.labels).toMatchObject({ shown: 13, clicks: 6, impressions: 6, clicksBefore: 2 });
    expect(report.timeRange?.[0]).toBe(eight - 2);
    expect(report.warnings).toContain(
      'The items in `history` have no times: they count as one second apart, just before the first impression of all.',
    );
  });

  test('do not depend on the order of the rows', async () => {
    const folders = [rows, rows.toReversed()].map((all) => dataFolder({ 'behaviors.tsv': lines(all) }));
    const [one, other] = await Promise.all(folders.map((folder) => folder.prepare(config)));
    expect({ ...one!.dataset, fingerprint: '' }).toEqual({ ...other!.dataset, fingerprint: '' });
  });

  test('without times are in the order of the rows', async () => {
    const folder = dataFolder({ 'behaviors.tsv': lines(rows) });
    const { dataset } = await folder.prepare({
      ...config,
      columns: { ...config.columns, timestamp: null },
      split: { type: 'ratio', validation: 0.3, test: 0.3 },
    });
    expect(shownTo(dataset).U1!.test.toSorted()).toEqual(['N3:0<N8 N9 N1 N2', 'N4:1<N8 N9 N1 N2']);
    expect(dataset.labeled!.times).toBeNull();
  });

  test('in files of parts have their histories in training', async () => {
    const folder = dataFolder({
      'train.tsv': lines(rows.slice(0, 4)),
      'valid.tsv': lines(rows.slice(4)),
      'test.tsv': lines([row(7, 'U1', 11, 'N8 N9 N1', 'N5-1 N6-0'), row(8, 'U3', 11, 'N1 N2', 'N5-0 N6-1')]),
    });
    const header = ['impression_id', 'user_id', 'time', 'history', 'impressions'];
    const { dataset, report } = await folder.prepare({
      ...config,
      ...{ path: 'train.tsv', header, split: { type: 'files', validation: 'valid.tsv', test: 'test.tsv' } },
    });
    expect(shownTo(dataset).U3!.test.toSorted()).toEqual(['N5:0<N1 N2', 'N6:1<N1 N2']);
    expect(dataset.trainEnd[2]! - dataset.offsets[2]!).toBe(2);
    expect(report.warnings).toContain(
      'The histories in `dataset.columns.items` of 1 user change from row to row; the earliest is used. Later clicks are those of the impressions.',
    );
  });

  test('with an item that has no label are an error that names it', async () => {
    const folder = dataFolder({ 'behaviors.tsv': lines([...rows, row(7, 'U2', 11, '', 'N1-1 N2')]) });
    const { code, message } = await reject(folder, config);
    expect(code).toBe('dataset/bad-label');
    expect(message).toMatch(
      /^behaviors\.tsv, row 7 \(line 7\): column `impressions` holds `N1-1 N2`, and `N2` in it is not an item with its label\./,
    );
  });
});

describe('labels that cannot be used', () => {
  const bad = (change: (row: string, index: number) => string) =>
    dataFolder({ 'log.csv': lines([HEADER, ...LOG.map(change)]) });

  test.each(['2', '-1', 'yes', '0.5'])('%s is an error with its row and a remedy', async (value) => {
    const folder = bad((row, index) => (index === 2 ? `u,a2,1002,${value},u2` : row));
    const { code, message } = await reject(folder, { path: 'log.csv', ...labeled, split: sixths });
    expect(code).toBe('dataset/bad-label');
    expect(message).toContain(
      `log.csv, row 3 (line 4): column \`label\` holds \`${value}\`, expected 1 or 0`,
    );
    expect(message).toContain('`dataset.positiveRating`');
  });

  test.each([
    ['0', 'log.csv: all 24 labels in `label` are 0, expected 1'],
    ['1', 'log.csv: all 24 labels in `label` are 1, expected 0'],
  ])('all %s', async (value, expected) => {
    const folder = bad((row) => row.replace(/,[01],/, `,${value},`));
    const { code, message } = await reject(folder, { path: 'log.csv', ...labeled, split: sixths });
    expect([code, message]).toEqual(['dataset/one-label', expect.stringContaining(expected)]);
  });

  test.each([
    [999, /all ratings are at least .* \(999\); ratings are from 1001 to 1006\. Raise it/],
    [5000, /no rating is at least .* \(5000\); ratings are from 1001 to 1006\. Lower it/],
  ])('ratings against %d', async (positiveRating, expected) => {
    const folder = bad((row) => row);
    const columns = { rating: 'timestamp' };
    const { code, message } = await reject(folder, { path: 'log.csv', columns, positiveRating });
    expect([code, message]).toEqual(['dataset/one-label', expect.stringMatching(expected)]);
  });
});

test('a part without a click is an error that counts its rows', async () => {
  const clickedOnce = LOG.map((row, index) => (index === 0 ? row : row.replace(/,1,/, ',0,')));
  const folder = dataFolder({ 'log.csv': lines([HEADER, ...clickedOnce]) });
  const { code, message } = await reject(folder, { path: 'log.csv', ...labeled, split: sixths });
  expect(code).toBe('dataset/empty-part');
  expect(message).toContain('none has a click in the test part');
  expect(message).toContain('there are 4 rows in it. Choose another split');
});

test('a part with clicks alone is named', async () => {
  const lastClicked = LOG.map((row) => (row.includes('1006') ? row.replace(/,0,/, ',1,') : row));
  const folder = dataFolder({ 'log.csv': lines([HEADER, ...lastClicked]) });
  const { report } = await folder.prepare({ path: 'log.csv', ...labeled, split: sixths });
  expect(report.warnings).toContain(
    'The test part has clicks alone, and no row without one to tell them from. Change `dataset.split`.',
  );
});

describe('labels that the config does not name', () => {
  const warningsOf = async (name: string, content: string, config: Partial<DatasetInput> = {}) =>
    (await dataFolder({ [name]: content }).prepare({ path: name, ...config })).report.warnings.join('\n');

  test('are told', async () => {
    const rows = lines([
      'user_id:token\titem_id:token\ttimestamp:float\tlabel:float',
      ...LOG.map((row) => row.split(',').slice(0, 4).join('\t')),
    ]);
    expect(await warningsOf('log.inter', rows)).toContain('Name it in `dataset.columns.label`');
  });

  test('are not seen in a column of other values, or one that has another use', async () => {
    const ratings = lines([HEADER, ...LOG.map((row) => row.replace(/,1,/, ',5,'))]);
    expect(await warningsOf('log.csv', ratings)).not.toContain('label');
    const used = { minRating: 0, columns: { rating: 'label' } };
    expect(await warningsOf('log.csv', lines([HEADER, ...LOG]), used)).not.toContain('columns.label');
  });

  test('in lists are told', async () => {
    const rows = [1, 2, 3, 4].map(
      (user) => `${user}\tU${user}\t11/13/2019 8:05:58 AM\tN1 N2 N3 N4\tN1-0 N2-1`,
    );
    const columns = { user: 'user_id', items: 'history' };
    expect(await warningsOf('behaviors.tsv', lines(rows), { columns })).toContain(
      'Name it in `dataset.columns.impressions`',
    );
  });
});

describe('the config of labels', () => {
  const parsed = (dataset: object) => {
    const text = JSON.stringify({ dataset: { path: 'a.csv', ...dataset }, model: { type: 'sasrec' } });
    const { config, problems } = parseConfig(text, 'json');
    return { split: config?.dataset.split.type, problems: problems.map(({ message }) => message) };
  };

  test.each([
    [{}, 'leaveOneOut'],
    [{ columns: { label: 'label' } }, 'temporal'],
    [{ columns: { label: 'label', timestamp: null } }, 'ratio'],
    [{ columns: { rating: 'rating' }, positiveRating: 4 }, 'temporal'],
    [{ columns: { impressions: 'impressions' } }, 'temporal'],
    [{ columns: { label: 'label' }, split: { type: 'lastN', n: 2 } }, 'lastN'],
  ])('%j is split by %s', (dataset, split) => {
    expect(parsed(dataset)).toEqual({ split, problems: [] });
  });

  test.each([
    [{ positiveRating: 4 }, /positiveRating.*needs the name of the column/],
    [{ positiveRating: 4, minRating: 4, columns: { rating: 'r' } }, /must be above `minRating` \(4\)/],
    [{ positiveRating: 4, columns: { rating: 'r', label: 'l' } }, /cannot make labels of ratings/],
    [{ columns: { label: 'item_id' } }, /must be another column than those of users and items/],
    [{ columns: { impression: 'i' } }, /needs labels/],
    [{ columns: { items: 'h', label: 'l' } }, /use `columns\.impressions`/],
    [
      { columns: { impressions: 'i', label: 'l' } },
      /columns\.label.*where `columns\.impressions` \(`i`\) has the labels/,
    ],
    [{ columns: { impressions: 'i', impression: 'l' } }, /makes each row an impression/],
    [{ columns: { impressions: 'i', rating: 'r' }, minRating: 3 }, /minRating.*has labels and no ratings/],
    [{ columns: { impressions: 'user_id' } }, /must be another column than those of users and histories/],
  ])('%j is refused', (dataset, expected) => {
    const { problems } = parsed(dataset);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });
});
