// @ts-check
/*
 * The suites of `npm test`: what each runs, and what must have been done before it. test.mjs runs each in a process of
 * its own (runSuite.mjs).
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, CommandError, readJson, run } from './toolchain.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * `packages`: those of package.json; `build`: dist, with this machine's kernels; `compiler`: of the kernels; `chromium`,
 * `codeServer`, `engines`: what their names say.
 *
 * @typedef {'packages' | 'build' | 'compiler' | 'chromium' | 'codeServer' | 'engines'} Preparation
 */

/** The tests' own VS Code, code-server, is installed only where its binaries fit. */
export const desktop =
  process.env.VSCODE_TEST === 'desktop' || process.platform !== 'linux' || process.arch !== 'x64';

/** @type {Preparation[]} */
const editor = ['build', 'chromium', ...(desktop ? [] : /** @type {const} */ (['codeServer']))];

/**
 * In the order in which they begin where several could: first what others wait for, then the longest. `load` is how many
 * cores a suite keeps busy.
 *
 * @type {Record<string, { load: 1 | 2, needs: Preparation[], run: () => Promise<Counts[]> }>}
 */
export const suites = {
  kernels: { load: 2, needs: ['packages', 'compiler'], run: async () => [await checkKernels()] },
  lint: {
    load: 2,
    needs: ['packages'],
    run: async () => [await (await import('./lint.mjs')).runLint()],
  },
  unit: { load: 2, needs: ['build'], run: async () => [await runVitest('unit')] },
  integration: {
    load: 1,
    needs: editor,
    run: async () => [
      await (await import('./extensionTests.mjs')).runExtensionTests(),
      ...(desktop ? [] : [await runVitest('workbench')]),
    ],
  },
  // Needs no build, but must not take the place of the editor's tests, which take longest and begin after it.
  webview: { load: 1, needs: ['build', 'chromium'], run: async () => [await runVitest('webview')] },
  engines: { load: 1, needs: ['build', 'engines'], run: runEngineTests },
  cli: { load: 1, needs: ['build'], run: async () => [await runVitest('cli')] },
  faults: {
    load: 1,
    needs: ['build'],
    run: async () => [await (await import('./faults.mjs')).runShortFaults()],
  },
  package: { load: 1, needs: editor, run: async () => (desktop ? [] : [await runVitest('package')]) },
  golden: { load: 1, needs: ['build'], run: async () => [await runVitest('golden')] },
};

/**
 * Each source of the kernels must compile alone, and the committed WebAssembly be what they make. The other suites then run on
 * this machine's addon as well.
 *
 * @returns {Promise<Counts>}
 */
async function checkKernels() {
  const { ensureOwnAddon, findDependentSources, findStaleWebAssembly, webAssemblyFiles } =
    await import('./kernels.mjs');
  const dependent = await findDependentSources();
  for (const problem of dependent) console.error(problem);
  const [stale] = await Promise.all([findStaleWebAssembly(), ensureOwnAddon()]);
  for (const file of stale) console.error(`${file} is not what its sources make. Run \`npm run kernels\`.`);
  await build(); // so that the addon is where the other suites look
  const failed = stale.length + dependent.length;
  return { passed: webAssemblyFiles.length - stale.length + 1, failed, skipped: 0 };
}

/**
 * What users may install, for real. TensorFlow also computes every layer; WebGPU's tensors cannot be read in those tests.
 *
 * @returns {Promise<Counts[]>}
 */
async function runEngineTests() {
  const { softwareGpuEnvironment } = await import('./engines.mjs');
  /** What the preparation left here. @type {Record<string, string | null>} */
  const problems = JSON.parse(process.env.RECSIGHT_TEST_ENGINES ?? '{}');
  for (const [name, reason] of Object.entries(problems)) {
    if (reason !== null) console.log(`${name} is not tested. ${reason}`);
  }
  const counts = [await runVitest('engines', { env: softwareGpuEnvironment })];
  if (problems.tensorflow === null) {
    const files = ['test/unit/compute'];
    const env = { ...softwareGpuEnvironment, RECSIGHT_TEST_BACKENDS: 'tensorflow' };
    counts.push(await runVitest('unit', { files, env }));
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
