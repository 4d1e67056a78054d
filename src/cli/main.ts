import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { readOwnVersion } from '../process/ownVersion';
import { errorText } from '../protocol/errorText';
import { attention } from './attention';
import { backends } from './backends';
import { cache } from './cache';
import { compare } from './compare';
import type { CliOptions } from './cliOptions';
import { data } from './data';
import { evaluate } from './evaluate';
import { CLOSED_OUTPUT_EXIT_CODE } from './exitOnSignals';
import { newModel } from './newModel';
import { project } from './project';
import { recommend } from './recommend';
import { resume } from './resume';
import { runs } from './runs';
import { stop } from './stop';
import { notes, output, printJson } from './terminal';
import { refit, train } from './train';
import { UsageError } from './usageError';
import { vectors } from './vectors';

interface Command {
  usage: string;
  summary: string;
  /** What the one positional argument is; null when there is none. */
  argument: string | null;
  /** Whether it may be left out. */
  isOptional?: true;
  /** How many there must be, where there may be several. */
  atLeast?: number;
  options: NonNullable<ParseArgsConfig['options']>;
  /** Resolves with the exit code. @param all the arguments, of which `argument` is the first */
  execute(argument: string, options: CliOptions, all: readonly string[]): Promise<number>;
}

const runsOption = { runs: { type: 'string' } } as const;
const json = { json: { type: 'boolean' } } as const;
const detach = { detach: { type: 'boolean' } } as const;
const set = { set: { type: 'string', multiple: true } } as const;
const allowCode = { 'allow-code': { type: 'string' } } as const;

const COMMANDS: Record<string, Command> = {
  train: {
    usage: 'recsight train <config> [--runs DIR] [--set path=value]… [--detach] [--json]',
    summary: 'Train a model, then evaluate it and the baselines on the test split',
    argument: 'config',
    options: { ...runsOption, ...set, ...detach, ...json },
    execute: train,
  },
  'new-model': {
    usage: 'recsight new-model <name> [--json]',
    summary: 'Write a model file, models/<name>.ts, to change as you like, and a config that trains it',
    argument: 'name',
    options: json,
    execute: newModel,
  },
  runs: {
    usage: 'recsight runs [--runs DIR] [--json]',
    summary: 'List the runs, newest first',
    argument: null,
    options: { ...runsOption, ...json },
    execute: (_, options) => runs(options),
  },
  stop: {
    usage: 'recsight stop <run> [--runs DIR] [--json]',
    summary: 'Save a checkpoint and stop a run',
    argument: 'run',
    options: { ...runsOption, ...json },
    execute: stop,
  },
  resume: {
    usage: 'recsight resume <run> [--runs DIR] [--set path=value]… [--allow-code HASH] [--detach] [--json]',
    summary: 'Continue a run from its last checkpoint, for instance with more epochs',
    argument: 'run',
    options: { ...runsOption, ...set, ...allowCode, ...detach, ...json },
    execute: resume,
  },
  evaluate: {
    usage: 'recsight evaluate <run> [--runs DIR] [--set path=value]… [--allow-code HASH] [--detach] [--json]',
    summary: 'Evaluate a run’s best checkpoint and the baselines on the test split',
    argument: 'run',
    options: { ...runsOption, ...set, ...allowCode, ...detach, ...json },
    execute: evaluate,
  },
  refit: {
    usage: 'recsight refit <run> [--runs DIR] [--allow-code HASH] [--detach] [--json]',
    summary: 'Train the chosen epochs of a run again on training and validation together, then test that',
    argument: 'run',
    options: { ...runsOption, ...allowCode, ...detach, ...json },
    execute: refit,
  },
  compare: {
    usage:
      'recsight compare <run>… [--baselines] [--metric NAME]… [--slice NAME]… [--users N] [--seed N]\n' +
      '      [--format csv|json] [--output FILE] [--runs DIR] [--json]',
    summary:
      'Compare test results user by user, with intervals and tests; runs that differ in the seed are one group',
    argument: 'run',
    atLeast: 1,
    options: {
      ...runsOption,
      ...json,
      baselines: { type: 'boolean' },
      metric: { type: 'string', multiple: true },
      slice: { type: 'string', multiple: true },
      users: { type: 'string' },
      seed: { type: 'string' },
      format: { type: 'string' },
      output: { type: 'string' },
    },
    execute: (_, options, runs) => compare(runs, options),
  },
  vectors: {
    usage:
      'recsight vectors <run> [--users] [--format npy|csv|jsonl] [--output FILE]\n' +
      '      [--allow-code HASH] [--runs DIR] [--json]',
    summary: 'Write the item or user vectors of a run, for a vector index',
    argument: 'run',
    options: {
      ...runsOption,
      ...json,
      ...allowCode,
      users: { type: 'boolean' },
      format: { type: 'string' },
      output: { type: 'string' },
    },
    execute: vectors,
  },
  project: {
    usage:
      'recsight project <run> [--list] [--table NAME] [--position N] [--checkpoint NAME] [--method pca|umap|none] [--dimensions 2|3]\n' +
      '      [--neighbors N] [--min-distance X] [--metric cosine|euclidean] [--seed N]\n' +
      '      [--format csv|tensorboard|npy] [--output FILE] [--allow-code HASH] [--runs DIR] [--json]',
    summary: 'Project the embeddings of a model, or list its tables',
    argument: 'run',
    options: {
      ...runsOption,
      ...json,
      ...allowCode,
      list: { type: 'boolean' },
      table: { type: 'string' },
      position: { type: 'string' },
      checkpoint: { type: 'string' },
      method: { type: 'string' },
      dimensions: { type: 'string' },
      neighbors: { type: 'string' },
      'min-distance': { type: 'string' },
      metric: { type: 'string' },
      seed: { type: 'string' },
      format: { type: 'string' },
      output: { type: 'string' },
    },
    execute: project,
  },
  attention: {
    usage:
      'recsight attention <run> (--user ID | --history ID,ID,… | --overview) [--candidate ID]… [--view NAME] [--contributions] [--users N] [--seed N] [--checkpoint NAME] [--output FILE] [--allow-code HASH] [--runs DIR] [--json]',
    summary: 'Show the attention of a model for one user, or across many',
    argument: 'run',
    options: {
      ...runsOption,
      ...json,
      ...allowCode,
      user: { type: 'string' },
      history: { type: 'string', multiple: true },
      candidate: { type: 'string', multiple: true },
      view: { type: 'string' },
      contributions: { type: 'boolean' },
      overview: { type: 'boolean' },
      users: { type: 'string' },
      seed: { type: 'string' },
      checkpoint: { type: 'string' },
      output: { type: 'string' },
    },
    execute: attention,
  },
  recommend: {
    usage:
      'recsight recommend <run> (--user ID | --items ID,ID,… | --all) [--top K] [--until train|validation|all] [--keep-seen]\n' +
      '      [--format csv|parquet] [--output FILE] [--checkpoint NAME] [--allow-code HASH] [--runs DIR] [--json]',
    summary: 'Recommend items to a user, to a history of your own, or to all users',
    argument: 'run',
    options: {
      ...runsOption,
      ...json,
      ...allowCode,
      user: { type: 'string' },
      items: { type: 'string', multiple: true },
      all: { type: 'boolean' },
      top: { type: 'string' },
      until: { type: 'string' },
      'keep-seen': { type: 'boolean' },
      format: { type: 'string' },
      output: { type: 'string' },
      checkpoint: { type: 'string' },
    },
    execute: recommend,
  },
  data: {
    usage: 'recsight data <config> [--set path=value]… [--json]',
    summary: 'Prepare and describe the data of a config',
    argument: 'config',
    options: { ...set, ...json },
    execute: data,
  },
  cache: {
    usage: 'recsight cache [prune] [--runs DIR] [--json]',
    summary: 'List the prepared datasets and the runs that use them, or remove the unused ones',
    argument: 'prune',
    isOptional: true,
    options: { ...runsOption, ...json },
    execute: cache,
  },
  backends: {
    usage: 'recsight backends [--json]',
    summary: 'List the compute backends that work here, with their devices and speeds',
    argument: null,
    options: json,
    execute: (_, options) => backends(options),
  },
};

