import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isActive } from '../../src/protocol/run';
import { EventLogReader } from '../../src/runs/eventLog';
import type { RunDirectory } from '../../src/runs/runDirectory';
import { listRuns, readRun } from '../../src/runs/runStore';
import { trainerHasClaimed, trainerIsAlive } from '../../src/runs/trainerLock';
import { RunSeries } from '../../src/series/runSeries';
import { decodeSafetensors } from '../../src/formats/safetensors';
import { until } from '../until';

/** Everything of a finished run that has to be the same whatever happened on the way, as name → value. */
export type RunFacts = Record<string, string>;

/** Reads the facts of a finished run: weights, optimizer, metrics and the curves that a chart shows. */
export async function factsOf(run: RunDirectory): Promise<RunFacts> {
  const facts: RunFacts = {};
  for (const name of (await run.checkpoints()).sort()) {
    // A snapshot that could not be written.
    if (!existsSync(path.join(run.checkpointPath(name), 'state.json'))) continue;
    const { files, ...state } = readCheckpoint(run.checkpointPath(name));
    // It is over the names of files, too, which are random.
    delete state['sha256'];
    facts[`${name}: state`] = JSON.stringify(state);
    for (const [part, file] of Object.entries(files))
      if (file !== null) facts[`${name}: ${part}`] = digestOf(path.join(run.checkpointPath(name), file));
  }
  const { status, manifest } = await readRun(run.path);
  const { progress, best, last, test, protocol, dataset, error } = manifest;
  const counts = { ...progress, remainingMs: null };
  const tested = { ...test, evaluatedAt: null };
  facts['run.json'] = JSON.stringify({ status, counts, best, last, tested, protocol, dataset, error });
  for (const name of ['test.json', 'test.safetensors'])
    facts[name] = digestOf(path.join(run.evaluationPath, name));
  const series = new RunSeries();
  series.fold(await new EventLogReader(run.eventsPath).readNew());
  for (const name of series.names.filter(
    (each) => each === 'loss' || each === 'learningRate' || each.startsWith('validation/'),
  )) {
    const { step, value } = series.get(name)!;
    facts[`curve ${name}`] = JSON.stringify([[...step], [...value]]);
  }
  facts['best epochs'] = JSON.stringify([
    ...new Set(series.marks.filter(({ kind }) => kind === 'best').map(({ step }) => step)),
  ]);
  return facts;
}

/** What differs, one line each. */
export function differences(expected: RunFacts, found: RunFacts): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter((name) => expected[name] !== found[name])
    .map(
      (name) =>
        `${name} is not that of an undisturbed run: ${excerpt(found[name], expected[name])} instead of ${excerpt(expected[name], found[name])}`,
    );
}

/** The text around the first place where it differs from another. */
function excerpt(text: string | undefined, other: string | undefined): string {
  if (text === undefined) return 'nothing';
  const differing = text.split('').findIndex((letter, place) => letter !== other?.[place]);
  const start = Math.max(0, differing - 60);
  return `${start > 0 ? '…' : ''}${text.slice(start, start + 160)}${text.length > start + 160 ? '…' : ''}`;
}

function digestOf(file: string): string {
  return existsSync(file)
    ? createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)
    : 'none';
}

interface CheckpointState {
  step: number;
  epoch: number;
  stepInEpoch: number;
  files: Record<string, string | null>;
  [field: string]: unknown;
}

function readCheckpoint(folder: string): CheckpointState {
  return JSON.parse(readFileSync(path.join(folder, 'state.json'), 'utf8')) as CheckpointState;
}

/**
 * What is wrong with a run whose trainer has ended in whatever way: it can be listed, its status is true, its log has no gaps,
 * and its checkpoint is whole and not ahead of the log.
 */
