import type { AttentionResult, RecordedView } from '../../src/protocol/attention';
import type { HistoryItem, InspectedRun, ItemLabel, TaskProgress } from '../../src/protocol/inspection';
import type { InspectionFocus, InspectionPanelSnapshot, RunChoice } from '../../src/protocol/inspectionPanel';
import type { HeatMapFocus, HeatMapPart, HeatMapScroll } from '../plot/heatMapModel';
import {
  current,
  reduceResources,
  withoutFailed,
  type ResourceAction,
  type ResourceError,
  type Resources,
} from '../ui/resources';
import { shownCheckpoint } from '../ui/checkpoints';
import { withEdit, withoutEdit, type HistoryEdit } from './historyEdits';
import {
  baseHistory,
  NO_RESOURCES,
  OTHERS,
  otherSource,
  wantedResources,
  type OverviewRequest,
  type ResourceName,
  type ResourceValues,
} from './resources';
import { NOTHING, readSettings, type AttentionSettings } from './settings';

/** What is known of one checkpoint. */
export interface Explained {
  views: RecordedView[];
  /** With the history as it was. */
  original: AttentionResult;
  /** With the history as it is edited; the same object where there are no edits. */
  result: AttentionResult;
}

/** A history with its weights and recommendations: what the page draws. It stays until all parts of another one have come. */
export interface Scene {
  /** Before the edits. */
  items: HistoryItem[];
  edits: HistoryEdit[];
  explained: Explained;
  otherRun: InspectedRun | null;
  /** Of the run beside. */
  compared: Explained | null;
  /** Why the run beside could not be shown. */
  comparisonProblem: string | null;
}

export interface Problem {
  message: string;
  /** What failed, which is what trying again does again. */
  of: 'hydrate' | 'explain' | 'overview' | 'other';
}

export interface AttentionState {
  settings: AttentionSettings;
  /** Null until the extension has answered. */
  runDirectory: string | null;
  runs: RunChoice[];
  resources: Resources<ResourceValues>;
  scene: Scene | null;
  /** The newest analysis of many users. */
  overviewAsked: OverviewRequest | null;
  overviewProgress: TaskProgress | null;
  problem: Problem | null;
  focus: HeatMapFocus;
  scroll: HeatMapScroll | null;
  /** The part of the map that is in sight. */
  window: HeatMapPart | null;
  /** Line of the list of the history that the keyboard is at. */
  line: number;
  /** Line in whose place another item is being looked for. */
  swapping: number | null;
  /** CSS pixels that the page is wide and high. */
  size: { width: number; height: number };
  /** Said aloud. */
  announcement: string;
}

export type AttentionAction =
  | { kind: 'hydrated'; snapshot: InspectionPanelSnapshot }
  | { kind: 'runsChanged'; runs: RunChoice[] }
  | { kind: 'focusAsked'; focus: InspectionFocus }
  | { kind: 'settingsChanged'; settings: Partial<AttentionSettings> }
  | { kind: 'userChosen'; user: number }
  | { kind: 'composedChanged'; items: ItemLabel[] | null }
  | { kind: 'edited'; edit: HistoryEdit }
  | { kind: 'restored'; position: number }
  | { kind: 'reset' }
  | ResourceAction<ResourceValues>
  | { kind: 'overviewAsked' }
  | { kind: 'retried' }
  | { kind: 'problem'; problem: Problem | null }
  | { kind: 'focused'; focus: HeatMapFocus }
  | { kind: 'scrolled'; scroll: HeatMapScroll | null }
  | { kind: 'windowChanged'; window: HeatMapPart }
  | { kind: 'lineFocused'; line: number }
  | { kind: 'swapping'; position: number | null }
  | { kind: 'resized'; size: { width: number; height: number } };