const HELP = `RecSight trains and evaluates recommender models.

${Object.values(COMMANDS)
  .map(({ usage, summary }) => `  ${usage}\n      ${summary}`)
  .join('\n')}

<run> is a run id, a unique beginning or end of one, a path, or "latest".
--runs DIR is the folder of the runs. Default: .recsight/runs of the workspace.
--allow-code HASH agrees to run the code that a run brings along, such as a model file of somebody else.
--output FILE may be a device, a FIFO, or - for standard output.
With --json the last line of the output is one JSON object: the result, or {"error":{"code","message"}}.
Ctrl-C (or SIGTERM) saves a checkpoint and stops the trainer; a second one kills it. --detach starts a run and returns.
Exit codes: 0 success; 1 failure; 2 usage error; 130 stopped by Ctrl-C; 143 stopped by SIGTERM;
129 terminal closed and 141 pipe closed, while training continues.
`;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    output.print(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-V') {
    output.print(`${await readOwnVersion(path.join(__dirname, 'trainer.js'))}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : null;
  if (command === null) {
    throw new UsageError(`There is no command \`${name}\`. Commands: ${Object.keys(COMMANDS).join(', ')}.`);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    output.print(`${command.usage}\n    ${command.summary}\n`);
    return 0;
  }
  const { values, positionals } = parseArguments(command, rest);
  if (!fits(command, positionals.length)) {
    const { argument, atLeast } = command;
    const number = atLeast === undefined ? 'one' : `at least ${atLeast}`;
    const wanted = argument === null ? 'no argument' : `${number} <${argument}>`;
    throw new UsageError(
      `\`recsight ${name}\` takes ${wanted}, and got ${positionals.length}. Usage: ${command.usage}`,
    );
  }
  return command.execute(positionals[0] ?? '', values, positionals);
}

/** Whether a command takes so many arguments. */
function fits({ argument, isOptional, atLeast }: Command, given: number): boolean {
  if (atLeast !== undefined) return given >= atLeast;
  return given === (argument === null ? 0 : 1) || (isOptional === true && given === 0);
}

function parseArguments(command: Command, args: string[]): { values: CliOptions; positionals: string[] } {
  try {
    return parseArgs({ args, options: command.options, allowPositionals: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('.')[0]! : String(error);
    throw new UsageError(`${reason}. Usage: ${command.usage}`);
  }
}

// A reader that goes away (`recsight runs | head`) ends this, as it would end any other program.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(CLOSED_OUTPUT_EXIT_CODE);
  throw error;
});
// Where nobody hears the notes, the results still count.
process.stderr.on('error', () => undefined);

/** Says what went wrong, and sets the exit code. */
function fail(args: readonly string[], error: unknown): void {
  const message = errorText(error);
  if (args.includes('--json')) printJson({ error: { code: errorCode(error), message } });
  else notes.print(`${message}\n`);
  if (process.env.RECSIGHT_DEBUG !== undefined && error instanceof Error)
    notes.print(`${error.stack ?? ''}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** Errors of ours have a code such as `run/busy`; those of other processes come with theirs. */
function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'cli/unexpected';
}

const args = process.argv.slice(2);
process.on('uncaughtException', (error) => {
  fail(args, error);
  process.exit();
});
main(args).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => fail(args, error),
);
