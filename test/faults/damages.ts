import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { readRun } from '../../src/runs/runStore';
import { trainerHasClaimed } from '../../src/runs/trainerLock';
import type { Case, Kind } from './campaign';
import { damageBytes, damageJson } from './damage';
import { read } from './readerProcess';
import { referenceOf, type Reference } from './reference';
import { differences, factsOf } from './runFacts';
import { BUSY, Trial } from './trial';
import { configOf, DATA_FILE, interactions, makeWorkspace, VARIANTS, type Variant } from './workspace';

const TRAINED = ['sasrec', 'gru4rec'] as const;

/** Damages a file where it is; one of JSON as often in its fields as in its bytes. */
function damageFile(fault: Case, file: string): void {
  const bytes = readFileSync(file);
  fault.note(path.basename(file));
  const isJson = /\.json$/.test(file) && fault.random.nextFloat() < 0.6;
  const isLog = file.endsWith('.jsonl') && fault.random.nextFloat() < 0.6;
  if (isJson) writeFileSync(file, damageJson(fault, bytes.toString()));
  else if (isLog) writeFileSync(file, damageLine(fault, bytes.toString()));
  else writeFileSync(file, damageBytes(fault, bytes));
}

/** Damages one of the values in a file of JSON lines. */
function damageLine(fault: Case, text: string): string {
  const lines = text.split('\n');
  const place = fault.random.nextInt(lines.length - 1);
  lines[place] = damageJson(fault, lines[place]!);
  return lines.join('\n');
}

