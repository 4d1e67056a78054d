import { expect, test } from 'vitest';
import { distinctStarts, runTitles } from '../../../src/host/runTitles';
import { makeRun } from './runs';

const now = new Date(2026, 10, 22, 15, 0).getTime();

function startedAt(
  id: string,
  name: string,
  ...time: [day: number, hour: number, minute: number, second?: number]
) {
  const [day, hour, minute, second = 0] = time;
  return makeRun({ id, name, createdAt: new Date(2026, 10, day, hour, minute, second).getTime() });
}
const directoryOf = (id: string) => `/ws/.recsight/runs/${id}`;

test('runs of one name are told apart by no more of their start than is needed', () => {
  const runs = [
    startedAt('a', 'sasrec', 22, 14, 5, 1),
    startedAt('b', 'sasrec', 22, 14, 5, 31),
    startedAt('c', 'sasrec', 22, 9, 5),
    startedAt('d', 'sasrec', 21, 9, 5),
    startedAt('e', 'sasrec', 20, 9, 5, 7),
    startedAt('f', 'sasrec', 20, 9, 5, 8),
    startedAt('g', 'gru', 22, 14, 5, 1),
  ];
  const titles = runTitles(runs, now);
  expect(runs.map(({ directory }) => titles.get(directory))).toEqual([
    'sasrec · 14:05:01',
    'sasrec · 14:05:31',
    'sasrec · 09:05',
    'sasrec · 2026-11-21 09:05',
    'sasrec · 2026-11-20 09:05:07',
    'sasrec · 2026-11-20 09:05:08',
    'gru · 14:05',
  ]);
});

test('runs that began within one second are counted, in whatever order they come', () => {
  const runs = ['x', 'y', 'z'].map((id) => startedAt(id, 'sasrec', 22, 14, 5, 1));
  for (const order of [runs, runs.toReversed()]) {
    const starts = distinctStarts(order, now);
    expect(['x', 'y', 'z'].map((id) => starts.get(directoryOf(id)))).toEqual([
      '14:05:01',
      '14:05:01 (2)',
      '14:05:01 (3)',
    ]);
  }
});
