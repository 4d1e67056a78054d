// @ts-check
/** The checks that need no test: style, types, and code that nothing uses. */
import path from 'node:path';
import { CommandError, root, run } from './toolchain.mjs';

const bin = (/** @type {string} */ name) => path.join(root, 'node_modules', name);

/** @type {{ name: string, program: string, args: string[] }[]} */
const checks = [
  { name: 'ESLint', program: bin('eslint/bin/eslint.js'), args: ['.', '--max-warnings=0'] },
  { name: 'Prettier', program: bin('prettier/bin/prettier.cjs'), args: ['--check', '--log-level=warn', '.'] },
  { name: 'TypeScript', program: bin('typescript/bin/tsc'), args: ['-p', '.'] },
  { name: 'TypeScript, webviews', program: bin('typescript/bin/tsc'), args: ['-p', 'webview'] },
  { name: 'knip (unused code)', program: bin('knip/bin/knip.js'), args: ['--no-progress'] },
];

/**
 * Runs all checks and prints each one's outcome.
 *
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
export async function runLint() {
  let failed = 0;
  for (const { name, program, args } of checks) {
    try {
      await run(process.execPath, [program, ...args], { quiet: true });
      console.log(`  ✔ ${name}`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      failed += 1;
      console.log(`  ✘ ${name}: ${error.message}`);
    }
  }
  return { passed: checks.length - failed, failed, skipped: 0 };
}
