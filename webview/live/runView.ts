import { bestOf, gainOver } from '../../src/evaluation/metrics/metrics';
import { baselinesBeside, type RunManifest, type RunSummary } from '../../src/protocol/run';
import { formatMetricName } from '../../src/series/format';

/** Share of the planned steps that were taken, 0 to 1; null while their number is not known. */
export function progressShare({
  progress: { epoch, epochs, step, stepsPerEpoch },
}: RunManifest): number | null {
  if (epochs <= 0) return null;
  const share = stepsPerEpoch > 0 ? step / (stepsPerEpoch * epochs) : epoch / epochs;
  return Math.max(0, Math.min(1, share));
}

/** What happened to a run that did not end well, and what can be done about it; null when all is well. */
export function trouble({
  status,
  manifest,
  resumable,
}: RunSummary): { title: string; message: string; advice: string } | null {
  const { epoch } = manifest.progress;
  const last = epoch > 0 ? `the last checkpoint, after epoch ${epoch}` : 'the last checkpoint';
  const goOn = resumable
    ? `Resume continues from ${last}.`
    : 'There is no checkpoint. Train Again starts a new run with the current config file.';
  if (status === 'lost') {
    return {
      title: 'Trainer stopped unexpectedly',
      message:
        'Its process stopped without reporting an error: it was killed, ran out of memory, or the machine restarted.',
      advice: goOn,
    };
  }
  if (status !== 'failed') return null;
  return {
    title: 'Training failed',
    message: manifest.error?.message ?? 'The trainer reported no reason. Its log may say more.',
    advice: resumable
      ? goOn
      : 'Fix the cause, then choose Train Again to start a new run with the current config file.',
  };
}

interface TestColumn {
  name: string;
  /** The run's own, as opposed to a baseline's. */
  own: boolean;
}

/** What the test split said of the run's model and its baselines. */
export interface TestTable {
  columns: TestColumn[];
  rows: TestRow[];
}

interface TestRow {
  metric: string;
  /** One value for each column; null where it was not measured. */
  values: (number | null)[];
  /** Of the values. */
  best: number | null;
  /** The model's value minus that of the best baseline. */
  delta: number | null;
  /** By how much the model is better than the best baseline: below 0 where it is worse. */
  gain: number | null;
}

/** The test table: a row for each metric, a column for the model and each baseline. */
export function testTable(manifest: RunManifest): TestTable | null {
  const { test } = manifest;
  if (!test) return null;
  const baselines = baselinesBeside(manifest.model, test);
  const columns = [{ name: manifest.name, own: true }, ...baselines.map(([name]) => ({ name, own: false }))];
  const rows = Object.entries(test.metrics).map(([metric, own]) => {
    const others = baselines.map(([, metrics]) => metrics[metric] ?? null);
    const known = others.filter((value) => value !== null);
    const strongest = known.length > 0 ? bestOf(metric, known) : null;
    return {
      metric,
      values: [own, ...others],
      best: bestOf(metric, [own, ...known]),
      delta: strongest === null ? null : own - strongest,
      gain: strongest === null ? null : gainOver(metric, own, strongest),
    };
  });
  return { columns, rows };
}

/** Says in a sentence whether the model earned its keep. */
export function testVerdict({ columns, rows }: TestTable): {
  good: boolean;
  text: string;
} {
  const compared = rows.filter(({ gain }) => gain !== null);
  const below = compared.filter(({ gain }) => gain! < 0);
  if (compared.length === 0) return { good: true, text: 'No baseline was evaluated for comparison.' };
  if (below.length === 0) return { good: true, text: 'At least as good as every baseline on every metric.' };
  const stronger = columns.filter(
    ({ own }, column) =>
      !own && below.some(({ metric, values }) => gainOver(metric, values[0]!, values[column] ?? NaN) < 0),
  );
  const metrics = below.map(({ metric }) => formatMetricName(metric)).join(', ');
  const where = below.length === compared.length ? 'every metric' : metrics;
  const names = new Intl.ListFormat('en').format(stronger.map(({ name }) => name));
  return { good: false, text: `Below ${names} on ${where}.` };
}
