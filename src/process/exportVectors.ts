import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { VectorReport, VectorRequest } from '../protocol/vectors';
import type { RunDirectory } from '../runs/runDirectory';
import { endWithUs } from './endWithUs';
import { trainerEnvironment, type TrainerOptions } from './trainerOptions';

/** The vectors could not be written. The message says why. */
export class VectorExportError extends Error {
  override readonly name = 'VectorExportError';
  readonly code = 'vectors/failed';
}

const execute = promisify(execFile);

/** Writes vectors of a run's best checkpoint, in a process of its own; the run stays as it is. @throws VectorExportError */
export async function exportVectors(
  options: TrainerOptions,
  run: RunDirectory,
  request: VectorRequest,
): Promise<VectorReport> {
  const { node, trainerPath } = options;
  try {
    const work = execute(node.path, [trainerPath, 'vectors', run.path, JSON.stringify(request)], {
      cwd: path.dirname(run.path),
      env: trainerEnvironment(options),
      windowsHide: true,
    });
    endWithUs(work.child);
    const { stdout } = await work;
    // Libraries may print before the report, which is the last line.
    return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as VectorReport;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? '';
    throw new VectorExportError(said === '' ? String(error) : said);
  }
}
