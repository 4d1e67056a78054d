import type { AttentionResult, RecordedView, ScoredItem } from '../../src/protocol/attention';
import { formatWeight } from '../plot/formatWeight';
import { valueAt } from '../plot/heatMapGeometry';
import type { HeatMapCell, HeatMapEntry, HeatMapFocus } from '../plot/heatMapModel';
import { historyLines, keptLines, linesRead, type HistoryLine } from './historyEdits';
import type { Display, Selection } from './settings';
import type { AttentionState, Explained } from './state';
import { changeOf, mapsOf, meanMap, onLines, type WeightMap } from './weightMaps';

/** A view with the maps of its heads, or its one map. */
export interface ViewMaps {
  view: RecordedView;
  maps: WeightMap[];
}

/** How much each line of the history counted for what was recommended. */
export interface Decision {
  /** What the weights are, for people. */
  title: string;
  /** By line; NaN where there is none. */
  weights: Float32Array;
  /** The same before the edits; null without edits. */
  before: Float32Array | null;
}

/** What one checkpoint shows. */
export interface ShownSide {
  result: AttentionResult;
  views: ViewMaps[];
  selection: Selection;
  selected: ViewMaps;
  /** Mean of the chosen heads. */
  map: WeightMap;
  /** How it changed by the edits; null without edits. */
  change: WeightMap | null;
  columns: HeatMapEntry[];
  decision: Decision | null;
}

/** Everything that is shown of a user, beside lists of items. */
export interface ShownAttention {
  /** Of the history: those that any side has read, then and now. */
  lines: HistoryLine[];
  /** Items before them, which no model read. */
  unread: number;
  /** The line, from 0, of each position of the panel's own result. */
  read: number[];
  /** Null where the model has no attention. */
  side: ShownSide | null;
  compared: ShownSide | null;
}

let memory: { keys: readonly unknown[]; shown: ShownAttention } | null = null;

/** Worked out again only when something it depends on has changed: not for every move of the pointer. */
export function currentAttention(state: AttentionState): ShownAttention {
  const { scene, settings } = state;
  const keys = [scene, settings.selection, settings.candidate];
  if (memory?.keys.every((key, index) => key === keys[index]) !== true) {
    memory = { keys, shown: shownAttention(state) };
  }
  return memory.shown;
}

function shownAttention({ scene, settings }: AttentionState): ShownAttention {
  const { explained = null, compared = null, items = [], edits = [] } = scene ?? {};
  const before = historyLines(items, []);
  const now = historyLines(items, edits);
  const sides = [explained, compared].filter((side) => side !== null);
  const read = sides.flatMap(({ original, result }) => [
    ...linesRead(before, original.history.length),
    ...linesRead(keptLines(now), result.history.length),
  ]);
  const first = read.length > 0 ? Math.min(...read) : 0;
  const lines = now.slice(first);
  const sideOf = (side: Explained | null): ShownSide | null =>
    side && shownSide(side, { before, now, lines, first }, settings.selection, settings.candidate);
  const positions = linesRead(keptLines(now), explained?.result.history.length ?? 0);
  return {
    lines,
    unread: first,
    read: positions.map((line) => line - first),
    side: sideOf(explained),
    compared: sideOf(compared),
  };
}

interface Lines {
  before: HistoryLine[];
  now: HistoryLine[];
  lines: HistoryLine[];
  first: number;
}

function shownSide(
  { views, original, result }: Explained,
  { before, now, lines, first }: Lines,
  wanted: Selection | null,
  candidate: number,
): ShownSide | null {
  // There is nothing to attend to.
  if (result.history.length === 0) return null;
  const viewMaps = viewsOf(views, result, candidate);
  const selection = selectionIn(viewMaps, wanted);
  const selected = viewMaps.find(({ view }) => view.name === selection?.view);
  if (!selection || !selected) return null;
  const readNow = linesRead(keptLines(now), result.history.length);
  const map = onLines(chosenMap(selected, selection), readNow, first, lines.length);
  let mapBefore: WeightMap | null = null;
  if (original !== result) {
    const viewBefore = viewsOf(views, original, candidate).find(({ view }) => view.name === selection.view);
    const readThen = linesRead(before, original.history.length);
    if (viewBefore) mapBefore = onLines(chosenMap(viewBefore, selection), readThen, first, lines.length);
  }
  return {
    result,
    views: viewMaps,
    selection,
    selected,
    map,
    change: mapBefore && changeOf(map, mapBefore),
    columns: entriesOf(map.columnAxis, map.columns, lines, result.candidates, selected.view, viewMaps),
    decision: decisionOf(selected.view, map, mapBefore, result, candidate, viewMaps),
  };
}

