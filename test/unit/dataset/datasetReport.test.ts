import { expect, test } from 'vitest';
import { formatReport } from '../../../src/dataset/datasetReport';
import { dataFolder, plainCsv } from './dataFolder';

test('the report counts, and warns of what makes results doubtful', async () => {
  const folder = dataFolder({
    'a.csv': `${plainCsv(4, 5)}lonely,i1,86400\nlonely,rare,86401\nu0,i0,1000\nu3,late,99999\n,x,1\n`,
  });
  const { report } = await folder.prepare(
    { path: 'a.csv' },
    { historyLimit: { maxLength: 3, learnsOlder: true } },
  );
  expect(report).toMatchObject({
    rows: 25,
    users: 5,
    items: 7,
    interactions: 24,
    density: 24 / 35,
    timeRange: [1000, 99999],
    historyLength: { min: 2, p25: 5, median: 5, p75: 6, p95: 6, max: 6, mean: 4.8 },
    split: { training: 16, validation: 4, test: 4, text: 'leave-one-out' },
    cold: { users: 0, items: 2 },
    dropped: { emptyIds: 1, missingTimes: 0, rating: 0, duplicates: 0, kCore: 0, cold: 0 },
  });
  const all = report.warnings.join('\n');
  expect(all).toContain('no user or item id: 1.');
  expect(all).toContain('1 interaction repeats another one');
  expect(all).toContain(
    '1 of 5 users has nothing held out for testing, because leave-one-out needs at least three',
  );
  expect(all).toContain('Only 4 users can be evaluated');
  // i4 is held out everywhere, and so is `late`.
  expect(all).toContain('2 of 7 items never occur in training');
  expect(all).toContain(
    '2 of 5 training histories are longer than `maxSequenceLength` (3): training uses all of their items, ranking only the newest.',
  );

  const lines = formatReport(report).split('\n');
  expect(lines.slice(0, 9)).toEqual([
    'users               5',
    'items               7',
    'interactions       24',
    'density         68.6%',
    'time            1970-01-01 00:16 to 1970-01-02 03:46',
    'history length  min 2 · 25% 5 · median 5 · 75% 6 · 95% 6 · max 6 · mean 4.8',
    'split           leave-one-out: training 16 · validation 4 · test 4',
    'cold            users 0 · items 2',
    'left out        no id 1 (of 25 rows)',
  ]);
  expect(lines.slice(9).every((line) => /^(warning|note): /.test(line))).toBe(true);
});

test('a clean dataset has no warnings', async () => {
  const lines = plainCsv(200, 10).split('\n');
  const { report } = await dataFolder({
    'a.csv': [
      lines[0],
      ...lines.slice(1).map((line, index) => line.replace(/\d+$/, String((index * 7919) % 10007))),
    ].join('\n'),
  }).prepare({ path: 'a.csv' });
  expect(report.warnings).toEqual([]);
  expect(report.checks.filter(({ level }) => level !== 'note')).toEqual([]);
  expect(formatReport(report)).toContain('left out        nothing');
});
