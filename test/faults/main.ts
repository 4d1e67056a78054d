import { parseArgs } from 'node:util';
import { writeFileSync } from 'node:fs';
import { runCampaign, tableOf, tryCase, type Kind } from './campaign';
import { COMPANY_KINDS } from './company';
import { DAMAGE_KINDS } from './damages';
import { FAILURE_KINDS } from './failures';
import { KILL_KINDS } from './kills';
import { endReader } from './readerProcess';

/*
 * npm run faults -- [--minutes N] [--seed N] [--only KIND]… [--replay KIND:N] [--short] [--workers N] [--keep] [--counts FILE]
 */

const KINDS: readonly Kind[] = [...KILL_KINDS, ...FAILURE_KINDS, ...COMPANY_KINDS, ...DAMAGE_KINDS];

const DEFAULT_MINUTES = 20;
const DEFAULT_SEED = 1;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string', multiple: true },
      replay: { type: 'string' },
      short: { type: 'boolean', default: false },
      workers: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      counts: { type: 'string' },
    },
  });
  const seed = numberOf('seed', values.seed ?? String(DEFAULT_SEED));
  const print = (text: string) => console.log(text);
  if (values.replay !== undefined) {
    const [name = '', number = '0'] = values.replay.split(':');
    const isRight = await tryCase(seed, kindOf(name), numberOf('replay', number), true, print);
    if (isRight) print(`${values.replay} ends as it should.`);
    return isRight ? 0 : 1;
  }
  const tallies = await runCampaign(
    {
      seed,
      kinds: values.only?.map(kindOf) ?? KINDS,
      minutes: values.short ? null : numberOf('minutes', values.minutes ?? String(DEFAULT_MINUTES)),
      workers: numberOf('workers', values.workers),
      keep: values.keep,
    },
    print,
  );
  print(tableOf(tallies));
  const sum = (of: (tally: (typeof tallies)[number]) => number) =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  const tried = sum(({ tried }) => tried);
  const violated = sum(({ violated }) => violated);
  print(
    `\n${tried} cases with seed ${seed}: ${violated === 0 ? 'no violation' : `${violated} with violations`}.`,
  );
  if (values.counts !== undefined) {
    const skipped = sum((tally) => (tally.skipped === null ? 0 : 1));
    writeFileSync(values.counts, JSON.stringify({ passed: tried - violated, failed: violated, skipped }));
  }
  return violated === 0 && tried > 0 ? 0 : 1;
}

function kindOf(name: string): Kind {
  const kind = KINDS.find((each) => each.name === name);
  if (kind === undefined)
    throw new Error(`There is no kind ${name}. There are: ${KINDS.map((each) => each.name).join(', ')}.`);
  return kind;
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (!(number >= 0)) throw new Error(`--${option} needs a number, and was given ${text}.`);
  return number;
}

main().then(
  (code) => {
    endReader();
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
