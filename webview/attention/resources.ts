import type {
  AttentionOverview,
  AttentionRequest,
  AttentionResult,
  RecordedView,
} from '../../src/protocol/attention';
import type { CheckpointSource, HistoryItem, InspectedRun, UserHistory } from '../../src/protocol/inspection';
import type { AttentionPanelHost } from '../../src/protocol/inspectionPanel';
import { shownCheckpoint } from '../ui/checkpoints';
import { current, type Resources, type Wanted } from '../ui/resources';
import { historyLines, keptLines, type HistoryEdit } from './historyEdits';
import type { AttentionSettings } from './settings';

/** Recommendations that are asked for: more than are shown, so that most changes of rank are known. */
export const TOP_K = 100;
/** Candidates when the user has chosen none: the best ones, and what came next. */
const AUTOMATIC_CANDIDATES = 5;

/** What was found over many users, and in which weights: those that are chosen may be others by now. */
export interface Overview {
  checkpoint: string;
  report: AttentionOverview;
}

/** What the page asks the extension for; each answer is kept until another one has come in its place. */
export interface ResourceValues {
  run: InspectedRun;
  views: RecordedView[];
  history: UserHistory;
  /** Without candidates: it says which are the best. */
  best: AttentionResult;
  /** With the history as it was. */
  original: AttentionResult;
  /** With the history as it is edited. */
  edited: AttentionResult;
  otherRun: InspectedRun;
  otherViews: RecordedView[];
  otherHistory: UserHistory;
  otherOriginal: AttentionResult;
  otherEdited: AttentionResult;
  overview: Overview;
}
export type ResourceName = keyof ResourceValues;

export const NO_RESOURCES: Resources<ResourceValues> = {
  run: null,
  views: null,
  history: null,
  best: null,
  original: null,
  edited: null,
  otherRun: null,
  otherViews: null,
  otherHistory: null,
  otherOriginal: null,
  otherEdited: null,
  overview: null,
};

/** Of the run beside. What goes wrong there is told, and does not hide the panel's own run. */
export const OTHERS: readonly ResourceName[] = [
  'otherRun',
  'otherViews',
  'otherHistory',
  'otherOriginal',
  'otherEdited',
];

/** An analysis of many users that was asked for. */
export interface OverviewRequest {
  checkpoint: string;
  maxUsers: number;
  seed: number;
  /** Counts the requests: each is answered anew. */
  turn: number;
}

/** What of the state decides what is wanted. */
export interface WantingState {
  /** Null until the extension has answered. */
  runDirectory: string | null;
  settings: AttentionSettings;
  resources: Resources<ResourceValues>;
  overviewAsked: OverviewRequest | null;
}

/** The history before edits: the user's, or the composed one. Of the user before, while another one's is read. */
export function baseHistory({
  settings,
  resources,
}: Pick<WantingState, 'settings' | 'resources'>): HistoryItem[] {
  return settings.composed?.map((item) => ({ ...item, time: null })) ?? resources.history?.value?.items ?? [];
}

/** What to ask of the inspector; with the history as it was, or as it is edited. */
export function requestOf(
  state: Pick<WantingState, 'settings' | 'resources'>,
  edits: readonly HistoryEdit[],
  candidates: number[],
): AttentionRequest {
  const { settings, resources } = state;
  const items = keptLines(historyLines(baseHistory(state), edits)).map(({ now }) => now!.item);
  return {
    subject: { user: settings.composed ? -1 : settings.user, history: items },
    candidates,
    target: settings.composed ? null : (resources.history?.value?.next?.item ?? null),
    topK: TOP_K,
  };
}

/** Candidates for a model whose weights depend on them, where the user has chosen none. */
export function automaticCandidates({ target, recommendations }: AttentionResult): number[] {
  const best = recommendations.slice(0, AUTOMATIC_CANDIDATES).map(({ item }) => item);
  return target && !best.includes(target.item) ? [...best, target.item] : best;
}

/** What these are, for people: `top 5 and the next item`. */
export function automaticCandidatesName(result: AttentionResult): string {
  const best = result.recommendations.slice(0, AUTOMATIC_CANDIDATES).length;
  return `top ${best}${automaticCandidates(result).length > best ? ' and the next item' : ''}`;
}

