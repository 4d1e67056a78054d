import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { root } from '../../../scripts/lib/toolchain.mjs';

/*
 * The benchmark of the editor, once and for one measure: whether it still finds its way through the editor, and what it prints.
 */

const positive = z.number().positive();
const output = z.strictObject({
  rows: z
    .array(
      z.strictObject({
        work: z.literal('editor'),
        measure: z.string(),
        what: z.string(),
        unit: z.literal('ms'),
        wanted: positive.nullable(),
        median: positive,
        samples: z.array(positive).length(1),
        processorMs: z.array(positive).length(1),
      }),
    )
    .length(1),
  machine: z.strictObject({
    processor: z.string(),
    cores: positive,
    memoryBytes: positive,
    system: z.string().regex(/^linux /),
    node: z.string().regex(/^\d+\./),
    browser: z.string().regex(/^\d+\./),
    loadBefore: z.array(z.number()).length(3),
    loadAfter: z.array(z.number()).length(3),
  }),
});

it('npm run bench -- --work editor prints one line of JSON', async () => {
  const script = path.join(root, 'scripts/bench.mjs');
  const chosen = ['--work', 'editor', '--times', '1', '--only', 'long-run-first-paint'];
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...chosen], { cwd: root });
  const { rows } = output.parse(JSON.parse(stdout));
  expect(rows[0]!.measure).toBe('long-run-first-paint');
});