export function initialState(kept: unknown): AttentionState {
  return {
    settings: readSettings(kept),
    runDirectory: null,
    runs: [],
    resources: NO_RESOURCES,
    scene: null,
    overviewAsked: null,
    overviewProgress: null,
    problem: null,
    focus: NOTHING,
    scroll: null,
    window: null,
    line: -1,
    swapping: null,
    size: { width: 0, height: 0 },
    announcement: '',
  };
}

/** The state after an action. */
export function reduce(state: AttentionState, action: AttentionAction): AttentionState {
  const next = reduced(state, action);
  return next.settings === state.settings && next.resources === state.resources ? next : withScene(next);
}

function reduced(state: AttentionState, action: AttentionAction): AttentionState {
  switch (action.kind) {
    case 'hydrated': {
      const { run, runs, focus } = action.snapshot;
      const next = { ...state, runDirectory: run, runs, problem: null };
      return focus === null ? next : focused(next, focus);
    }
    case 'runsChanged':
      return { ...state, runs: action.runs };
    case 'focusAsked':
      return focused(state, action.focus);
    case 'settingsChanged':
      return { ...state, settings: { ...state.settings, ...action.settings } };
    case 'userChosen':
      return otherHistory(state, { user: action.user, composed: null });
    case 'composedChanged':
      return otherHistory(state, { composed: action.items });
    case 'edited': {
      const edits = withEdit(state.settings.edits, baseHistory(state), action.edit);
      const { item, position } = action.edit;
      const title = baseHistory(state)[position]?.title ?? '';
      const announcement =
        item === null ? `${title} is left out.` : `${title} was replaced with ${item.title}.`;
      return { ...state, settings: { ...state.settings, edits }, swapping: null, announcement };
    }
    case 'restored': {
      const edits = withoutEdit(state.settings.edits, action.position);
      const announcement = `${baseHistory(state)[action.position]?.title ?? ''} was restored.`;
      return { ...state, settings: { ...state.settings, edits }, announcement };
    }
    case 'reset':
      return {
        ...state,
        settings: { ...state.settings, edits: [], showsChange: false },
        announcement: 'The history was reset.',
      };
    case 'asked':
      return { ...state, resources: reduceResources(state.resources, action) };
    case 'answered': {
      const resources = reduceResources(state.resources, action);
      // Another thing is wanted by now.
      if (resources === state.resources) return state;
      const next = { ...state, resources };
      return action.name === 'run' ? withKnownSettings(next) : next;
    }
    case 'failed': {
      const resources = reduceResources(state.resources, action);
      return resources === state.resources
        ? state
        : failed({ ...state, resources }, action.name, action.error);
    }
    case 'progressed':
      return state.resources.overview?.key === action.key
        ? { ...state, overviewProgress: action.progress }
        : state;
    case 'overviewAsked': {
      const { settings, resources, overviewAsked } = state;
      const run = current(resources.run);
      const checkpoint = run && shownCheckpoint(run, settings.checkpoint);
      if (checkpoint === null) return state;
      const { maxUsers, seed } = settings;
      const asked = { checkpoint, maxUsers, seed, turn: (overviewAsked?.turn ?? 0) + 1 };
      return { ...state, overviewAsked: asked, overviewProgress: null, problem: null };
    }
    case 'retried': {
      const { overview, ...others } = withoutFailed(state.resources);
      // By now it may have a checkpoint.
      const run = others.run?.value?.checkpoints.length === 0 ? null : others.run;
      // An analysis that was canceled is not begun again by itself.
      const resources = { ...others, run, overview: overview ?? state.resources.overview };
      return { ...state, resources, problem: null };
    }
    case 'problem':
      return { ...state, problem: action.problem };
    case 'focused':
      return { ...state, focus: action.focus };
    case 'scrolled':
      return { ...state, scroll: action.scroll };
    case 'windowChanged':
      return { ...state, window: action.window };
    case 'lineFocused':
      return { ...state, line: action.line };
    case 'swapping':
      return { ...state, swapping: action.position };
    case 'resized':
      return { ...state, size: action.size };
  }
}

