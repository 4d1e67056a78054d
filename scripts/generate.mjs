// @ts-check
/*
 * npm run generate: writes the JSON Schemas in media and the tables in docs/config.md from src/config/schema.ts, the reference of
 * recsight/v1 from the doc comments of src/userCode/v1.ts, and signatures.h and kernels.c from src/compute/kernels/signatures.ts.
 * Unit tests fail while they are stale.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import esbuild from 'esbuild';
import { publicReference } from './lib/publicReference.mjs';

const root = path.join(import.meta.dirname, '..');
const scratch = await mkdtemp(path.join(tmpdir(), 'recsight-generate-'));
try {
  const outfile = path.join(scratch, 'generate.cjs');
  const entryPoints = [path.join(root, 'scripts/generate.ts')];
  await esbuild.build({ entryPoints, outfile, bundle: true, platform: 'node', target: 'node20' });
  execFileSync(process.execPath, [outfile], { cwd: root, stdio: 'inherit' });
  const reference = 'docs/own-models-reference.md';
  await writeFile(path.join(root, reference), publicReference());
  const written = ['media/recsight.schema.json', 'media/recsight.editor.schema.json'];
  execFileSync(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', ...written], {
    cwd: root,
  });
} finally {
  await rm(scratch, { recursive: true });
}
