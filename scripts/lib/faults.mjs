// @ts-check
/** Builds and runs the campaign of faults in test/faults. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startKeeper } from './startKeeper.mjs';
import { readJson, root } from './toolchain.mjs';

const outdir = path.join(root, 'dist/test/faults');

/**
 * Runs the campaign against `dist`, which must be built. Whatever it starts dies with it, frozen trainers included.
 *
 * @param {string[]} args As of `npm run faults`.
 * @returns {Promise<number>} The exit code.
 */
export async function runFaults(args) {
  const { default: esbuild } = await import('esbuild');
  await esbuild.build({
    entryPoints: ['main', 'faultyFiles', 'reader'].map((name) => path.join(root, `test/faults/${name}.ts`)),
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    keepNames: true,
    mainFields: ['module', 'main'],
    external: ['@duckdb/node-api', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'],
    logLevel: 'warning',
  });
  const keeper = startKeeper();
  const child = spawn(process.execPath, ['--enable-source-maps', path.join(outdir, 'main.js'), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...keeper.env },
  });
  /** @type {number | null} */
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  await keeper.stop();
  return code ?? 1;
}

/**
 * The short form, with a fixed seed.
 *
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
export async function runShortFaults() {
  const scratch = await mkdtemp(path.join(tmpdir(), 'recsight-faults-counts-'));
  try {
    const counts = path.join(scratch, 'counts.json');
    await runFaults(['--short', '--counts', counts]);
    return readJson(counts);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
