import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { arch, cpus, loadavg, platform, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { root } from '../../scripts/lib/toolchain.mjs';
import { runsDirectoryOf } from '../../src/runs/runDirectory';
import { EditorUnderTest, unpackedExtension } from './editor/editorUnderTest';
import { MEASURES, SAMPLE_RUN, writeTheLongRun, type Measure } from './editor/measures';
import { processorTime } from './editor/processorTime';
import { formatTable, median, tenth } from './report';

/*
 * What people wait for in the editor: the sample's workspace in code-server, driven in Chromium, from what a user does to what
 * is drawn for it. What is measured is listed in `editor/measures.ts`.
 */

const TIMES = 5;

interface Row {
  work: 'editor';
  measure: string;
  what: string;
  unit: 'ms';
  wanted: number | null;
  /** Null where it could not be measured. */
  median: number | null;
  samples: number[];
  /** Of the whole editor, browser included, from before a sample to after it: with closing what was opened. */
  processorMs: number[];
  error?: string;
}

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: String(TIMES) },
    only: { type: 'string' },
    markdown: { type: 'boolean', default: false },
  },
  strict: false,
}) as { values: { times: string; only?: string; markdown: boolean } };
const times = Number(values.times);
if (!Number.isInteger(times) || times < 1)
  throw new Error(`--times is a whole number from 1, not ${values.times}.`);
const chosen = chooseMeasures(values.only?.split(','));

const folder = await mkdtemp(path.join(tmpdir(), 'recsight-bench-editor-'));
const loadBefore = loadavg();
const rows: Row[] = [];
let browser = '';
try {
  await prepareWorkspace();
  const editor = await EditorUnderTest.open(folder, await unpackedExtension(import.meta.dirname));
  browser = editor.browserVersion();
  try {
    for (const measure of chosen) rows.push(await measured(editor, measure));
  } finally {
    await editor.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const cells = rows.map((row) => [
  row.measure,
  row.what,
  row.median?.toFixed(0) ?? '–',
  row.samples.length === 0
    ? '–'
    : `${Math.min(...row.samples).toFixed(0)} to ${Math.max(...row.samples).toFixed(0)}`,
  row.processorMs.length === 0 ? '–' : median(row.processorMs).toFixed(0),
  row.wanted?.toFixed(0) ?? '',
]);
console.error(
  formatTable(['measure', 'what', 'median ms', 'from, to', 'CPU ms', 'target ms'], cells, values.markdown),
);
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryBytes: totalmem(),
  system: `${platform()} ${arch()}`,
  node: process.versions.node,
  browser,
  loadBefore,
  loadAfter: loadavg(),
};
console.log(JSON.stringify({ rows, machine }));
if (rows.some(({ median: found }) => found === null)) process.exitCode = 1;

/** All, or those whose names begin so. */
function chooseMeasures(only: string[] | undefined): readonly Measure[] {
  const names = MEASURES.map(({ name }) => name).join(', ');
  for (const start of only ?? [])
    if (!MEASURES.some(({ name }) => name.startsWith(start)))
      throw new Error(`No measure's name begins with ${start}. There are: ${names}.`);
  return MEASURES.filter(({ name }) => only?.some((start) => name.startsWith(start)) ?? true);
}

async function prepareWorkspace(): Promise<void> {
  await cp(path.join(root, 'samples/movietweetings'), folder, { recursive: true });
  if (chosen.some(({ needs }) => needs === 'long run')) await writeTheLongRun(folder);
  if (!chosen.some(({ needs }) => needs === 'sample run')) return;
  console.error('Training a run of the sample …');
  // Short: how large a model is does not depend on how long it was trained.
  const quick = ['training.epochs=2', 'evaluation.baselines=["popularity"]'];
  await promisify(execFile)(process.execPath, [
    path.join(import.meta.dirname, 'cli.js'),
    'train',
    path.join(folder, `${SAMPLE_RUN}.recsight.json`),
    '--runs',
    runsDirectoryOf(folder),
    ...quick.flatMap((setting) => ['--set', setting]),
  ]);
}

async function measured(editor: EditorUnderTest, measure: Measure): Promise<Row> {
  const { name, what, wanted } = measure;
  const row: Row = {
    work: 'editor',
    measure: name,
    what,
    unit: 'ms',
    wanted,
    median: null,
    samples: [],
    processorMs: [],
  };
  try {
    await editor.closeEditors();
    await measure.before?.(editor);
    for (let count = 0; count < times; count++) {
      if (measure.cold) await editor.renew();
      const before = processorTime();
      row.samples.push(tenth(await measure.sample(editor)));
      row.processorMs.push(processorTime() - before);
    }
    row.median = tenth(median(row.samples));
  } catch (error) {
    row.error = error instanceof Error ? error.message : String(error);
    await editor.picture();
  }
  console.error(`${name}: ${row.error ?? `${row.median} ms (${row.samples.join(', ')})`}`);
  return row;
}
