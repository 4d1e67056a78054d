// @ts-check
/*
 * npm run bench: measures, prints tables, and ends with one line of JSON, `{"rows": [ … ], "machine": { … }}`.
 *
 *   npm run bench -- [--work NAME,…] [--engine NAME,…] [--peer torch,torch-compiled] [--steps 30] [--threads 2] [--min-length N]
 *                    [--rows N] [--points N,…] [--times N] [--only NAME,…] [--markdown]
 *
 * A benchmark is a file test/bench/NAME.bench.ts that prints what it found and, last, a line of the same form.
 * docs/performance.md says how the tensor benchmarks measure.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';
import { root, run } from './lib/toolchain.mjs';

/** The benchmarks, what each can measure, and about how long one of it takes. */
const benchmarks = [
  { name: 'dataset', works: ['dataset'], seconds: 60 },
  {
    name: 'compute',
    works: [
      'sasrec',
      'hstu',
      'dien',
      'sum',
      'din',
      'twotower',
      'evaluation',
      'evaluation100k',
      'targets',
      'targets100k',
    ],
    seconds: 30,
  },
  {
    name: 'baselines',
    works: ['popularity20m', 'markov20m', 'itemKnn20m', 'itemKnn100of20m'],
    seconds: 120,
  },
  { name: 'startup', works: ['startup'], seconds: 30 },
  { name: 'projection', works: ['projection'], seconds: 60 },
  { name: 'editor', works: ['editor'], seconds: 300 },
];

const { values } = parseArgs({
  options: {
    work: { type: 'string' },
    engine: { type: 'string' },
    peer: { type: 'string' },
    steps: { type: 'string' },
    threads: { type: 'string' },
    'min-length': { type: 'string' },
    rows: { type: 'string' },
    points: { type: 'string' },
    times: { type: 'string' },
    only: { type: 'string' },
    markdown: { type: 'boolean' },
  },
});
const known = benchmarks.flatMap(({ works }) => works);
const chosen = values.work?.split(',') ?? known;
const unknown = chosen.filter((work) => !known.includes(work));
if (unknown.length > 0) {
  console.error(`There is no benchmark named ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  process.exit(1);
}
if (values.work === undefined) {
  const seconds = benchmarks.reduce((total, { works, seconds: each }) => total + works.length * each, 0);
  console.error(
    `All benchmarks take about ${Math.ceil(seconds / 60)} minutes; --work picks some: ${known.join(', ')}.`,
  );
}

// Inside the repository, so that packages which are not bundled are found.
await mkdir(path.join(root, 'dist'), { recursive: true });
const outdir = await mkdtemp(path.join(root, 'dist/bench-'));
/** @type {unknown[]} */
const rows = [];
/** What the measurements were made on, where a benchmark says it. @type {unknown} */
let machine;
try {
  await bundle();
  for (const { name, works } of benchmarks) {
    const wanted = works.filter((work) => chosen.includes(work));
    if (wanted.length === 0) continue;
    const found = await measure(name, wanted);
    rows.push(...found.rows);
    machine ??= found.machine;
  }
} finally {
  await rm(outdir, { recursive: true, force: true });
}
console.log(JSON.stringify({ rows, machine }));

/** The benchmarks, and beside them the engine's process with what it needs, made as the trainer is. */
async function bundle() {
  await run(process.execPath, ['esbuild.mjs', '--production', `--outdir=${outdir}`], { quiet: true });
  /** @type {esbuild.BuildOptions} */
  const common = { absWorkingDir: root, outdir, bundle: true, platform: 'node', logLevel: 'warning' };
  await esbuild.build({
    ...common,
    entryPoints: benchmarks
      .filter(({ works }) => works.some((work) => chosen.includes(work)))
      .map(({ name }) => `test/bench/${name}.bench.ts`),
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    mainFields: ['module', 'main'],
    // The scripts find the repository by where they lie.
    external: [
      '@duckdb/node-api',
      '@tensorflow/tfjs-node',
      '@tensorflow/tfjs-node-gpu',
      'playwright-core',
      './scripts/lib/*',
    ],
    // What CommonJS has by itself: libraries and engines ask for it.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url); const __filename = import.meta.filename;",
    },
  });
  await esbuild.build({
    ...common,
    entryPoints: [fileURLToPath(new URL('../test/bench/engine.ts', import.meta.url))],
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    external: ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'],
  });
}

/**
 * Runs one benchmark in a process of its own, so that its peak memory is its own.
 *
 * @param {string} name
 * @param {string[]} works
 * @returns {Promise<{ rows: unknown[], machine?: unknown }>} What its last line says.
 */
async function measure(name, works) {
  const options = Object.entries({ ...values, work: works.join(',') }).map(([option, value]) =>
    value === true ? `--${option}` : `--${option}=${value}`,
  );
  const child = spawn(process.execPath, [path.join(outdir, `${name}.bench.mjs`), ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  const lines = output.trimEnd().split('\n');
  const last = lines.pop() ?? '';
  if (!last.startsWith('{"rows"')) {
    console.error(`${output}The benchmark ${name} ended without a result (exit code ${exitCode}).`);
    process.exitCode = 1;
    return { rows: [] };
  }
  // It measured, but is not content with what it found; the lines say why.
  if (exitCode !== 0) process.exitCode = 1;
  if (lines.length > 0) console.log(lines.join('\n'));
  return JSON.parse(last);
}
