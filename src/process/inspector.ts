import { fork } from 'node:child_process';
import path from 'node:path';
import { createBirpc, type BirpcReturn } from 'birpc';
import type { AttentionInspector } from '../protocol/attention';
import { systemReason } from '../protocol/errorText';
import type { InspectorNotices, RunInspector } from '../protocol/inspection';
import type { ProjectionInspector } from '../protocol/projection';
import { decodeRpcMessage, encodeRpcMessage } from '../protocol/rpcMessage';
import { endWithUs } from './endWithUs';
import { trainerEnvironment, type TrainerOptions } from './trainer';

/** The inspector process could not be started, or ended while something was asked of it. The message holds what it printed. */
export class InspectorError extends Error {
  override readonly name = 'InspectorError';
  readonly code = 'inspector/ended';
}

export type Inspector = RunInspector & ProjectionInspector & AttentionInspector;

export interface RunningInspector {
  /** Calls reject with the inspector's own errors, or with {@link InspectorError} when it has ended. */
  calls: BirpcReturn<Inspector, InspectorNotices>;
  /** Resolves when the process has ended, with what it printed last. */
  ended: Promise<string>;
  /** Ends the process. Calls under way are rejected. */
  close(): void;
}

const PRINTED_CHARACTERS = 4000;

/** Starts a process that opens runs and answers what views ask of them. It ends with this process at the latest. */
export function startInspector(options: TrainerOptions, listener: InspectorNotices): RunningInspector {
  // It lies beside the trainer.
  const script = path.join(path.dirname(options.trainerPath), 'inspector.js');
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
  const calls = createBirpc<Inspector, InspectorNotices>(listener, {
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
      const message = `The inspector (${options.node.path}) ${how}. ${said}`;
      calls.$close(new InspectorError(message));
      resolve(message);
    };
    child.once('error', (error) => end(`could not be started (${systemReason(error)})`));
    child.once('exit', (code, signal) => end(`ended with ${signal ?? `exit code ${String(code)}`}`));
  });
  return { calls, ended, close: () => child.kill() };
}
