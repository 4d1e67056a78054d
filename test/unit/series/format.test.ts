import { describe, expect, it, test } from 'vitest';
import {
  formatAge,
  formatAgo,
  formatBytes,
  formatCount,
  formatDataDay,
  formatDelta,
  formatDuration,
  formatEpoch,
  formatMetric,
  formatMetricName,
  formatMoment,
  formatPercent,
  formatStart,
  formatTimeOfDay,
} from '../../../src/series/format';

test.each([
  [0.11234, '0.1123'],
  [0.112, '0.1120'],
  [12, '12.00'],
  [3410.4, '3,410'],
  [-0.05, '−0.05000'],
  [0, '0.000'],
  [0.00001234, '1.234e−5'],
  [NaN, 'NaN'],
  [Infinity, '∞'],
  [-Infinity, '−∞'],
])('metric %d is written %s', (value, text) => expect(formatMetric(value)).toBe(text));

test.each([
  [0.0123, '▲ +0.0123'],
  [-0.009097, '▼ −0.0091'],
  [0.0000123, '▲ +1.230e−5'],
  [0, '= 0'],
])('difference %d is written %s', (value, text) => expect(formatDelta(value)).toBe(text));

test.each([
  [0, '0 s'],
  [45_400, '45 s'],
  [72_000, '1 min 12 s'],
  [3_599_800, '1 h 0 min'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
  [-5, '0 s'],
  [NaN, 'NaN'],
])('%d ms are written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [512, '512 B'],
  [1500, '1.50 kB'],
  [999_900, '1.00 MB'],
  [2.1e9, '2.10 GB'],
])('%d bytes are written %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('counts and percentages', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect(formatPercent(0.356)).toBe('35%');
});

test.each([
  ['ndcg@10', 'NDCG@10'],
  ['hr@5', 'HR@5'],
  ['mrr', 'MRR'],
  ['recall@20', 'Recall@20'],
  ['precision@1', 'Precision@1'],
  ['map@10', 'MAP@10'],
  ['gauc', 'GAUC'],
  ['logloss', 'LogLoss'],
  ['logLoss', 'LogLoss'],
  ['tailShare@10', 'Tail share@10'],
  // Names of files that a later version wrote.
  ['surprise@10', 'surprise@10'],
  ['constructor', 'constructor'],
  ['', ''],
])('the metric %s is called %s', (name, text) => expect(formatMetricName(name)).toBe(text));

test.each([
  [44, '44'],
  [3.5249, '3.52'],
  [0.1 + 0.2, '0.3'],
  [0, '0'],
])('epoch %d is written %s', (epoch, text) => expect(formatEpoch(epoch)).toBe(text));

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('formatAge', () => {
  it.each([
    [0, 'now'],
    [59_999, 'now'],
    [MINUTE, '1 min'],
    [HOUR - 1, '59 min'],
    [HOUR, '1 h'],
    [DAY - 1, '23 h'],
    [DAY, '1 d'],
    [14 * DAY - 1, '13 d'],
    [14 * DAY, '2 w'],
  ])('%i ms → %s', (age, text) => {
    expect(formatAge(5_000, 5_000 + age)).toBe(text);
  });

  it('takes a clock that runs ahead for now', () => {
    expect(formatAge(10_000, 5_000)).toBe('now');
  });

  it('reads well in a sentence', () => {
    expect(formatAgo(0, 30_000)).toBe('just now');
    expect(formatAgo(0, 2 * HOUR)).toBe('2 h ago');
  });
});

describe('times', () => {
  const at = (...parts: [number, number, number, number, number, number?]) => new Date(...parts).getTime();
  const now = at(2026, 10, 22, 15, 0);

  it('have 24 hours, whatever the locale', () => {
    expect(formatTimeOfDay(at(2026, 10, 22, 9, 5, 7))).toBe('09:05:07');
    expect(formatTimeOfDay(at(2026, 10, 22, 23, 0, 0))).toBe('23:00:00');
    expect(formatMoment(at(2025, 0, 2, 17, 30))).toBe('2025-01-02 17:30');
  });

  it('leave out the day where it is today', () => {
    expect(formatStart(at(2026, 10, 22, 9, 5), now)).toBe('09:05');
    expect(formatStart(at(2026, 10, 21, 9, 5), now)).toBe('2026-11-21 09:05');
  });

  it('of data are those of UTC, also where a damaged file holds none', () => {
    expect(formatDataDay(Date.UTC(2013, 1, 28, 23, 59))).toBe('2013-02-28');
    expect(formatDataDay(9e15)).toBe('NaN');
  });
});
