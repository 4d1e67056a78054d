import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { serialize } from 'node:v8';
import { loadConfig } from '../../src/config/configFile';
import { parseConfig } from '../../src/config/parseConfig';
import { readDatasetCache } from '../../src/dataset/datasetCache';
import { withDuckDb } from '../../src/dataset/duckDb';
import { prepareDataset } from '../../src/dataset/prepareDataset';
import type { PreparedDataset } from '../../src/dataset/preparedDataset';
import { bestRuns, groupRuns, runRow } from '../../src/host/runTreeModel';
import { runTooltip } from '../../src/host/runTooltip';
import { statusTexts } from '../../src/host/statusText';
import { InspectedRuns } from '../../src/inspection/inspectedRuns';
import { EventLogReader } from '../../src/runs/eventLog';
import { readPerUserResults } from '../../src/runs/perUserFile';
import { RunDirectory } from '../../src/runs/runDirectory';
import { stringifyRunJson } from '../../src/runs/runJson';
import { listRuns } from '../../src/runs/runStore';
import { RunSeries } from '../../src/series/runSeries';
import type { ReaderAnswer, ReaderJob } from './readerJob';

/*
 * A process that reads damaged files as the product does: the list of runs, hovers, panels, the inspector, configs and data.
 * It is another process so that one that hangs or dies is a violation of its case, and not the end of the campaign.
 */

