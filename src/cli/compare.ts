import path from 'node:path';
import { comparisonCsv } from '../formats/comparisonCsv';
import { startInspector } from '../process/inspector';
import type { Comparison } from '../protocol/comparison';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import { writeOutput } from '../runs/outputFile';
import type { CliOptions } from './cliOptions';
import { comparisonText } from './comparisonText';
import { exitOnSignals } from './exitOnSignals';
import { numberOf } from './numberOf';
import { outputTarget } from './outputTarget';
import { showTask } from './showTask';
import { jsonText, notes, output } from './terminal';
import { UsageError } from './usageError';
import { findRun, trainerOptions } from './workspace';

const MOST_RUNS = 100;
const USERS = 5;
const TASK = 'compare';

/** `recsight compare <run>… [--baselines]`: test metrics with intervals, and whether differences are real. */
export async function compare(names: readonly string[], options: CliOptions): Promise<number> {
  if (names.length > MOST_RUNS)
    throw new UsageError(`\`recsight compare\` takes at most ${MOST_RUNS} runs, and got ${names.length}.`);
  const baselines = options.baselines === true;
  if (names.length < 2 && !baselines)
    throw new UsageError(
      'Expected two runs or more to compare, or one and `--baselines`, which compares it with its baselines.',
    );
  const users = numberOf('--users', options.users as string | undefined) ?? USERS;
  if (!Number.isInteger(users) || users < 0 || users > 10_000)
    throw new UsageError(`\`--users\` is ${users}; expected a whole number from 0 to 10,000.`);
  const format = formatOf(options);
  exitOnSignals();
  const runs = await Promise.all(names.map((name) => findRun(name, options.runs)));
  const target =
    options.output === undefined
      ? null
      : await outputTarget(options.output, { isBinary: false, json: options.json });
  const inspector = startInspector(await trainerOptions(), {
    progress: (_, progress) => showTask(progress),
    notice: (message) => notes.print(`${message}\n`),
  });
  try {
    const comparison = await inspector.calls.compareRuns(
      {
        runs: runs.map((run) => run.path),
        baselines,
        metrics: options.metric === undefined ? null : [options.metric].flat(),
        slices: options.slice ?? [],
        users,
        seed: numberOf('--seed', options.seed) ?? DEFAULT_SEED,
      },
      TASK,
    );
    notes.clear();
    for (const notice of comparison.notices) notes.print(`${notice}\n`);
    const json = jsonOf(comparison);
    const content = format === 'csv' ? comparisonCsv(comparison) : json;
    await target?.fill((file) => writeOutput(file, [content]));
    if (options.json === true) output.printData(json);
    else if (target === null) output.print(...comparisonText(comparison));
    else target.told.print(`Wrote ${target.describe([path.resolve(options.output ?? '')])}.\n`);
    return 0;
  } finally {
    notes.clear();
    inspector.close();
  }
}

/** Without the places of all users, which the runs hold. */
function jsonOf(comparison: Comparison): string {
  return `${jsonText({ ...comparison, places: undefined })}\n`;
}

/** What `--format` says, else what the name of the file ends in. */
function formatOf({ output: name, format }: CliOptions): 'csv' | 'json' {
  const wanted = format ?? path.extname(name ?? '').slice(1);
  if (wanted === 'csv' || wanted === 'json') return wanted;
  if (name === undefined) return 'json';
  throw new UsageError(
    `${format === undefined ? `\`--output ${name}\` ends in` : '`--format` is'} \`${wanted}\`; expected csv or json.`,
  );
}
