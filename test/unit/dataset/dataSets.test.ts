import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';
import { prepareDataset } from '../../../src/dataset/prepareDataset';
import { dataFolder, histories } from './dataFolder';

/*
 * The configs of docs/data-sets.md, each over small files in the form of the published ones. All of them hold the same
 * interactions, so that what comes out is known.
 */
const users = ['1', '2', '3', '4'];
const items = ['11', '12', '13', '14', '15'];
const start = 1_376_000_000;

interface Interaction {
  user: string;
  item: string;
  time: number;
}

/** Every user meets every item, each in an order of their own, newest first. */
const interactions: Interaction[] = users.flatMap((user, u) =>
  items
    .map((_, place) => ({ user, item: items[(place + u) % items.length]!, time: start + 3600 * place + u }))
    .reverse(),
);
const oldestFirst = [...interactions].sort((a, b) => a.time - b.time);
const itemsOf = (user: string) => oldestFirst.filter((one) => one.user === user).map(({ item }) => item);
const date = (time: number) => new Date(time * 1000).toISOString();
const lines = (rows: readonly string[]) => rows.map((row) => `${row}\n`).join('');
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const each = (line: (one: Interaction) => string) => lines(interactions.map(line));
const genres = Array.from({ length: 19 }, (_, index) => String(index % 2)).join('|');

const files: Record<string, string | Buffer> = {
  'ratings.dat': each(({ user, item, time }) => `${user}::${item}::5::${time}`),
  'movies.dat': latin1(lines(items.map((item) => `${item}::Café ${item}, The (1990)::Drama|Comédie`))),
  'users.dat': lines(users.map((user) => `${user}::F::3${user}::10::0231${user}`)),
  'u.data': each(({ user, item, time }) => `${user}\t${item}\t4\t${time}`),
  'u.item': latin1(lines(items.map((item) => `${item}|Café ${item} (1990)|01-Jan-1990||http://x|${genres}`))),
  'u.user': lines(users.map((user) => `${user}|24|M|technician|8571${user}`)),
  'UserBehavior.csv': each(({ user, item, time }) => `${user},${item},7,pv,${time}`),
  'yoochoose-clicks.dat': each(({ user, item, time }) => `${user},${date(time)},${item},0`),
  'loc-gowalla_totalCheckins.txt': each(
    ({ user, item, time }) => `${user}\t${date(time)}\t30.2\t-97.7\t${item}`,
  ),
  'userid-timestamp-artid-artname-traid-traname.tsv': each(
    ({ user, item, time }) => `${user}\t${date(time)}\ta1\t"Weird" Al\t${item}\t"Heroes" ${item}`,
  ),
  'userid-profile.tsv': `#id\tgender\tage\tcountry\tregistered\n${lines(users.map((user) => `${user}\t\t\tNorway\tAug 13, 2006`))}`,
  'behaviors.tsv': lines(
    [...users, ...users].map(
      (user, index) =>
        `${index}\t${user}\t11/1${user}/2019 9:05:58 AM\t${itemsOf(user).join(' ')}\t11-1 12-0`,
    ),
  ),
  'MINDsmall_train/behaviors.tsv': lines(
    users.flatMap((user) => {
      const [first, second, ...rest] = itemsOf(user);
      return rest.map(
        (item, place) =>
          `${place}\t${user}\t11/13/2019 ${8 + place}:0${user}:58 AM\t${first} ${second}\t${first}-0 ${item}-1`,
      );
    }),
  ),
  'news.tsv': lines(items.map((item) => `${item}\tsports\tgolf\tThe "${item}"\tabout\thttp://x\t[]\t[]`)),
  'BX-Book-Ratings.csv': `"User-ID";"ISBN";"Book-Rating"\r\n${oldestFirst.map(({ user, item }) => `"${user}";"${item}";"5"\r\n`).join('')}`,
  'BX-Books.csv': latin1(
    `"ISBN";"Book-Title";"Book-Author"\r\n${items.map((item) => `"${item}";"Le \\"Père\\" ${item}";"Müller; A."\r\n`).join('')}`,
  ),
  'BX-Users.csv': latin1(
    `"User-ID";"Location";"Age"\r\n${users.map((user) => `"${user}";"münchen, germany";${user === '1' ? 'NULL' : `"3${user}"`}\r\n`).join('')}`,
  ),
  'ratings_Beauty.csv': each(({ user, item, time }) => `${user},${item},5.0,${time}`),
  'All_Beauty.jsonl.gz': gzipSync(
    each(({ user, item, time }) =>
      JSON.stringify({ user_id: user, parent_asin: item, timestamp: time * 1000 }),
    ),
  ),
  'meta_All_Beauty.jsonl.gz': gzipSync(
    lines(
      items.map((item) =>
        JSON.stringify({
          parent_asin: item,
          title: `T ${item}`,
          categories: ['a', 'b'],
          details: { Brand: 'Acme', Size: 1 },
        }),
      ),
    ),
  ),
  'ml-1m.txt': lines(oldestFirst.map(({ user, item }) => `${user} ${item}`)),
  'Sports_and_Outdoors.txt': lines(users.map((user) => [user, ...itemsOf(user)].join(' '))),
};

