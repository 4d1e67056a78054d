// @ts-check
/*
 * npm run bench: measures, prints tables, and ends with one line of JSON, `{"rows": [ … ]}`.
 *
 *   npm run bench -- [--work NAME] [options of the benchmark, such as --rows 1000000]
 *
 * A benchmark is a file test/bench/NAME.bench.ts that prints what it found and, last, a line of the same form.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';
import { root } from './lib/toolchain.mjs';

const { values } = parseArgs({ options: { work: { type: 'string' } }, strict: false });
const folder = path.join(root, 'test/bench');
const available = (await readdir(folder))
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.replace('.bench.ts', ''));
const chosen = available.filter((name) => values.work === undefined || values.work === name);
if (chosen.length === 0) {
  console.error(`There is no benchmark named ${values.work}. There are: ${available.join(', ')}.`);
  process.exit(1);
}

const outdir = path.join(root, 'dist/bench');
await mkdir(outdir, { recursive: true });
/** @type {unknown[]} */
const rows = [];
try {
  for (const name of chosen) rows.push(...(await measure(name)));
} finally {
  await rm(outdir, { recursive: true, force: true });
}
console.log(JSON.stringify({ rows }));

/**
 * Runs one benchmark in a process of its own, so that its peak memory is its own.
 *
 * @param {string} name
 * @returns {Promise<unknown[]>}
 */
async function measure(name) {
  const outfile = path.join(outdir, `${name}.mjs`);
  await esbuild.build({
    entryPoints: [path.join(folder, `${name}.bench.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const child = spawn(process.execPath, [outfile, ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  const lines = output.trimEnd().split('\n');
  const last = lines.pop() ?? '';
  if (exitCode !== 0 || !last.startsWith('{"rows"')) {
    throw new Error(`The benchmark ${name} ended with exit code ${exitCode}.\n${output}`);
  }
  console.log(lines.join('\n'));
  return JSON.parse(last).rows;
}
