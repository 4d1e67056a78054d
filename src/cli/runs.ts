import { listRuns } from '../runs/runStore';
import { formatDuration, formatMetric, formatMetricName } from '../series/format';
import type { RunSummary } from '../protocol/run';
import type { CliOptions } from './cliOptions';
import { findRunsDirectory } from './workspace';

/** `recsight runs`: a line per run, newest first. */
export async function runs(options: CliOptions): Promise<number> {
  const directory = findRunsDirectory(options.runs, process.cwd());
  const { runs: found, unreadable } = await listRuns(directory);
  for (const { directory: path, message } of unreadable) process.stderr.write(`${path}: ${message}\n`);
  if (options.json === true) {
    const rows = found.map(({ directory: path, status, manifest }) => ({
      ...manifest,
      directory: path,
      status,
    }));
    process.stdout.write(`${JSON.stringify({ runs: rows })}\n`);
    return 0;
  }
  if (found.length === 0) {
    process.stdout.write(`No runs in ${directory}. \`recsight train <config>\` makes one.\n`);
    return 0;
  }
  const idWidth = Math.max(...found.map(({ manifest }) => manifest.id.length));
  for (const run of found) process.stdout.write(`${row(run, idWidth)}\n`);
  return 0;
}

function row({ manifest, status }: RunSummary, idWidth: number): string {
  const { progress, mainMetric, best, test, updatedAt } = manifest;
  const value = (metrics: Record<string, number> | undefined): string =>
    metrics?.[mainMetric] === undefined ? '–' : formatMetric(metrics[mainMetric]);
  return [
    manifest.id.padEnd(idWidth),
    status.padEnd(10),
    (progress.epochs === 0 ? '–' : `${progress.epoch}/${progress.epochs}`).padStart(7),
    `${formatMetricName(mainMetric)} validation ${value(best?.metrics)}  test ${value(test?.metrics)}`,
    `${formatDuration(Date.now() - updatedAt)} ago`,
  ].join('  ');
}
