import type { InspectedRun, ItemLabel } from '../../src/protocol/inspection';
import type { InspectionFocus, InspectionPanelSnapshot, RunChoice } from '../../src/protocol/inspectionPanel';
import {
  current,
  reduceResources,
  withoutFailed,
  type ResourceAction,
  type ResourceError,
  type Resources,
} from '../ui/resources';
import {
  NO_RESOURCES,
  OTHERS,
  wantedResources,
  type Answer,
  type ResourceName,
  type ResourceValues,
} from './resources';
import { readSettings, type PlaygroundSettings } from './settings';

export interface Problem {
  message: string;
  /** What failed, which is what trying again does again. */
  of: 'hydrate' | 'recommend' | 'other';
}

export interface PlaygroundState {
  settings: PlaygroundSettings;
  /** Null until the extension has answered. */
  runDirectory: string | null;
  runs: RunChoice[];
  resources: Resources<ResourceValues>;
  problem: Problem | null;
  /** Line of the history that the keyboard is at; −1 before it was there. */
  line: number;
  /** Said aloud. */
  announcement: string;
}

export type PlaygroundAction =
  | { kind: 'hydrated'; snapshot: InspectionPanelSnapshot }
  | { kind: 'runsChanged'; runs: RunChoice[] }
  | { kind: 'focusAsked'; focus: InspectionFocus }
  | { kind: 'settingsChanged'; settings: Partial<PlaygroundSettings> }
  | { kind: 'userChosen'; user: number }
  | { kind: 'composedChanged'; items: ItemLabel[] | null }
  | ResourceAction<ResourceValues>
  | { kind: 'retried' }
  | { kind: 'problem'; problem: Problem | null }
  | { kind: 'lineFocused'; line: number };

export function initialState(kept: unknown): PlaygroundState {
  return {
    settings: readSettings(kept),
    runDirectory: null,
    runs: [],
    resources: NO_RESOURCES,
    problem: null,
    line: -1,
    announcement: '',
  };
}

/** The state after an action. */
export function reduce(state: PlaygroundState, action: PlaygroundAction): PlaygroundState {
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
      return {
        ...state,
        settings: { ...state.settings, composed: action.items },
        line: action.items === null || state.settings.composed === null ? -1 : state.line,
        problem: null,
      };
    case 'asked':
      return { ...state, resources: reduceResources(state.resources, action) };
    case 'answered': {
      const resources = reduceResources(state.resources, action);
      // Another thing is wanted by now.
      return resources === state.resources ? state : answered({ ...state, resources }, action.name);
    }
    case 'failed': {
      const resources = reduceResources(state.resources, action);
      return resources === state.resources
        ? state
        : failed({ ...state, resources }, action.name, action.error);
    }
    case 'progressed':
      return state;
    case 'retried':
      return { ...state, resources: withoutFailed(state.resources), problem: null };
    case 'problem':
      return { ...state, problem: action.problem };
    case 'lineFocused':
      return { ...state, line: action.line };
  }
}

/** The panel's run; null until it is read. */
export function runOf({ resources }: PlaygroundState): InspectedRun | null {
  return resources.run?.value ?? null;
}

/** Something of what is shown is asked for and not answered yet; what is shown is older. */
export function isLoading(state: PlaygroundState): boolean {
  if (state.runDirectory === null) return state.problem === null;
  return wantedResources(state).some(
    ({ name, key }) => state.resources[name]?.key === key && state.resources[name].status === 'loading',
  );
}

/** The newest answer; null before there is one, and where nothing is asked. */
export function answerOf({ settings, resources }: PlaygroundState): Answer | null {
  return settings.composed?.length === 0 ? null : (resources.answer?.value ?? null);
}

/** That of the run beside, where it is to the same question. */
export function otherAnswerOf(state: PlaygroundState): Answer | null {
  const [own, other] = [answerOf(state), state.resources.otherAnswer?.value ?? null];
  if (state.settings.comparison === null || own === null || other === null) return null;
  return JSON.stringify(own.request) === JSON.stringify(other.request) ? other : null;
}

/** Why the run beside could not be shown. */
export function comparisonProblem(state: PlaygroundState): string | null {
  const { comparison } = state.settings;
  if (comparison === null) return null;
  const failure = OTHERS.map((name) => state.resources[name]).find((other) => other?.status === 'failed');
  if (failure) return failure.error?.message ?? null;
  const other = current(state.resources.otherRun);
  return other !== null && !other.isBaseline && other.checkpoints.length === 0
    ? `${other.name} has no checkpoint. Choose another run.`
    : null;
}

/** What a run and one of its states are called where there is another beside. */
export function sideName({ runs }: PlaygroundState, run: InspectedRun, { source }: Answer): string {
  const title = runs.find((choice) => choice.run === run.run)?.title ?? run.name;
  return run.isBaseline ? title : `${title} · ${source.checkpoint}`;
}

/** Another history has other items, so what was selected in the old one means nothing. */
function otherHistory(state: PlaygroundState, settings: Partial<PlaygroundSettings>): PlaygroundState {
  return {
    ...state,
    settings: { ...state.settings, ...settings, selected: null },
    line: -1,
    problem: null,
    announcement: '',
  };
}

/** Where another view sent the user. */
function focused(state: PlaygroundState, { user }: InspectionFocus): PlaygroundState {
  return user === undefined ? state : otherHistory(state, { user, composed: null });
}

function answered(state: PlaygroundState, name: ResourceName): PlaygroundState {
  const { settings, resources } = state;
  if (name === 'run') {
    // Of what was kept, only what the run has.
    const { checkpoints, numUsers } = resources.run!.value!;
    const isKnown = checkpoints.some((checkpoint) => checkpoint.name === settings.checkpoint);
    const checkpoint = isKnown ? settings.checkpoint : null;
    const user = Math.min(settings.user, Math.max(0, numUsers - 1));
    return { ...state, settings: { ...settings, checkpoint, user }, problem: null };
  }
  if (name !== 'answer') return state;
  const [best] = resources.answer!.value!.result.recommendations;
  const announcement = best === undefined ? 'No recommendations.' : `First recommendation: ${best.title}.`;
  // An answer ends the problem.
  const problem = state.problem?.of === 'recommend' ? null : state.problem;
  return { ...state, problem, announcement };
}

function failed(state: PlaygroundState, name: ResourceName, { message }: ResourceError): PlaygroundState {
  // Told beside what the panel's own run recommends.
  if (OTHERS.includes(name)) return state;
  const of = name === 'run' ? 'hydrate' : 'recommend';
  // What was recommended before was to another user, or by another checkpoint.
  return {
    ...state,
    resources: {
      ...state.resources,
      answer: name === 'answer' ? failedAnswer(state) : state.resources.answer,
    },
    problem: { message, of },
  };
}

function failedAnswer({ resources }: PlaygroundState): Resources<ResourceValues>['answer'] {
  return resources.answer && { ...resources.answer, value: null, valueKey: null };
}
