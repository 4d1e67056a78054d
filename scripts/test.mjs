// @ts-check
/*
 * npm test: sets up whatever is missing and runs every kind of test.
 *
 *   node scripts/test.mjs [lint] [kernels] [unit] [golden] [engines] [cli] [faults] [webview] [integration] [package]
 *
 * The last line is the sum, `N passed, N failed`. The exit code is 0 only when every suite ran tests and all passed.
 * With VSCODE_TEST=desktop, and everywhere but on Linux x64, the integration suite runs in desktop VS Code, and what
 * drives code-server's page is left out.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startKeeper } from './lib/startKeeper.mjs';
import { build, CommandError, installDependencies, readJson, requireNode, run } from './lib/toolchain.mjs';

requireNode();
// Whatever is started here ends with it, however it ends.
const keeper = startKeeper();
Object.assign(process.env, keeper.env);
await installDependencies();
// These need the packages.
const { findChromium } = await import('./lib/chromium.mjs');
const { installCodeServer } = await import('./lib/codeServer.mjs');
const { installEngines, softwareGpuEnvironment } = await import('./lib/engines.mjs');
const { runExtensionTests } = await import('./lib/extensionTests.mjs');
const { ensureOwnAddon, findStaleWebAssembly, webAssemblyFiles } = await import('./lib/kernels.mjs');
const { runLint } = await import('./lib/lint.mjs');

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** The tests' own VS Code, code-server, is installed only where its binaries fit. */
const desktop =
  process.env.VSCODE_TEST === 'desktop' || process.platform !== 'linux' || process.arch !== 'x64';

/** @type {Record<string, () => Promise<Counts[]>>} */
const suites = {
  lint: async () => [await runLint()],
  kernels: async () => [await checkKernels()],
  unit: async () => [await runVitest('unit')],
  golden: async () => [await runVitest('golden')],
  engines: runEngineTests,
  cli: async () => [await runVitest('cli')],
  faults: async () => [await (await import('./lib/faults.mjs')).runShortFaults()],
  webview: async () => [await runVitest('webview')],
  integration: async () => [await runExtensionTests(), ...(desktop ? [] : [await runVitest('workbench')])],
  package: async () => (desktop ? [] : [await runVitest('package')]),
};

/**
 * The committed WebAssembly must be what its sources make. The other suites then run on this machine's addon as well.
 *
 * @returns {Promise<Counts>}
 */
async function checkKernels() {
  const stale = await findStaleWebAssembly();
  for (const file of stale) console.error(`${file} is not what its sources make. Run \`npm run kernels\`.`);
  await ensureOwnAddon();
  await build(); // so that the addon is where the other suites look
  return { passed: webAssemblyFiles.length - stale.length + 1, failed: stale.length, skipped: 0 };
}

/**
 * What users may install, for real. TensorFlow also computes every layer; WebGPU's tensors cannot be read in those tests.
 *
 * @returns {Promise<Counts[]>}
 */
async function runEngineTests() {
  const problems = await installEngines();
  for (const [name, reason] of Object.entries(problems)) {
    if (reason !== null) console.log(`${name} is not tested. ${reason}`);
  }
  const env = { ...softwareGpuEnvironment, RECSIGHT_TEST_ENGINES: JSON.stringify(problems) };
  const counts = [await runVitest('engines', { env })];
  if (problems.tensorflow === null) {
    const files = ['test/unit/compute'];
    counts.push(await runVitest('unit', { files, env: { RECSIGHT_TEST_BACKENDS: 'tensorflow' } }));
  }
  return counts;
}

/**
 * @param {string} project As in vitest.config.mjs.
 * @param {{ files?: string[], env?: Record<string, string> }} [options]
 * @returns {Promise<Counts>}
 */
async function runVitest(project, { files = [], env = {} } = {}) {
  const scratch = await mkdtemp(path.join(tmpdir(), 'recsight-vitest-'));
  const report = path.join(scratch, 'report.json');
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...files];
  try {
    let ended = true;
    await run(
      process.execPath,
      [...vitest, '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`],
      { env: { ...process.env, ...env } },
    ).catch((error) => {
      if (!(error instanceof CommandError)) throw error;
      ended = false;
    });
    if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
    const { numPassedTests, numFailedTests, numPendingTests } = readJson(report);
    // A file that cannot even be loaded fails the run but counts no test.
    return {
      passed: numPassedTests,
      failed: Math.max(numFailedTests, ended ? 0 : 1),
      skipped: numPendingTests,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} name
 * @returns {Promise<Counts>}
 */
async function runSuite(name) {
  const suite = suites[name] ?? (() => Promise.resolve([]));
  console.log(`\n━━ ${name} ━━`);
  const started = Date.now();
  /** @type {Counts} */
  const sum = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const { passed, failed, skipped } of await suite()) {
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
  console.log(`${name}: ${describe(sum)} (${Math.round((Date.now() - started) / 1000)} s)`);
  return sum;
}

/** @param {Counts} counts */
function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
const unknown = chosen.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(
    `There is no suite named ${unknown.join(', ')}. There are: ${Object.keys(suites).join(', ')}.`,
  );
  process.exit(1);
}

/** @type {{ name: string, counts: Counts }[]} */
const results = [];
try {
  if (chosen.some((name) => ['webview', 'integration', 'package'].includes(name))) {
    // The tests in the browser take the same one.
    process.env.CHROMIUM = await findChromium();
    if (!desktop) await installCodeServer();
  }
  await build();
  for (const name of chosen) results.push({ name, counts: await runSuite(name) });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  results.push({ name: 'set-up', counts: { passed: 0, failed: 1, skipped: 0 } });
}

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
console.log(describe(total));
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
await keeper.stop();
