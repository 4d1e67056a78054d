import type { ComparedRun, Comparison } from '../../src/protocol/comparison';
import type { TaskProgress } from '../../src/protocol/inspection';
import { isRecord } from '../../src/protocol/isRecord';
import type { Zoom } from '../plot/chartModel';
import { reduceResources, withoutFailed, type ResourceAction, type Resources } from '../ui/resources';

/** What the page asks the extension for. */
export interface ComparisonValues {
  runs: ComparedRun[];
  comparison: Comparison;
}

/** What is kept over a reload of the window. */
export interface ComparisonSettings {
  /** What slices and users are compared by; null: the main metric. */
  metric: string | null;
  /** Names of slicings; null: the first two. */
  slices: string[] | null;
  /** The group that is compared with the first one where only two can be shown. */
  other: number;
  /** Whether the baselines of the first run are compared, too. */
  baselines: boolean;
}

export interface ComparisonState {
  settings: ComparisonSettings;
  /** Titles of the runs, in order; null before the extension has told them. */
  titles: string[] | null;
  resources: Resources<ComparisonValues>;
  /** Of the comparison. */
  progress: TaskProgress | null;
  /** Counts the times that the results of a run have changed. */
  version: number;
  /** The part of the learning curves that is in sight. */
  zoom: Zoom | null;
  /** Why something could not be done, beside what is asked for. */
  problem: string | null;
}

export type ComparisonAction =
  | { kind: 'hydrated'; titles: string[] }
  | { kind: 'settingsChanged'; settings: Partial<ComparisonSettings> }
  | { kind: 'runsChanged' }
  | { kind: 'zoomed'; zoom: Zoom | null }
  | { kind: 'retried' }
  | { kind: 'problem'; problem: string | null }
  | ResourceAction<ComparisonValues>;

/**
 * @param kept settings of an earlier page, of any version
 * @param withBaselines whether baselines are compared where these do not say
 */
export function initialState(kept: unknown, withBaselines: boolean): ComparisonState {
  const { metric, slices, other, baselines } = isRecord(kept) ? kept : {};
  const names = Array.isArray(slices) ? slices.filter((name) => typeof name === 'string') : null;
  return {
    settings: {
      metric: typeof metric === 'string' ? metric : null,
      slices: names,
      other: typeof other === 'number' ? other : 1,
      baselines: typeof baselines === 'boolean' ? baselines : withBaselines,
    },
    titles: null,
    resources: { runs: null, comparison: null },
    progress: null,
    version: 0,
    zoom: null,
    problem: null,
  };
}

/** The state after an action. */
export function reduce(state: ComparisonState, action: ComparisonAction): ComparisonState {
  switch (action.kind) {
    case 'hydrated':
      return { ...state, titles: action.titles, problem: null };
    case 'settingsChanged':
      return { ...state, settings: { ...state.settings, ...action.settings } };
    case 'runsChanged':
      return { ...state, version: state.version + 1 };
    case 'zoomed':
      return { ...state, zoom: action.zoom };
    case 'retried':
      return { ...state, problem: null, resources: withoutFailed(state.resources) };
    case 'problem':
      return { ...state, problem: action.problem };
    case 'progressed':
      return { ...state, progress: action.progress };
    default: {
      const progress = action.name === 'comparison' ? null : state.progress;
      return { ...state, progress, resources: reduceResources(state.resources, action) };
    }
  }
}

/** The newest comparison, which may be of earlier settings while another is being made. */
export function shownComparison({ resources }: ComparisonState): Comparison | null {
  return resources.comparison?.value ?? null;
}

/** The group that the first one is compared with where only two can be shown. */
export function otherGroup({ settings }: ComparisonState, { groups }: Comparison): number {
  return settings.other < groups.length ? Math.max(1, settings.other) : 1;
}
