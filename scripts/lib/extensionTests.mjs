// @ts-check
/*
 * Runs the Mocha suite of test/integration/suite inside a real extension host: code-server's, or desktop VS Code's
 * when the environment says VSCODE_TEST=desktop.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { chromiumArguments, findChromium } from './chromium.mjs';
import { startCodeServer } from './codeServer.mjs';
import { readJson, root } from './toolchain.mjs';

const suite = path.join(root, 'dist/test/suite/index.js');
const timeoutMs = 300_000;

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/**
 * Runs the suite, which must have been built, in an empty folder, printing Mocha's report as it goes.
 *
 * @returns {Promise<Counts>} Rejects when the suite did not run to its end: an extension host that is killed reports
 *   success, so only the result that the suite writes at its end counts.
 */
export async function runExtensionTests() {
  const scratch = await mkdtemp(path.join(tmpdir(), 'recsight-suite-'));
  const workspace = path.join(scratch, 'workspace');
  const resultFile = path.join(scratch, 'result.json');
  await mkdir(workspace);
  try {
    await (process.env.VSCODE_TEST === 'desktop' ? runInDesktop : runInCodeServer)(workspace, {
      RECSIGHT_TEST_RESULT: resultFile,
      RECSIGHT_TEST_OUTPUT: path.join(scratch, 'report.txt'),
    });
    if (!existsSync(resultFile)) throw new Error('The extension host ended before the suite did.');
    const { passes, failures, pending } = readJson(resultFile);
    return { passed: passes, failed: failures, skipped: pending };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} workspace
 * @param {Record<string, string>} env
 */
async function runInDesktop(workspace, env) {
  const { runTests } = await import('@vscode/test-electron');
  await runTests({
    extensionDevelopmentPath: root,
    extensionTestsPath: suite,
    extensionTestsEnv: { ...env, RECSIGHT_TEST_OUTPUT: undefined },
    launchArgs: [workspace, '--disable-extensions', '--disable-workspace-trust'],
  }).catch((error) => {
    // Failed tests end the editor with an error; the result file tells how many.
    if (!existsSync(env.RECSIGHT_TEST_RESULT ?? '')) throw error;
  });
}

/**
 * @param {string} workspace
 * @param {Record<string, string>} env
 */
async function runInCodeServer(workspace, env) {
  const server = await startCodeServer({ env, flags: ['--vscode-option', 'enable-smoke-test-driver'] });
  const browser = await chromium.launch({ executablePath: await findChromium(), args: chromiumArguments });
  const report = followReport(env.RECSIGHT_TEST_OUTPUT ?? '');
  try {
    const page = await browser.newPage();
    /** @type {(value?: unknown) => void} */
    let end = () => {};
    const ended = new Promise((resolve) => (end = resolve));
    page.on('crash', end);
    // The workbench calls this, by this name, when the suite's run() settles.
    await page.exposeFunction('codeAutomationExit', end);
    const remote = (/** @type {string} */ file) => `vscode-remote://${server.authority}${file}`;
    const payload = [
      ['extensionDevelopmentPath', remote(root)],
      ['extensionTestsPath', remote(suite)],
    ];
    const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
    await page.goto(`${server.url}?${query}`);
    await inTime(ended);
  } catch (error) {
    console.error(server.log().split('\n').slice(-25).join('\n'));
    throw error;
  } finally {
    report.stop();
    await browser.close();
    await server.stop();
  }
}

/**
 * @param {Promise<unknown>} ended
 */
async function inTime(ended) {
  const timer = new AbortController();
  const tooLate = delay(timeoutMs, 'too late', { signal: timer.signal });
  const first = await Promise.race([ended, tooLate]);
  timer.abort();
  await tooLate.catch(() => {});
  if (first === 'too late') throw new Error(`The suite did not end within ${timeoutMs / 1000} s.`);
}

/**
 * Prints what is appended to a file.
 *
 * @param {string} file
 */
function followReport(file) {
  let printed = 0;
  const print = () => {
    if (!existsSync(file)) return;
    const content = readFileSync(file);
    process.stdout.write(content.subarray(printed));
    printed = content.length;
  };
  const timer = setInterval(print, 200);
  return {
    stop: () => {
      clearInterval(timer);
      print();
    },
  };
}
