import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { metricsTable } from '../../../src/cli/metricsTable';
import { ProgressLine } from '../../../src/cli/progressLine';
import { Terminal } from '../../../src/cli/terminal';
import { lastRunText } from '../../../src/host/configLensText';
import { resultFacts } from '../../../src/host/runText';
import { runTooltip } from '../../../src/host/runTooltip';
import { runRow } from '../../../src/host/runTreeModel';
import { statusDetail, statusTexts } from '../../../src/host/statusText';
import type { RunEvent } from '../../../src/protocol/events';
import type { RunStatus } from '../../../src/protocol/run';
import { belowPopularityMessage } from '../../../src/training/resultWarnings';
import { makeRun } from './runs';

/** The keys of configs and JSON, which people are not shown. */
const KEYS = /\b(?:ndcg|hr|mrr|map|recall|precision|auc|gauc|logloss)(?:@\d+)?\b/;
const METRICS = {
  'ndcg@10': 0.1123,
  'hr@10': 0.2,
  mrr: 0.05,
  'recall@20': 0.3,
  auc: 0.7,
  gauc: 0.6,
  logloss: 0.4,
};
const MEASURED = { epoch: 6, step: 600, metrics: METRICS };

/** All that the list, hovers, pickers, the status bar and lenses say of a run. */
function hostTexts(status: RunStatus): string[] {
  const { protocol } = makeRun().manifest;
  const test = { ...MEASURED, protocol: protocol!, baselines: { popularity: METRICS }, evaluatedAt: 1 };
  const run = makeRun({ best: MEASURED, last: MEASURED, ...(status === 'finished' && { test }) }, status);
  const row = runRow(run, { settings: 'dropout 0.5', start: '14:05' }, { best: true, apart: true });
  const { text, spoken } = statusTexts(run, 1);
  return [
    ...resultFacts(run),
    ...Object.values(row).filter((value) => typeof value === 'string'),
    runTooltip(run, 'sasrec', { settings: [], usual: { of: 'defaults' } }, 2).source,
    lastRunText(run, 2),
    statusDetail(run),
    text,
    spoken,
  ];
}

test.each(['running', 'finished', 'stopped', 'lost'] as const)(
  'a %s run names its metrics as papers do',
  (status) => {
    const texts = hostTexts(status);
    expect(texts.filter((text) => KEYS.test(text))).toEqual([]);
    expect(texts.join('\n')).toContain('NDCG');
  },
);

test('so do the tables and progress of the command line, and what a trainer warns of', () => {
  const { manifest } = makeRun({ best: MEASURED }, 'running');
  const stream = new PassThrough();
  const line = new ProgressLine(
    new Terminal(Object.assign(stream, { isTTY: false }) as unknown as NodeJS.WriteStream),
  );
  const validation = { v: 1, seq: 0, time: 0, kind: 'validation', ...MEASURED, best: true, seconds: 1 };
  line.show([validation as unknown as RunEvent], manifest);
  const result = {
    ...MEASURED,
    protocol: manifest.protocol!,
    baselines: { popularity: METRICS },
    evaluatedAt: 1,
  };
  const table = metricsTable({ name: 'sasrec', model: 'sasrec' }, result, 'ndcg@10').map((part) =>
    typeof part === 'string' ? part : part.strong,
  );
  const warning = belowPopularityMessage(
    { 'recall@20': 0.1 },
    { popularity: { 'recall@20': 0.2 } },
    'recall@20',
  );
  const texts = [(stream.read() as Buffer).toString(), table.join(''), warning!];
  expect(texts.filter((text) => KEYS.test(text))).toEqual([]);
  expect(texts[0]).toContain('validation NDCG@10 0.1123');
  expect(texts[1]).toMatch(/NDCG@10 +HR@10 +Recall@20 +AUC +GAUC +LogLoss/);
  expect(texts[2]).toContain('Recall@20 is 0.1');
});
