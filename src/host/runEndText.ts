import { warningName, type RunSummary } from '../protocol/run';
import { formatMetric, formatMetricName } from '../series/format';
import { failureMessage, mainMetricValue } from './runText';

/* How the end of runs is told. Nothing here knows VS Code. */

/** An ended run that was only evaluated, and when it had been before; null where it had not. */
export interface EvaluationAlone {
  testBefore: number | null;
}

const NAMED_RUNS = 3;

/** Whether something went wrong. A run that was stopped is one that somebody wanted to end. */
export function endedBadly({ status }: RunSummary): boolean {
  return status === 'failed' || status === 'lost';
}

/**
 * Tells the end of one run: `sasrec · 14:05 finished: NDCG@10 0.1142 on validation, 0.1093 on test.`
 * @param evaluation not null where no training has ended
 */
export function endText(run: RunSummary, title: string, evaluation: EvaluationAlone | null): string {
  const { manifest } = run;
  if (evaluation) {
    const { test } = manifest;
    return test !== null && test.evaluatedAt !== evaluation.testBefore
      ? `${title} was evaluated${metricText(manifest.mainMetric, [[test.metrics[manifest.mainMetric], 'test']])}.`
      : `The evaluation of ${title} ended without a result. The run’s messages say why.`;
  }
  const failure = failureMessage(run, title);
  if (failure !== null) return failure;
  const doubts = (manifest.warnings ?? []).map(warningName);
  const but = doubts.length === 0 ? '' : `, but ${doubts.join(' and ')}`;
  const metrics = metricText(manifest.mainMetric, [
    [mainMetricValue(manifest) ?? undefined, 'validation'],
    [manifest.test?.metrics[manifest.mainMetric], 'test'],
  ]);
  return `${title} ${endName(run)}${but}${metrics}.`;
}

/** Tells the end of several runs, the first of them by name. */
export function endsText(runs: readonly { run: RunSummary; title: string }[]): string {
  const named = runs.slice(0, NAMED_RUNS).map(({ run, title }) => `${title} ${endName(run)}`);
  const others = runs.length - named.length;
  const all = others === 0 ? named : [...named, `${others} more`];
  return `${runs.length} runs have ended: ${new Intl.ListFormat('en').format(all)}.`;
}

function endName({ manifest, status }: RunSummary): string {
  const { epoch, epochs } = manifest.progress;
  if (status === 'stopped')
    return epochs === 0 ? 'was stopped' : `was stopped after ${epoch} of ${epochs} epochs`;
  return status === 'lost' ? 'was lost' : status;
}

function metricText(
  metric: string,
  values: readonly [value: number | undefined, split: 'validation' | 'test'][],
): string {
  const known = values.flatMap(([value, split]) =>
    value === undefined ? [] : [`${formatMetric(value)} on ${split}`],
  );
  return known.length === 0 ? '' : `: ${formatMetricName(metric)} ${known.join(', ')}`;
}
