import '../ui/ui.css';
import { render } from 'lit';
import type { ItemLabel } from '../../src/protocol/inspection';
import type { InspectionPanelView, ProjectionPanelHost } from '../../src/protocol/inspectionPanel';
import { pointIndex, rowIndex, rowOfItem, type RowIndex } from '../../src/protocol/projection';
import { ScatterPlot } from '../plot/scatterPlot';
import { connectToHost } from '../ui/connection';
import { markDrawn } from '../ui/drawn';
import { PopupMenu } from '../ui/popupMenu';
import { ResourceLoader } from '../ui/resourceLoader';
import { SearchBox } from '../ui/searchBox';
import { onThemeChange } from '../ui/theme';
import { registerToolkit } from '../ui/toolkit';
import type { ProjectionHandlers } from './handlers';
import { SceneLooks } from './mapModels';
import { MapPair } from './mapPair';
import { PointTable } from './pointTable';
import { countText, epochStops, layoutText, mapTitle, stopOf } from './projectionText';
import { shownSource, wantedResources } from './resources';
import { closeTab, openTabs } from './rightRail';
import { keepable } from './settings';
import {
  initialState,
  pointOfRow,
  pointsOfRows,
  reduce,
  rowOfPoint,
  tableOf,
  type ProjectionAction,
} from './state';
import { isComplete, projectionPanel } from './view';

registerToolkit();
customElements.define('recsight-menu', PopupMenu);
customElements.define('recsight-search-box', SearchBox);
customElements.define('recsight-scatter', ScatterPlot);
customElements.define('recsight-point-table', PointTable);
customElements.define('recsight-map-pair', MapPair);

/** A camera that moves is kept when it has come to rest. */
const KEEP_PAUSE_MS = 250;
/** Users and items that the extension is asked for at once. */
const MAX_FOUND = 20;
/** Points in the list of a search; all of them stand out on the map. */
const MAX_LISTED = 50;
/** Where keys are text or choose something. */
const WRITTEN = 'input:not([type=radio], [type=checkbox], [type=range]), vscode-dropdown, [role=menu] *';

const app = document.getElementById('app')!;
const view: InspectionPanelView = {
  runsChanged: (runs) => dispatch({ kind: 'runsChanged', runs }),
  focus: (focus) => dispatch({ kind: 'focusAsked', focus }),
  progress: (task, progress) => loader.progress(task, progress),
};
const { host, kept, keep } = connectToHost<ProjectionPanelHost>(view);
let state = initialState();
const looks = new SceneLooks();
const loader = new ResourceLoader({
  host,
  wantedResources,
  reduce,
  dispatch,
  long: ['umap', 'recommended'],
  onProblem: (message) => dispatch({ kind: 'problem', message }),
});
let drawing = false;
const timers: Record<string, number> = {};

