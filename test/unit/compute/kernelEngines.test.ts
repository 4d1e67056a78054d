import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADDON } from '../../../src/compute/kernelBackend/nativeLibrary';
import { loadWasmLibrary } from '../../../src/compute/kernelBackend/wasmLibrary';
import { startBackend, startOnly } from '../../../src/compute/engine';
import { ENGINE_ASSETS } from './useBackend';

/*
 * What becomes of our engines where something is missing: each goes on in a lesser way and says so, or gives way to the
 * next engine with a reason.
 */

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'recsight-engines-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const WASM_FILES = ['kernels.wasm', 'kernels-relaxed.wasm', 'kernels-single.wasm'];

/** A folder with the WebAssembly kernels and, as the addon, something else. */
function assetsWith(name: string, addon: string | null): string {
  const folder = path.join(scratch, name);
  mkdirSync(folder);
  for (const file of WASM_FILES) copyFileSync(path.join(ENGINE_ASSETS, file), path.join(folder, file));
  if (addon !== null) writeFileSync(path.join(folder, ADDON), addon);
  return folder;
}

/** A product that is large enough to be split, and its first value by hand. */
function multiplies(): boolean {
  return tf.tidy(() => {
    const a = tf.fill([128, 64], 0.5);
    const product = tf.matMul(a, tf.fill([64, 96], 2));
    return product.dataSync().every((value) => value === 64);
  });
}

describe('our engines', () => {
  it('go on with fewer threads when one is killed, and say so', async () => {
    const lost: string[] = [];
    const { library, workers } = await loadWasmLibrary({
      assets: ENGINE_ASSETS,
      threads: 3,
      onThreadLost: (message) => lost.push(message),
    });
    expect(library.threads).toBe(3);
    await [...workers][0]!.terminate();
    expect(library.threads).toBe(2);
    expect(lost).toEqual(['A compute thread has ended; 2 of 3 continue, more slowly.']);
    const { memory } = library;
    const [a, b, c] = [memory.allocate(4 * 4096), memory.allocate(4 * 4096), memory.allocate(4 * 4096)];
    memory.floats(a, 4096).fill(1);
    memory.floats(b, 4096).fill(2);
    // Three parts, of which the dead thread takes none.
    library.run('matMul', 3, {
      ...{ a, b, c, batch: 1, m: 64, n: 64, depth: 64 },
      ...{ transposeA: false, transposeB: false, batchOfA: 1, batchOfB: 1 },
    });
    expect(memory.floats(c, 4096).every((value) => value === 128)).toBe(true);
    library.dispose();
  });

  it('compute on one thread where there is one processor', async () => {
    const { threads } = await startOnly('wasm', { assets: ENGINE_ASSETS, searchPaths: [], threads: 1 });
    expect(threads).toBe(1);
    expect(multiplies()).toBe(true);
  });

  it('give way to the next engine where their WebAssembly is missing', async () => {
    const assets = path.join(scratch, 'empty');
    mkdirSync(assets);
    const backend = await startBackend('wasm', { assets, searchPaths: [] });
    expect(backend.name).toBe('cpu');
    expect(backend.fallback).toMatch(/wasm, which was requested, could not be started\. .*kernels.*\.wasm/);
    expect(multiplies()).toBe(true);
  });

  it('give way to WebAssembly where the addon is of another platform', async () => {
    const assets = assetsWith('foreign', 'MZ: made for another machine');
    const backend = await startBackend('auto', { assets, searchPaths: [] });
    expect(backend.name).toBe('wasm');
    expect(backend.fallback).toContain(`${ADDON} exists but does not load`);
    expect(multiplies()).toBe(true);
  });

  it('say nothing where there is no addon, unless it was asked for', async () => {
    const assets = assetsWith('without', null);
    expect((await startBackend('auto', { assets, searchPaths: [] })).fallback).toBeNull();
    expect((await startBackend('native', { assets, searchPaths: [] })).fallback).toContain(
      'There is no addon for',
    );
  });

  it('compute on one thread where SharedArrayBuffer is switched off', async () => {
    const script = path.join(scratch, 'unshared.cjs');
    await build({
      stdin: {
        resolveDir: import.meta.dirname,
        contents: `
          import * as tf from '@tensorflow/tfjs-core';
          import { startOnly } from '../../../src/compute/engine';
          const warnings = [];
          const context = { assets: ${JSON.stringify(ENGINE_ASSETS)}, searchPaths: [], onWarning: (text) => warnings.push(text) };
          startOnly('wasm', context).then(({ threads }) => {
            const [value] = tf.matMul(tf.fill([128, 64], 0.5), tf.fill([64, 96], 2)).dataSync();
            console.log(JSON.stringify({ threads, warnings, value }));
          });`,
      },
      bundle: true,
      platform: 'node',
      outfile: script,
      logLevel: 'silent',
    });
    const output = execFileSync(process.execPath, ['--no-harmony-sharedarraybuffer', script], {
      encoding: 'utf8',
    });
    const { threads, warnings, value } = JSON.parse(output) as {
      threads: number;
      warnings: string[];
      value: number;
    };
    expect(threads).toBe(1);
    expect(value).toBe(64);
    expect(warnings).toEqual(['SharedArrayBuffer is switched off, so it runs on one thread and 2 GB.']);
  });
});
