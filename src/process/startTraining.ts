import path from 'node:path';
import { configDigest, loadConfig } from '../config/configFile';
import { measuredName, ownFilesOf } from '../config/ownFiles';
import { isTrained } from '../config/schema';
import type { CodePath } from '../protocol/codePath';
import type { KeptCode } from '../protocol/keptCode';
import { codeHash } from '../runs/keptCode';
import type { RunDirectory } from '../runs/runDirectory';
import { allowCode } from '../userCode/consent';
import { declarationsOf } from '../userCode/runDeclarations';
import { readGitState } from './gitState';
import { readOwnVersion } from './ownVersion';
import { startNewRun } from './startNewRun';
import type { StartHooks, TrainerOptions } from './trainerOptions';

/**
 * Trains what a config file describes, in a process of its own that outlives this one. Resolves with the run as soon
 * as its trainer lives (or has already ended). Throws ConfigError, RunWriteError, and TrainerStartError, after which
 * the run stays, as failed.
 * @param options.workspaceFolder absolute; only code below it can be used
 */
export async function startTraining(
  options: TrainerOptions &
    StartHooks & {
      configPath: string;
      workspaceFolder: string;
      runsDirectory: string;
      overrides?: readonly string[];
    },
): Promise<RunDirectory> {
  const configPath = path.resolve(options.configPath);
  const config = await loadConfig(configPath, options.overrides);
  const code = await collectCode(ownFilesOf(config), path.dirname(configPath), options.workspaceFolder);
  return startNewRun(options, options.runsDirectory, {
    name: config.name,
    model: config.model.type,
    configPath,
    config,
    configDigest: configDigest(config),
    seed: config.seed,
    mainMetric: measuredName(config.training.earlyStopping.metric, await declarationsOf(code)),
    // Baselines are fitted at once: none of their epochs will ever come.
    epochs: isTrained(config) ? config.training.epochs : 0,
    git: await readGitState(path.dirname(configPath)),
    ...(code !== null && { code }),
    versions: { recsight: await readOwnVersion(options.trainerPath), node: options.node.version },
  });
}

/** Reads the code that a config names, for the run to keep. Who trains with it agrees to run it. @throws CodeError */
async function collectCode(
  names: readonly CodePath[],
  configFolder: string,
  workspaceFolder: string,
): Promise<KeptCode | null> {
  if (names.length === 0) return null;
  // Most configs need no parser.
  const { collectSources } = await import('../userCode/collectSources');
  const code = await collectSources(names, configFolder, workspaceFolder);
  await allowCode({ ...code, hash: codeHash(code), workspaceFolder });
  return code;
}
