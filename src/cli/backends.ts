import { BACKEND_PROBE, describedModel } from '../model/models';
import { probeBackends } from '../process/probeBackends';
import { countOf } from '../protocol/countOf';
import { automaticBackend, type BackendReport } from '../protocol/backends';
import { formatRate } from '../series/format';
import type { CliOptions } from './cliOptions';
import { exitOnSignals } from './exitOnSignals';
import { output, printJson } from './terminal';
import { trainerOptions } from './workspace';

/** `recsight backends`: which compute engines work here, how fast they are, and why the others do not. */
export async function backends(options: CliOptions): Promise<number> {
  exitOnSignals();
  const json = options.json === true;
  const reports = await probeBackends(await trainerOptions(), (report) => {
    if (!json) output.print(`${row(report)}\n`);
  });
  const automatic = automaticBackend(reports);
  if (json) printJson({ backends: reports, auto: automatic });
  else if (automatic !== null)
    output.print(
      `\n\`auto\` takes ${automatic}. Speeds are for a small ${describedModel(BACKEND_PROBE).title}.\n`,
    );
  return automatic === null ? 1 : 0;
}

function row(report: BackendReport): string {
  const name = report.name.padEnd(10);
  if (!report.available) return `${name}  not available: ${report.reason ?? ''}`;
  const { version, device, threads, stepsPerSecond } = report;
  return [
    name,
    `${formatRate(stepsPerSecond ?? 0).padStart(7)} steps/s`,
    `${device ?? ''}, ${countOf(threads ?? 1, 'thread')}`,
    version ?? '',
  ].join('  ');
}
