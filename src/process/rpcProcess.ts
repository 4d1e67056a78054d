import { fork } from 'node:child_process';
import path from 'node:path';
import { createBirpc, type BirpcReturn } from 'birpc';
import { systemReason } from '../protocol/errorText';
import { decodeRpcMessage, encodeRpcMessage } from '../protocol/rpcMessage';
import { endWithUs } from './endWithUs';
import { trainerEnvironment, type TrainerOptions } from './trainerOptions';

/** A process that answers calls. */
export interface RpcProcess<Functions extends object, Listener extends object> {
  /** Calls reject with the process's own errors, or with the one that `failed` made when it has ended. */
  calls: BirpcReturn<Functions, Listener>;
  /** Resolves when the process has ended, with what it printed last. */
  ended: Promise<string>;
  /** Ends the process. Calls under way are rejected. */
  close(): void;
}

export interface RpcProcessOptions<Listener extends object> {
  /** File beside the trainer, such as `inspector.js`. */
  script: string;
  /** What messages call it, such as `inspector`. */
  name: string;
  listener: Listener;
  /** The error of a process that could not be started or has ended. */
  failed: (message: string) => Error;
  /** Ends it at once, whatever it does: one that waits for a disk would not hear anything else. */
  byForce?: boolean;
}

const PRINTED_CHARACTERS = 4000;

/** Starts a process that answers calls over its IPC channel. It ends with this process at the latest. */
export function startRpcProcess<Functions extends object, Listener extends object>(
  options: TrainerOptions,
  { script: file, name, listener, failed, byForce = false }: RpcProcessOptions<Listener>,
): RpcProcess<Functions, Listener> {
  const script = path.join(path.dirname(options.trainerPath), file);
  const child = fork(script, [], {
    execPath: options.node.path,
    execArgv: [],
    // Not in a folder with data: DuckDB looks for the files of a query there first.
    cwd: path.dirname(script),
    env: trainerEnvironment(options),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  endWithUs(child);
  let printed = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream
      .setEncoding('utf8')
      .on('data', (text: string) => (printed = (printed + text).slice(-PRINTED_CHARACTERS)));
  const calls = createBirpc<Functions, Listener>(listener, {
    post: (message: unknown) => {
      if (child.connected) child.send(message as object);
    },
    on: (receive) => child.on('message', receive),
    serialize: encodeRpcMessage,
    deserialize: decodeRpcMessage,
    timeout: -1,
    resolver: (name, method) => (Object.hasOwn(listener, name) ? method : undefined),
  });
  const ended = new Promise<string>((resolve) => {
    const end = (how: string) => {
      const said = printed.trim() === '' ? 'It printed nothing.' : `It printed:\n${printed.trim()}`;
      const message = `The ${name} (${options.node.path}) ${how}. ${said}`;
      calls.$close(failed(message));
      resolve(message);
    };
    child.once('error', (error) => end(`could not be started (${systemReason(error)})`));
    child.once('exit', (code, signal) => end(`ended with ${signal ?? `exit code ${String(code)}`}`));
  });
  return { calls, ended, close: () => child.kill(byForce ? 'SIGKILL' : undefined) };
}
