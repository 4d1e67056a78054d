// @ts-check
/** Finds a browser of the Chromium family, for the webview tests and for driving the workbench. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { run } from './toolchain.mjs';

/** Debian's build without a window does the same work in less time, and installs faster. */
const HEADLESS_SHELL = 'chromium-headless-shell';

const programs = [
  HEADLESS_SHELL,
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'microsoft-edge',
];

const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/**
 * Chromium's switches for tests: no sandbox (tests run as root in containers), no GPU, and none of the background
 * traffic that a closed network refuses.
 */
export const chromiumArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The path of a browser: the environment variable CHROMIUM, else one that is installed, else (on Debian, as root)
 * the distribution's, which this installs.
 *
 * @returns {Promise<string>}
 */
export async function findChromium() {
  const chosen = process.env.CHROMIUM;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Error(`The environment variable CHROMIUM names ${chosen}, which does not exist.`);
  }
  const installed = installedChromium();
  if (installed) return installed;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Installing Chromium (apt-get) …');
    await run('apt-get', ['update', '-qq'], { quiet: true });
    const install = (/** @type {string} */ name) =>
      run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { quiet: true });
    // Ubuntu and older Debians do not have the former.
    await install(HEADLESS_SHELL).catch(() => install('chromium'));
    const fresh = installedChromium();
    if (fresh) return fresh;
  }
  throw new Error(
    'The tests need a browser of the Chromium family (Chromium, Chrome or Edge), and none was found. ' +
      'Install one, or put the path of its executable into the environment variable CHROMIUM.',
  );
}

function installedChromium() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = programs.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...candidates, ...applications].find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
