// @ts-check
/*
 * The types of `recsight/v1` as one file that imports nothing, with those of TensorFlow.js in it, for workspaces where nothing
 * is installed.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const entry = path.join(root, 'src/userCode/v1.ts');
/** Rolling up takes seconds, so it is done again only when a file that was read has changed. */
const cacheFile = path.join(root, 'node_modules/.cache/own-types.json');

const HEADER = `/*
 * Types of recsight/v1, written by RecSight, which overwrites this file when it is updated.
 * Those of TensorFlow.js are © Google LLC, under the Apache License, Version 2.0.
 */
`;

/** @param {string} file where to write the types */
export async function writeOwnTypes(file) {
  /** @type {{ files: string[], hash: string, text: string } | null} */
  const cached = await readFile(cacheFile, 'utf8').then(JSON.parse, () => null);
  const text =
    cached !== null && (await hashOf(cached.files)) === cached.hash ? cached.text : await rollAndCache();
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function rollAndCache() {
  const { text, files } = await roll();
  await mkdir(path.dirname(cacheFile), { recursive: true });
  await writeFile(cacheFile, JSON.stringify({ files, hash: await hashOf(files), text }));
  return text;
}

async function roll() {
  // Loaded here only: TypeScript takes half a second.
  const { rollup } = await import('rollup');
  const { dts } = await import('rollup-plugin-dts');
  const compilerOptions = { stripInternal: true, incremental: false, types: [] };
  const bundle = await rollup({
    input: entry,
    plugins: [
      dts({
        includeExternal: ['@tensorflow/tfjs-core'],
        tsconfig: path.join(root, 'tsconfig.json'),
        compilerOptions,
      }),
    ],
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  const code = output[0].code
    .replace(/\/\*\*\s*\n \* @license[\s\S]*?\*\/\n/g, '')
    .replace(/\/\/\/ <(amd-module|reference)[^\n]*\n/g, '');
  const outside = /^(?:import|export \*) .* from '([^']+)'/m.exec(code);
  if (outside !== null) throw new Error(`The types of recsight/v1 import ${outside[1]}.`);
  // This file, too: it decides what the text becomes.
  return { text: HEADER + code, files: [import.meta.filename, ...bundle.watchFiles].sort() };
}

/** @param {string[]} files */
async function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(file).catch(() => ''));
  return hash.digest('hex');
}