process.on('message', (job: ReaderJob) => {
  const problems: string[] = [];
  answer(job, problems)
    .catch((error: unknown) => {
      problems.push(
        `${job.kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return {};
    })
    .then((answer) => process.send!({ ...answer, problems } satisfies ReaderAnswer))
    .catch(() => process.exit(1));
});

type Result = Omit<ReaderAnswer, 'problems'>;

async function answer(job: ReaderJob, problems: string[]): Promise<Result> {
  switch (job.kind) {
    case 'run':
      await readRunFiles(job.run, problems);
      return job.inspect ? { digests: await inspect(job.run, problems) } : {};
    case 'config':
      await readConfigFile(job.file, problems);
      return {};
    case 'data':
      return { digests: await readData(job.configPath, job.cacheDirectory, job.files, problems) };
    case 'cache': {
      const cached = await ours(
        () => readDatasetCache(job.cacheDirectory, job.fingerprint),
        job.cacheDirectory,
        problems,
      );
      return cached === null ? {} : { digests: { cache: digestOf(cached) } };
    }
    case 'parquet':
      await withDuckDb({ cacheDirectory: path.dirname(job.to) }, (connection) =>
        connection.run(`COPY (SELECT * FROM read_csv('${job.csv}')) TO '${job.to}' (FORMAT parquet)`),
      );
      return {};
  }
}

/** What work gives, or null where it threw an error of ours that names a file. Any other error is a problem. */
async function ours<Value>(
  work: () => Value | Promise<Value>,
  file: string,
  problems: string[],
): Promise<Value | null> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    const isOurs = error instanceof Error && typeof code === 'string' && code.includes('/');
    if (!isOurs)
      problems.push(`an error that is not ours: ${error instanceof Error ? error.stack : String(error)}`);
    else if (!message.includes(file) && !message.includes('config.json'))
      problems.push(`a message that names no file: ${code}: ${message.slice(0, 300)}`);
    return null;
  }
}

async function readRunFiles(directory: string, problems: string[]): Promise<void> {
  const run = new RunDirectory(directory);
  const { runs, unreadable } = await listRuns(path.dirname(directory));
  for (const { message } of unreadable)
    if (!message.includes(directory)) problems.push(`the list of runs names no file: ${message}`);
  if (
    !runs.concat().some(({ directory: known }) => known === directory) &&
    !unreadable.some(({ directory: known }) => known === directory)
  )
    problems.push('the list of runs leaves the run out');
  const now = Date.now();
  bestRuns(runs);
  groupRuns(runs, () => 'workspace', false);
  for (const each of runs) {
    // A metric that is not a number is shown as such.
    const wrong = stringifyRunJson(each.manifest).includes('"NaN"')
      ? /undefined|\[object|Invalid Date/
      : /undefined|\[object|NaN|Invalid Date/;
    const { text, spoken } = statusTexts(each, 1);
    const row = runRow(each, { settings: '', start: '14:05' }, { best: true, apart: true });
    for (const shown of [
      runTooltip(each, each.manifest.name, { settings: [], usual: { of: 'defaults' } }, now).source,
      text,
      spoken,
      row.label,
      row.description,
      row.spoken,
    ])
      if (wrong.test(shown)) problems.push(`a text is shown as: ${shown.slice(0, 300)}`);
  }
  const events = await ours(() => new EventLogReader(run.eventsPath).readNew(), directory, problems);
  const series = new RunSeries();
  series.fold(events ?? []);
  series.history();
  await ours(() => readPerUserResults(run, 'test'), directory, problems);
  await run.takeRequests();
}

/** Digests of the weights that a panel would show, by checkpoint; what is refused has none. */
async function inspect(directory: string, problems: string[]): Promise<Record<string, string>> {
  const runs = new InspectedRuns(path.resolve(__dirname, '..', '..'), () => undefined);
  const digests: Record<string, string> = {};
  await ours(() => runs.describe(directory), directory, problems);
  for (const checkpoint of ['best', 'last']) {
    const digest = await ours(
      () =>
        runs.use({ run: directory, checkpoint }, async (model) => {
          const hash = createHash('sha256');
          for (const [name, variable] of [...model.state].sort(([a], [b]) => (a < b ? -1 : 1)))
            hash.update(name).update(new Uint8Array((await variable.data()).slice().buffer));
          return hash.digest('hex');
        }),
      directory,
      problems,
    );
    if (digest !== null) digests[checkpoint] = digest;
  }
  return digests;
}

async function readConfigFile(file: string, problems: string[]): Promise<void> {
  const { config, problems: found } = parseConfig(
    readFileSync(file, 'utf8'),
    file.endsWith('.json') ? 'json' : 'yaml',
  );
  const hasErrors = found.some(({ severity }) => severity === 'error');
  if (hasErrors === (config !== null))
    problems.push(`there are ${found.length} problems, and the config is ${typeof config}`);
  for (const { message, line, column } of found)
    if (message.trim() === '' || !(line >= 1) || !(column >= 1))
      problems.push(`a problem without a place: ${message}`);
  await ours(() => loadConfig(file), path.basename(file), problems);
}

async function readData(
  configPath: string,
  cacheDirectory: string,
  files: readonly string[],
  problems: string[],
): Promise<Record<string, string>> {
  const config = await loadConfig(configPath);
  const prepared = await ours(
    () =>
      prepareDataset(config.dataset, {
        baseDirectory: path.dirname(configPath),
        cacheDirectory,
        seed: config.seed,
        threads: 1,
      }),
    // Messages that speak of the data as a whole, such as that too few users are left, name no file.
    '',
    problems,
  );
  if (prepared === null) return {};
  problems.push(...oddities(prepared.dataset).map((text) => `${files.join()}: ${text}`));
  return { data: digestOf({ ...prepared.dataset, fingerprint: '' }) };
}

/** What no data set may have. */
function oddities({
  numUsers,
  numItems,
  offsets,
  items,
  times,
  trainEnd,
  validationEnd,
  userIds,
  itemIds,
}: PreparedDataset): string[] {
  const found: string[] = [];
  if (offsets.length !== numUsers + 1 || offsets[0] !== 0 || offsets[numUsers] !== items.length)
    found.push('offsets do not fit');
  if (userIds.length !== numUsers || itemIds.length !== numItems + 1) found.push('ids do not fit');
  if (new Set(userIds).size !== numUsers || new Set(itemIds).size !== numItems + 1)
    found.push('an id is there twice');
  if (items.some((item) => item < 1 || item > numItems)) found.push('an item is out of range');
  for (let user = 0; user < numUsers; user++) {
    const places = [offsets[user]!, trainEnd[user]!, validationEnd[user]!, offsets[user + 1]!];
    if (places.some((place, index) => index > 0 && place < places[index - 1]!))
      found.push(`the parts of user ${user} overlap`);
    for (let place = offsets[user]! + 1; times !== null && place < offsets[user + 1]!; place++)
      if (!(times[place - 1]! <= times[place]!)) found.push(`user ${user} is not sorted by time`);
  }
  return found;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(serialize(value)).digest('hex');
}
