import type { DataChecker } from '../protocol/dataCheck';
import { startRpcProcess, type RpcProcess } from './rpcProcess';
import type { TrainerOptions } from './trainerOptions';

/** The process that looks at data files could not be started, or ended while something was asked of it. */
export class DataCheckerError extends Error {
  override readonly name = 'DataCheckerError';
  readonly code = 'data-checker/ended';
}

export type RunningDataChecker = RpcProcess<DataChecker, object>;

/**
 * Starts a process that looks at the data of configs: disks may be slow, and what reads Parquet is native code, neither of
 * which should hold up the editor.
 */
export function startDataChecker(options: TrainerOptions): RunningDataChecker {
  return startRpcProcess<DataChecker, object>(options, {
    script: 'dataChecker.js',
    name: 'data checker',
    listener: {},
    failed: (message) => new DataCheckerError(message),
    byForce: true,
  });
}
