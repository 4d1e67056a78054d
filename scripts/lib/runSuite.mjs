// @ts-check
/*
 * node runSuite.mjs <suite>
 *
 * Runs one suite, whose preparations must have been made, prints what it prints and sends the counts to its parent.
 */
import { suites } from './suites.mjs';

const name = process.argv[2] ?? '';
/** @type {import('./suites.mjs').Counts} */
const sum = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const { passed, failed, skipped } of (await suites[name]?.run()) ?? []) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
    // A suite that finds no tests has tested nothing.
    if (passed + failed === 0) sum.failed += 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  sum.failed += 1;
}
process.send?.(sum);
process.disconnect?.();