/** A file that a trainer or a person may have left in a run, as it should be. */
function addVisitors(run: string): void {
  const trainer = { pid: 2 ** 22 + 1, processStartTime: 'x', host: 'elsewhere', nonce: '00', heartbeat: 1 };
  writeFileSync(path.join(run, 'process.json'), JSON.stringify(trainer));
  mkdirSync(path.join(run, 'control'), { recursive: true });
  writeFileSync(path.join(run, 'control', '1-stop.json'), '{"kind":"stop"}');
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

const digests = new Map<Variant, Record<string, string>>();

/** Digests of the weights of an undamaged run. */
async function weightsOf(variant: Variant, { run }: Reference): Promise<Record<string, string>> {
  const known = digests.get(variant);
  if (known !== undefined) return known;
  const { digests: found, problems } = await read({ kind: 'run', run: run.path, inspect: true });
  if (found === undefined || problems.length > 0)
    throw new Error(`an undamaged run cannot be read: ${problems.join('; ')}`);
  digests.set(variant, found);
  return found;
}

const damagedRun: Kind = {
  name: 'damaged-run',
  what: 'a file of a run is damaged, and the list, hovers, curves and the inspector read it',
  weight: 2,
  short: 25,
  async run(fault) {
    const variant = fault.pick(TRAINED);
    const reference = await referenceOf(variant);
    const expected = await weightsOf(variant, reference);
    const workspace = path.join(fault.folder, 'workspace');
    cpSync(reference.folder, workspace, { recursive: true });
    const run = path.join(workspace, path.relative(reference.folder, reference.run.path));
    addVisitors(run);
    const file = fault.pick(filesOf(run).filter((name) => !name.endsWith('.log')));
    damageFile(fault, path.join(run, file));
    const { problems, digests: found = {} } = await read({ kind: 'run', run, inspect: true });
    fault.violation(...problems);
    // Another config makes another model, which weights may fit.
    if (file === 'config.json') return;
    for (const [name, digest] of Object.entries(found))
      fault.expect(digest === expected[name], `the weights of ${name} were read wrongly without a word`);
    for (const name of Object.keys(expected)) {
      const isInvolved = file.startsWith(path.join('checkpoints', name)) || file === 'run.json';
      fault.expect(name in found || isInvolved, `the weights of ${name}, which are whole, were refused`);
    }
  },
};

const damagedResume: Kind = {
  name: 'damaged-resume',
  what: 'a file of a run is damaged, and a trainer resumes it',
  weight: 3,
  short: 2,
  async run(fault) {
    const trial = await Trial.make(fault);
    const { run, reference } = trial;
    const at = fault.between(reference.changes.length >> 2, reference.changes.length);
    await trial.start('train', { calls: 'change', at, action: 'kill before' }).end();
    if (fault.random.nextFloat() < 0.3) addVisitors(run.path);
    // The config says what is to be trained: another one is another run.
    const files = filesOf(run.path).filter((name) => !name.endsWith('.log') && name !== 'config.json');
    const file = fault.pick(files);
    damageFile(fault, path.join(run.path, file));
    const end = await trial.start('resume').end();
    if (!trial.checkEnd(end, [0, 1, BUSY])) return;
    const summary = await readRun(run.path).catch((error: unknown) => {
      fault.expect(String(error).includes(run.path), `the run cannot be read: ${String(error)}`);
      return null;
    });
    if (summary === null) return;
    const { status, manifest } = summary;
    if (status === 'finished') {
      // What was said before the damage is lost with it; what is computed is not.
      const isLost = (name: string) =>
        (file === 'events.jsonl' && /^(?:curve|best epochs)/.test(name)) ||
        (name.startsWith(`${file.split(path.sep)[1] ?? ''}:`) && file.includes('epoch-'));
      const keep = (facts: Record<string, string>) =>
        Object.fromEntries(Object.entries(facts).filter(([name]) => !isLost(name)));
      fault.violation(...differences(keep(reference.facts), keep(await factsOf(run))));
    } else if (status === 'failed' && end.code === 1) {
      const { code, message } = manifest.error ?? { code: 'none', message: '' };
      fault.expect(
        /^(?:run|checkpoint|dataset|config)\//.test(code),
        `the run failed with ${code}: ${message}`,
      );
      fault.expect(
        message.includes(run.path) || code === 'dataset/changed',
        `the message names no file: ${message}`,
      );
    } else {
      fault.expect(
        end.code !== 0 && end.printed.includes(path.basename(run.path)),
        `the status is ${status}, and the trainer ended with ${String(end.code)}: ${end.printed}`,
      );
      fault.expect(!/\n\s+at /.test(end.printed), `the trainer printed a stack trace: ${end.printed}`);
      const isHeld = end.code === BUSY || status === 'lost' || !(await trainerHasClaimed(run));
      fault.expect(isHeld, `the run is ${status} for ever`);
    }
    trial.checkSurroundings();
  },
};

const YAML = `# A config as people write it
name: tiny
dataset: &data
  path: ratings.csv
  columns: { user: user_id, item: item_id, timestamp: timestamp }
  minUserInteractions: 2
model:
  type: sasrec
  hiddenSize: 16
  numHeads: 2
training:
  epochs: 10
  learningRate: 1.0e-3
  earlyStopping: { metric: ndcg@10, patience: 3 }
evaluation:
  cutoffs: [5, 10]
`;

const damagedConfig: Kind = {
  name: 'damaged-config',
  what: 'a config is damaged: problems with places, in a moment, and never a crash',
  weight: 1,
  short: 25,
  async run(fault) {
    const isJson = fault.random.nextFloat() < 0.5;
    const file = path.join(fault.folder, isJson ? 'a.recsight.json' : 'a.recsight.yaml');
    writeFileSync(file, isJson ? JSON.stringify(configOf(fault.pick(VARIANTS)), null, 2) : YAML);
    for (let count = 1 + fault.random.nextInt(3); count > 0; count--) {
      if (isJson && fault.random.nextFloat() < 0.5 && isWhole(file)) damageFile(fault, file);
      else writeFileSync(file, damageBytes(fault, readFileSync(file)));
    }
    const { problems } = await read({ kind: 'config', file });
    fault.violation(...problems);
  },
};

function isWhole(file: string): boolean {
  try {
    return typeof JSON.parse(readFileSync(file, 'utf8')) === 'object';
  } catch {
    return false;
  }
}

const FORMATS = ['csv', 'jsonl', 'csv.gz', 'parquet'] as const;

const damagedData: Kind = {
  name: 'damaged-data',
  what: 'a data file (CSV, JSON Lines, gzip, Parquet) is damaged: a message, or a data set that is sound',
  weight: 2,
  short: 10,
  async run(fault) {
    const format = fault.pick(FORMATS);
    const csv = interactions();
    const workspace = path.join(fault.folder, 'workspace');
    const configPath = makeWorkspace(workspace, 'sasrec');
    const file = path.join(workspace, `ratings.${format}`);
    if (format === 'jsonl') writeFileSync(file, jsonLines(csv));
    if (format === 'csv.gz') writeFileSync(file, gzipSync(csv));
    if (format === 'parquet') {
      const { problems } = await read({ kind: 'parquet', csv: path.join(workspace, DATA_FILE), to: file });
      fault.violation(...problems);
    }
    const config = configOf('sasrec') as { dataset: { path: string } };
    config.dataset.path = path.basename(file);
    writeFileSync(configPath, JSON.stringify(config));
    const job = {
      kind: 'data',
      configPath,
      cacheDirectory: path.join(fault.folder, 'cache'),
      files: [file],
    } as const;
    const whole = await read({ ...job, files: [...job.files] });
    fault.violation(...whole.problems);
    damageFile(fault, file);
    const damaged = await read({ ...job, files: [...job.files] });
    fault.violation(...damaged.problems);
    // gzip has a checksum.
    if (format === 'csv.gz' && damaged.digests?.['data'] !== undefined)
      fault.expect(
        damaged.digests['data'] === whole.digests?.['data'],
        'a damaged archive was read wrongly without a word',
      );
  },
};

function jsonLines(csv: string): string {
  const [header = '', ...rows] = csv
    .trim()
    .split('\n')
    .map((row) => row.split(','));
  return rows
    .map(
      (row) =>
        `${JSON.stringify(Object.fromEntries(row.map((cell, index) => [header[index] ?? '', cell])))}\n`,
    )
    .join('');
}

const damagedCache: Kind = {
  name: 'damaged-cache',
  what: 'prepared data are damaged: the same data or none, never others',
  weight: 1,
  short: 15,
  async run(fault) {
    const { folder } = await referenceOf('sasrec');
    const cacheDirectory = path.join(fault.folder, 'cache');
    cpSync(path.join(folder, '.recsight', 'cache'), cacheDirectory, { recursive: true });
    const [fingerprint = ''] = readdirSync(cacheDirectory);
    const job = { kind: 'cache', cacheDirectory, fingerprint } as const;
    const whole = await read(job);
    fault.expect(whole.digests?.['cache'] !== undefined, 'an undamaged cache was refused');
    const entry = path.join(cacheDirectory, fingerprint);
    const file = path.join(entry, fault.pick(readdirSync(entry).sort()));
    if (fault.random.nextFloat() < 0.1) {
      fault.note(`${path.basename(file)} removed`);
      rmSync(file);
    } else damageFile(fault, file);
    const { problems, digests: found } = await read(job);
    fault.violation(...problems);
    if (found?.['cache'] !== undefined)
      fault.expect(found['cache'] === whole.digests?.['cache'], 'other data were read without a word');
  },
};

/** What bad disks, editors and old versions leave in files. */
export const DAMAGE_KINDS: readonly Kind[] = [
  damagedRun,
  damagedResume,
  damagedConfig,
  damagedData,
  damagedCache,
];
