import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TEST_BACKENDS, useBackend } from '../unit/compute/useBackend';
import { flat, type Compare, type GoldenCheck } from './goldenCheck';

/*
 * The outputs of the reference implementations, which the product has to equal: `npm run test:golden`. Every JSON file of
 * GOLDEN_DIR must have a check of the same name in `checks/`, and every check a file. Fixtures of the same form but with other
 * sizes and numbers may be put in their place.
 */

const DIRECTORY = path.resolve(process.env.GOLDEN_DIR ?? 'test/golden');
const TOLERANCE = 1e-5;
/** Fixtures that were computed in float64, and that our float64 code has to equal. */
const DOUBLE_TOLERANCE = 1e-9;
const DOUBLES: ReadonlySet<string> = new Set(['ease', 'ials', 'gbce', 'metrics', 'metrics_lists']);

const CHECKS = path.resolve('test/golden/checks');
const namesIn = (directory: string, extension: string): string[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith(extension))
    .map((file) => path.basename(file, extension));
const withCheck = new Set(namesIn(CHECKS, '.ts'));
const names = [...new Set([...namesIn(DIRECTORY, '.json'), ...withCheck])].sort();

describe.each(TEST_BACKENDS)('reference outputs on %s', (backend) => {
  useBackend(backend);
  const lines: string[] = [];
  afterAll(() => process.stdout.write(`${lines.join('\n')}\n`));

  it.each(names)('%s', async (name) => {
    const file = path.join(DIRECTORY, `${name}.json`);
    if (!withCheck.has(name)) throw new Error(`${file} is used by no check.`);
    const fixture: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const { check } = (await import(path.join(CHECKS, `${name}.ts`))) as { check: GoldenCheck };
    const general = DOUBLES.has(name) ? DOUBLE_TOLERANCE : TOLERANCE;
    let largest = 0;
    let outputs = 0;
    const failures: string[] = [];
    const compare: Compare = (label, actual, expected, tolerance = general) => {
      const values = flat(expected);
      outputs++;
      if (actual.length !== values.length) {
        failures.push(`${label}: found ${actual.length} numbers, expected ${values.length}`);
        return;
      }
      let difference = 0;
      for (let place = 0; place < values.length; place++) {
        const [own, reference] = [actual[place]!, values[place]!];
        if (own === reference || (Number.isNaN(own) && Number.isNaN(reference))) continue;
        const distance = Math.abs(own - reference);
        difference = Math.max(difference, Number.isNaN(distance) ? Infinity : distance);
      }
      largest = Math.max(largest, difference);
      if (difference > tolerance) failures.push(`${label}: differs by ${difference}, at most ${tolerance} allowed`);
    };
    await check(fixture, compare);
    lines.push(`${backend.padEnd(8)} ${name.padEnd(32)} ${outputs} outputs, largest difference ${largest.toExponential(1)}`);
    expect(failures).toEqual([]);
    expect(outputs).toBeGreaterThan(0);
  });
});
