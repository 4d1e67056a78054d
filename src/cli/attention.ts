import path from 'node:path';
import { startInspector, type Inspector } from '../process/inspector';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import { shortFloats } from '../protocol/shortestFloat32';
import type {
  AttentionOverview,
  AttentionRequest,
  AttentionResult,
  RecordedView,
} from '../protocol/attention';
import { writeOutput } from '../runs/outputFile';
import type { CheckpointSource } from '../protocol/inspection';
import { attentionText } from './attentionText';
import { agreeToCode } from './agreeToCode';
import type { CliOptions } from './cliOptions';
import { exitOnSignals } from './exitOnSignals';
import { idList } from './idList';
import { historyOf, itemsOf } from './namedIds';
import { numberOf } from './numberOf';
import { overviewText } from './overviewText';
import { outputTarget } from './outputTarget';
import { showTask } from './showTask';
import { jsonText, notes, output } from './terminal';
import { UsageError } from './usageError';
import { findRun, trainerOptions } from './workspace';

const RECOMMENDATIONS = 10;
const OVERVIEW_USERS = 1000;
const TASK = 'attention';

/** `recsight attention <run>`: what a model looks at when it recommends to one user, or over many. */
export async function attention(name: string, options: CliOptions): Promise<number> {
  const asked = [options.user, options.history, options.overview].filter((option) => option !== undefined);
  if (asked.length !== 1)
    throw new UsageError(
      '`recsight attention` takes one of `--user ID`, `--history ID,ID,…` and `--overview`.',
    );
  exitOnSignals();
  const run = await findRun(name, options.runs);
  await agreeToCode(run, options);
  const source = { run: run.path, checkpoint: options.checkpoint ?? 'best' };
  const target =
    options.output === undefined
      ? null
      : await outputTarget(options.output, { isBinary: false, json: options.json });
  const inspector = startInspector(await trainerOptions(), {
    progress: (_, progress) => showTask(progress),
    notice: (message) => notes.print(`${message}\n`),
  });
  try {
    const views = chosenViews(await inspector.calls.attentionViews(source), options.view);
    await inspector.calls.checkSources();
    const report =
      options.overview === true
        ? await overviewReport(inspector.calls, source, views, options)
        : await subjectReport(inspector.calls, source, views, options);
    notes.clear();
    const json = `${jsonText({ run: run.id, checkpoint: source.checkpoint, ...report.json }, shortFloats)}\n`;
    await target?.fill((file) => writeOutput(file, [json]));
    if (options.json === true) output.printData(json);
    else if (target === null) output.printData(report.text);
    else target.told.print(`Wrote ${target.describe([path.resolve(options.output ?? '')])}.\n`);
    return 0;
  } finally {
    notes.clear();
    inspector.close();
  }
}

interface Report {
  json: object;
  /** For people. */
  text: string;
}

type Calls = Pick<Inspector, 'findUsers' | 'findItems' | 'userHistory' | 'attend' | 'overview'>;

async function overviewReport(
  calls: Calls,
  source: CheckpointSource,
  views: readonly RecordedView[],
  options: CliOptions,
): Promise<Report> {
  const maxUsers = numberOf('--users', options.users as string | undefined) ?? OVERVIEW_USERS;
  const seed = numberOf('--seed', options.seed) ?? DEFAULT_SEED;
  const overview = await calls.overview(source, maxUsers, seed, TASK);
  const shown = options.view === undefined ? overview : ofViews(overview, views);
  return { json: shown, text: overviewText(shown) };
}

/** The part of an overview that is of some views. */
function ofViews(overview: AttentionOverview, views: readonly RecordedView[]): AttentionOverview {
  const isShown = overview.heads.map(({ view }) => views.some(({ name }) => name === view));
  const shown = (values: Float32Array): Float32Array => values.filter((_, head) => isShown[head]);
  return {
    ...overview,
    heads: overview.heads.filter((_, head) => isShown[head]),
    groups: overview.groups.map(({ entropy, meanDistance, lastShare, ...group }) => ({
      ...group,
      entropy: shown(entropy),
      meanDistance: shown(meanDistance),
      lastShare: shown(lastShare),
    })),
  };
}

async function subjectReport(
  calls: Calls,
  source: CheckpointSource,
  views: readonly RecordedView[],
  options: CliOptions,
): Promise<Report> {
  const { run } = source;
  const known = options.user === undefined ? null : await historyOf(calls, run, options.user, 'validation');
  const composed = idList('--history', options.history ?? []);
  const history = known?.items ?? (await itemsOf(calls, run, composed));
  const request: AttentionRequest = {
    subject: { user: known?.user.user ?? -1, history: history.map(({ item }) => item) },
    candidates: (await itemsOf(calls, run, options.candidate ?? [])).map(({ item }) => item),
    target: known?.next?.item ?? null,
    topK: RECOMMENDATIONS,
    ...(options.contributions === true && { contributions: true }),
  };
  const result = await calls.attend(source, request);
  const shown: AttentionResult = {
    ...result,
    weights: result.weights.filter(({ view }) => views.some(({ name }) => name === view)),
  };
  const user = known?.user.id ?? null;
  return { json: { user, views, ...shown }, text: attentionText(user, views, shown) };
}

function chosenViews(views: RecordedView[], name: string | undefined): RecordedView[] {
  if (name === undefined) return views;
  const chosen = views.filter((view) => view.name === name);
  if (chosen.length > 0) return chosen;
  const known = views.map((view) => `\`${view.name}\``).join(', ');
  throw new UsageError(
    known === ''
      ? `\`--view\` is \`${name}\`, but this model has no attention.`
      : `\`--view\` is \`${name}\`; expected one of ${known}.`,
  );
}
