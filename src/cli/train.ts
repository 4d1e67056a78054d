import path from 'node:path';
import { startTraining } from '../process/startTraining';
import type { StartHooks } from '../process/trainerOptions';
import type { CliOptions } from './cliOptions';
import { followTrainer } from './followTrainer';
import { runsDirectoryFor, trainerOptions, workspaceOf } from './workspace';

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
