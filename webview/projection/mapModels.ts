import {
  OWN_COLUMNS,
  rowOfItem,
  type NumberPointColumn,
  type PointIndex,
  type PointSet,
  type RowIndex,
  type TableComparison,
} from '../../src/protocol/projection';
import { densityContours, type DensityContour } from '../plot/scatterDensity';
import type { PointCoordinates } from '../plot/scatterCamera';
import { current } from '../ui/resources';
import type { ColoredCategories } from './categoryColors';
import {
  coloringByCluster,
  coloringByNumber,
  coloringOf,
  plainColoring,
  pointColors,
  type Coloring,
} from './coloring';
import type { Palette } from './palette';
import { readPalette } from './readPalette';
import { columnOf } from './pointColumns';
import { PointSearch, type SearchResult } from './pointSearch';
import { chosenColors, OWN_COLORS } from './settings';
import { pointOfRow, pointsOfRows, type ProjectionState, type Scene } from './state';

/** What both maps show of a state, in points. */
export interface SceneLook {
  coloring: Coloring;
  palette: Palette;
  colors: Uint8Array;
  order: Uint32Array | null;
  hidden: boolean;
  labelOrder: Uint32Array | null;
  marked: readonly number[];
  focus: PointIndex | null;
  joined: readonly number[];
  path: readonly number[];
  starred: readonly number[];
  found: SearchResult;
}

/** Columns that say which rows are known best, for the order of labels. */
const IMPORTANCE = [OWN_COLUMNS.trainingInteractions, OWN_COLUMNS.historyLength, OWN_COLUMNS.norm];

/**
 * Works out how the points of a state look. Each part is worked out again only when something changes that it depends on:
 * colors of 100,000 points cannot be made anew for each move of the pointer.
 */
