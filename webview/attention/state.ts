import { DEFAULT_SEED } from '../../src/protocol/defaultSeed';
import type {
  AttentionOverview,
  AttentionRequest,
  AttentionResult,
  RecordedView,
} from '../../src/protocol/attention';
import type {
  HistoryEnd,
  HistoryItem,
  InspectedRun,
  ItemLabel,
  TaskProgress,
  UserHistory,
} from '../../src/protocol/inspection';
import type { InspectionPanelSnapshot, RunChoice } from '../../src/protocol/inspectionPanel';
import type { HeatMapFocus, HeatMapPart, HeatMapScroll } from '../plot/heatMapModel';
import { historyLines, keptLines, withEdit, withoutEdit, type HistoryEdit } from './historyEdits';

/** Recommendations that are asked for: more than are shown, so that most changes of rank are known. */
export const TOP_K = 100;
/** Candidates when the user has chosen none: the best ones, and what came next. */
const AUTOMATIC_CANDIDATES = 5;

export type Tab = 'user' | 'users';
/** How weights are shown: `lines` join positions, `curves` go through time. */
export type Display = 'map' | 'lines' | 'curves' | 'table';
export type GroupMeasure = 'entropy' | 'meanDistance' | 'lastShare';

/** Which weights are shown large. */
export interface Selection {
  view: string;
  /** Heads whose mean is shown; all of them where it is empty. */
  heads: number[];
}

/** A checkpoint of a run that is shown beside the panel's own. */
export interface Comparison {
  /** Absolute path of the run directory. */
  run: string;
  checkpoint: string;
}

/** What the user set, kept when the window is reloaded. */
export interface AttentionSettings {
  tab: Tab;
  /** Null for the best one. */
  checkpoint: string | null;
  /** Index from 0. */
  user: number;
  end: HistoryEnd;
  /** A history that the user of the panel put together, instead of that of `user`. */
  composed: ItemLabel[] | null;
  edits: HistoryEdit[];
  /** Chosen by the user; the best recommendations where there are none. */
  candidates: ItemLabel[];
  /** Index in the candidates, of the one that is explained. */
  candidate: number;
  comparison: Comparison | null;
  selection: Selection | null;
  display: Display;
  scale: 'auto' | 'full';
  /** Whether the map shows how weights changed by the edits instead of the weights. */
  showsChange: boolean;
  pinned: HeatMapFocus;
  maxUsers: number;
  seed: number;
  measure: GroupMeasure;
}

/** What `keep` keeps: the extension finds the run again by its directory. */
export interface KeptState extends AttentionSettings {
  runDirectory: string;
}

/** What is known of one checkpoint. */
export interface Explained {
  views: RecordedView[];
  /** With the history as it was. */
  original: AttentionResult;
  /** With the history as it is edited; the same object where there are no edits. */
  result: AttentionResult;
}

/** What was found over many users, and in which weights: those that are chosen may be others by now. */
export interface Overview {
  checkpoint: string;
  report: AttentionOverview;
}

export interface Problem {
  message: string;
  /** What failed, which is what trying again does again. */
  of: 'hydrate' | 'explain' | 'overview' | 'other';
}

