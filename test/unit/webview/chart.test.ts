import { describe, expect, test } from 'vitest';
import type { XAxis } from '../../../src/series/axes';
import { formatMetric } from '../../../src/series/format';
import { xIncrements } from '../../../webview/plot/chartAxes';
import { alignLines, COLUMNS_PER_LINE, drawLine, fullRange } from '../../../webview/plot/chartData';
import { chartCsv } from '../../../webview/plot/chartModel';
import type { ChartLine } from '../../../webview/plot/chartModel';
import { formatLogTicks, formatTicks, formatX, notesOn } from '../../../webview/plot/chartText';

function line(values: number[], smoothing = 0): ChartLine {
  const step = Float64Array.from(values, (_, i) => i + 1);
  const columns = {
    step,
    epoch: step.map((s) => s / 10),
    time: step.map((s) => s * 1000),
    value: Float64Array.from(values),
  };
  return { label: 'loss', columns, x: step, smoothing, side: 'left', fromZero: false, format: formatMetric };
}
const ALL = { from: -Infinity, to: Infinity };

describe('data', () => {
  test('few points are drawn as they are, without a band', () => {
    const data = alignLines([drawLine(line([3, NaN, 1]), 'linear', ALL, 100)]);
    expect(data).toHaveLength(1 + COLUMNS_PER_LINE);
    expect([...data[0]]).toEqual([1, 2, 3]);
    expect(data.slice(1)).toEqual([
      [null, null, null],
      [null, null, null],
      [3, null, 1],
      [null, null, null],
    ]);
  });

  test('many points become one bucket a pixel, with a band from min to max', () => {
    const drawn = drawLine(
      line(
        Array.from({ length: 5000 }, (_, i) => (i % 2 ? 1 : 3)),
        0.9,
      ),
      'linear',
      ALL,
      100,
    );
    const [x, low, high, mean, average] = alignLines([drawn]);
    expect(x.length).toBeLessThanOrEqual(100);
    expect([low![50], high![50]]).toEqual([1, 3]);
    expect(mean![50]).toBeCloseTo(2, 1);
    expect(average![50]).toBeCloseTo(2, 0);
    expect(notesOn([drawn], false)).toEqual([
      `Each point averages up to ${drawn.largestBucket} values; the band shows their range.`,
      'The end value is smoothed.',
    ]);
    // What an outline has is no count of the run's values.
    expect(notesOn([drawn], true)).toEqual(['Reading all steps…', 'The end value is smoothed.']);
  });

  test('the average runs over all values, also over those out of sight', () => {
    const whole = line([10, 10, 10, 0, 0, 0], 0.9);
    const { smoothed, buckets } = drawLine(whole, 'linear', { from: 5, to: 6 }, 100);
    expect([...buckets.x]).toEqual([4, 5, 6]);
    expect(smoothed![0]).toBeGreaterThan(5);
  });

  test('another smoothing draws the same buckets: only another part, axis or width needs new ones', () => {
    const values = Array.from({ length: 5000 }, (_, i) => Math.sin(i));
    const plain = line(values);
    const { buckets } = drawLine(plain, 'linear', ALL, 100);
    expect(drawLine({ ...plain, smoothing: 0.5 }, 'linear', ALL, 100).buckets).toBe(buckets);
    expect(drawLine({ ...plain, smoothing: 0.9 }, 'linear', ALL, 100).buckets).toBe(buckets);
    expect(drawLine(plain, 'linear', { from: 1, to: 900 }, 100).buckets).not.toBe(buckets);
    expect(drawLine(plain, 'log', ALL, 100).buckets.mean).not.toEqual(buckets.mean);
    expect(drawLine(plain, 'linear', ALL, 50).buckets.x.length).toBeLessThan(buckets.x.length);
  });

  test('no extreme of a long curve is lost', () => {
    const values = Array.from({ length: 200_000 }, (_, i) => 1 + Math.sin(i) / 10);
    values[123_456] = 7;
    values[7] = -3;
    const { buckets } = drawLine(line(values, 0.6), 'linear', ALL, 600);
    expect(Math.max(...buckets.max)).toBe(7);
    expect(Math.min(...buckets.min)).toBe(-3);
    expect(buckets.x.length).toBeLessThanOrEqual(600);
  });

  test('a log axis leaves out what is not positive and says so', () => {
    const drawn = drawLine(line([1, 0, -1, NaN]), 'log', ALL, 100);
    expect([...drawn.buckets.mean]).toEqual([1, NaN, NaN, NaN]);
    expect(notesOn([drawn], false)).toEqual([
      '2 values ≤ 0 not shown on the log axis.',
      '1 value not finite.',
    ]);
  });

  test('lines with different x share one axis', () => {
    const other = { ...line([7, 8]), x: Float64Array.of(1.5, 2.5) };
    const data = alignLines([line([1, 2]), other].map((l) => drawLine(l, 'linear', ALL, 100)));
    expect([...data[0]]).toEqual([1, 1.5, 2, 2.5]);
    expect(data[3]).toEqual([1, undefined, 2, undefined]);
  });

  test('a single point has a range to be drawn in', () => {
    expect(fullRange([line([1])])).toEqual({ from: 0.5, to: 1.5 });
    expect(fullRange([line([1, 2, 3])])).toEqual({ from: 1, to: 3 });
  });
});