/** The weights that are shown beside, or why there are none; null while that is not known. */
export function otherSource({
  runDirectory,
  settings: { comparison, composed },
  resources,
}: WantingState): { source: CheckpointSource } | { problem: string } | null {
  const run = current(resources.otherRun);
  if (run === null || comparison === null) return null;
  if (run.run !== runDirectory && composed === null) {
    const [own, other] = [current(resources.history), current(resources.otherHistory)];
    if (own === null || other === null) return null;
    if (!isSameHistory(own, other)) {
      const problem = `${run.name} was trained on different data: its user ${other.user.id} does not have the history of user ${own.user.id}. Choose a run on the same dataset.`;
      return { problem };
    }
  }
  const checkpoint = shownCheckpoint(run, comparison.checkpoint);
  if (checkpoint === null) return { problem: `${run.name} has no checkpoint. Choose another run.` };
  return { source: { run: run.run, checkpoint } };
}

function isSameHistory(own: UserHistory, other: UserHistory): boolean {
  return (
    other.user.id === own.user.id &&
    other.items.length === own.items.length &&
    other.items.every(({ id, item }, at) => id === own.items[at]!.id && item === own.items[at]!.item)
  );
}

/** Everything that the page needs in a state, what is most urgent first. */
export function wantedResources(state: WantingState): Wanted<AttentionPanelHost, ResourceValues>[] {
  const { runDirectory: run, settings, resources, overviewAsked } = state;
  if (run === null) return [];
  const wanted: Wanted<AttentionPanelHost, ResourceValues>[] = [];
  const want = <Name extends ResourceName>(
    name: Name,
    key: readonly unknown[],
    ask: (host: AttentionPanelHost, task: string) => Promise<ResourceValues[Name]>,
  ): void => void wanted.push({ name, key: JSON.stringify(key), ask });
  want('run', [run], (host) => host.describeRun(run));
  if (overviewAsked !== null) {
    const { checkpoint, maxUsers, seed } = overviewAsked;
    want('overview', [run, overviewAsked], async (host, task) => ({
      checkpoint,
      report: await host.overview({ run, checkpoint }, maxUsers, seed, task),
    }));
  }
  const opened = current(resources.run);
  const checkpoint = opened && shownCheckpoint(opened, settings.checkpoint);
  if (checkpoint === null) return wanted;
  const { user, end, composed, comparison } = settings;
  const source = { run, checkpoint };
  want('views', [source], (host) => host.attentionViews(source));
  if (composed === null) want('history', [run, user, end], (host) => host.userHistory(run, user, end));

  // What the model recommends to somebody who did nothing is no use to who is about to add items.
  const views = current(resources.views);
  const isRead = composed === null ? current(resources.history) !== null : composed.length > 0;
  if (views === null || !isRead) return wanted;
  const subject = composed === null ? [user, end] : composed.map(({ item }) => item);
  const attend =
    (to: CheckpointSource, edits: readonly HistoryEdit[], candidates: number[]) =>
    (host: AttentionPanelHost): Promise<AttentionResult> =>
      host.attend(to, requestOf(state, edits, candidates));
  const candidates = candidatesOf(state, views);
  if (candidates === null) want('best', [source, composed === null, subject], attend(source, [], []));
  const shown = candidates ?? bestCandidates(state);
  if (shown === null) return wanted;
  const about = [composed === null, subject, shown];
  const edits = settings.edits.map(({ position, item }) => [position, item?.item ?? null]);
  want('original', [source, about], attend(source, [], shown));
  if (current(resources.original) === null) return wanted;
  if (edits.length > 0) {
    want('edited', [source, about, edits], attend(source, settings.edits, shown));
    if (current(resources.edited) === null) return wanted;
  }

  if (comparison === null) return wanted;
  want('otherRun', [comparison.run], (host) => host.describeRun(comparison.run));
  const other = current(resources.otherRun);
  if (other !== null && other.run !== run && composed === null) {
    want('otherHistory', [other.run, user, end], (host) => host.userHistory(other.run, user, end));
  }
  const beside = otherSource(state);
  if (beside === null || 'problem' in beside) return wanted;
  const { source: to } = beside;
  want('otherViews', [to], (host) => host.attentionViews(to));
  want('otherOriginal', [to, about], attend(to, [], shown));
  if (edits.length > 0 && current(resources.otherOriginal) !== null) {
    want('otherEdited', [to, about, edits], attend(to, settings.edits, shown));
  }
  return wanted;
}

/** Those that the user has chosen, or none where the weights are the same for all items; null where they are the best ones. */
function candidatesOf({ settings }: WantingState, views: readonly RecordedView[]): number[] | null {
  if (settings.candidates.length > 0) return settings.candidates.map(({ item }) => item);
  return views.length > 0 && views.every(({ of }) => of === 'user') ? [] : null;
}

function bestCandidates({ resources }: WantingState): number[] | null {
  const best = current(resources.best);
  return best && automaticCandidates(best);
}
