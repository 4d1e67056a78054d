// @ts-check
/*
 * npm run test:steady: whether tests that wait for processes, files and pages pass time after time on a busy machine.
 *
 *   npm run test:steady -- [suite or folder of test/unit …] [--times 5] [--busy 2]
 *
 * Runs each suite so many times, beside so many endless loops, and prints a table. The exit code is 0 only when all passed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startKeeper } from './lib/startKeeper.mjs';
import { suites } from './lib/suites.mjs';
import { requireNode, root } from './lib/toolchain.mjs';

requireNode();
const { values, positionals } = parseArgs({
  options: { times: { type: 'string', default: '5' }, busy: { type: 'string', default: '2' } },
  allowPositionals: true,
});
const waitingSuites = ['test/unit/runs', 'test/unit/process', 'cli', 'webview', 'integration'];
const chosen = positionals.length > 0 ? positionals : waitingSuites;
const unknown = chosen.filter((name) => !(name in suites) && !existsSync(path.join(root, name)));
if (unknown.length > 0) {
  console.error(`There is no suite or folder named ${unknown.join(', ')}.`);
  process.exit(1);
}
// The loops end with this, however it ends.
const keeper = startKeeper();
const env = { ...process.env, ...keeper.env };

/**
 * @param {string[]} args Of Node.js.
 * @returns {Promise<{ code: number | null, output: string }>}
 */
async function runNode(args) {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
  }
  /** @type {number | null} */
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, output };
}

for (let loop = 0; loop < Number(values.busy); loop++) {
  spawn(process.execPath, ['--eval', 'for (;;);'], { env, stdio: 'ignore' });
}
/** @type {{ name: string, outcomes: string[] }[]} */
const table = [];
let hasFailed = false;
for (const name of chosen) {
  /** @type {string[]} */
  const outcomes = [];
  table.push({ name, outcomes });
  for (let time = 1; time <= Number(values.times); time++) {
    console.log(`\n━━ ${name}, ${time} of ${values.times} ━━`);
    const started = Date.now();
    const { code, output } = await runNode(
      name in suites
        ? ['scripts/test.mjs', name]
        : ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--reporter=dot', name],
    );
    const seconds = Math.round((Date.now() - started) / 1000);
    const failed = [...output.matchAll(/(\d+) failed/g)].at(-1)?.[1] ?? '?';
    outcomes.push(`${code === 0 ? 'passed' : `${failed} failed`} (${seconds} s)`);
    hasFailed ||= code !== 0;
  }
}
const width = Math.max(...table.map(({ name }) => name.length));
console.log(`\n━━ ${values.times} times beside ${values.busy} busy loops ━━`);
for (const { name, outcomes } of table) console.log(`${name.padEnd(width)}  ${outcomes.join('  ')}`);
process.exitCode = hasFailed ? 1 : 0;
await keeper.stop();
