import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { errorText, isSystemError, systemReason, systemRemedy } from '../../../src/protocol/errorText';
import { temporaryFolder } from '../runs/newRun';

const caught = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

test('what the system refuses is told in words', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  const below = path.join(file, 'below');
  for (const [work, text] of [
    [
      () => mkdir(below),
      `${below} cannot be created: a folder on its path is a file. Move that file, or use another folder.`,
    ],
    [
      () => mkdir(folder),
      `${folder} cannot be created: something with that name already exists. Rename or remove it.`,
    ],
    [() => readFile(folder), 'A file cannot be read: it is a folder, and a file was expected.'],
    [
      () => readdir(below),
      `${below} cannot be read: a folder on its path is a file. Move that file, or use another folder.`,
    ],
    [
      () => readFile(path.join(folder, "it's, here")),
      `${folder}/it's, here cannot be opened: there is no such file or folder.`,
    ],
    [
      () => promisify(execFile)(path.join(folder, 'no-program')),
      `${folder}/no-program cannot be started: there is no such file or folder.`,
    ],
  ] as const) {
    const error = await caught(work());
    expect(errorText(error)).toBe(text);
    expect(isSystemError(error)).toBe(true);
  }
});

test.each([
  [
    "EACCES: permission denied, mkdir '/data/.recsight'",
    '/data/.recsight cannot be created: permission was denied.',
  ],
  [
    "EROFS: read-only file system, open '/data/a.csv'",
    '/data/a.csv cannot be opened: it is on a read-only file system.',
  ],
  ['ENOSPC: no space left on device, write', 'A file cannot be written: the disk is full.'],
  [
    "EXDEV: cross-device link not permitted, rename '/a' -> '/b'",
    "EXDEV: cross-device link not permitted, rename '/a' -> '/b'",
  ],
  [
    "EPERM: operation not permitted, rename '/a' -> '/b'",
    '/a cannot be renamed: the system does not permit it.',
  ],
  // As VS Code wraps what its own calls to the system throw.
  [
    "Unable to write file '/ro/chart.csv' (NoPermissions (FileSystemError): Error: EACCES: permission denied, open '/ro/chart.csv')",
    '/ro/chart.csv cannot be opened: permission was denied.',
  ],
])('%s', (message, start) => expect(errorText(new Error(message)).startsWith(start)).toBe(true));

test('other errors keep what they say', () => {
  expect(errorText(new Error('`seed` is no number.'))).toBe('`seed` is no number.');
  expect(errorText('a text')).toBe('a text');
  expect(isSystemError(new Error('`seed` is no number.'))).toBe(false);
  expect(systemReason(new Error('it is a link'))).toBe('it is a link');
  expect(systemRemedy(new Error('it is a link'))).toBe(null);
});

test('whatever was thrown has a text', () => {
  expect(errorText(new AggregateError([new Error('refused at ::1'), 'refused at 127.0.0.1']))).toBe(
    'refused at ::1; refused at 127.0.0.1',
  );
  expect(errorText(new RangeError())).toBe('RangeError');
  expect(errorText({ message: 'ENOSPC: no space left on device, write' })).toMatch(/the disk is full/);
  expect(errorText({ code: 7 })).toBe('{"code":7}');
  const circular: { self?: unknown } = {};
  circular.self = circular;
  for (const odd of [Object.create(null), circular, { toString: null }, undefined, Symbol('x'), 1n])
    expect(errorText(odd)).not.toBe('');
});