const page = readFileSync(join(import.meta.dirname, '../../../docs/data-sets.md'), 'utf8');
const configs = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => {
  const { config, problems } = parseConfig(text!, 'json');
  return { name: [config?.dataset.path].flat()[0] ?? 'unreadable', config, problems };
});

describe('the configs of the page about data sets', () => {
  const folder = dataFolder(files);
  const prepare = async (name: string) => {
    const { config } = configs.find((one) => one.name === name)!;
    return prepareDataset(config!.dataset, {
      baseDirectory: folder.path,
      cacheDirectory: folder.cache,
      seed: 42,
    });
  };

  test.each(configs)('$name', async ({ name, problems }) => {
    expect(problems).toEqual([]);
    const { dataset } = await prepare(name);
    expect(histories(dataset)).toEqual(Object.fromEntries(users.map((user) => [user, itemsOf(user)])));
  });

  test.each([
    ['ratings.dat', 'Café 11, The (1990)'],
    ['u.data', 'Café 11 (1990)'],
    ['userid-timestamp-artid-artname-traid-traname.tsv', '"Heroes" 11'],
    ['behaviors.tsv', 'The "11"'],
    ['BX-Book-Ratings.csv', 'Le "Père" 11'],
    ['All_Beauty.jsonl.gz', 'T 11'],
  ])('titles of %s', async (name, title) => {
    const { dataset } = await prepare(name);
    expect(dataset.itemTitles?.[1]).toBe(title);
  });

  test.each([
    ['ratings.dat', 'itemFeatures', ['', 'Comédie', 'Drama']],
    ['ratings.dat', 'userFeatures', ['', 'F']],
    ['u.data', 'userFeatures', ['', 'technician']],
    ['userid-timestamp-artid-artname-traid-traname.tsv', 'userFeatures', ['', 'Norway']],
    ['behaviors.tsv', 'itemFeatures', ['', 'sports']],
    ['All_Beauty.jsonl.gz', 'itemFeatures', ['', 'Acme']],
  ] as const)('features of %s: %s', async (name, of, labels) => {
    const { dataset } = await prepare(name);
    expect(dataset[of][0]).toMatchObject({ labels });
  });

  test('an age of NULL is unknown', async () => {
    const { report } = await prepare('BX-Book-Ratings.csv');
    expect(report.features).toMatchObject([{ name: 'Age', unknownShare: 0.25 }]);
  });

  test('the impressions of MIND have labels', async () => {
    const { report } = await prepare('MINDsmall_train/behaviors.tsv');
    expect(report.labels).toMatchObject({ shown: 24, clicks: 12, impressions: 12, clicksBefore: 8 });
  });

  test('each says what was guessed', async () => {
    const { report } = await prepare('ratings.dat');
    expect(report.reading).toEqual([
      'ratings.dat: separated by `::`, no header, columns as in MovieLens (UserID, MovieID, Rating, Timestamp)',
      'movies.dat: separated by `::`, no header, columns as in MovieLens (MovieID, Title, Genres), Latin-1 (Windows-1252)',
      'users.dat: separated by `::`, no header, columns as in MovieLens (UserID, Gender, Age, Occupation, Zip-code)',
    ]);
  });
});