/** Views whose weights are there, with their maps. */
export function viewsOf(
  views: readonly RecordedView[],
  result: AttentionResult,
  candidate: number,
): ViewMaps[] {
  return views.flatMap((view) => {
    const weights = result.weights.find(({ view: name }) => name === view.name);
    return weights ? [{ view, maps: mapsOf(view, weights, candidate) }] : [];
  });
}

/** The wanted view and heads where there are such; else those from which the recommendation comes: the last block, all heads. */
export function selectionIn(views: readonly ViewMaps[], wanted: Selection | null): Selection | null {
  const found = views.find(({ view }) => view.name === wanted?.view);
  if (found && wanted) {
    return { view: wanted.view, heads: wanted.heads.filter((head) => head < found.maps.length) };
  }
  const between = views.filter(({ maps }) => isSelfAttention(maps[0]));
  const ofPositions = views.find(({ maps }) => maps[0]?.rowAxis === 'position');
  const standard = between.at(-1) ?? ofPositions ?? views[0];
  return standard ? { view: standard.view.name, heads: [] } : null;
}

/** Whether positions attend to positions. */
export function isSelfAttention(map: WeightMap | undefined): boolean {
  return map?.rowAxis === 'position' && map.columnAxis === 'position';
}

/** Positions that can be joined by lines without becoming a web. */
export const MOST_JOINED = 30;

/** What the selection can be shown as. */
export function displaysOf(map: WeightMap): Display[] {
  if (isSelfAttention(map)) return map.rows <= MOST_JOINED ? ['map', 'lines', 'table'] : ['map', 'table'];
  return map.rowAxis === 'position' && map.rows > 1 ? ['map', 'curves', 'table'] : ['map', 'table'];
}

/** What the selection is shown as: what the user chose, where it can be. */
export function displayOf({ settings }: AttentionState, { map }: ShownSide): Display {
  return displaysOf(map).includes(settings.display) ? settings.display : 'map';
}

/** Heads of which the mean is shown. */
export function chosenHeads({ maps }: ViewMaps, { heads }: Selection): number[] {
  return heads.length > 0 ? heads : maps.map((_, head) => head);
}

function chosenMap(views: ViewMaps, selection: Selection): WeightMap {
  return meanMap(chosenHeads(views, selection).map((head) => views.maps[head]!));
}

/** `Block 2 · mean of 4 heads`. */
export function selectionTitle(views: ViewMaps, selection: Selection): string {
  const { view, maps } = views;
  if (maps[0]?.head === null) return view.label;
  const heads = chosenHeads(views, selection);
  if (heads.length === 1) return `${view.label} · head ${heads[0]! + 1}`;
  const which =
    heads.length === maps.length
      ? `${heads.length} heads`
      : `heads ${heads.map((head) => head + 1).join(', ')}`;
  return `${view.label} · mean of ${which}`;
}

/** A title stands for a row, and where columns are positions for a column too. */
export function focusOf({ side }: ShownAttention, index: number): HeatMapFocus {
  return { row: index, column: side && isSelfAttention(side.map) ? index : null };
}

/** What a line is called now. */
export function lineTitle({ now, item }: HistoryLine): string {
  return now?.title ?? item.title;
}

function entriesOf(
  axis: WeightMap['columnAxis'],
  count: number,
  lines: readonly HistoryLine[],
  candidates: readonly ScoredItem[],
  view: RecordedView,
  views: readonly ViewMaps[],
): HeatMapEntry[] {
  const slots = numSlots(views);
  return Array.from({ length: count }, (_, index) => {
    const mark = String(index + 1);
    if (axis === 'position') {
      const line = lines[index];
      return { title: line ? lineTitle(line) : mark, mark: line ? String(line.position + 1) : mark };
    }
    if (axis === 'candidate') return { title: candidates[index]?.title ?? mark, mark };
    if (axis === 'slot') return { title: index >= slots ? 'Highway' : `Slot ${mark}`, mark };
    return { title: view.label, mark: '' };
  });
}

/** Columns of any of a side's maps. */
export function columnEntries(
  map: WeightMap,
  { view }: ViewMaps,
  side: ShownSide,
  lines: readonly HistoryLine[],
): HeatMapEntry[] {
  return entriesOf(map.columnAxis, map.columns, lines, side.result.candidates, view, side.views);
}

/** Whether what is shown depends on which item is explained. */
export function dependsOnCandidate({ views, result }: Explained): boolean {
  return views.some(({ of }) => of === 'candidate') || result.contributions.length > 0;
}

/** Rows of a map that is not by position, such as the candidates of a query. */
export function rowEntries(map: WeightMap, side: ShownSide, lines: readonly HistoryLine[]): HeatMapEntry[] {
  return entriesOf(map.rowAxis, map.rows, lines, side.result.candidates, side.selected.view, side.views);
}

