import { expect, test } from 'vitest';
import type { RunStatus } from '../../../src/protocol/run';
import { chartPlaceholder, type ChartKind } from '../../../webview/live/placeholders';

const CHARTS: ChartKind[] = ['validation', 'loss', 'throughput', 'system'];
const said = (status: RunStatus | null, reading: boolean, steps: number) =>
  CHARTS.map((chart) => chartPlaceholder(chart, { status, reading, steps, refit: false }));
const STATUSES: RunStatus[] = [
  'preparing',
  'running',
  'evaluating',
  'stopping',
  'finished',
  'stopped',
  'failed',
  'lost',
];

test('nothing before the extension has answered', () => {
  for (const reading of [true, false]) expect(said(null, reading, 0)).toEqual([null, null, null, null]);
});

test('a refit has no validation, whatever its status', () => {
  const known = { reading: false, steps: 3, refit: true };
  for (const status of STATUSES)
    expect(chartPlaceholder('validation', { ...known, status })).toMatch(/^A refit learns from validation/);
  expect(chartPlaceholder('loss', { ...known, status: 'running' })).toMatch(/after the first step/);
});

test.each(STATUSES)('%s, while its log is read: how much that is, or nothing', (status) => {
  expect(new Set(said(status, true, 200_000))).toEqual(new Set(['Reading 200,000 steps…']));
  expect(new Set(said(status, true, 1))).toEqual(new Set(['Reading 1 step…']));
  expect(new Set(said(status, true, 0))).toEqual(new Set([null]));
});

const READ: Record<RunStatus, string[]> = {
  preparing: [
    'Validation runs at the end of an epoch.',
    'The loss appears after the first step.',
    'The throughput appears after the first step.',
    'Memory and CPU use appear after the first step.',
  ],
  running: [
    'Validation runs at the end of an epoch.',
    'The loss appears after the first step.',
    'The throughput appears after the first step.',
    'Memory and CPU use appear after the first step.',
  ],
  evaluating: each('No ', ' was recorded.'),
  finished: each('No ', ' was recorded.'),
  stopping: each('Training is stopping before the first ', '.'),
  stopped: each('Training was stopped before the first ', '.'),
  failed: each('Training failed before the first ', '.'),
  lost: each('The trainer exited before the first ', '.'),
};
function each(before: string, after: string): string[] {
  return ['validation', 'step', 'step', 'measurement'].map((what) => before + what + after);
}

test.each(STATUSES)('%s, when its log was read: what is to come, or why nothing is', (status) => {
  for (const steps of [0, 3]) expect(said(status, false, steps)).toEqual(READ[status]);
});
