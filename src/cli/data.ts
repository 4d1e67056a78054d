import path from 'node:path';
import { loadConfig } from '../config/configFile';
import { maxSequenceLengthOf } from '../config/schema';
import { formatReport } from '../dataset/datasetReport';
import { prepareDataset } from '../dataset/prepareDataset';
import { cacheDirectoryOf } from '../runs/runDirectory';
import type { CliOptions } from './cliOptions';
import { findRunsDirectory } from './workspace';

/** `recsight data <config>`: prepares the data, or takes them from the cache, and describes them. */
export async function data(configPath: string, options: CliOptions): Promise<number> {
  const file = path.resolve(configPath);
  const config = await loadConfig(file, options.set ?? []);
  const { report, cached, seconds } = await prepareDataset(config.dataset, {
    baseDirectory: path.dirname(file),
    cacheDirectory: cacheDirectoryOf(findRunsDirectory(options.runs, path.dirname(file))),
    seed: config.seed,
    maxSequenceLength: maxSequenceLengthOf(config.model),
  });
  if (options.json === true) process.stdout.write(`${JSON.stringify({ ...report, cached, seconds })}\n`);
  else process.stdout.write(`${formatReport(report)}\n`);
  return 0;
}
