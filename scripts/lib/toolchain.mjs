// @ts-check
/*
 * What every script needs first: the right Node, the installed packages, and a way to run commands.
 * Uses only Node's own modules, so that it works in a clone where nothing is installed yet.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {string} file
 * @returns {any}
 */
export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Ends the process with one clear sentence when this Node is too old. */
export function requireNode() {
  const wanted = readJson(path.join(root, 'package.json')).engines.node.replace('>=', '');
  if (process.versions.node.localeCompare(wanted, 'en', { numeric: true }) >= 0) return;
  console.error(
    `RecSight needs Node ${wanted} or newer, and this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Install a current Node from nodejs.org or with your version manager, and run the command again.',
  );
  process.exit(1);
}

/** A command that ended badly. */
export class CommandError extends Error {
  code = 'command/failed';

  /**
   * @param {string} command
   * @param {number | null} exitCode
   * @param {string} output
   */
  constructor(command, exitCode, output) {
    super(`"${command}" ended with exit code ${exitCode}.${output && `\n${output}`}`);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a command to its end. Its output goes to the terminal, or with `quiet` only into the error of a failure.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean }} [options]
 * @returns {Promise<void>} Rejects with a CommandError when the exit code is not 0.
 */
export async function run(command, args, { cwd = root, env = process.env, quiet = false } = {}) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    // npm, npx and code are batch files there, which Node starts only through a shell.
    shell: process.platform === 'win32' && command !== process.execPath,
  });
  let output = '';
  child.stdout?.on('data', (data) => (output += data));
  child.stderr?.on('data', (data) => (output += data));
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (exitCode !== 0) throw new CommandError([command, ...args].join(' '), exitCode, output.trim());
}

/**
 * Runs `npm ci` unless node_modules already holds what package-lock.json asks for.
 *
 * @returns {Promise<void>}
 */
export async function installDependencies() {
  if (dependenciesAreCurrent()) return;
  console.log('Installing packages (npm ci) …');
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true });
}

/** Compares the lockfile with the copy of it that npm leaves in node_modules at the end of an installation. */
function dependenciesAreCurrent() {
  /** @type {Record<string, { version: string, optional?: boolean }>} */
  const wanted = readJson(path.join(root, 'package-lock.json')).packages;
  /** @type {typeof wanted} */
  let installed;
  try {
    installed = readJson(path.join(root, 'node_modules/.package-lock.json')).packages;
  } catch {
    return false;
  }
  // Optional packages are those of other platforms: they may be missing, but not be of another version.
  return Object.entries(wanted).every(
    ([location, { version, optional }]) =>
      location === '' ||
      installed[location]?.version === version ||
      (optional === true && installed[location] === undefined),
  );
}

/** Builds dist/; takes about a second, so nothing is gained by asking whether it is needed. */
export async function build() {
  await run(process.execPath, ['esbuild.mjs'], { quiet: true });
}
