import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dataFolder, histories } from './dataFolder';

/*
 * The prepared data of files that look as they did are found without reading them.
 */

const HOUR = 3_600_000;
const csv = 'user_id,item_id,timestamp\n1,a,1\n1,b,2\n1,c,3\n2,c,1\n2,b,2\n2,a,3\n';
const here = { path: 'a.csv' };

/** Files that were written a moment ago are always read. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Known {
  key: string;
  looks: string[];
  fingerprint: string;
}

function knownIn(cache: string): Known[] {
  return JSON.parse(readFileSync(join(cache, 'sources.json'), 'utf8')) as Known[];
}

describe('files that look as they did', () => {
  test('are not read again', async () => {
    const folder = dataFolder({ 'a.csv': csv, 'b.csv': csv.replaceAll(',a,', ',z,') });
    const first = await folder.prepare(here);
    const other = await folder.prepare({ path: 'b.csv' });
    // Whoever reads the file finds out that this is not so.
    const [known] = knownIn(folder.cache).filter(
      ({ fingerprint }) => fingerprint === first.dataset.fingerprint,
    );
    const { fingerprint } = other.dataset;
    writeFileSync(join(folder.cache, 'sources.json'), JSON.stringify([{ ...known, fingerprint }]));
    const again = await folder.prepare(here);
    expect(again.cached).toBe(true);
    expect(again.dataset.fingerprint).toBe(fingerprint);
    expect(again.warnings).toEqual(first.warnings);
  });

  test('are read where they are to be read differently', async () => {
    const folder = dataFolder({ 'a.csv': csv });
    const first = await folder.prepare(here);
    const other = await folder.prepare({ ...here, duplicates: 'keepLast' });
    expect(other.cached).toBe(false);
    expect(other.dataset.fingerprint).not.toBe(first.dataset.fingerprint);
    expect(await folder.prepare(here)).toMatchObject({ cached: true, dataset: first.dataset });
  });
});

test('a file that has changed is read, whatever its size and its date say', async () => {
  const folder = dataFolder({ 'a.csv': csv });
  utimesSync(join(folder.path, 'a.csv'), 1000, 1000);
  await folder.prepare(here);
  writeFileSync(join(folder.path, 'a.csv'), csv.replaceAll('a\n', 'q\n').replace('1,a,', '1,q,'));
  utimesSync(join(folder.path, 'a.csv'), 1000, 1000);
  const { dataset, cached } = await folder.prepare(here);
  expect(cached).toBe(false);
  expect(histories(dataset)).toMatchObject({ 1: ['q', 'b', 'c'] });
});

test('a file that was written a moment ago is not taken for the same', async () => {
  vi.useRealTimers();
  const folder = dataFolder({ 'a.csv': csv });
  await folder.prepare(here);
  expect(() => knownIn(folder.cache)).toThrow(/ENOENT/);
});

test.each(['', '[', '[null, 1]', '[{"key": "a", "looks": [], "fingerprint": "../../elsewhere"}]'])(
  'a list that is %j is as good as none',
  async (text) => {
    const folder = dataFolder({ 'a.csv': csv });
    const first = await folder.prepare(here);
    writeFileSync(join(folder.cache, 'sources.json'), text);
    expect(await folder.prepare(here)).toMatchObject({ cached: true, dataset: first.dataset });
    expect(knownIn(folder.cache)).toHaveLength(1);
  },
);
