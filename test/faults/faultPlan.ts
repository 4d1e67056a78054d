/** What goes wrong inside a trainer; `faultyFiles.ts` reads it from the environment. */
export interface FaultPlan {
  /** Only calls on files below this folder count. */
  root: string;
  /** Which calls count: those that change files, or those that look at them. */
  calls: 'change' | 'read';
  /** The call at which it happens, from 1; without it, calls are only counted. */
  at?: number;
  /** Only paths that hold this text count. */
  match?: string;
  action: FaultAction;
  /** Of a call that fails. */
  code?: SystemErrorCode;
  /** All later calls fail as well. */
  forGood?: boolean;
  /** A file that gets a line for each call that counted. */
  log?: string;
  /** What this process takes for its host's name. */
  host?: string;
  /** After so many ms, the clock steps by so many ms. */
  clock?: { afterMs: number; stepMs: number };
}

/**
 * `tear` does half of a write, or of a removal, and then kills. `freeze` stops the process before the call until it gets
 * SIGCONT.
 */
export type FaultAction = 'none' | 'kill before' | 'kill after' | 'tear' | 'fail' | 'freeze';

export type SystemErrorCode = 'ENOSPC' | 'EIO' | 'EMFILE' | 'EACCES';

/** The environment variable that holds the plan, as JSON. */
export const FAULT_VARIABLE = 'RECSIGHT_FAULT_PLAN';
