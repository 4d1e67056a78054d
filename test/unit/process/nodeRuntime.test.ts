import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { findNode } from '../../../src/process/nodeRuntime';
import { temporaryFolder } from '../runs/newRun';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function script(text: string, name = 'node'): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
}

test('the setting wins', async () => {
  vi.stubEnv('PATH', '/nowhere');
  expect(await findNode(process.execPath)).toMatchObject({
    path: process.execPath,
    version: process.versions.node,
  });
});

test('a setting that is only a launcher is followed to the program', async () => {
  const launcher = await script(`exec "${process.execPath}" "$@"`);
  expect((await findNode(launcher)).path).toBe(process.execPath);
});

test.each([
  ['is not there', () => Promise.resolve('/nowhere/node'), /no such program/],
  ['is not executable', async () => (await chmodded(), await chmodded()), /is not executable/],
  ['is too old', () => script(`echo '["/usr/bin/node","18.20.0"]'`), /version 18\.20\.0, and 20 or newer/],
  ['is something else', () => script('echo hello'), /does not behave like Node\.js/],
  ['fails', () => script('exit 3'), /failed or did not respond/],
])('a setting that %s is refused, not replaced', async (_name, make, message) => {
  const setting = await make();
  const finding = findNode(setting);
  await expect(finding).rejects.toThrow(message);
  await expect(finding).rejects.toMatchObject({ code: 'node/not-usable' });
  await expect(finding).rejects.toThrow(setting);
});

async function chmodded(): Promise<string> {
  const file = await script('exit 0');
  await chmod(file, 0o644);
  return file;
}

test('without a setting, the node on the PATH, with no trace of Electron', async () => {
  vi.stubEnv('PATH', path.dirname(process.execPath));
  vi.stubEnv('ELECTRON_RUN_AS_NODE', '1');
  const node = await findNode(undefined);
  expect(node.path).toBe(process.execPath);
  expect(node.env).not.toHaveProperty('ELECTRON_RUN_AS_NODE');
  expect(process.env.ELECTRON_RUN_AS_NODE).toBe('1');
});

test.each(['no node on the PATH', 'an old node on the PATH'])('%s: the own runtime', async (name) => {
  const old = await script(`echo '["/usr/bin/node","16.0.0"]'`);
  vi.stubEnv('PATH', name.startsWith('an old') ? path.dirname(old) : '/nowhere');
  expect(await findNode('')).toMatchObject({ path: process.execPath });
  expect((await findNode('')).env).not.toHaveProperty('ELECTRON_RUN_AS_NODE');
  Object.defineProperty(process.versions, 'electron', { value: '39.0.0', configurable: true });
  try {
    expect((await findNode('')).env).toMatchObject({ ELECTRON_RUN_AS_NODE: '1' });
  } finally {
    delete (process.versions as Record<string, string>).electron;
  }
});

test('a program is asked once, and again when it is another one', async () => {
  const launcher = await script(`echo asked >> "$0.log"\nexec "${process.execPath}" "$@"`);
  const timesAsked = async () => (await readFile(`${launcher}.log`, 'utf8')).trim().split('\n').length;
  expect(await findNode(launcher)).toMatchObject({ path: process.execPath });
  vi.stubEnv('SOMETHING', 'new');
  expect((await findNode(launcher)).env).toHaveProperty('SOMETHING', 'new');
  expect(await timesAsked()).toBe(1);
  await writeFile(launcher, `#!/bin/sh\necho asked >> "$0.log"\necho '["/usr/bin/node","18.20.0"]'\n`);
  await expect(findNode(launcher)).rejects.toThrow(/version 18\.20\.0/);
  expect(await timesAsked()).toBe(2);
});
