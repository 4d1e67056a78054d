import path from 'node:path';
import { startTraining } from '../process/trainer';
import type { CliOptions } from './cliOptions';
import { watchRun } from './watchRun';
import { findRunsDirectory, trainerOptions } from './workspace';

/** `recsight train <config>`: starts a trainer process and shows it until it ends. */
export async function train(configPath: string, options: CliOptions): Promise<number> {
  const run = await startTraining({
    ...(await trainerOptions()),
    configPath: path.resolve(configPath),
    runsDirectory: findRunsDirectory(options.runs, path.dirname(path.resolve(configPath))),
    overrides: options.set ?? [],
  });
  return watchRun(run, { json: options.json ?? false, wanted: ['finished'], fromSeq: 0 });
}
