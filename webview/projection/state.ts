import { countOf } from '../../src/protocol/countOf';
import type { InspectionFocus, InspectionPanelSnapshot, RunChoice } from '../../src/protocol/inspectionPanel';
import type { TaskProgress } from '../../src/protocol/inspection';
import {
  pointIndex,
  rowIndex,
  rowOfItem,
  type EmbeddingTable,
  type PointIndex,
  type PointSet,
  type RowIndex,
} from '../../src/protocol/projection';
import { formatCount } from '../../src/series/format';
import type { PointCoordinates } from '../plot/scatterCamera';
import {
  current,
  reduceResources,
  withoutFailed,
  type ResourceAction,
  type Resources,
} from '../ui/resources';
import {
  NO_RESOURCES,
  shownSource,
  shownTable,
  wantedResources,
  withoutCheckpoint,
  type ResourceName,
  type ResourceValues,
} from './resources';
import {
  DEFAULT_SETTINGS,
  OWN_COLORS,
  readSettings,
  shownMethod,
  type ProjectionSettings,
  type RailTab,
  type UmapSettings,
} from './settings';

/** Points with a place for each: what the map draws. It stays until all parts of another one have come. */
export interface Scene {
  points: PointSet;
  /** Names the points; another table or sample has another one. */
  pointsKey: string;
  coordinates: PointCoordinates;
  /** Names the layout; while UMAP works, its picture changes under one name. */
  layoutKey: string;
  method: 'pca' | 'umap';
}

export interface ProjectionState {
  settings: ProjectionSettings;
  /** Null until the extension has answered. */
  runDirectory: string | null;
  runs: RunChoice[];
  resources: Resources<ResourceValues>;
  /** Counts the changes of the selection. */
  selectionRevision: number;
  scene: Scene | null;
  /** Of the point under the pointer or keyboard. */
  hovered: PointIndex | null;
  /** UMAP's parameters as they are being set; they count when it is started. */
  draft: UmapSettings;
  /** What long work has got to, by the key of what was asked for. */
  progress: Readonly<Record<string, TaskProgress>>;
  /** Which rail is open where there is room for one only. */
  drawer: 'left' | 'right' | null;
  /** Why the last thing that was asked for did not happen. */
  problem: string | null;
  /** What happened, for those who do not see it. */
  announcement: string;
  /** Changes with the theme. */
  paletteVersion: number;
}

export type ProjectionAction =
  | { kind: 'hydrated'; snapshot: InspectionPanelSnapshot; kept: unknown }
  | { kind: 'runsChanged'; runs: RunChoice[] }
  | { kind: 'focusAsked'; focus: InspectionFocus }
  | { kind: 'settingsChanged'; settings: Partial<ProjectionSettings> }
  | { kind: 'draftChanged'; draft: Partial<UmapSettings> }
  | { kind: 'picked'; row: RowIndex | null; more: boolean }
  | { kind: 'selected'; rows: readonly RowIndex[]; more: boolean }
  | { kind: 'bookmarkOpened'; state: unknown }
  | { kind: 'hovered'; point: PointIndex | null }
  | ResourceAction<ResourceValues>
  | { kind: 'retried' }
  | { kind: 'drawerOpened'; drawer: ProjectionState['drawer'] }
  | { kind: 'problem'; message: string | null }
  | { kind: 'announced'; text: string }
  | { kind: 'themeChanged' };

export function initialState(): ProjectionState {
  return {
    settings: DEFAULT_SETTINGS,
    runDirectory: null,
    runs: [],
    resources: NO_RESOURCES,
    selectionRevision: 0,
    scene: null,
    hovered: null,
    draft: DEFAULT_SETTINGS.umap,
    progress: {},
    drawer: null,
    problem: null,
    announcement: '',
    paletteVersion: 0,
  };
}

/** The state after an action. */
export function reduce(state: ProjectionState, action: ProjectionAction): ProjectionState {
  const next = reduced(state, action);
  if (next.settings.selection === state.settings.selection) return next;
  return { ...next, selectionRevision: state.selectionRevision + 1 };
}

