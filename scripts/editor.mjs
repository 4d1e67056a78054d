// @ts-check
/*
 * npm run editor: opens the sample in VS Code with this extension loaded. Takes desktop VS Code when its `code`
 * command is on the PATH; else, or with `-- --browser`, code-server, for a browser on this machine.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { freePort, installCodeServer, prepareCodeServer } from './lib/codeServer.mjs';
import { build, installDependencies, requireNode, root, run } from './lib/toolchain.mjs';

requireNode();
await installDependencies();
await build();

const sample = path.join(root, 'samples/movietweetings');
const names = process.platform === 'win32' ? ['code.cmd'] : ['code'];
const folders = (process.env.PATH ?? '').split(path.delimiter);
const hasDesktop = names.some((name) => folders.some((folder) => existsSync(path.join(folder, name))));

// In the terminal of a remote window, `code` hands over to that window, which loads no extension under development.
const isRemote = process.env.VSCODE_IPC_HOOK_CLI !== undefined;

if (hasDesktop && !isRemote && !process.argv.includes('--browser')) {
  await run('code', [`--extensionDevelopmentPath=${root}`, sample]);
} else {
  await installCodeServer();
  const port = await freePort();
  const directory = path.join(root, '.vscode-test/editor');
  // The sample is this repository's own: nobody needs to be asked whether to trust it.
  const settings = { 'security.workspace.trust.enabled': false };
  const command = await prepareCodeServer({ directory, port, extension: root, settings });
  const server = spawn(command.node, command.serve, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: command.env,
  });
  console.log(`Open this address in a browser on this machine; Ctrl+C here ends the editor, not the training:

  http://127.0.0.1:${port}/?folder=${encodeURIComponent(sample).replaceAll('%2F', '/')}
`);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => server.kill());
  await new Promise((resolve) => server.on('exit', resolve));
}
