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

/** Why something failed, in a word where the system has one: `EACCES`. */
export function reasonOf(error: unknown): string {
  return systemErrorCode(error) ?? String(error);
}

/** Whether a failed read says that there is no such file. Any other failure says nothing about what is there. */
export function meansMissing(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Turns a failed write into a `RunWriteError`, which tells a full disk from all else. One that is one already stays. */
export function toWriteError(error: unknown, path: string): RunWriteError {
  if (error instanceof RunWriteError) return error;
  const code = systemErrorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RunWriteError(
      'disk/full',
      `The disk is full: ${path} could not be written. Free some space, then resume the run.`,
      { cause: error },
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new RunWriteError('run/write-failed', `${path} could not be written: ${reason}`, { cause: error });
}
