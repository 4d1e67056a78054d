import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { descriptorOf, OutputFile, writeOutput } from '../../../src/runs/outputFile';
import { temporaryFolder } from './newRun';

test('a plain file is replaced as a whole and keeps its mode; folders are made', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'out', 'items.csv');
  expect(await writeOutput(file, ['id,0\n', Buffer.from('a,1\n')])).toBe(true);
  expect(await readFile(file, 'utf8')).toBe('id,0\na,1\n');
  await chmod(file, 0o600);
  await writeOutput(file, ['new\n']);
  expect(await readFile(file, 'utf8')).toBe('new\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(path.dirname(file))).toEqual(['items.csv']);
});

test('a file that is given up leaves the old one, and nothing else', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'items.csv');
  await writeFile(file, 'old\n');
  const output = await OutputFile.open(file);
  await output.write('half of a ne');
  expect(await readFile(file, 'utf8')).toBe('old\n');
  await output.discard();
  expect(await readFile(file, 'utf8')).toBe('old\n');
  expect(await readdir(folder)).toEqual(['items.csv']);
});

test.each([
  ['a file', 'old\n'],
  ['nothing yet', null],
])('a link stays, and what it names is replaced: %s', async (_, before) => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'disk'));
  const target = path.join(folder, 'disk', 'target.csv');
  if (before !== null) await writeFile(target, before);
  await symlink(path.join('disk', 'target.csv'), path.join(folder, 'link'));
  await symlink('link', path.join(folder, 'link to link'));
  await writeOutput(path.join(folder, 'link to link'), ['new\n']);
  expect(await readFile(target, 'utf8')).toBe('new\n');
  expect(await readlink(path.join(folder, 'link to link'))).toBe('link');
  expect(await readlink(path.join(folder, 'link'))).toBe(path.join('disk', 'target.csv'));
});

test.skipIf(process.platform === 'win32')('a FIFO is written into and stays one', async () => {
  const folder = await temporaryFolder();
  const fifo = path.join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const [read, isFile] = await Promise.all([readFile(fifo, 'utf8'), writeOutput(fifo, ['a\n', 'b\n'])]);
  expect(read).toBe('a\nb\n');
  expect(isFile).toBe(false);
  expect((await lstat(fifo)).isFIFO()).toBe(true);
  expect(await readdir(folder)).toEqual(['fifo']);
});

test.skipIf(process.platform === 'win32')('a device is written into and stays one', async (context) => {
  const folder = await temporaryFolder();
  const device = path.join(folder, 'null');
  try {
    execFileSync('mknod', [device, 'c', '1', '3'], { stdio: 'ignore' });
  } catch {
    context.skip('needs the right to make a device');
  }
  expect(await writeOutput(device, ['a\n'])).toBe(false);
  expect((await lstat(device)).isCharacterDevice()).toBe(true);
  expect(await readdir(folder)).toEqual(['null']);
});

test('a folder, and a link to itself, are refused by name', async () => {
  const folder = await temporaryFolder();
  await expect(writeOutput(folder, ['a'])).rejects.toMatchObject({
    code: 'output/no-file',
    message: `${folder} is a folder, expected a file. Name a file in it.`,
  });
  await symlink('loop', path.join(folder, 'loop'));
  await expect(writeOutput(path.join(folder, 'loop'), ['a'])).rejects.toThrow(/a link to itself/);
});

test.each([
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
  ['/dev/fd/63', 63],
  ['/proc/self/fd/1', 1],
  ['/proc/4711/fd/0', 0],
  ['/dev/null', null],
  ['/home/dev/fd/1', null],
])('%s names open file %s', (file, descriptor) => {
  expect(descriptorOf(file)).toBe(descriptor);
});