/** The panel's run; null until it is read. */
export function runOf({ resources }: AttentionState): InspectedRun | null {
  return resources.run?.value ?? null;
}

/** Something of what is shown is asked for and not answered yet; what is shown is older. */
export function isLoading(state: AttentionState): boolean {
  const { runDirectory, problem, resources } = state;
  if (runDirectory === null) return problem === null;
  return wantedResources(state).some(
    ({ name, key }) =>
      name !== 'overview' && resources[name]?.key === key && resources[name].status === 'loading',
  );
}

/** The answer was that there is no history, and the model recommends by one. */
export function hasNothingToRead(state: AttentionState): boolean {
  return (
    state.settings.edits.length === 0 &&
    wantedResources(state).some(({ name, key }) => {
      const resource = state.resources[name];
      return !OTHERS.includes(name) && resource?.key === key && resource.error?.code === EMPTY_HISTORY;
    })
  );
}

/** What a run and one of its checkpoints are called where there is another beside. */
export interface SideNames {
  own: string;
  other: string;
}

/** Null where nothing is compared. */
export function sideNames(state: AttentionState): SideNames | null {
  const { scene, settings, runs } = state;
  const run = runOf(state);
  if (!run || !scene?.otherRun || !scene.compared || !settings.comparison) return null;
  const name = (of: InspectedRun, checkpoint: string | null): string => {
    const title = runs.find((choice) => choice.run === of.run)?.title ?? of.name;
    return `${title} · ${shownCheckpoint(of, checkpoint) ?? ''}`;
  };
  return { own: name(run, settings.checkpoint), other: name(scene.otherRun, settings.comparison.checkpoint) };
}

/** Whether the composed history is what is explained. */
export function isComposed({ settings }: AttentionState): boolean {
  return settings.composed !== null;
}

const EMPTY_HISTORY = 'inspection/empty-history';

/** Another history has other positions: edits and pins of the old one mean nothing in it. */
function otherHistory(state: AttentionState, settings: Partial<AttentionSettings>): AttentionState {
  return {
    ...state,
    settings: {
      ...state.settings,
      ...settings,
      edits: [],
      pinned: NOTHING,
      candidate: 0,
      showsChange: false,
    },
    focus: NOTHING,
    line: -1,
    swapping: null,
    announcement: '',
  };
}

/** Where another view sent the user. */
function focused(state: AttentionState, { user, item }: InspectionFocus): AttentionState {
  const next = user === undefined ? state : otherHistory(state, { user, composed: null });
  if (item === undefined) return next;
  const others = next.settings.candidates.filter((other) => other.item !== item);
  // Its title comes with the answer.
  const candidates = [...others, { item, id: String(item), title: `item ${item}` }];
  const settings = { ...next.settings, tab: 'user' as const, candidates, candidate: candidates.length - 1 };
  return { ...next, settings };
}

/** Of what was kept, only what the run has. */
function withKnownSettings(state: AttentionState): AttentionState {
  const run = runOf(state)!;
  const { settings } = state;
  const isKnown = run.checkpoints.some(({ name }) => name === settings.checkpoint);
  const checkpoint = isKnown ? settings.checkpoint : null;
  const user = Math.min(settings.user, Math.max(0, run.numUsers - 1));
  return { ...state, settings: { ...settings, checkpoint, user }, problem: null };
}

function failed(state: AttentionState, name: ResourceName, { message, code }: ResourceError): AttentionState {
  // Told with the scene.
  if (OTHERS.includes(name)) return state;
  if (name === 'run') return { ...state, problem: { message, of: 'hydrate' } };
  if (name === 'overview') {
    return code === 'inspection/canceled' ? state : { ...state, problem: { message, of: 'overview' } };
  }
  const isEdited = state.settings.edits.length > 0;
  const isEmpty = code === EMPTY_HISTORY;
  const problem = {
    message: isEmpty ? 'All items of the history are left out. Restore one, or choose Reset.' : message,
    of: 'explain' as const,
  };
  // What was explained before is of another user or checkpoint, unless only an edit failed.
  return {
    ...state,
    scene: isEdited ? state.scene : null,
    problem: isEmpty && !isEdited ? null : problem,
  };
}