const handlers: ProjectionHandlers = {
  onSettings: (settings) => dispatch({ kind: 'settingsChanged', settings }),
  onDraft: (draft) => dispatch({ kind: 'draftChanged', draft }),
  onCancelUmap: () => loader.cancel('umap'),
  onCancelCounting: () => loader.cancel('recommended'),
  onRetry: () => void retry(),
  onDismissProblem: () => dispatch({ kind: 'problem', message: null }),
  onPick: (row, more) => {
    dispatch({ kind: 'picked', row, more });
    const { scene } = state;
    const point = row === null || !scene ? undefined : pointsOfRows(scene.points, [row])[0];
    if (point !== undefined) plots().forEach((plot) => plot.reveal(point));
  },
  onSelectPoints: (points, more) => {
    const { scene } = state;
    if (!scene) return;
    const rows = Array.from(points, (point) => rowOfPoint(scene.points, pointIndex(point)));
    dispatch({ kind: 'selected', rows, more });
  },
  onHover: (point) => {
    dispatch({ kind: 'hovered', point });
    const label = point === null ? undefined : state.scene?.points.labels[point];
    const byKeyboard = document.activeElement?.matches('.scatter-surface, .table-scroll') === true;
    if (label !== undefined && byKeyboard) dispatch({ kind: 'announced', text: label });
  },
  onCamera: (camera) => dispatch({ kind: 'settingsChanged', settings: { camera } }),
  onZoom: (by) => plots()[0]?.zoomBy(by),
  onFit: (points) => {
    // A drawer would lie over what is to be seen.
    if (points !== null) dispatch({ kind: 'drawerOpened', drawer: null });
    plots()[0]?.fit(points);
  },
  onSearch: (query) => dispatch({ kind: 'settingsChanged', settings: { query } }),
  findPoints: (query) => {
    const { scene } = state;
    if (!scene) return [];
    const { points, problem } = looks.find(scene.points, query);
    if (problem !== null) throw new Error(problem);
    return Array.from(points.subarray(0, MAX_LISTED), pointIndex).map((point) => ({
      point,
      row: rowOfPoint(scene.points, point),
      label: scene.points.labels[point]!,
      id: scene.points.ids[point]!,
    }));
  },
  findOtherItems,
  findUsers: async (query) =>
    state.runDirectory === null ? [] : host.findUsers(state.runDirectory, query, MAX_FOUND),
  onAnnounce: (text) => dispatch({ kind: 'announced', text }),
  onDrawer: (drawer) => dispatch({ kind: 'drawerOpened', drawer }),
  onShowAttention: (focus) => {
    const { runDirectory } = state;
    if (runDirectory !== null) void attempt(() => host.openView('attention', runDirectory, focus));
  },
  onExport: (format, rows) => void attempt(() => exportTable(format, rows)),
  onSavePicture: (format) => void attempt(() => savePicture(format)),
  onSaveBookmark: (name) =>
    void saveBookmarks((bookmarks) => [
      ...bookmarks.filter((bookmark) => bookmark.name !== name),
      { name, createdAt: Date.now(), state: keepable(state.settings) },
    ]),
  onOpenBookmark: (bookmark) => dispatch({ kind: 'bookmarkOpened', state: bookmark }),
  onDeleteBookmark: (name) =>
    void saveBookmarks((bookmarks) => bookmarks.filter((bookmark) => bookmark.name !== name)),
};

function dispatch(action: ProjectionAction): void {
  const last = state;
  state = loader.update(reduce(state, action));
  const changed = state.settings !== last.settings || state.runDirectory !== last.runDirectory;
  if (changed) later('keep', KEEP_PAUSE_MS, () => keep(keepable(state.settings)));
  draw();
}

/** Draws once a frame at most. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawNow();
  });
}

function drawNow(): void {
  render(projectionPanel(state, looks, handlers), app);
  if (isComplete(state)) markDrawn('recsight:projection');
}

function later(name: string, ms: number, action: () => void): void {
  clearTimeout(timers[name]);
  timers[name] = window.setTimeout(action, ms);
}

function plots(): ScatterPlot[] {
  return [...app.querySelectorAll<ScatterPlot>('recsight-scatter')];
}

async function hydrate(): Promise<void> {
  await attempt(async () => dispatch({ kind: 'hydrated', snapshot: await host.hydrate(), kept }));
}

async function retry(): Promise<void> {
  dispatch({ kind: 'retried' });
  if (state.runDirectory === null) await hydrate();
}

/** Rows that are not among the points can be found too. */
async function findOtherItems(query: string): Promise<ItemLabel[]> {
  const { runDirectory, scene } = state;
  const sampled = scene !== null && scene.points.rows.length < scene.points.numRows;
  if (runDirectory === null || !sampled || tableOf(state)?.rows !== 'items' || query.trim() === '') return [];
  const items = await host.findItems(runDirectory, query, MAX_FOUND);
  return items.filter(({ item }) => pointOfRow(scene.points, rowOfItem(item)) === null);
}

async function exportTable(
  format: Parameters<ProjectionHandlers['onExport']>[0],
  rows: readonly RowIndex[] | null,
): Promise<void> {
  const source = shownSource(state);
  const { scene } = state;
  if (!source || !scene) return;
  const { points, coordinates } = scene;
  const { dimensions, values } = coordinates;
  // A file with the places of the points can hold these points only.
  const withPlaces = format === 'csv';
  const chosen =
    rows ??
    (points.rows.length === points.numRows ? null : withPlaces ? Array.from(points.rows, rowIndex) : null);
  const drawn = chosen === null ? Array.from(points.rows.keys(), pointIndex) : pointsOfRows(points, chosen);
  const complete = drawn.length === (chosen?.length ?? points.numRows);
  const places = new Float32Array(drawn.length * dimensions);
  drawn.forEach((point, place) => {
    places.set(values.subarray(point * dimensions, (point + 1) * dimensions), place * dimensions);
  });
  const files = await host.exportTable(
    {
      source,
      rows: chosen === null ? null : Uint32Array.from(chosen),
      format,
      coordinates: withPlaces && complete ? places : null,
      dimensions,
    },
    fileName(rows === null ? '' : '-selection'),
  );
  if (files.length > 0) dispatch({ kind: 'announced', text: `Exported ${files.length} files.` });
}