function reduced(state: ProjectionState, action: ProjectionAction): ProjectionState {
  switch (action.kind) {
    case 'hydrated': {
      const { run, runs, focus } = action.snapshot;
      const kept = readSettings(action.kept);
      const next = { ...state, runDirectory: run, runs, problem: null };
      const settings = focus === null ? kept : focused(kept, focus);
      return { ...next, settings, draft: settings.umap };
    }
    case 'runsChanged':
      return { ...state, runs: action.runs };
    case 'focusAsked':
      return withScene({ ...state, settings: focused(state.settings, action.focus) });
    case 'settingsChanged':
      return withScene({ ...state, settings: changedSettings(state, action.settings) });
    case 'draftChanged':
      return { ...state, draft: { ...state.draft, ...action.draft } };
    case 'picked':
      return { ...state, settings: picked(state.settings, action.row, action.more) };
    case 'selected': {
      const rows = action.more ? union(state.settings.selection, action.rows) : [...action.rows];
      const settings = { ...state.settings, selection: rows, focus: rows.length === 1 ? rows[0]! : null };
      const announcement = `${countOf(rows.length, 'point')} selected.`;
      return { ...state, settings: withTab(settings, tabFor(settings)), announcement };
    }
    case 'bookmarkOpened': {
      const settings = readSettings(action.state);
      return withScene({ ...state, settings, draft: settings.umap });
    }
    case 'hovered':
      return { ...state, hovered: action.point };
    case 'asked':
      return { ...state, resources: reduceResources(state.resources, action) };
    case 'answered':
    case 'failed': {
      const resources = reduceResources(state.resources, action);
      // Another thing is wanted by now.
      if (resources === state.resources) return state;
      const settled = { ...state, resources, progress: without(state.progress, action.key) };
      const announcement = action.kind === 'answered' ? announcementOf(settled, action.name) : null;
      // Also a layout that ended early gives its place back.
      return withScene({ ...settled, announcement: announcement ?? state.announcement });
    }
    case 'progressed':
      return progressed(state, action.key, action.progress);
    case 'retried': {
      const resources = withoutFailed(state.resources);
      // By now it may have one.
      return {
        ...state,
        resources: withoutCheckpoint(state) ? { ...resources, run: null } : resources,
        problem: null,
      };
    }
    case 'drawerOpened':
      return { ...state, drawer: action.drawer };
    case 'problem':
      return { ...state, problem: action.message };
    case 'announced':
      return { ...state, announcement: action.text };
    case 'themeChanged':
      return { ...state, paletteVersion: state.paletteVersion + 1 };
  }
}

/** The table whose points are drawn. */
export function tableOf(state: ProjectionState): EmbeddingTable | null {
  const name = shownTable(state);
  return state.resources.tables?.value?.find((table) => table.name === name) ?? null;
}

/** The row of a point. */
export function rowOfPoint({ rows }: PointSet, point: PointIndex): RowIndex {
  return rowIndex(rows[point]!);
}

