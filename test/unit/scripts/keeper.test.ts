import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readProcessStartTime } from '../../../src/runs/processStartTime';
import { temporaryFolder } from '../runs/newRun';

const root = path.join(import.meta.dirname, '../../..');
const urlOf = (file: string) => pathToFileURL(path.join(root, file)).href;

/** Code that starts a process as trainers are started, which would live for ever, and writes its pid into a file. */
const startTrainer = (pidFile: string, env: string) => `
  const { spawn } = await import('node:child_process');
  const { renameSync, writeFileSync } = await import('node:fs');
  const trainer = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)'],
    { detached: true, stdio: 'ignore', env: ${env} });
  trainer.unref();
  writeFileSync(${JSON.stringify(`${pidFile}.tmp`)}, String(trainer.pid));
  renameSync(${JSON.stringify(`${pidFile}.tmp`)}, ${JSON.stringify(pidFile)});`;

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 25_000, interval: 20 });

/** Starts a command that starts a trainer, kills it with SIGKILL when the trainer lives, and waits for the trainer's end. */
async function kill(args: string[], pidFile: string): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const started = soon(() => {
    expect(existsSync(pidFile)).toBe(true);
  });
  await Promise.race([started, ended.then(() => Promise.reject(new Error(`It ended by itself: ${output}`)))]);
  const trainer = Number(readFileSync(pidFile, 'utf8'));
  expect(await readProcessStartTime(trainer)).not.toBeNull();
  child.kill('SIGKILL');
  await soon(async () => {
    expect(await readProcessStartTime(trainer)).toBeNull();
  });
}

test.runIf(process.platform === 'linux')('what a test started dies when Vitest is killed', async () => {
  const folder = await temporaryFolder();
  const pidFile = path.join(folder, 'pid');
  await writeFile(
    path.join(folder, 'endless.test.mjs'),
    `import { test } from ${JSON.stringify(urlOf('node_modules/vitest/dist/index.js'))};
    test('endless', { timeout: 0 }, async () => {
      ${startTrainer(pidFile, 'process.env')}
      await new Promise(() => {});
    });`,
  );
  // The project's own configuration, with nothing but this test.
  const config = path.join(folder, 'vitest.config.mjs');
  await writeFile(
    config,
    `import config from ${JSON.stringify(urlOf('vitest.config.mjs'))};
    const own = { test: { name: 'own', root: ${JSON.stringify(folder)}, include: ['endless.test.mjs'] } };
    export default { ...config, test: { ...config.test, projects: [own] } };`,
  );
  await kill(['node_modules/vitest/vitest.mjs', 'run', '--config', config], pidFile);
});

test.runIf(process.platform === 'linux')('what a script keeps dies when the script is killed', async () => {
  const pidFile = path.join(await temporaryFolder(), 'pid');
  const script = `
    const { startKeeper } = await import(${JSON.stringify(urlOf('scripts/lib/startKeeper.mjs'))});
    const keeper = startKeeper();
    ${startTrainer(pidFile, '{ ...process.env, ...keeper.env }')}
    setInterval(() => {}, 1e6);`;
  await kill(['--input-type=module', '--eval', script], pidFile);
});
