import path from 'node:path';
import { refitRun } from '../process/refitRun';
import { startTraining } from '../process/startTraining';
import type { StartHooks } from '../process/trainerOptions';
import { agreeToCode } from './agreeToCode';
import type { CliOptions } from './cliOptions';
import { followTrainer } from './followTrainer';
import { findRun, runsDirectoryFor, trainerOptions, workspaceOf } from './workspace';

/** `recsight train <config>`: starts a trainer process and shows it until it ends. */
export async function train(configPath: string, options: CliOptions): Promise<number> {
  const configFolder = path.dirname(path.resolve(configPath));
  const start = async (hooks: StartHooks) =>
    startTraining({
      ...(await trainerOptions()),
      ...hooks,
      configPath: path.resolve(configPath),
      workspaceFolder: workspaceOf(configFolder),
      runsDirectory: runsDirectoryFor(options.runs, configFolder),
      overrides: options.set ?? [],
    });
  return followTrainer(start, options, { wanted: ['finished'], fromSeq: 0 });
}

/** `recsight refit <run>`: trains the chosen epochs of a run again on training and validation, and shows the new run until it ends. */
export async function refit(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  await agreeToCode(run, options);
  const start = async (hooks: StartHooks) => refitRun({ ...(await trainerOptions()), ...hooks }, run);
  return followTrainer(start, options, { wanted: ['finished'], fromSeq: 0 });
}