/** What is wanted, as soon as all parts of it have come. */
function withScene(state: AttentionState): AttentionState {
  const { settings, resources, scene } = state;
  if (settings.composed?.length === 0) return { ...state, scene: null };
  const keys = new Map(wantedResources(state).map(({ name, key }) => [name, key]));
  const answer: Answer = (name) => {
    const resource = resources[name];
    return resource && resource.valueKey === keys.get(name) ? resource.value : null;
  };
  const own = explainedOf(
    answer('views'),
    answer('original'),
    settings.edits.length > 0 ? answer('edited') : undefined,
  );
  if (own === null) return state;
  const failure = OTHERS.map((name) => (keys.has(name) ? resources[name] : null)).find(
    (resource) => resource?.status === 'failed',
  );
  const isRead = !keys.has('otherHistory') || answer('otherHistory') !== null;
  const beside = failure || isRead ? besideOf(state, answer, failure?.error?.message ?? null) : null;
  if (beside === null) return state;
  // An answer ends the problem.
  const problem = state.problem?.of === 'explain' ? null : state.problem;
  const isSame =
    scene !== null &&
    isSameExplained(scene.explained, own) &&
    isSameExplained(scene.compared, beside.compared) &&
    scene.otherRun === beside.otherRun &&
    scene.comparisonProblem === beside.comparisonProblem;
  if (isSame) return problem === state.problem ? state : { ...state, problem };
  const labels = new Map(own.result.candidates.map(({ item, id, title }) => [item, { item, id, title }]));
  const candidates = settings.candidates.map((label) => labels.get(label.item) ?? label);
  const isSameLength = own.result.history.length === scene?.explained.result.history.length;
  return {
    ...state,
    settings: { ...settings, candidates },
    scene: { items: baseHistory(state), edits: settings.edits, explained: own, ...beside },
    scroll: isSameLength ? state.scroll : null,
    problem: state.problem?.of === 'overview' ? state.problem : null,
  };
}

/** The value of a resource, where it is to what is wanted now. */
type Answer = <Name extends ResourceName>(name: Name) => ResourceValues[Name] | null;

/** @param edited null while it is not answered, left out without edits */
function explainedOf(
  views: RecordedView[] | null,
  original: AttentionResult | null,
  edited: AttentionResult | null | undefined,
): Explained | null {
  const result = edited === undefined ? original : edited;
  return views && original && result && { views, original, result };
}

function isSameExplained(a: Explained | null, b: Explained | null): boolean {
  if (a === null || b === null) return a === b;
  return a.views === b.views && a.original === b.original && a.result === b.result;
}

/**
 * What is shown beside; null while it is under way.
 * @param failure why something of it could not be read
 */
function besideOf(
  state: AttentionState,
  answer: Answer,
  failure: string | null,
): Pick<Scene, 'otherRun' | 'compared' | 'comparisonProblem'> | null {
  if (state.settings.comparison === null) return { otherRun: null, compared: null, comparisonProblem: null };
  const otherRun = answer('otherRun');
  const source = otherSource(state);
  const problem = failure ?? (source !== null && 'problem' in source ? source.problem : null);
  if (problem !== null && (otherRun !== null || failure !== null)) {
    return { otherRun, compared: null, comparisonProblem: problem };
  }
  const isEdited = state.settings.edits.length > 0;
  const compared = explainedOf(
    answer('otherViews'),
    answer('otherOriginal'),
    isEdited ? answer('otherEdited') : undefined,
  );
  return compared && { otherRun, compared, comparisonProblem: null };
}
