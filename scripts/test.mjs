// @ts-check
/*
 * npm test: sets up whatever is missing and runs every kind of test.
 *
 *   node scripts/test.mjs [lint] [kernels] [unit] [golden] [engines] [cli] [faults] [webview] [integration] [package]
 *
 * Suites run side by side, as soon as what they need is there; what each printed is shown when it ends. The last line is
 * the sum, `N passed, N failed`. The exit code is 0 only when every suite ran tests and all passed.
 * With VSCODE_TEST=desktop, and everywhere but on Linux x64, the integration suite runs in desktop VS Code, and what
 * drives code-server's page is left out.
 */
import { fork } from 'node:child_process';
import path from 'node:path';
import { findChromium } from './lib/chromium.mjs';
import { installCodeServer } from './lib/codeServer.mjs';
import { installToolchain } from './lib/kernels.mjs';
import { startKeeper } from './lib/startKeeper.mjs';
import { suites } from './lib/suites.mjs';
import { build, installDependencies, requireNode, root } from './lib/toolchain.mjs';

/** @typedef {import('./lib/suites.mjs').Counts} Counts */
/** @typedef {import('./lib/suites.mjs').Preparation} Preparation */

/** Cores' worth of work that is under way at a time. Suites wait a good deal, so it is more than the two cores of CI. */
const CAPACITY = 3;

requireNode();
const known = Object.keys(suites);
const chosen = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = chosen.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no suite named ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  process.exit(1);
}
// Whatever is started here ends with it, however it ends.
const keeper = startKeeper();
Object.assign(process.env, keeper.env);
const begun = Date.now();

/**
 * What the suites need. Each is made once, when it is first asked for; those that only wait for the network and the
 * disk are made beside the suites.
 *
 * @type {Record<Preparation, () => Promise<void>>}
 */
const prepare = {
  packages: installDependencies,
  build: async () => {
    await prepared('packages');
    // Builds at its end, and with the kernels.
    await (chosen.includes('kernels') ? suite('kernels') : build());
  },
  compiler: installToolchain,
  chromium: async () => {
    // The tests in the browser take the same one.
    process.env.CHROMIUM = await findChromium();
  },
  codeServer: async () => {
    // One installation after the other: what others wait for comes first.
    if (chosen.includes('kernels')) await prepared('compiler');
    await installCodeServer();
  },
  engines: async () => {
    await prepared('packages');
    // Types of packages that are half installed would be errors.
    if (chosen.includes('lint')) await suite('lint');
    const { installEngines } = await import('./lib/engines.mjs');
    process.env.RECSIGHT_TEST_ENGINES = JSON.stringify(await installEngines());
  },
};
/** @type {Map<string, Promise<any>>} */
const made = new Map();

/**
 * @template Value
 * @param {string} name
 * @param {() => Promise<Value>} make
 * @returns {Promise<Value>}
 */
function once(name, make) {
  const promise = made.get(name) ?? make();
  made.set(name, promise);
  return promise;
}

/** @param {Preparation} name */
const prepared = (name) => once(`preparation ${name}`, prepare[name]);

/** Suites that could begin. @type {Map<string, (value?: unknown) => void>} */
const waiting = new Map();
let free = CAPACITY;

/** Lets suites begin that there is room for, the first of the list first. */
function beginSuites() {
  for (const [name, { load }] of Object.entries(suites)) {
    const begin = waiting.get(name);
    if (!begin || load > free) continue;
    free -= load;
    waiting.delete(name);
    begin();
  }
}

/**
 * Runs a suite when what it needs is there and a place is free.
 *
 * @param {string} name
 * @returns {Promise<Counts>}
 */
const suite = (name) => once(`suite ${name}`, () => runSuite(name));

/**
 * @param {string} name
 * @returns {Promise<Counts>}
 */
async function runSuite(name) {
  try {
    await Promise.all((suites[name]?.needs ?? []).map(prepared));
  } catch (error) {
    console.error(
      `\n━━ ${name} ━━\nCannot be run: ${error instanceof Error ? error.message : String(error)}`,
    );
    return { passed: 0, failed: 1, skipped: 0 };
  }
  await new Promise((resolve) => {
    waiting.set(name, resolve);
    beginSuites();
  });
  const started = Date.now();
  const alone = chosen.length === 1;
  if (alone) console.log(`\n━━ ${name} ━━`);
  else console.log(`${name} begins.`);
  const child = fork(path.join(root, 'scripts/lib/runSuite.mjs'), [name], {
    stdio: ['ignore', alone ? 'inherit' : 'pipe', alone ? 'inherit' : 'pipe', 'ipc'],
    cwd: root,
  });
  /** @type {Counts} */
  let counts = { passed: 0, failed: 1, skipped: 0 };
  let output = '';
  child.on('message', (message) => (counts = /** @type {Counts} */ (message)));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => (output += text));
  }
  await new Promise((resolve) => child.once('close', resolve));
  free += suites[name]?.load ?? 0;
  beginSuites();
  if (!alone) console.log(`\n━━ ${name} ━━\n${output.trimEnd()}`);
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`${name}: ${describe(counts)} (${seconds} s)${alone ? '' : '\n'}`);
  return counts;
}

/** @param {Counts} counts */
function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const order = known.filter((name) => chosen.includes(name));
const results = await Promise.all(order.map(async (name) => ({ name, counts: await suite(name) })));

console.log('\n━━ all ━━');
for (const { name, counts } of results) console.log(`${name}: ${describe(counts)}`);
const total = results.reduce(
  (sum, { counts }) => ({
    passed: sum.passed + counts.passed,
    failed: sum.failed + counts.failed,
    skipped: sum.skipped + counts.skipped,
  }),
  { passed: 0, failed: 0, skipped: 0 },
);
console.log(`in ${Math.round((Date.now() - begun) / 1000)} s`);
console.log(describe(total));
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
await keeper.stop();