/** The point of a row, or null when it is not among those that are drawn. */
export function pointOfRow({ rows }: PointSet, row: RowIndex): PointIndex | null {
  let [low, high] = [0, rows.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = rows[middle]!;
    if (found === row) return pointIndex(middle);
    if (found < row) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

/** The points of rows, without those that are not drawn. */
export function pointsOfRows(points: PointSet, rows: readonly RowIndex[]): PointIndex[] {
  return rows.map((row) => pointOfRow(points, row)).filter((point) => point !== null);
}

/** True where UMAP was asked for and has neither come nor failed. */
export function isUmapRunning({ settings, resources }: ProjectionState): boolean {
  return shownMethod(settings) === 'umap' && resources.umap?.status === 'loading';
}

/** Where another view sent the user. */
function focused(settings: ProjectionSettings, { item, user }: InspectionFocus): ProjectionSettings {
  // Of items: the table that is shown first, unless another is selected.
  if (item !== undefined)
    return { ...settings, focus: rowOfItem(item), table: null, tab: 'point', second: null };
  if (user !== undefined) return { ...settings, user, table: null, tab: 'user', second: null };
  return settings;
}

/** Changes that make what is selected or looked at meaningless take it along. */
function changedSettings(state: ProjectionState, changes: Partial<ProjectionSettings>): ProjectionSettings {
  const last = state.settings;
  const settings = { ...last, ...changes };
  const otherTable = changes.table !== undefined && changes.table !== shownTable(state);
  if (otherTable) {
    Object.assign(settings, {
      focus: null,
      selection: [],
      isolated: null,
      query: '',
      tab: settings.tab === 'statistics' ? 'statistics' : null,
    });
  }
  const layoutChanged =
    otherTable ||
    shownMethod(settings) !== shownMethod(last) ||
    // Half the room, or all of it.
    (settings.second === null) !== (last.second === null) ||
    settings.dimensions !== last.dimensions ||
    settings.components.some((component, axis) => component !== last.components[axis]) ||
    settings.umap !== last.umap;
  if (layoutChanged && changes.camera === undefined) settings.camera = null;
  const otherColors = settings.color !== last.color || settings.colored !== last.colored;
  if (otherTable || otherColors) settings.raised = null;
  if (settings.dimensions === 3) settings.contours = false;
  const isMovement = settings.color === OWN_COLORS.moved || settings.color === OWN_COLORS.overlap;
  if (settings.second === null && isMovement) settings.color = DEFAULT_SETTINGS.color;
  if (settings.second === null && settings.tab === 'comparison') settings.tab = tabFor(settings);
  return settings;
}

function picked(settings: ProjectionSettings, row: RowIndex | null, more: boolean): ProjectionSettings {
  if (row === null) return more ? settings : withTab({ ...settings, focus: null, selection: [] }, null);
  if (!more) return withTab({ ...settings, focus: row, selection: [] }, 'point');
  const before =
    settings.selection.length > 0 || settings.focus === null ? settings.selection : [settings.focus];
  const selection = before.includes(row) ? before.filter((other) => other !== row) : [...before, row];
  return withTab({ ...settings, selection, focus: row }, selection.length > 1 ? 'selection' : 'point');
}

/** Opens a side, but leaves one open that is about something else than points. */
function withTab(settings: ProjectionSettings, tab: RailTab | null): ProjectionSettings {
  if (tab === null && (settings.tab === 'point' || settings.tab === 'selection')) {
    return { ...settings, tab: tabFor(settings) };
  }
  return tab === null ? settings : { ...settings, tab };
}

/** What there is to show on the right, most specific first. */
function tabFor({ selection, focus, user, second }: ProjectionSettings): RailTab | null {
  if (selection.length > 1) return 'selection';
  if (focus !== null) return 'point';
  if (user !== null) return 'user';
  return second !== null ? 'comparison' : null;
}

function union(first: readonly RowIndex[], second: readonly RowIndex[]): RowIndex[] {
  return [...new Set([...first, ...second])].sort((a, b) => a - b);
}

function without(progress: ProjectionState['progress'], key: string): ProjectionState['progress'] {
  return Object.fromEntries(Object.entries(progress).filter(([other]) => other !== key));
}

/** Live layouts of UMAP take the place of the picture at once. */
function progressed(state: ProjectionState, key: string, progress: TaskProgress): ProjectionState {
  const { scene, resources, settings } = state;
  const next = { ...state, progress: { ...state.progress, [key]: progress } };
  if (resources.umap?.key !== key || resources.umap.status !== 'loading') return next;
  const { layout } = progress;
  const { dimensions } = settings;
  const fits = scene !== null && isCurrentPoints(state, scene.pointsKey) && layout !== undefined;
  if (!fits || layout.length !== scene.points.rows.length * dimensions) return next;
  return {
    ...next,
    scene: { ...scene, coordinates: { values: layout, dimensions }, layoutKey: key, method: 'umap' },
  };
}

function isCurrentPoints(state: ProjectionState, pointsKey: string): boolean {
  return state.resources.points?.key === pointsKey && shownSource(state) !== null;
}

/** The picture of what is wanted, as soon as points and places fit each other. */
function withScene(state: ProjectionState): ProjectionState {
  const { resources, settings } = state;
  const keys = new Map(wantedResources(state).map(({ name, key }) => [name, key]));
  const points = current(resources.points);
  const pointsKey = keys.get('points');
  if (points === null || pointsKey === undefined || resources.points?.valueKey !== pointsKey) return state;
  const { dimensions } = settings;
  const umapKey = keys.get('umap');
  const umap = umapKey !== undefined && resources.umap?.valueKey === umapKey;
  const from = umap ? resources.umap : resources.pca?.valueKey === keys.get('pca') ? resources.pca : null;
  const values = from?.value?.coordinates;
  if (!from || values === undefined) return state;
  const running = umapKey !== undefined && state.scene?.layoutKey === umapKey;
  if (!umap && running && isUmapRunning(state) && state.scene?.pointsKey === pointsKey) return state;
  const { scene } = state;
  const same =
    scene?.points === points &&
    scene.coordinates.values === values &&
    scene.coordinates.dimensions === dimensions;
  if (same) return state;
  const method = umap ? 'umap' : 'pca';
  const next = { points, pointsKey, coordinates: { values, dimensions }, layoutKey: from.valueKey!, method };
  const samePoints = scene?.points === points;
  return { ...state, scene: next as Scene, hovered: samePoints ? state.hovered : null };
}

/** What an answer says to those who do not see it; null for nothing. */
function announcementOf({ resources }: ProjectionState, name: ResourceName): string | null {
  switch (name) {
    case 'points':
      return `${formatCount(resources.points!.value!.rows.length)} points loaded.`;
    case 'umap':
      return 'UMAP has finished.';
    case 'neighbors': {
      const [first] = resources.neighbors!.value!;
      return first ? `Nearest neighbor: ${first.label}.` : 'No neighbors.';
    }
    case 'comparison':
      return 'The comparison is ready.';
    default:
      return null;
  }
}