export async function problemsAtRest(run: RunDirectory): Promise<string[]> {
  const problems: string[] = [];
  // Killed before it could say who it is: for a moment its lock counts as one that is just being written.
  if (existsSync(run.processPath) && readFileSync(run.processPath, 'utf8') === '')
    await until('the grace of a lock without content', async () => !(await trainerIsAlive(run)));
  const { unreadable } = await listRuns(path.dirname(run.path));
  problems.push(...unreadable.map(({ message }) => `the list of runs says: ${message}`));
  const { status } = await readRun(run.path);
  // A run that no trainer has touched is about to be started, for a while.
  const mayBeStarting = status === 'preparing' && !(await trainerHasClaimed(run));
  if (isActive(status) && !mayBeStarting) problems.push(`the status is ${status}, and there is no trainer`);

  const lines = existsSync(run.eventsPath)
    ? readFileSync(run.eventsPath, 'utf8').split('\n').slice(0, -1)
    : [];
  lines.forEach((line, index) => {
    const seq = seqOf(line);
    if (seq !== index)
      problems.push(`line ${index + 1} of the log has the number ${String(seq)}: ${line.slice(0, 120)}`);
  });
  const events = await new EventLogReader(run.eventsPath).readNew();
  if (events.length < lines.length)
    problems.push(`${lines.length - events.length} lines of the log are no events`);
  problems.push(...orderProblems(events));

  for (const name of await run.checkpoints()) {
    const folder = run.checkpointPath(name);
    if (!existsSync(path.join(folder, 'state.json'))) continue;
    const { files, step, epoch } = readCheckpoint(folder);
    for (const file of Object.values(files))
      if (file !== null) decodeSafetensors(readFileSync(path.join(folder, file)));
    const steps = new Set(events.flatMap((event) => (event.kind === 'step' ? [event.step] : [])));
    if (steps.size < step)
      problems.push(`the checkpoint ${name} has step ${step}, and the log has only ${steps.size} steps`);
    const validated = new Set(events.flatMap((event) => (event.kind === 'validation' ? [event.epoch] : [])));
    if (validated.size < epoch - 1)
      problems.push(
        `the checkpoint ${name} is in epoch ${epoch}, and the log has only ${validated.size} validations`,
      );
  }
  return problems;
}

function seqOf(line: string): unknown {
  try {
    return (JSON.parse(line) as { seq?: unknown }).seq;
  } catch {
    return 'none';
  }
}

/** Steps come one after the other, and each epoch is validated once, between one start of a trainer and the next. */
function orderProblems(events: readonly { kind: string; seq: number }[]): string[] {
  const problems: string[] = [];
  let lastStep: number | null = null;
  let validated = new Set<number>();
  for (const event of events as Awaited<ReturnType<EventLogReader['readNew']>>) {
    if (event.kind === 'started') {
      lastStep = event.resumedFromStep;
      validated = new Set();
    } else if (event.kind === 'status' && event.status === 'preparing') {
      // What a baseline, which starts no engine, says when it begins.
      validated = new Set();
    } else if (event.kind === 'step') {
      if (lastStep !== null && event.step !== lastStep + 1)
        problems.push(`step ${event.step} comes after step ${lastStep} in the log (event ${event.seq})`);
      lastStep = event.step;
    } else if (event.kind === 'validation') {
      if (validated.has(event.epoch))
        problems.push(`epoch ${event.epoch} is validated twice (event ${event.seq})`);
      validated.add(event.epoch);
    }
  }
  return problems;
}

/**
 * What a run that has ended in order must not have left behind. Claims and prepared data may be somebody else's, so these go
 * by their age.
 */
export function leftovers(run: RunDirectory): string[] {
  const found: string[] = [];
  const runs = path.dirname(run.path);
  for (const name of readdirSync(runs)) if (name.startsWith('.')) found.push(`runs/${name}`);
  for (const entry of readdirSync(run.path, { recursive: true, withFileTypes: true })) {
    const place = path.join(entry.parentPath, entry.name);
    const file = path.relative(run.path, place);
    const isStray = /\.tmp$|^process\.json$|^control\/./.test(file);
    if (isStray || (file.endsWith('.safetensors') && file.startsWith('checkpoints/') && !isNamed(place)))
      found.push(file);
  }
  return found.map((file) => `${file} was left behind`);
}

/** Whether the state of a checkpoint names a tensor file. */
function isNamed(file: string): boolean {
  const folder = path.dirname(file);
  return (
    existsSync(path.join(folder, 'state.json')) &&
    Object.values(readCheckpoint(folder).files).includes(path.basename(file))
  );
}
