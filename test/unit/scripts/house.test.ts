import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

/* The shape of the house: what docs/architecture.md says of files and their imports, and lint does not check. */

const root = path.join(import.meta.dirname, '../../..');
/** Made by `npm run generate`. */
const GENERATED = /signatures\.h$/;
const MAX_LINES = 450;
/** Below this, a file that only one other imports belongs into that one. */
const MIN_LINES = 15;
/** Of these each member is a file, which the list beside them imports. */
const FAMILIES = /^src\/(evaluation\/metrics|splits)\//;

const listed = execFileSync('git', ['ls-files', 'src', 'webview', 'test'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|css|c|h)$/.test(file) && !file.includes('/toolchain/'));
const sources = listed.filter((file) => !file.startsWith('test/'));
/** All that imports can name. */
const modules = new Set(listed.filter((file) => file.endsWith('.ts')));

function linesOf(file: string): number {
  return readFileSync(path.join(root, file), 'utf8').split('\n').length - 1;
}

function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(path.join(root, file), 'utf8'));
  return importedFiles.flatMap(({ fileName }) => {
    if (!fileName.startsWith('.')) return [];
    const target = `${path.join(path.dirname(file), fileName)}.ts`;
    return modules.has(target) ? [target] : [];
  });
}

/** Files that import one another, of types too, as groups (Tarjan, 1972: strongly connected components). */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      else if (!stack.includes(next)) continue;
      lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return circles;
}

test('circles are found', () => {
  const graph = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['a']],
    ['d', ['e']],
    ['e', []],
  ]);
  expect(circlesIn(graph)).toEqual([['a', 'b', 'c']]);
});

test('no files import one another, not even for types', () => {
  expect(modules.size).toBeGreaterThan(500);
  const graph = new Map([...modules].map((file) => [file, importsOf(file)]));
  expect([...graph.values()].flat().length).toBeGreaterThan(1000);
  expect(circlesIn(graph)).toEqual([]);
});

test(`no source has more than ${MAX_LINES} lines`, () => {
  const long = sources
    .filter((file) => !GENERATED.test(file))
    .map((file) => [file, linesOf(file)] as const)
    .filter(([, lines]) => lines > MAX_LINES);
  expect(long).toEqual([]);
});

test(`no source that only one other uses has fewer than ${MIN_LINES} lines`, () => {
  const files = sources.filter((file) => /(?<!\.d)\.ts$/.test(file));
  // What is measured by names of the product shares them with it.
  const measures = execFileSync('git', ['ls-files', 'test/bench/**.ts'], { cwd: root, encoding: 'utf8' });
  const users = new Map<string, number>();
  for (const file of [...files, ...measures.trim().split('\n')])
    for (const used of new Set(importsOf(file))) users.set(used, (users.get(used) ?? 0) + 1);
  expect(Math.max(...users.values())).toBeGreaterThan(20);
  const small = files.filter((file) => users.get(file) === 1 && linesOf(file) < MIN_LINES);
  expect(small.filter((file) => !FAMILIES.test(file))).toEqual([]);
});
