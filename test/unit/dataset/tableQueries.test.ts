import { expect, test } from 'vitest';
import { dataFolder, plainCsv } from './dataFolder';

test('items and users come from queries', async () => {
  const folder = dataFolder({
    'a.csv': plainCsv(),
    'films.csv': 'id,name,year\ni0,First,1990\ni1,Second,2000\ni2,Third,2010\ni3,Fourth,2020\n',
    'people.csv': 'who,town\nu0,Oslo\nu1,Bergen\nu2,Oslo\n',
  });
  const { dataset } = await folder.prepare({
    path: 'a.csv',
    items: {
      query: "SELECT id AS item_id, name AS title, [CAST(year AS VARCHAR), 'film'] AS tags FROM 'films.csv'",
      features: { tags: 'multi' },
    },
    users: { query: "SELECT who AS user_id, town FROM 'people.csv'", features: { town: 'category' } },
  });
  expect(dataset.itemTitles).toEqual(['', 'First', 'Second', 'Third', 'Fourth']);
  expect(dataset.itemFeatures[0]).toMatchObject({ labels: ['', '1990', '2000', 'film'] });
  expect(dataset.userFeatures[0]).toMatchObject({ labels: ['', 'Bergen', 'Oslo'] });
});

test('a table by query is prepared again when its file changes', async () => {
  const folder = dataFolder({ 'a.csv': plainCsv(), 'films.csv': 'item_id,title\ni0,First\n' });
  const config = { path: 'a.csv', items: { query: "SELECT * FROM 'films.csv'" } };
  await folder.prepare(config);
  folder.write('films.csv', 'item_id,title\ni0,Other\n');
  const { dataset, cached } = await folder.prepare(config);
  expect(cached).toBe(false);
  expect(dataset.itemTitles?.[1]).toBe('Other');
});

test('a query beside a table that is read from a copy is kept, too', async () => {
  const films = 'item_id,title\ni0,Amélie\ni1,Second\ni2,Third\ni3,Fourth\n';
  const folder = dataFolder({ 'a.csv': plainCsv(), 'films.csv': Buffer.from(films, 'latin1') });
  const config = { query: "SELECT * FROM 'a.csv'", items: { path: 'films.csv' } };
  const first = await folder.prepare(config);
  expect(first.dataset.itemTitles?.[1]).toBe('Amélie');
  expect(first.warnings.filter((text) => text.includes('not cached'))).toEqual([]);
  expect((await folder.prepare(config)).cached).toBe(true);
  folder.write('films.csv', films.replace('Second', 'Other'));
  const changed = await folder.prepare(config);
  expect([changed.cached, changed.dataset.itemTitles?.[2]]).toEqual([false, 'Other']);
});

test('a query of items that cannot run is named by its field', async () => {
  const folder = dataFolder({ 'a.csv': plainCsv() });
  await expect(
    folder.prepare({ path: 'a.csv', items: { query: "SELECT * FORM 'a.csv'" } }),
  ).rejects.toMatchObject({
    code: 'dataset/bad-query',
    message: expect.stringMatching(/^`dataset\.items\.query` cannot run/) as string,
  });
});