export interface AttentionState {
  settings: AttentionSettings;
  /** Null until the extension has answered. */
  snapshot: InspectionPanelSnapshot | null;
  run: InspectedRun | null;
  comparedRun: InspectedRun | null;
  /** What the run's model records, which is known before any history is explained; null until it is read. */
  views: RecordedView[] | null;
  history: UserHistory | null;
  /** Of the history as it was when `explained` was asked for, so that lists and weights belong together. */
  explainedHistory: HistoryItem[];
  explainedEdits: HistoryEdit[];
  explained: Explained | null;
  compared: Explained | null;
  /** Why the second run could not be shown beside. */
  comparisonProblem: string | null;
  /** Something is asked for and not answered yet; what is shown is older. */
  loading: boolean;
  /** The answer was that there is no history, and the model recommends by one. */
  nothingToRead: boolean;
  overview: Overview | null;
  overviewProgress: TaskProgress | null;
  overviewRunning: boolean;
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
  | { kind: 'hydrated'; snapshot: InspectionPanelSnapshot; run: InspectedRun }
  | { kind: 'runsChanged'; runs: RunChoice[] }
  | { kind: 'settingsChanged'; settings: Partial<AttentionSettings> }
  | { kind: 'userChosen'; user: number }
  | { kind: 'composedChanged'; items: ItemLabel[] | null }
  | { kind: 'edited'; edit: HistoryEdit }
  | { kind: 'restored'; position: number }
  | { kind: 'reset' }
  | { kind: 'loading' }
  | { kind: 'nothingToRead' }
  | { kind: 'comparedRunOpened'; run: InspectedRun | null }
  | { kind: 'viewsRead'; views: RecordedView[] }
  | { kind: 'historyRead'; history: UserHistory | null }
  | {
      kind: 'explained';
      items: HistoryItem[];
      edits: HistoryEdit[];
      explained: Explained;
      compared: Explained | null;
      comparisonProblem: string | null;
    }
  | { kind: 'overviewStarted' }
  | { kind: 'overviewProgress'; progress: TaskProgress }
  | { kind: 'overviewEnded'; overview: Overview | null }
  | { kind: 'problem'; problem: Problem | null }
  | { kind: 'focused'; focus: HeatMapFocus }
  | { kind: 'scrolled'; scroll: HeatMapScroll | null }
  | { kind: 'windowChanged'; window: HeatMapPart }
  | { kind: 'lineFocused'; line: number }
  | { kind: 'swapping'; position: number | null }
  | { kind: 'resized'; size: { width: number; height: number } };

const NOTHING: HeatMapFocus = { row: null, column: null };

const DEFAULTS: AttentionSettings = {
  tab: 'user',
  checkpoint: null,
  user: 0,
  end: 'validation',
  composed: null,
  edits: [],
  candidates: [],
  candidate: 0,
  comparison: null,
  selection: null,
  display: 'map',
  scale: 'auto',
  showsChange: false,
  pinned: NOTHING,
  maxUsers: 1000,
  seed: DEFAULT_SEED,
  measure: 'entropy',
};

export function initialState(kept: unknown): AttentionState {
  return {
    settings: readSettings(kept),
    snapshot: null,
    run: null,
    comparedRun: null,
    views: null,
    history: null,
    explainedHistory: [],
    explainedEdits: [],
    explained: null,
    compared: null,
    comparisonProblem: null,
    loading: true,
    nothingToRead: false,
    overview: null,
    overviewProgress: null,
    overviewRunning: false,
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
  switch (action.kind) {
    case 'hydrated': {
      const { snapshot, run } = action;
      const known = run.checkpoints.some(({ name }) => name === state.settings.checkpoint);
      const settings = {
        ...state.settings,
        checkpoint: known ? state.settings.checkpoint : null,
        user: Math.min(state.settings.user, Math.max(0, run.numUsers - 1)),
      };
      return { ...state, snapshot, run, settings, problem: null };
    }
    case 'runsChanged':
      return state.snapshot ? { ...state, snapshot: { ...state.snapshot, runs: action.runs } } : state;
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
        item === null ? `${title} is left out.` : `${item.title} is in the place of ${title}.`;
      return { ...state, settings: { ...state.settings, edits }, swapping: null, announcement };
    }
    case 'restored': {
      const edits = withoutEdit(state.settings.edits, action.position);
      const announcement = `${baseHistory(state)[action.position]?.title ?? ''} is back.`;
      return { ...state, settings: { ...state.settings, edits }, announcement };
    }
    case 'reset':
      return {
        ...state,
        settings: { ...state.settings, edits: [], showsChange: false },
        announcement: 'The history is as it was.',
      };
    case 'loading':
      return { ...state, loading: true, nothingToRead: false };
    case 'nothingToRead':
      return { ...unexplained(state), loading: false, nothingToRead: true, problem: null };
    case 'comparedRunOpened':
      return { ...state, comparedRun: action.run };
    case 'viewsRead':
      return { ...state, views: action.views };
    case 'historyRead':
      return { ...state, history: action.history };
    case 'explained': {
      const { items, edits, explained, compared, comparisonProblem } = action;
      const labels = new Map(
        explained.result.candidates.map(({ item, id, title }) => [item, { item, id, title }]),
      );
      const candidates = state.settings.candidates.map((label) => labels.get(label.item) ?? label);
      const sameLength = explained.result.history.length === state.explained?.result.history.length;
      return {
        ...state,
        settings: { ...state.settings, candidates },
        explainedHistory: items,
        explainedEdits: edits,
        explained,
        compared,
        comparisonProblem,
        loading: false,
        scroll: sameLength ? state.scroll : null,
        problem: state.problem?.of === 'overview' ? state.problem : null,
      };
    }
    case 'overviewStarted':
      return { ...state, overviewRunning: true, overviewProgress: null, problem: null };
    case 'overviewProgress':
      return state.overviewRunning ? { ...state, overviewProgress: action.progress } : state;
    case 'overviewEnded':
      return { ...state, overviewRunning: false, overview: action.overview ?? state.overview };
    case 'problem': {
      // What was explained before is of another user or checkpoint, unless only an edit failed.
      const isOld = action.problem?.of === 'explain' && state.settings.edits.length === 0;
      return { ...(isOld ? unexplained(state) : state), problem: action.problem, loading: false };
    }
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

function unexplained(state: AttentionState): AttentionState {
  return { ...state, explained: null, compared: null, explainedHistory: [], explainedEdits: [] };
}

/** What to keep; null as long as it is not known which run this is. */
export function keptState({ settings, snapshot }: AttentionState): KeptState | null {
  return snapshot && { ...settings, runDirectory: snapshot.run };
}

/** The checkpoint that is shown: the chosen one, else the best, else the newest. */
export function shownCheckpoint(run: InspectedRun, chosen: string | null): string | null {
  const names = run.checkpoints.map(({ name }) => name);
  if (chosen !== null && names.includes(chosen)) return chosen;
  return names.includes('best') ? 'best' : (names.at(-1) ?? null);
}

/** What a run and one of its checkpoints are called where there is another beside. */
export interface SideNames {
  own: string;
  other: string;
}

/** Null where nothing is compared. */
export function sideNames(state: AttentionState): SideNames | null {
  const { run, comparedRun, compared, settings, snapshot } = state;
  if (!run || !comparedRun || !compared || !settings.comparison) return null;
  const name = (of: InspectedRun, checkpoint: string | null): string => {
    const title = snapshot?.runs.find((choice) => choice.run === of.run)?.title ?? of.name;
    return `${title} · ${shownCheckpoint(of, checkpoint) ?? ''}`;
  };
  return { own: name(run, settings.checkpoint), other: name(comparedRun, settings.comparison.checkpoint) };
}

/** The history before edits: the user's, or the composed one. */
export function baseHistory({ settings, history }: AttentionState): HistoryItem[] {
  return settings.composed?.map((item) => ({ ...item, time: null })) ?? history?.items ?? [];
}

/** Whether the composed history is what is explained. */
export function isComposed({ settings }: AttentionState): boolean {
  return settings.composed !== null;
}

/** What to ask of the inspector; with the history as it was, or as it is edited. */
export function requestOf(state: AttentionState, edits: readonly HistoryEdit[]): AttentionRequest {
  const { settings, history } = state;
  const items = keptLines(historyLines(baseHistory(state), edits)).map(({ now }) => now!.item);
  return {
    subject: { user: settings.composed ? -1 : settings.user, history: items },
    candidates: settings.candidates.map(({ item }) => item),
    target: settings.composed ? null : (history?.next?.item ?? null),
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

/** What an earlier page kept, which may have been another version: what is not understood is set anew. */
function readSettings(kept: unknown): AttentionSettings {
  const given: { [Name in keyof AttentionSettings]?: unknown } =
    typeof kept === 'object' && kept !== null ? kept : {};
  const oneOf = <Value extends string>(value: unknown, choices: readonly Value[], fallback: Value): Value =>
    choices.find((choice) => choice === value) ?? fallback;
  const list = <Entry>(value: unknown, fits: (entry: unknown) => entry is Entry): Entry[] | null =>
    Array.isArray(value) && value.every(fits) ? value : null;
  return {
    tab: oneOf(given.tab, ['user', 'users'], DEFAULTS.tab),
    checkpoint: typeof given.checkpoint === 'string' ? given.checkpoint : null,
    user: isIndex(given.user) ? given.user : DEFAULTS.user,
    end: oneOf(given.end, ['train', 'validation', 'all'], DEFAULTS.end),
    composed: list(given.composed, isItem),
    edits: list(given.edits, isEdit) ?? [],
    candidates: list(given.candidates, isItem) ?? [],
    candidate: isIndex(given.candidate) ? given.candidate : 0,
    comparison: isComparison(given.comparison) ? given.comparison : null,
    selection: isSelection(given.selection) ? given.selection : null,
    display: oneOf(given.display, ['map', 'lines', 'curves', 'table'], DEFAULTS.display),
    scale: oneOf(given.scale, ['auto', 'full'], DEFAULTS.scale),
    showsChange: given.showsChange === true,
    pinned: isFocus(given.pinned) ? given.pinned : NOTHING,
    maxUsers: isIndex(given.maxUsers) && given.maxUsers > 0 ? given.maxUsers : DEFAULTS.maxUsers,
    seed: isIndex(given.seed) ? given.seed : DEFAULTS.seed,
    measure: oneOf(given.measure, ['entropy', 'meanDistance', 'lastShare'], DEFAULTS.measure),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isItem(value: unknown): value is ItemLabel {
  return (
    isRecord(value) && isIndex(value.item) && typeof value.id === 'string' && typeof value.title === 'string'
  );
}

function isEdit(value: unknown): value is HistoryEdit {
  return isRecord(value) && isIndex(value.position) && (value.item === null || isItem(value.item));
}

function isComparison(value: unknown): value is Comparison {
  return isRecord(value) && typeof value.run === 'string' && typeof value.checkpoint === 'string';
}

function isSelection(value: unknown): value is Selection {
  return (
    isRecord(value) &&
    typeof value.view === 'string' &&
    Array.isArray(value.heads) &&
    value.heads.every(isIndex)
  );
}

function isFocus(value: unknown): value is HeatMapFocus {
  const fits = (index: unknown): boolean => index === null || isIndex(index);
  return isRecord(value) && fits(value.row) && fits(value.column);
}