describe('axes', () => {
  const whole = (axis: XAxis, from: number, to: number) =>
    xIncrements(axis, from, to).every(Number.isInteger);

  test('epochs are whole as soon as two of them are in sight; less of them is told by parts', () => {
    expect(whole('epoch', 43.4, 45.4)).toBe(true);
    expect(whole('epoch', 0, 200)).toBe(true);
    expect(xIncrements('epoch', 43.75, 44)).toContain(0.05);
  });

  test('steps and seconds are always whole', () => {
    expect(whole('step', 7, 8)).toBe(true);
    expect(whole('time', 0, 1)).toBe(true);
  });
});

describe('text', () => {
  test('ticks have the digits that tell them apart', () => {
    expect(formatTicks([0.025, 0.05, 0.075], 0.025)).toEqual(['0.025', '0.050', '0.075']);
    expect(formatTicks([0, 2, 4], 2)).toEqual(['0', '2', '4']);
    expect(formatTicks([-1, 0], 1)).toEqual(['−1', '0']);
    expect(formatTicks([0, 2000, 4000], 2000)).toEqual(['0', '2,000', '4,000']);
    expect(formatTicks([0, 5000, 10_000], 5000)).toEqual(['0', '5k', '10k']);
    expect(formatTicks([1_500_000, 2_000_000], 500_000)).toEqual(['1.5M', '2.0M']);
  });

  test('log ticks: powers of ten, or all where there are no two of them', () => {
    expect(formatLogTicks([0.01, 0.02, 0.1, 1, 1e5])).toEqual(['0.01', null, '0.1', '1', '1e5']);
    expect(formatLogTicks([2, 3, 4])).toEqual(['2', '3', '4']);
  });

  test('places on the x axis', () => {
    expect([formatX(1200, 'step'), formatX(3.5166, 'epoch'), formatX(123, 'time')]).toEqual([
      'step 1,200',
      'epoch 3.52',
      '2 min 3 s',
    ]);
  });

  test('a CSV file has every point, and quotes names that need it', () => {
    const csv = chartCsv([{ ...line([0.5, NaN]), label: 'a,"b"' }]);
    expect(csv).toBe(
      'line,step,epoch,time,value\n' +
        '"a,""b""",1,0.1,1970-01-01T00:00:01.000Z,0.5\n' +
        '"a,""b""",2,0.2,1970-01-01T00:00:02.000Z,NaN\n',
    );
  });
});
