import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { countOf } from '../protocol/countOf';
import {
  endedEarly,
  isActive,
  warningName,
  type RunError,
  type RunManifest,
  type RunStatus,
  type RunSummary,
  type TestResult,
} from '../protocol/run';
import { statusLabel } from '../protocol/statusDisplay';
import { EventLogReader } from '../runs/eventLog';
import type { RunDirectory } from '../runs/runDirectory';
import { readRun } from '../runs/runStore';
import { trainerIsAlive } from '../runs/trainerLock';
import { formatDuration } from '../series/format';
import { metricsTable } from './metricsTable';
import { ProgressLine } from './progressLine';
import { notes, output, printJson } from './terminal';

const POLL_MS = 200;

/** What `train`, `resume` and `evaluate` print with `--json`. */
interface RunReport {
  run: string;
  directory: string;
  status: RunStatus;
  protocol: TestResult['protocol'] | null;
  validation: RunManifest['best'];
  test: TestResult['metrics'] | null;
  baselines: TestResult['baselines'] | null;
  epochs: number;
  seconds: number;
  /** Of the training, or of an evaluation that failed: the run is then as it was, and its older result is not given here. */
  error: RunError | null;
  warnings: NonNullable<RunManifest['warnings']>;
}

export interface WatchOptions {
  json: boolean;
  /** The status that means the work was done. */
  wanted: readonly RunStatus[];
  /** Skip what the log holds already: the history of a run that is taken up again. */
  fromSeq: number;
}

/** Shows a run until its trainer ends, then its result. Resolves with whether the work was done. */
export async function watchRun(run: RunDirectory, { json, wanted, fromSeq }: WatchOptions): Promise<boolean> {
  const line = new ProgressLine(json ? notes : output);
  const reader = new EventLogReader(run.eventsPath);
  const started = Date.now();
  let failure: RunError | null = null;
  for (;;) {
    // Asked first, so that what an ending trainer wrote last is read below. One that has just taken up an ended run for
    // an evaluation may not have said so in the manifest yet.
    const alive = await trainerIsAlive(run);
    const summary = await readRun(run.path);
    const { manifest, status } = summary;
    const events = (await reader.readNew()).filter((event) => event.seq >= fromSeq);
    line.show(events, manifest);
    const notice = reader.takeNotice();
    if (notice !== null) {
      line.clear();
      notes.print(`${notice}\n`);
    }
    for (const event of events)
      if (event.kind === 'log' && event.level === 'error')
        failure = { code: 'evaluation/failed', message: event.message };
    if (!alive && !isActive(status)) {
      line.clear();
      const seconds = (Date.now() - started) / 1000;
      const reported = report(run, manifest, status, seconds);
      // The result that the run has is then an older one.
      const old = failure && { error: failure, protocol: null, test: null, baselines: null };
      if (json) printJson({ ...reported, ...old });
      else if (old === null) printSummary(run, summary, seconds);
      else
        output.print(`\nRun ${run.id} stays as it was (${statusLabel(status)}); this evaluation failed.\n`);
      return wanted.includes(status);
    }
    await sleep(POLL_MS);
  }
}

/** The `seq` that the next event of a run will have. */
export async function nextSeq(run: RunDirectory): Promise<number> {
  const events = await new EventLogReader(run.eventsPath).readNew();
  // Not their number: damaged lines are left out.
  return (events.at(-1)?.seq ?? -1) + 1;
}

function report(run: RunDirectory, manifest: RunManifest, status: RunStatus, seconds: number): RunReport {
  const { test, best, progress, error } = manifest;
  return {
    run: run.id,
    directory: run.path,
    status,
    protocol: test?.protocol ?? manifest.protocol,
    validation: best,
    test: test?.metrics ?? null,
    baselines: test?.baselines ?? null,
    epochs: progress.epoch,
    seconds,
    error,
    warnings: manifest.warnings ?? [],
  };
}

function printSummary(run: RunDirectory, summary: RunSummary, seconds: number): void {
  const { manifest, status, resumable } = summary;
  const { test, best, progress, mainMetric, error } = manifest;
  const place = path.relative(process.cwd(), run.path);
  const epochs = progress.epochs === 0 ? '' : `${countOf(progress.epoch, 'epoch')}, `;
  const { warnings = [] } = manifest;
  const doubts = warnings.length === 0 ? '' : `, but ${warnings.map(warningName).join(' and ')}`;
  const lines = [
    `\nRun ${run.id}: ${statusLabel(status)} after ${epochs}${formatDuration(1000 * seconds)}${doubts}.`,
  ];
  if (error !== null) lines.push(error.message);
  for (const { message } of warnings) lines.push(`Warning: ${message}`);
  if (status === 'lost')
    lines.push(`The trainer stopped without reporting an error. Its output is in ${run.logPath}.`);
  const measures = best === null ? '' : `; \`recsight evaluate ${place}\` evaluates it on the test split`;
  if (resumable) lines.push(`\`recsight resume ${place}\` continues from the last checkpoint${measures}.`);
  else if (endedEarly(status)) {
    const config = path.relative(process.cwd(), run.resolveConfigPath(manifest));
    const again = manifest.refitOf === undefined ? `train ${config}` : `refit ${manifest.refitOf.run}`;
    lines.push(`It left no checkpoint. \`recsight ${again}\` trains it again${measures}.`);
  }
  output.print(`${lines.join('\n')}\n`);
  if (test !== null) output.print('\n', ...metricsTable(manifest, test, mainMetric));
  output.print(`\nEverything is in ${place}\n`);
}
