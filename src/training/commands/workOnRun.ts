import { errorText, isSystemError } from '../../protocol/errorText';
import type { RunError } from '../../protocol/run';
import { RunDirectory } from '../../runs/runDirectory';
import { RunBusyError } from '../../runs/runErrors';
import { RunRecorder } from '../runRecorder';
import { StopRequested } from '../stopRequested';

/** Holds a run while this process works on it, and records how the work ended. Throws RunBusyError when another trainer has it. */
export async function workOnRun(
  directory: string,
  work: (recorder: RunRecorder) => Promise<void>,
): Promise<void> {
  const recorder = await RunRecorder.open(new RunDirectory(directory));
  try {
    await work(recorder);
  } catch (error) {
    // Another trainer has the run now, and says how it fares.
    if (error instanceof RunBusyError) throw error;
    if (error instanceof StopRequested) await recorder.setStatus('stopped');
    else await recorder.setStatus('failed', reportFailure(error));
  } finally {
    await recorder.close();
  }
}

/** Puts the whole error into the log and returns what to tell people. Errors of ours carry a code and say what to do. */
export function reportFailure(error: unknown): RunError {
  process.exitCode = 1;
  console.error(error);
  const message = errorText(error);
  if (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.includes('/')
  ) {
    return { code: error.code, message };
  }
  // What the system says names its own remedy; all else is a fault of ours, of which the log tells more.
  const told = isSystemError(error) ? message : `Unexpected error: ${message}. Details are in trainer.log.`;
  return { code: 'trainer/unexpected', message: told };
}
