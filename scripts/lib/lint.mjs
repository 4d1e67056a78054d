// @ts-check
/** The checks that need no test: style, types, and code that nothing uses. */
import path from 'node:path';
import { CommandError, root, run } from './toolchain.mjs';

const bin = (/** @type {string} */ name) => path.join(root, 'node_modules', name);

/** @typedef {{ name: string, program: string, args: string[] }} Check */

/** @type {[Check, ...Check[]]} */
const checks = [
  { name: 'ESLint', program: bin('eslint/bin/eslint.js'), args: ['.', '--max-warnings=0'] },
  { name: 'Prettier', program: bin('prettier/bin/prettier.cjs'), args: ['--check', '--log-level=warn', '.'] },
  { name: 'TypeScript', program: bin('typescript/bin/tsc'), args: ['-p', '.'] },
  { name: 'TypeScript, webviews', program: bin('typescript/bin/tsc'), args: ['-p', 'webview'] },
  { name: 'knip (unused code)', program: bin('knip/bin/knip.js'), args: ['--no-progress'] },
];

/**
 * Runs all checks and prints each one's outcome. ESLint takes as long as the others together, so they run beside it.
 *
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
export async function runLint() {
  const [eslint, ...others] = checks;
  const outcomes = await Promise.all([runInOrder([eslint]), runInOrder(others)]);
  const passed = outcomes.flat().filter(Boolean).length;
  return { passed, failed: checks.length - passed, skipped: 0 };
}

/**
 * @param {Check[]} checks
 * @returns {Promise<boolean[]>} Which passed.
 */
async function runInOrder(checks) {
  /** @type {boolean[]} */
  const outcomes = [];
  for (const { name, program, args } of checks) {
    try {
      await run(process.execPath, [program, ...args], { quiet: true });
      console.log(`  ✔ ${name}`);
      outcomes.push(true);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      console.log(`  ✘ ${name}: ${error.message}`);
      outcomes.push(false);
    }
  }
  return outcomes;
}
