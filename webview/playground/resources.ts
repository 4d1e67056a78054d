import type {
  CheckpointSource,
  HeldOutItem,
  HistoryItem,
  InspectedRun,
  UserHistory,
} from '../../src/protocol/inspection';
import type { PlaygroundPanelHost } from '../../src/protocol/inspectionPanel';
import type { RecommendationRequest, RecommendationResult } from '../../src/protocol/recommendation';
import { shownCheckpoint } from '../ui/checkpoints';
import { current, type Resources, type Wanted } from '../ui/resources';
import type { PlaygroundSettings } from './settings';

/** What was asked of a run, and what it answered. */
export interface Answer {
  /** Whom was asked, and in which state. */
  source: CheckpointSource;
  request: RecommendationRequest;
  /** With the names of what the request names by id. */
  history: HistoryItem[];
  heldOut: HeldOutItem[];
  result: RecommendationResult;
}

/** What the page asks the extension for; each answer is kept until another one has come in its place. */
export interface ResourceValues {
  run: InspectedRun;
  history: UserHistory;
  answer: Answer;
  otherRun: InspectedRun;
  otherAnswer: Answer;
}
export type ResourceName = keyof ResourceValues;

export const NO_RESOURCES: Resources<ResourceValues> = {
  run: null,
  history: null,
  answer: null,
  otherRun: null,
  otherAnswer: null,
};

/** Of the run beside. What goes wrong there is told, and does not hide the panel's own run. */
export const OTHERS: readonly ResourceName[] = ['otherRun', 'otherAnswer'];

/** What of the state decides what is wanted. */
export interface WantingState {
  /** Null until the extension has answered. */
  runDirectory: string | null;
  settings: PlaygroundSettings;
  resources: Resources<ResourceValues>;
}

/** The state of a run that recommends; a baseline has but one, which needs no name. Null where there is none. */
export function sourceOf(run: InspectedRun, chosen: string | null): CheckpointSource | null {
  const checkpoint = run.isBaseline ? 'best' : shownCheckpoint(run, chosen);
  return checkpoint === null ? null : { run: run.run, checkpoint };
}

/** Everything that the page needs in a state, what is most urgent first. */
export function wantedResources(state: WantingState): Wanted<PlaygroundPanelHost, ResourceValues>[] {
  const { runDirectory: run, settings, resources } = state;
  if (run === null) return [];
  const wanted: Wanted<PlaygroundPanelHost, ResourceValues>[] = [];
  const want = <Name extends ResourceName>(
    name: Name,
    key: readonly unknown[],
    ask: (host: PlaygroundPanelHost) => Promise<ResourceValues[Name]>,
  ): void => void wanted.push({ name, key: JSON.stringify(key), ask });
  const { user, end, composed, comparison, checkpoint } = settings;
  want('run', [run], (host) => host.describeRun(run));
  if (current(resources.run) === null) return wanted;
  if (composed === null) want('history', [run, user, end], (host) => host.userHistory(run, user, end));
  const subject = subjectOf(state);
  if (subject === null || composed?.length === 0) return wanted;

  const wantAnswer = (name: 'answer' | 'otherAnswer', source: CheckpointSource): void =>
    want(name, [source, subject.request], async (host) => ({
      source,
      ...subject,
      result: await host.recommend(source, subject.request),
    }));
  const source = sourceOf(current(resources.run)!, checkpoint);
  if (source !== null) wantAnswer('answer', source);
  if (comparison === null) return wanted;
  want('otherRun', [comparison.run], (host) => host.describeRun(comparison.run));
  const other = current(resources.otherRun);
  const otherSource = other && sourceOf(other, comparison.checkpoint);
  // One after the other: they share a process.
  if (otherSource !== null && current(resources.answer) !== null) wantAnswer('otherAnswer', otherSource);
  return wanted;
}

/** Whom to recommend to; null while the user's history is not known. */
function subjectOf({
  settings,
  resources,
}: WantingState): Pick<Answer, 'request' | 'history' | 'heldOut'> | null {
  const { composed, length, keepSeen } = settings;
  const known = composed === null ? current(resources.history) : null;
  if (composed === null && known === null) return null;
  const history = composed?.map((item) => ({ ...item, time: null })) ?? known!.items;
  const heldOut = known?.heldOut ?? [];
  const request: RecommendationRequest = {
    user: known?.user.id ?? null,
    history: history.map(({ id }) => id),
    heldOut: heldOut.map(({ id }) => id),
    topK: Number(length),
    keepSeen,
    reasons: true,
  };
  return { request, history, heldOut };
}
