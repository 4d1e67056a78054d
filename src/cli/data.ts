import path from 'node:path';
import { loadConfig } from '../config/configFile';
import { formatReport } from '../dataset/datasetReport';
import { prepareDataset } from '../dataset/prepareDataset';
import { historyLimit } from '../model/models';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import { cacheDirectoryOf } from '../runs/runDirectory';
import type { CliOptions } from './cliOptions';
import { output, printJson } from './terminal';
import { runsDirectoryFor } from './workspace';

/** `recsight data <config>`: prepares the data, or takes them from the cache, and describes them. */
export async function data(configPath: string, options: CliOptions): Promise<number> {
  const file = path.resolve(configPath);
  const config = await loadConfig(file, options.set ?? []);
  const baseDirectory = path.dirname(file);
  const cacheDirectory = path.resolve(cacheDirectoryOf(runsDirectoryFor(options.runs, baseDirectory)));
  // DuckDB looks for the files of a query there first.
  process.chdir(baseDirectory);
  const { report, cached, seconds } = await prepareDataset(config.dataset, {
    baseDirectory,
    cacheDirectory,
    seed: DEFAULT_SEED,
    historyLimit: historyLimit(config.model),
  });
  if (options.json === true) printJson({ ...report, cached, seconds });
  else output.print(`${formatReport(report)}\n`);
  return 0;
}
