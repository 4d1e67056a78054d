import path from 'node:path';
import { listRuns } from '../runs/runStore';
import { formatAgo, formatMetric, formatMetricName } from '../series/format';
import { protocolBadge } from '../protocol/evaluation';
import { epochsText, warningName, type RunSummary } from '../protocol/run';
import { statusLabel } from '../protocol/statusDisplay';
import type { CliOptions } from './cliOptions';
import { notes, output, printJson } from './terminal';
import { runsDirectoriesFor } from './workspace';

/** `recsight runs`: a line per run, newest first. */
export async function runs(options: CliOptions): Promise<number> {
  const directories = await runsDirectoriesFor(options.runs);
  const lists = await Promise.all(directories.map(listRuns));
  const unreadable = lists.flatMap((list) => list.unreadable);
  const found = lists
    .flatMap((list) => list.runs)
    .sort((a, b) => b.manifest.createdAt - a.manifest.createdAt);
  for (const { directory, message } of unreadable) notes.print(`${directory}: ${message}\n`);
  if (options.json === true) {
    const rows = found.map(({ directory, status, manifest }) => ({
      ...manifest,
      directory,
      status,
    }));
    printJson({ runs: rows, unreadable });
    return 0;
  }
  if (found.length === 0) {
    output.print(`No runs in ${directories.join(', ')}. \`recsight train <config>\` creates one.\n`);
    return 0;
  }
  const idWidth = Math.max(...found.map(({ manifest }) => manifest.id.length));
  for (const run of found) {
    const place = path.dirname(run.directory);
    const where = place === directories[0] ? '' : `  in ${path.relative(process.cwd(), place)}`;
    output.print(`${row(run, idWidth)}${where}\n`);
  }
  return 0;
}

function row({ manifest, status }: RunSummary, idWidth: number): string {
  const { mainMetric, best, test, updatedAt, refitOf, warnings = [] } = manifest;
  // A refit has none of validation.
  const protocol = manifest.protocol ?? test?.protocol ?? null;
  const value = (metrics: Record<string, number> | undefined): string =>
    metrics?.[mainMetric] === undefined ? '–' : formatMetric(metrics[mainMetric]);
  return [
    manifest.id.padEnd(idWidth),
    statusLabel(status).padEnd(10),
    (epochsText(manifest) || '–').padStart(13),
    `${formatMetricName(mainMetric)} validation ${value(best?.metrics)}  test ${value(test?.metrics)}`,
    // Of the validation, by which runs are chosen. Numbers that were measured in another way are not to be compared.
    ...(protocol === null ? [] : [protocolBadge(protocol)]),
    ...(refitOf === undefined ? [] : [`refit of ${refitOf.run}`]),
    formatAgo(updatedAt, Date.now()),
    ...warnings.map((warning) => `! ${warningName(warning)}`),
  ].join('  ');
}
