import path from 'node:path';
import { listCachedDatasets, removeCachedDataset, type CachedDatasetFile } from '../dataset/cachedDatasets';
import { countOf } from '../protocol/countOf';
import { isActive } from '../protocol/run';
import { cacheDirectoryOf } from '../runs/runDirectory';
import { listRuns, type RunList } from '../runs/runStore';
import { formatAgo, formatBytes } from '../series/format';
import type { CliOptions } from './cliOptions';
import { output, printJson } from './terminal';
import { UsageError } from './usageError';
import { runsDirectoriesFor } from './workspace';

interface Entry extends CachedDatasetFile {
  /** Ids of the runs that refer to it. */
  runs: string[];
}

/** Pruning could take away what a run needs. */
class CacheError extends Error {
  override readonly name = 'CacheError';
  readonly code = 'cache/in-use';
}

/**
 * `recsight cache`: lists the prepared datasets of the workspace, and which runs refer to them; `recsight cache prune` removes
 * those that no run refers to.
 */
export async function cache(action: string, options: CliOptions): Promise<number> {
  if (action !== '' && action !== 'prune')
    throw new UsageError(
      `Unknown argument \`${action}\` of \`recsight cache\`. Expected \`prune\`, or nothing.`,
    );
  const places = await runsDirectoriesFor(options.runs);
  const lists = await Promise.all(places.map(listRuns));
  const caches = await Promise.all([...new Set(places.map(cacheDirectoryOf))].map(listCachedDatasets));
  const runs = lists.flatMap((list) => list.runs.map(({ manifest }) => manifest));
  const entries = caches.flat().map((file): Entry => {
    const users = runs.filter(({ dataset }) => dataset?.fingerprint === file.fingerprint);
    return { ...file, runs: users.map(({ id }) => id) };
  });
  if (action === '') {
    show(entries, options);
    return 0;
  }
  refuseUnknownUse(lists);
  const unused = entries.filter((entry) => entry.runs.length === 0);
  for (const entry of unused) await removeCachedDataset(entry);
  const bytes = unused.reduce((sum, entry) => sum + entry.bytes, 0);
  if (options.json === true) printJson({ removed: unused, bytes });
  else if (unused.length === 0) output.print('Nothing to remove: a run uses every prepared dataset.\n');
  else
    output.print(
      `Removed ${unused.length} of ${entries.length} prepared ${entries.length === 1 ? 'dataset' : 'datasets'} (${formatBytes(bytes)}): no run uses ${unused.length === 1 ? 'it' : 'them'}.\n`,
    );
  return 0;
}

/** @throws CacheError where a run may refer to a dataset without saying so */
function refuseUnknownUse(lists: readonly RunList[]): void {
  const [unreadable] = lists.flatMap((list) => list.unreadable);
  if (unreadable !== undefined) {
    throw new CacheError(
      `Nothing was removed, because the run in ${unreadable.directory} cannot be read and may need any of the data. ${unreadable.message} Repair or delete that run first.`,
    );
  }
  const preparing = lists
    .flatMap((list) => list.runs)
    .find(({ status, manifest }) => isActive(status) && manifest.dataset === null);
  if (preparing !== undefined) {
    throw new CacheError(
      `Nothing was removed: the run ${preparing.manifest.id} is still preparing its data. Try again when it is done.`,
    );
  }
}

function show(entries: readonly Entry[], { json }: CliOptions): void {
  if (json === true) {
    printJson({ datasets: entries });
    return;
  }
  for (const { directory, fingerprint, bytes, createdAt, runs } of entries) {
    const used = runs.length === 0 ? 'no run' : `${countOf(runs.length, 'run')}: ${runs.join(', ')}`;
    output.print(
      `${fingerprint.slice(0, 12)}  ${formatBytes(bytes).padStart(8)}  ${formatAgo(createdAt, Date.now()).padStart(10)}  ` +
        `${used}  in ${path.relative(process.cwd(), path.dirname(directory)) || '.'}\n`,
    );
  }
  const unused = entries.filter(({ runs }) => runs.length === 0);
  const bytes = unused.reduce((sum, entry) => sum + entry.bytes, 0);
  output.print(
    entries.length === 0
      ? 'There are no prepared datasets.\n'
      : unused.length === 0
        ? 'Runs use all of them.\n'
        : `\`recsight cache prune\` frees ${formatBytes(bytes)}: no run uses ${unused.length} of them.\n`,
  );
}