function decisionOf(
  view: RecordedView,
  map: WeightMap,
  before: WeightMap | null,
  result: AttentionResult,
  candidate: number,
  views: readonly ViewMaps[],
): Decision | null {
  if (map.rowAxis !== 'position') return null;
  if (isSelfAttention(map)) {
    const pick = (from: WeightMap): Float32Array => rowOf(from, lastRow(from));
    return {
      title: 'Attention of the newest item',
      weights: pick(map),
      before: before && pick(before),
    };
  }
  if (map.columnAxis === 'slot') {
    const slot = slotOf(views, candidate, map.columns) ?? mainSlot(map);
    const name = result.candidates[candidate]?.title;
    return {
      title: `${view.label}, slot ${slot + 1}${name === undefined ? '' : `, to which ${name} attends most`}`,
      weights: columnOf(map, slot),
      before: before && columnOf(before, slot),
    };
  }
  const column = map.columnAxis === 'candidate' ? Math.min(candidate, map.columns - 1) : 0;
  const of =
    map.columnAxis === 'candidate' ? ` for ${result.candidates[column]?.title ?? 'the candidate'}` : '';
  return {
    title: `${view.label}${of}`,
    weights: columnOf(map, column),
    before: before && columnOf(before, column),
  };
}

/**
 * Slots of a memory. A candidate's query has one more, the last: the highway channel, which takes part in the history without
 * being a slot.
 */
function numSlots(views: readonly ViewMaps[]): number {
  const counts = views.flatMap(({ maps }) => (maps[0]?.columnAxis === 'slot' ? [maps[0].columns] : []));
  return Math.min(...counts);
}

/** The slot that a candidate attends to most; null where candidates attend to none. */
function slotOf(views: readonly ViewMaps[], candidate: number, slots: number): number | null {
  const query = views.find(({ maps }) => maps[0]?.rowAxis === 'candidate' && maps[0].columnAxis === 'slot')
    ?.maps[0];
  if (!query) return null;
  const weights = rowOf(query, Math.min(candidate, query.rows - 1)).subarray(0, slots);
  return weights.indexOf(Math.max(...weights));
}

/** The last row that has weights. */
function lastRow(map: WeightMap): number {
  for (let row = map.rows - 1; row >= 0; row--) {
    if (Number.isFinite(valueAt(map, { row, column: row }))) return row;
  }
  return map.rows - 1;
}

/** The column with the largest sum. */
function mainSlot(map: WeightMap): number {
  const sums = Array.from({ length: map.columns }, (_, column) =>
    columnOf(map, column).reduce((sum, value) => sum + (Number.isFinite(value) ? value : 0), 0),
  );
  return sums.indexOf(Math.max(...sums));
}

function rowOf(map: WeightMap, row: number): Float32Array {
  return Float32Array.from({ length: map.columns }, (_, column) => valueAt(map, { row, column }));
}

function columnOf(map: WeightMap, column: number): Float32Array {
  return Float32Array.from({ length: map.rows }, (_, row) => valueAt(map, { row, column }));
}

/** What a cell of the map says, aloud and in its tooltip. */
export function describeCell(
  side: ShownSide,
  lines: readonly HistoryLine[],
  { row, column }: HeatMapCell,
): string {
  const { map, change, selected, columns } = side;
  const rows = map.rowAxis === 'position' ? null : rowEntries(map, side, lines);
  const line = lines[row];
  const rowTitle = rows?.[row]?.title ?? (line ? lineTitle(line) : '');
  const columnTitle = columns[column]?.title ?? '';
  if (map.causal && column > row) return `${rowTitle} cannot attend to ${columnTitle}, which came later`;
  const value = valueAt(map, { row, column });
  if (!Number.isFinite(value)) return `${rowTitle}, ${columnTitle}: no weight, left out or not read`;
  const delta = change ? valueAt(change, { row, column }) : NaN;
  const changed = Number.isFinite(delta) ? ` (${formatWeight(delta, true)} from your change)` : '';
  return `${relation(map, selected.view, rowTitle, columnTitle)}: ${formatWeight(value)}${changed}`;
}

function relation(map: WeightMap, view: RecordedView, row: string, column: string): string {
  if (isSelfAttention(map)) return `${row} attends to ${column}`;
  if (map.columnAxis === 'candidate') {
    return view.normalized ? `${column} attends to ${row}` : `${view.label}: ${column} at ${row}`;
  }
  if (map.rowAxis === 'candidate') return `${row} attends to ${column}`;
  return map.columnAxis === 'value' ? `${view.label} at ${row}` : `${view.label}: ${row}, ${column}`;
}