export class SceneLooks {
  /** The theme is not an argument, but its version is. */
  readonly #palette = memoized<[version: number], Palette>(() => readPalette());
  readonly #search = memoized((points: PointSet) => new PointSearch([points.labels, points.ids]));
  readonly #found = memoized((search: PointSearch, query: string) => search.find(query));
  readonly #coloring = memoized(coloringFor);
  readonly #raised = memoized(raisedPoints);
  readonly #colors = memoized(pointColors);
  readonly #order = memoized(drawingOrder);
  readonly #labelOrder = memoized(labelOrder);
  readonly #pointsOfRows = {
    isolated: memoized(pointsOfRows),
    selection: memoized(pointsOfRows),
    joined: memoized(pointsOfRows),
    path: memoized(pointsOfRows),
    starred: memoized(pointsOfRows),
  };
  readonly #rowsOf = {
    joined: memoized((list: readonly { row: RowIndex }[] | null) => (list ?? []).map(({ row }) => row)),
    path: memoized((list: readonly { item: number }[] | null) =>
      (list ?? []).map(({ item }) => rowOfItem(item)),
    ),
    starred: memoized((list: readonly { item: number }[] | null) =>
      (list ?? []).map(({ item }) => rowOfItem(item)),
    ),
  };
  readonly #contours = memoized(contoursOf);
  readonly #secondContours = memoized(contoursOf);

  /** Points whose label or id fits a query. */
  find(points: PointSet, query: string): SearchResult {
    return this.#found(this.#search(points), query);
  }

  look(state: ProjectionState, scene: Scene, itemRows: boolean): SceneLook {
    const { settings, resources } = state;
    const { points } = scene;
    const palette = this.#palette(state.paletteVersion);
    const coloring = this.#coloring(
      points,
      settings.color,
      current(resources.clusters),
      current(resources.recommended),
      settings.second === null ? null : current(resources.comparison),
      chosenColors(settings),
    );
    const found = this.find(points, settings.query);
    const inTable = current(resources.path) !== null && settings.user !== null && itemRows;
    const path = current(resources.path);
    const history = this.#pointsOfRows.path(points, this.#rowsOf.path(inTable ? path!.items : null));
    const starred = this.#pointsOfRows.starred(
      points,
      this.#rowsOf.starred(inTable ? path!.recommended : null),
    );
    const selection = this.#pointsOfRows.selection(points, settings.selection);
    const isolated =
      settings.isolated === null ? null : this.#pointsOfRows.isolated(points, settings.isolated);
    const raised = this.#raised(
      points.rows.length,
      coloring,
      settings.raised,
      found.points,
      selection,
      history,
      starred,
    );
    const focus = settings.focus === null ? null : pointOfRow(points, settings.focus);
    const neighbors = settings.focus === null ? null : current(resources.neighbors);
    const order = this.#order(points.rows.length, isolated, raised);
    return {
      coloring,
      palette,
      colors: this.#colors(coloring, raised, palette),
      order,
      hidden: raised === null,
      labelOrder: settings.labels ? this.#labelOrder(points, isolated, raised) : null,
      marked: selection,
      focus,
      joined: this.#pointsOfRows.joined(points, this.#rowsOf.joined(neighbors)),
      path: history,
      starred,
      found,
    };
  }

  /** Of the second map of a comparison. */
  readonly second = memoized((values: Float32Array, dimensions: 2 | 3): PointCoordinates => ({
    values,
    dimensions,
  }));

  /** The points of both maps of a comparison, so that all of them are in sight in both. */
  readonly joint = memoized(
    ({ values, dimensions }: PointCoordinates, second: PointCoordinates): PointCoordinates => {
      const both = new Float32Array(values.length + second.values.length);
      both.set(values);
      both.set(second.values, values.length);
      return { values: both, dimensions };
    },
  );

  contours(state: ProjectionState, coordinates: PointCoordinates, look: SceneLook) {
    return contoursBy(this.#contours, state, coordinates, look);
  }

  secondContours(state: ProjectionState, coordinates: PointCoordinates, look: SceneLook) {
    return contoursBy(this.#secondContours, state, coordinates, look);
  }
}

function contoursBy(
  compute: (values: Float32Array, dimensions: 2 | 3, order: Uint32Array | null) => DensityContour[],
  { settings }: ProjectionState,
  { values, dimensions }: PointCoordinates,
  look: SceneLook,
): readonly DensityContour[] {
  if (!settings.contours || dimensions === 3) return NO_CONTOURS;
  // Of all that is drawn: what is raised among the others does not change where the points are.
  return compute(values, dimensions, settings.isolated === null ? null : look.order);
}

const NO_CONTOURS: readonly [] = [];

function contoursOf(values: Float32Array, dimensions: 2 | 3, order: Uint32Array | null): DensityContour[] {
  return densityContours({ values, dimensions }, order);
}

function coloringFor(
  points: PointSet,
  color: string,
  clusters: Int32Array | null,
  recommended: NumberPointColumn | null,
  comparison: TableComparison | null,
  colored: ColoredCategories | null,
): Coloring {
  const numPoints = points.rows.length;
  if (color === OWN_COLORS.cluster && clusters?.length === numPoints)
    return coloringByCluster(clusters, colored);
  if (color === OWN_COLORS.recommended && recommended?.values.length === numPoints) {
    return coloringByNumber(recommended.values);
  }
  if (color === OWN_COLORS.moved && comparison?.moved.length === numPoints) {
    return coloringByNumber(comparison.moved);
  }
  if (color === OWN_COLORS.overlap && comparison?.overlap.length === numPoints) {
    return coloringByNumber(comparison.overlap);
  }
  const column = columnOf(points, color);
  return column ? coloringOf(column, colored) : plainColoring(numPoints);
}

/** The points that are to be seen among the others, by what the user did last in that order; null for all alike. */
function raisedPoints(
  count: number,
  { classes }: Coloring,
  raisedClass: number | null,
  found: Uint32Array,
  selection: readonly number[],
  history: readonly number[],
  starred: readonly number[],
): Uint8Array | null {
  const raised = new Uint8Array(count);
  const raise = (points: ArrayLike<number>): Uint8Array => {
    for (let i = 0; i < points.length; i++) raised[points[i]!] = 1;
    return raised;
  };
  if (selection.length > 0) return raise(selection);
  if (found.length > 0) return raise(found);
  if (raisedClass !== null) {
    classes.forEach((index, point) => (raised[point] = index === raisedClass ? 1 : 0));
    return raised;
  }
  if (history.length > 0) {
    raise(starred);
    return raise(history);
  }
  return null;
}

function drawingOrder(
  count: number,
  isolated: readonly number[] | null,
  raised: Uint8Array | null,
): Uint32Array | null {
  if (isolated === null && raised === null) return null;
  const shown = isolated ?? Array.from({ length: count }, (_, point) => point);
  if (raised === null) return Uint32Array.from(shown);
  const order = new Uint32Array(shown.length);
  let place = 0;
  for (const level of [0, 1]) {
    for (const point of shown) if (raised[point] === level) order[place++] = point;
  }
  return order;
}

/** What is known best first. Where some points are raised, only they have labels. */
function labelOrder(
  points: PointSet,
  isolated: readonly number[] | null,
  raised: Uint8Array | null,
): Uint32Array {
  const all = isolated ?? Array.from({ length: points.rows.length }, (_, point) => point);
  const order = Uint32Array.from(raised === null ? all : all.filter((point) => raised[point] === 1));
  const column = IMPORTANCE.map((id) => columnOf(points, id)).find((found) => found?.kind === 'number');
  if (column?.kind === 'number') {
    const { values } = column;
    const of = (point: number): number => (Number.isFinite(values[point]!) ? values[point]! : -Infinity);
    order.sort((a, b) => of(b) - of(a) || a - b);
  }
  return order;
}

/** A function that answers from memory when it is called with the same things as the last time. */
function memoized<Args extends readonly unknown[], Result>(
  compute: (...args: Args) => Result,
): (...args: Args) => Result {
  let last: { args: Args; result: Result } | null = null;
  return (...args) => {
    if (last === null || args.some((argument, i) => argument !== last!.args[i])) {
      last = { args, result: compute(...args) };
    }
    return last.result;
  };
}
