import path from 'node:path';
import { startInspector, type Inspector } from '../process/inspector';
import { countOf } from '../protocol/countOf';
import type { CheckpointSource, InspectedRun, UserHistory } from '../protocol/inspection';
import {
  RECOMMENDATION_FORMATS,
  type AllUsers,
  type RecommendationFormat,
  type RecommendationRequest,
  type RecommendationResult,
} from '../protocol/recommendation';
import { shortFloats } from '../protocol/shortestFloat32';
import { formatCount, formatEpoch, formatRank } from '../series/format';
import { agreeToCode } from './agreeToCode';
import type { CliOptions } from './cliOptions';
import { exitOnSignals } from './exitOnSignals';
import { idList } from './idList';
import { historyOf, itemsOf } from './namedIds';
import { numberOf } from './numberOf';
import { oneOf } from './oneOf';
import { outputTarget } from './outputTarget';
import { showTask } from './showTask';
import { jsonText, notes, output, printJson } from './terminal';
import { UsageError } from './usageError';
import { findRun, trainerOptions } from './workspace';

const TASK = 'recommend';
const DEFAULT_TOP = 10;
const MOST_TOP = 10_000;

/** `recsight recommend <run>`: what a model or a baseline recommends to a user, to a composed history, or to all users. */
export async function recommend(name: string, options: CliOptions): Promise<number> {
  const wanted = [options.user, options.items, options.all].filter((option) => option !== undefined);
  if (wanted.length !== 1)
    throw new UsageError('`recsight recommend` takes one of `--user ID`, `--items ID,ID,…` and `--all`.');
  if (options.items !== undefined && options.until !== undefined)
    throw new UsageError('`--until` is for the histories of users. Omit it with `--items`.');
  const topK = topOf(options);
  const keepSeen = options['keep-seen'] === true;
  const until = oneOf('--until', options.until ?? 'all', ['train', 'validation', 'all'] as const);
  const format = formatOf(options);
  exitOnSignals();
  const run = await findRun(name, options.runs);
  await agreeToCode(run, options);
  const source = { run: run.path, checkpoint: options.checkpoint ?? 'best' };
  // All users are too many for a terminal.
  const file = options.output ?? (options.all ? `${run.id}-recommendations.${format}` : undefined);
  const target =
    file === undefined
      ? null
      : await outputTarget(file, { isBinary: format === 'parquet', json: options.json });
  const inspector = startInspector(await trainerOptions(), {
    progress: (_, progress) => showTask(progress),
    notice: (message) => notes.print(`${message}\n`),
  });
  const { calls } = inspector;
  try {
    const described = await calls.describeRun(source.run);
    const known = options.user === undefined ? null : await historyOf(calls, source.run, options.user, until);
    const request: AllUsers | RecommendationRequest = options.all
      ? { until, topK, keepSeen }
      : await requestOf(calls, source, known, options, { topK, keepSeen });
    await calls.checkSources();
    if (target !== null) {
      const report = await target.fill((to) =>
        calls.exportRecommendations(source, { of: request, format, output: to }, TASK),
      );
      notes.clear();
      if (options.json === true)
        printJson({ run: run.id, ...stateOf(described, source), topK, until, format, ...report });
      else
        target.told.print(
          `Wrote ${formatCount(report.rows)} recommendations for ${options.all ? `${formatCount(report.users)} users` : whoseOf(known)} to ${target.describe(report.files)}. ${seenText(report.filterSeen)}\n`,
        );
      return 0;
    }
    if ('until' in request) throw new Error('All users are written into a file.');
    const result = await calls.recommend(source, request);
    const facts = {
      run: run.id,
      ...stateOf(described, source),
      user: request.user,
      history: request.history,
    };
    if (options.json === true)
      output.printData(`${jsonText({ ...facts, ...withParts(known, result) }, shortFloats)}\n`);
    else output.printData(textOf(described, source, known, request, result));
    return 0;
  } finally {
    notes.clear();
    inspector.close();
  }
}

async function requestOf(
  calls: Pick<Inspector, 'findItems'>,
  { run }: CheckpointSource,
  known: UserHistory | null,
  { items }: CliOptions,
  chosen: Pick<RecommendationRequest, 'topK' | 'keepSeen'>,
): Promise<RecommendationRequest> {
  const history = known?.items ?? (await itemsOf(calls, run, idList('--items', items ?? [])));
  return {
    user: known?.user.id ?? null,
    history: history.map(({ id }) => id),
    heldOut: (known?.heldOut ?? []).map(({ id }) => id),
    ...chosen,
    reasons: false,
  };
}

