import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDelta,
  formatDuration,
  formatMetric,
  formatMetricName,
  formatPercent,
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
  [0, '0s'],
  [45_400, '45s'],
  [72_000, '1m 12s'],
  [3_599_800, '1h 0m'],
  [7_500_000, '2h 5m'],
  [273_600_000, '3d 4h'],
  [-5, '0s'],
  [NaN, 'NaN'],
])('%d ms are written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [512, '512 B'],
  [1500, '1.50 kB'],
  [999_900, '1.00 MB'],
  [2.1e9, '2.10 GB'],
])('%d bytes are written %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('counts, percentages and names', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect(formatPercent(0.356)).toBe('35%');
  expect(formatMetricName('ndcg@10')).toBe('NDCG@10');
});
