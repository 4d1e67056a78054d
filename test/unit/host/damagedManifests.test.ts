import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failureMessage, lastActivity, resultFacts } from '../../../src/host/runText';
import { runTitles } from '../../../src/host/runTitles';
import { formatAgo } from '../../../src/series/format';
import { runTooltip } from '../../../src/host/runTooltip';
import { bestRuns, groupRuns, runRow } from '../../../src/host/runTreeModel';
import { activeRuns, statusDetail, statusTexts } from '../../../src/host/statusText';
import type { RunSummary } from '../../../src/protocol/run';
import { listRuns } from '../../../src/runs/runStore';
import { makeRun as makeRunOnDisk } from '../runs/newRun';
import { makeRun, NO_SETTINGS } from './runs';

/** Everything that the editor shows of runs. */
function show(runs: readonly RunSummary[]): string[] {
  const now = Date.now();
  const best = bestRuns(runs);
  groupRuns(runs, () => 'folder', true);
  activeRuns(runs);
  const titles = runTitles(runs, now);
  return runs.flatMap((run) => {
    const title = titles.get(run.directory)!;
    const row = runRow(
      run,
      { settings: '', start: '14:05' },
      { best: best.has(run.directory), apart: false },
    );
    const status = statusTexts(run, 1);
    return [
      runTooltip(run, 'sasrec', NO_SETTINGS, now).source,
      ...[row.label, row.description, row.spoken, row.icon.codicon],
      ...[status.text, status.spoken, statusDetail(run)],
      ...resultFacts(run),
      title,
      failureMessage(run, title) ?? '',
      formatAgo(lastActivity(run), now),
    ];
  });
}

const measured = { epoch: 3, step: 15, metrics: { 'ndcg@10': 0.25, 'hr@10': 0.5 } };
const { protocol } = makeRun().manifest;
/** A run that has everything. */
const full = makeRun({
  best: measured,
  last: measured,
  test: {
    ...measured,
    protocol: protocol!,
    baselines: { popularity: measured.metrics, itemKnn: measured.metrics },
    evaluatedAt: 5,
  },
  git: { commit: 'abcdef0123', dirty: true },
  backend: { name: 'wasm', device: 'cpu', threads: 2, version: '1' },
  memory: {
    parameters: 1,
    gradients: 1,
    optimizer: 1,
    activations: 1,
    tensors: 1,
    total: 1,
    available: 1,
  },
  error: { code: 'a/b', message: 'It failed.' },
  versions: { node: '20' },
  warnings: [{ code: 'training/diverging', message: 'It diverged.' }],
}).manifest;

function pathsOf(value: unknown, before: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [before];
  return [before, ...Object.entries(value).flatMap(([name, part]) => pathsOf(part, [...before, name]))];
}

/** A copy with another value at a path; `undefined` removes the field. */
function replaced(value: unknown, [name, ...rest]: string[], by: unknown): unknown {
  if (name === undefined) return by;
  const entries = Object.entries(value as Record<string, unknown>).map(
    ([key, part]) => [key, key === name ? replaced(part, rest, by) : part] as const,
  );
  const kept = entries.filter(([, part]) => part !== undefined);
  return Array.isArray(value) ? kept.map(([, part]) => part) : Object.fromEntries(kept);
}

const values = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, '', -1, 0.5, 1e300, 8.64e15 + 1, [], {}, [[1]]),
  fc.constantFrom(
    'NaN',
    'Infinity',
    '-Infinity',
    'constructor',
    '__proto__',
    'toString',
    'x'.repeat(100_000),
  ),
  fc.constantFrom<unknown>({ constructor: 1 }, { 'ndcg@10': 'high' }, { 'ndcg@10': { a: 1 } }),
  fc.constantFrom<unknown>(
    Array.from({ length: 2000 }, () => 1),
    { length: 1e9 },
  ),
  fc.jsonValue(),
);

test('no field of a manifest, whatever it holds, breaks the list, the hover or the status bar', async () => {
  const run = await makeRunOnDisk();
  const file = path.join(run.path, 'run.json');
  const paths = pathsOf(full).slice(1);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...paths), values), { minLength: 1, maxLength: 2 }),
      async (changes) => {
        let manifest: unknown = full;
        for (const [place, value] of changes) {
          const exists = pathsOf(manifest).some((each) => each.join('/') === place.join('/'));
          if (exists) manifest = replaced(manifest, place, value);
        }
        await writeFile(file, JSON.stringify(manifest));
        const { runs, unreadable } = await listRuns(path.dirname(run.path));
        expect(runs.length + unreadable.length).toBe(1);
        for (const text of show(runs)) expect(text).toEqual(expect.any(String));
        for (const { message } of unreadable) expect(message).toMatch(/damaged|version/);
      },
    ),
    { numRuns: 300 },
  );
  await writeFile(file, JSON.stringify(full));
  expect((await listRuns(path.dirname(run.path))).runs[0]?.manifest).toEqual(full);
});

test('no byte of a manifest, whatever it is, breaks them either', async () => {
  const run = await makeRunOnDisk();
  const file = path.join(run.path, 'run.json');
  await run.writeManifest(full);
  const whole = await readFile(file);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.option(fc.nat(255)), async (at, byte) => {
      const bytes = byte === null ? whole.subarray(0, at) : Buffer.from(whole);
      if (byte !== null) bytes[at] = byte;
      await writeFile(file, bytes);
      const { runs, unreadable } = await listRuns(path.dirname(run.path));
      expect(runs.length + unreadable.length).toBe(1);
      show(runs);
    }),
    { numRuns: 150 },
  );
});

test.each(['['.repeat(100_000), `{"a":${'['.repeat(100_000)}`, 'x'.repeat(17_000_000), '\0'.repeat(4096)])(
  'what is no manifest at all is told (%#)',
  async (text) => {
    const run = await makeRunOnDisk();
    await writeFile(path.join(run.path, 'run.json'), text);
    const { unreadable } = await listRuns(path.dirname(run.path));
    expect(unreadable).toHaveLength(1);
    expect(unreadable[0]?.message).toMatch(/The file is damaged/);
  },
);
