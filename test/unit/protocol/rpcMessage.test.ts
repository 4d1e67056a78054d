import { readFile } from 'node:fs/promises';
import { createBirpc } from 'birpc';
import { expect, test } from 'vitest';
import { decodeRpcMessage, encodeRpcMessage } from '../../../src/protocol/rpcMessage';

/** Two ends joined by JSON, which is what VS Code does to everything but buffers. */
function connect<Host extends object>(functions: Host) {
  let toHost: (message: unknown) => void = () => undefined;
  let toPage: (message: unknown) => void = () => undefined;
  const codec = { serialize: encodeRpcMessage, deserialize: decodeRpcMessage };
  const cross = (message: unknown): unknown => JSON.parse(JSON.stringify(message));
  createBirpc<Record<string, never>, Host>(functions, {
    ...codec,
    post: (message) => toPage(cross(message)),
    on: (receive) => void (toHost = receive),
  });
  return createBirpc<Host>(
    {},
    { ...codec, post: (message) => toHost(cross(message)), on: (receive) => void (toPage = receive) },
  );
}

test('an answer crosses unchanged', async () => {
  const page = connect({ add: (a: number, b: number) => a + b });
  expect(await page.add(2, 3)).toBe(5);
});

test('an error of the system crosses in words', async () => {
  const page = connect({ read: () => readFile('/no-such-folder/bookmarks.json') });
  await expect(page.read()).rejects.toThrow(
    '/no-such-folder/bookmarks.json cannot be opened: there is no such file or folder.',
  );
});

test('an error crosses with its message, name and code', async () => {
  class RunBusyError extends Error {
    override readonly name = 'RunBusyError';
    readonly code = 'run/busy';
  }
  const page = connect({
    stop(): void {
      throw new RunBusyError('trained by process 17');
    },
  });
  const error = await page.stop().then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ message: 'trained by process 17', name: 'RunBusyError', code: 'run/busy' });
});

test('what is thrown but is no error becomes one', async () => {
  const page = connect({
    stop(): void {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- other people's code does this
      throw 'no disk';
    },
  });
  await expect(page.stop()).rejects.toThrow('no disk');
});
