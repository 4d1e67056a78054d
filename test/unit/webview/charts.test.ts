import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/protocol/events';
import { RunSeries } from '../../../src/series/runSeries';
import { chartModels } from '../../../webview/live/charts';
import { initialState } from '../../../webview/live/state';
import { exampleRun } from '../../webview/exampleRun';

/** The chart of the loss after steps with these learning rates. */
function lossChart(rates: (number | undefined)[]) {
  const series = new RunSeries();
  const events = rates.map((learningRate, index): RunEvent => ({
    v: 1,
    seq: index,
    time: 1000 * index,
    kind: 'step',
    epoch: 1,
    step: index + 1,
    loss: 1 / (index + 1),
    sequencesPerSecond: 100,
    ...(learningRate !== undefined && { learningRate }),
  }));
  series.fold(events);
  const state = { ...initialState(null), run: exampleRun('running', 1), series };
  const charts = chartModels(state, { onZoom: () => undefined, onSave: () => undefined });
  return charts.find(({ title }) => title.startsWith('Training loss'))!;
}

test('a learning rate that changes is drawn beside the loss, on its own axis', () => {
  const { title, lines } = lossChart([0.5e-3, 1e-3, 0.7e-3]);
  expect(title).toBe('Training loss · learning rate');
  expect(lines.map(({ label, side }) => [label, side])).toEqual([
    ['loss', 'left'],
    ['learning rate', 'right'],
  ]);
  expect([...lines[1]!.columns.value]).toEqual([0.5e-3, 1e-3, 0.7e-3]);
  // Smoothing is for noise, and a schedule has none.
  expect(lines[1]!.smoothing).toBe(0);
});

test('a constant learning rate, or none in the log, is not drawn', () => {
  for (const rates of [[1e-3, 1e-3, 1e-3], [undefined, undefined], []]) {
    const { title, lines } = lossChart(rates);
    expect(title).toBe('Training loss');
    expect(lines.map(({ label }) => label)).toEqual(rates.length > 0 ? ['loss'] : []);
  }
});

test.each([
  ['sequences', 'Throughput, sequences/s'],
  ['interactions', 'Throughput, interactions/s'],
  [undefined, 'Throughput, examples/s'],
] as const)('throughput counts what a batch holds: %s', (batchUnit, title) => {
  const run = exampleRun('running', 1);
  const progress = { ...run.manifest.progress };
  delete progress.batchUnit;
  run.manifest.progress = batchUnit === undefined ? progress : { ...progress, batchUnit };
  const charts = chartModels(
    { ...initialState(null), run },
    { onZoom: () => undefined, onSave: () => undefined },
  );
  expect(charts.map((chart) => chart.title)).toContain(title);
});
