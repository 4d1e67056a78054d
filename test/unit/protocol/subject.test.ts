import { expect, test } from 'vitest';
import { subjectIn, subjectKey, subjectOfRun, type Subject } from '../../../src/protocol/subject';

const runs = (...directories: string[]): Subject => ({ kind: 'runs', runs: directories });

test('runs count as the same subject in any order', () => {
  expect(subjectKey(runs('/r/b', '/r/a'))).toBe(subjectKey(runs('/r/a', '/r/b')));
  const others: Subject[] = [
    runs('/r/a'),
    runs('/r/a', '/r/b'),
    runs('/r/a', '/r/c'),
    { kind: 'file', path: '/data/ratings.csv' },
    { kind: 'workspace' },
  ];
  expect(new Set(others.map(subjectKey)).size).toBe(others.length);
  // Windows remember previews by it.
  expect(subjectKey(subjectOfRun('/r/a'))).toBe('/r/a');
});

test('a subject is found in what pages keep, and in what they once kept', () => {
  const subjects: Subject[] = [runs('/r/b', '/r/a'), { kind: 'file', path: '/x.csv' }, { kind: 'workspace' }];
  for (const subject of subjects) {
    const state: unknown = JSON.parse(JSON.stringify({ smoothing: 0.5, subject }));
    expect(subjectIn(state)).toEqual(subject);
  }
  expect(subjectIn({ smoothing: 0.5, runDirectory: '/r/a' })).toEqual(subjectOfRun('/r/a'));
});

test.each([
  null,
  'x',
  [],
  {},
  { runDirectory: '' },
  { runDirectory: 7 },
  { subject: null },
  { subject: { kind: 'runs', runs: [] } },
  { subject: { kind: 'runs', runs: ['/r/a', 7] } },
  { subject: { kind: 'file' } },
  { subject: { kind: 'planet' } },
])('there is none in %j', (state) => {
  expect(subjectIn(state)).toBeNull();
});
