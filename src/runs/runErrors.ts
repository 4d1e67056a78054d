import { systemReason, systemRemedy } from '../protocol/errorText';
import type { TrainerProcess } from '../protocol/run';

/** A run directory could not be read. The message says which file, what was found and what to do. */
export class RunReadError extends Error {
  override readonly name = 'RunReadError';

  constructor(
    readonly code: 'run/missing' | 'run/corrupt' | 'run/newer-version' | 'run/unreadable',
    message: string,
  ) {
    super(message);
  }
}

/** The state of a checkpoint could not be read. The message says which file, and what to do. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';

  constructor(
    readonly code: 'checkpoint/damaged' | 'checkpoint/unreadable' | 'checkpoint/newer-version',
    message: string,
  ) {
    super(message);
  }
}

/** A file of a run directory could not be written. What was there before is left as it was. */
export class RunWriteError extends Error {
  override readonly name = 'RunWriteError';

  constructor(
    readonly code: 'disk/full' | 'run/write-failed',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The run belongs to a live trainer, so it cannot be trained or evaluated now. */
export class RunBusyError extends Error {
  override readonly name = 'RunBusyError';
  readonly code = 'run/busy';
  /** Null where the trainer is not known. */
  readonly pid: number | null;

  /** @param trainer null while it is only being started; `ended` where another one took the run over and has left it since */
  constructor(runId: string, trainer: TrainerProcess | null | 'ended') {
    super(
      trainer === 'ended'
        ? `Run ${runId} was taken over by another trainer, which has ended.`
        : `Run ${runId} is in use by ${nameOf(trainer)}. Wait until it ends, or stop the run first.`,
    );
    this.pid = trainer === null || trainer === 'ended' ? null : trainer.pid;
  }
}

function nameOf(trainer: TrainerProcess | null): string {
  return trainer === null
    ? 'a trainer that is being started'
    : `the trainer process ${trainer.pid} on ${trainer.host}`;
}

/** The `code` of a Node.js system error such as `ENOENT`, or null for anything else. */
export function systemErrorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Whether a failed read says that there is no such file. Any other failure says nothing about what is there. */
export function meansMissing(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * Turns a failed write into a `RunWriteError`, which tells a full disk from all else. One that is one already stays.
 *
 * @param failure what could not be done, where that is not the writing of the file
 */
export function toWriteError(
  error: unknown,
  path: string,
  failure = `${path} could not be written`,
): RunWriteError {
  if (error instanceof RunWriteError) return error;
  const code = systemErrorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RunWriteError('disk/full', `The disk is full: ${failure}. Free some space, and try again.`, {
      cause: error,
    });
  }
  const remedy = systemRemedy(error);
  const message = `${failure}: ${systemReason(error).replace(/\.$/, '')}.${remedy === null ? '' : ` ${remedy}`}`;
  return new RunWriteError('run/write-failed', message, { cause: error });
}