async function savePicture(format: 'png' | 'svg'): Promise<void> {
  const plot = plots()[0];
  const { scene, settings } = state;
  if (!plot || !scene) return;
  const lines = [
    mapTitle(state),
    `${layoutText(state, scene)} · ${countText(scene.points, settings.samplingSeed, settings.isolated?.length ?? null)}`,
  ];
  const content = format === 'svg' ? plot.toSvg(lines) : await plot.toPng(lines);
  await host.save(`${fileName('')}.${format}`, content);
}

/** Such as `sasrec-ml-1m-items-pca`. */
function fileName(ending: string): string {
  const run = state.resources.run?.value?.name ?? 'run';
  const table = tableOf(state)?.name.replace(/[^\w-]+/g, '-') ?? 'table';
  return `${run}-${table}-${state.scene?.method ?? 'pca'}${ending}`;
}

async function saveBookmarks(
  change: (
    bookmarks: NonNullable<NonNullable<typeof state.resources.bookmarks>['value']>,
  ) => NonNullable<NonNullable<typeof state.resources.bookmarks>['value']>,
): Promise<void> {
  const { runDirectory, resources } = state;
  const { bookmarks } = resources;
  if (runDirectory === null || !bookmarks?.value) return;
  const value = change(bookmarks.value);
  await attempt(async () => {
    await host.saveBookmarks(runDirectory, value);
    dispatch({ kind: 'answered', name: 'bookmarks', key: bookmarks.key, value });
  });
}

/** Shows why something failed, instead of leaving the user without an answer. */
async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    dispatch({ kind: 'problem', message: error instanceof Error ? error.message : String(error) });
  }
}

/** Keys that work anywhere but where one writes. */
function keyPressed(event: KeyboardEvent): void {
  const writing = event.target instanceof Element && event.target.matches(WRITTEN);
  if (event.key === 'Escape') {
    const [tab] = openTabs(state);
    if (state.drawer !== null) handlers.onDrawer(null);
    else if (state.settings.query !== '') handlers.onSearch('');
    else if (tab) closeTab(state.settings.tab ?? tab, handlers);
    return;
  }
  if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
  const { settings } = state;
  const step = (by: number): void => {
    const checkpoints = state.resources.run?.value?.checkpoints ?? [];
    const source = shownSource(state);
    const stops = epochStops(checkpoints);
    const next = stops[stopOf(stops, checkpoints, source?.checkpoint ?? null) + by];
    if (next) handlers.onSettings({ checkpoint: next.name });
  };
  const focusField = (label: string): void => {
    // At once, for what is typed next belongs into it.
    if (matchMedia('(max-width: 759px)').matches) {
      handlers.onDrawer('left');
      drawNow();
    }
    app.querySelector<HTMLElement>(`input[aria-label="${label}"]`)?.focus();
  };
  const actions: Record<string, () => void> = {
    '/': () => focusField('Search points'),
    u: () => focusField('Find a user'),
    m: () => handlers.onSettings({ tool: 'move' }),
    l: () => handlers.onSettings({ tool: 'lasso' }),
    r: () => handlers.onSettings({ tool: 'rectangle' }),
    t: () => handlers.onSettings({ labels: !settings.labels }),
    d: () => handlers.onSettings({ contours: !settings.contours }),
    v: () => handlers.onSettings({ asTable: !settings.asTable }),
    s: () => handlers.onSettings({ tab: settings.tab === 'statistics' ? null : 'statistics' }),
    i: () =>
      handlers.onSettings({
        isolated: settings.isolated !== null || settings.selection.length < 2 ? null : settings.selection,
        camera: null,
      }),
    0: () => handlers.onFit(null),
    '+': () => handlers.onZoom(0.5),
    '-': () => handlers.onZoom(-0.5),
    '[': () => step(-1),
    ']': () => step(1),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

document.addEventListener('keydown', keyPressed);
onThemeChange(() => dispatch({ kind: 'themeChanged' }));
render(projectionPanel(state, looks, handlers), app);
void hydrate();