/** The state of a model that recommends; a baseline has but one. */
function stateOf(
  { isBaseline, checkpoints }: InspectedRun,
  { checkpoint }: CheckpointSource,
): { checkpoint: string | null; epoch: number | null } {
  const epoch = checkpoints.find(({ name }) => name === checkpoint)?.epoch ?? null;
  return { checkpoint: isBaseline ? null : checkpoint, epoch };
}

/** The held-out items with the part that each belongs to. */
function withParts(known: UserHistory | null, result: RecommendationResult): object {
  const heldOut = result.heldOut.map((item, place) => ({ ...item, part: known?.heldOut[place]?.part }));
  return { ...result, heldOut, reasons: undefined };
}

function textOf(
  run: InspectedRun,
  source: CheckpointSource,
  known: UserHistory | null,
  { history }: RecommendationRequest,
  { recommendations, heldOut, read, filterSeen, numCandidates }: RecommendationResult,
): string {
  const { checkpoint, epoch } = stateOf(run, source);
  const state =
    checkpoint === null ? '' : ` (${checkpoint}${epoch === null ? '' : `, epoch ${formatEpoch(epoch)}`})`;
  const used =
    read === null || read === history.length
      ? `${countOf(history.length, 'item')} of history`
      : read === 0
        ? 'their id and features; the history is not read'
        : `the newest ${formatCount(read)} of ${formatCount(history.length)} items of history`;
  const lines = [
    `${run.name}${state} recommends to ${whoseOf(known)}, from ${used}:`,
    '',
    '  rank     score  item',
  ];
  const line = (rank: string, score: number, title: string, id: string): string =>
    `${rank.padStart(6)}  ${score.toFixed(3).padStart(8)}  ${title === id ? id : `${title}  [${id}]`}`;
  const marks = new Map(heldOut.map((item, place) => [item?.item, known?.heldOut[place]?.part]));
  recommendations.forEach(({ item, id, title, score }, place) => {
    const part = marks.get(item);
    lines.push(`${line(String(place + 1), score, title, id)}${part === undefined ? '' : `  ← ${part}`}`);
  });
  if (recommendations.length === 0) lines.push('  No item has a score.');
  else if (recommendations.length > 1 && recommendations[0]!.score === recommendations.at(-1)!.score)
    lines.push('', 'All of these have the same score, so their order means nothing.');
  if (heldOut.length > 0) lines.push('', `Held out, ranked among ${formatCount(numCandidates)} items:`);
  heldOut.forEach((item, place) => {
    const then = known!.heldOut[place]!;
    if (item !== null)
      lines.push(`${line(formatRank(item.rank), item.score, item.title, item.id)}  (${then.part})`);
  });
  return `${lines.join('\n')}\n\n${seenText(filterSeen)}\n`;
}

function whoseOf(known: UserHistory | null): string {
  return known === null ? 'a composed history' : `user ${known.user.id}`;
}

function seenText(filterSeen: boolean): string {
  return filterSeen
    ? 'Items of the history are left out; --keep-seen keeps them.'
    : 'Items of the history may be recommended again.';
}

function topOf({ top }: CliOptions): number {
  const count = numberOf('--top', top) ?? DEFAULT_TOP;
  if (Number.isInteger(count) && count >= 1 && count <= MOST_TOP) return count;
  throw new UsageError(`\`--top\` is ${count}; expected a whole number from 1 to ${formatCount(MOST_TOP)}.`);
}

/** What `--format` says, else what the name of the file ends in. */
function formatOf({ format, output: file }: CliOptions): RecommendationFormat {
  if (format !== undefined) return oneOf('--format', format, RECOMMENDATION_FORMATS);
  const ending = path
    .extname(file ?? '')
    .slice(1)
    .toLowerCase();
  if (ending === '') return 'csv';
  const known = RECOMMENDATION_FORMATS.find((one) => one === ending);
  if (known !== undefined) return known;
  throw new UsageError(
    `\`--output ${file ?? ''}\` ends in \`${ending}\`; expected one of ${RECOMMENDATION_FORMATS.join(', ')}, or name the format with \`--format\`.`,
  );
}
