import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataFolder, histories, writeParquet, type DatasetInput } from './dataFolder';

/** 2013-02-28 14:47:18, and what was written some days later. */
const SECONDS = 1362062838;
const DAYS = [0, 1, 2, 3, 4].map((day) => SECONDS + 86_400 * day);
const header = 'user_id,item_id,timestamp\n';
const old = `${header}${DAYS.slice(0, 3)
  .flatMap((time, place) => ['u', 'v'].map((user) => `${user},i${place},${time * 1000}\n`))
  .join('')}`;
const later = (write: (seconds: number) => string) =>
  `${header}${['u', 'v'].flatMap((user) => [3, 4].map((place) => `${user},i${place},${write(DAYS[place]!)}\n`)).join('')}`;
const date = (seconds: number) => new Date(seconds * 1000).toISOString();

describe('times of several kinds', () => {
  const right = { u: ['i0', 'i1', 'i2', 'i3', 'i4'], v: ['i0', 'i1', 'i2', 'i3', 'i4'] };

  test('dates beside milliseconds are not scaled', async () => {
    const folder = dataFolder({ 'old.csv': old, 'new.csv': later(date) });
    const { dataset, warnings } = await folder.prepare({ path: ['old.csv', 'new.csv'] });
    expect(histories(dataset)).toEqual(right);
    expect([...dataset.times!.subarray(0, 5)]).toEqual(DAYS);
    expect(warnings).toContain(
      '`timestamp` holds 4 dates and 6 numbers, which were read as milliseconds since 1970.',
    );
  });

  test('nor are the TIMESTAMPs of Parquet, where dates are the most', async () => {
    const folder = dataFolder({ 'old.csv': old });
    const rows = ['u', 'v', 'w', 'x', 'y'].flatMap((user) =>
      [3, 4].map((place) => `('${user}', 'i${place}', make_timestamp(${DAYS[place]! * 1e6}))`),
    );
    await writeParquet(
      join(folder.path, 'new.parquet'),
      `SELECT * FROM (VALUES ${rows.join(', ')}) t(user_id, item_id, "timestamp")`,
    );
    const { dataset } = await folder.prepare({ path: ['old.csv', 'new.parquet'] });
    expect(histories(dataset)).toMatchObject(right);
    expect([...dataset.times!.subarray(0, 5)]).toEqual(DAYS);
  });

  test.each<[string, Record<string, string>, DatasetInput, RegExp]>([
    [
      'seconds among milliseconds',
      { 'old.csv': old, 'new.csv': later(String) },
      { path: ['old.csv', 'new.csv'] },
      /^new\.csv, row 1 \(line 2\): column `timestamp` holds `1362322038`, which would be 2013-03-03 14:47 in seconds and 1970-01-16 18:25 in milliseconds\. Most of its times are milliseconds/,
    ],
    [
      'microseconds among milliseconds',
      { 'old.csv': old, 'new.csv': later((time) => `${time}000000`) },
      { path: ['old.csv', 'new.csv'] },
      /^new\.csv, row 1 .* holds `1362322038000000`, which would be 2013-03-03 14:47 in microseconds/,
    ],
    [
      'a negative one, by a query',
      { 'a.csv': `${old}u,i9,-20000\n` },
      { query: "SELECT * FROM 'a.csv'" },
      /^The result of `dataset\.query`, row 7: column `timestamp` holds `-20000`/,
    ],
    [
      'days among dates',
      { 'a.csv': `${later(date)}u,i9,15764\n` },
      { path: 'a.csv' },
      /^a\.csv, row 5 \(line 6\): column `timestamp` holds `15764`, which would be 1970-01-01 04:22 in seconds since 1970, beside dates/,
    ],
  ])('%s are refused with a row', async (_name, files, config, message) => {
    await expect(dataFolder(files).prepare(config)).rejects.toMatchObject({
      code: 'dataset/bad-time',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a missing time', () => {
  test.each(['0', '1970-01-01', '1970-01-01T00:00:00Z'])('written as %s is named', async (time) => {
    const folder = dataFolder({ 'a.csv': `${later(date)}u,i2,2013-03-02\nu,i9,${time}\n` });
    const { warnings } = await folder.prepare({ path: 'a.csv' });
    expect(warnings).toContain(
      'Times of 0 or on 1970-01-01: 1, while most are years later. They count as the oldest; if they mark missing times, list them in `dataset.missing`.',
    );
    const without = await folder.prepare({ path: 'a.csv', missing: [time] });
    expect(without.report.dropped.missingTimes).toBe(1);
    expect(without.warnings.join('\n')).not.toContain('1970');
  });

  test.each(['0', '-1'])('written as %s among milliseconds is no other unit', async (time) => {
    const { warnings } = await dataFolder({ 'a.csv': `${old}u,i9,${time}\n` }).prepare({ path: 'a.csv' });
    expect(warnings.join('\n')).toMatch(/(on 1970-01-01|before 1970.*): 1\b/);
  });

  test('is not suspected among counts', async () => {
    const { warnings } = await dataFolder({
      'a.csv': `${header}${[0, 1, 2, 3].map((time) => `u,i${time},${time}\nv,i${time},${time}\n`).join('')}`,
    }).prepare({ path: 'a.csv' });
    expect(warnings.join('\n')).not.toContain('1970');
  });
});
