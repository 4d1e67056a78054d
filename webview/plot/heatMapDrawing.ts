import { visibleRange, type Range } from '../ui/virtualList';
import { formatWeight } from './formatWeight';
import { colorIndex, type ColorScale, type MapColors } from './heatMapColors';
import { causalOutline, valueAt, type HeatMapGeometry } from './heatMapGeometry';
import type { HeatMapData, HeatMapEntry, HeatMapFocus, HeatMapScale } from './heatMapModel';
import type { Painter } from './painter';

/** Cells at least as wide and high as this have their value in figures. */
const FIGURES = { width: 40, height: 16 };
/** Columns at least as wide, with so much room above them, have upright titles: in less, not even three letters are left. */
const TITLE_ROOM = { width: 12, height: 40 };
/** Pixels of a figure in the mark of a column, and between two marks. */
const MARK = { figure: 7, gap: 4 };
/** Pixels between the marks of columns without titles. */
const MARK_SPACING = 48;

export interface HeatMapWindow {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The colors of a scale. */
export function colorsOf(scale: HeatMapScale, colors: MapColors): ColorScale {
  return scale.differences ? colors.differences : colors.weights;
}

/** The cells in the window; the painter's origin is the first cell. */
export function drawCells(
  painter: Painter,
  data: HeatMapData,
  geometry: HeatMapGeometry,
  window: HeatMapWindow,
  scale: HeatMapScale,
  colors: MapColors,
): void {
  const { cellWidth, cellHeight } = geometry;
  const rows = visibleRange(window.top, window.height, cellHeight, data.rows);
  const columns = visibleRange(window.left, window.width, cellWidth, data.columns);
  const palette = colorsOf(scale, colors);
  // A hair between the cells, where there is room for it.
  const gap = Math.min(cellWidth, cellHeight) >= 8 ? 1 : 0;
  const figures = cellWidth >= FIGURES.width && cellHeight >= FIGURES.height;
  for (let row = rows.first; row <= rows.last; row++) {
    for (let column = columns.first; column <= columns.last; column++) {
      const value = valueAt(data, { row, column });
      if (!Number.isFinite(value)) continue;
      const index = colorIndex(value, scale.low, scale.high);
      const [x, y] = [column * cellWidth, row * cellHeight];
      painter.rectangle(x, y, cellWidth - gap, cellHeight - gap, palette.colors[index]!);
      if (!figures) continue;
      painter.text(formatWeight(value, scale.differences), x + cellWidth / 2, y + cellHeight / 2, {
        color: palette.takesDarkText[index]! ? 'rgb(0,0,0)' : 'rgb(255,255,255)',
        size: 11,
        font: 'figures',
        align: 'middle',
      });
    }
  }
  if (data.causal) {
    const outline = causalOutline(geometry, rows, columns);
    if (outline.length > 0) painter.hatch(outline, colors.hatching);
    drawDiagonal(painter, geometry, rows, columns, colors);
  }
}

/** A line along the steps of the diagonal: where a position attends to itself, and where the future begins. */
function drawDiagonal(
  painter: Painter,
  { cellWidth, cellHeight }: HeatMapGeometry,
  rows: Range,
  columns: Range,
  colors: MapColors,
): void {
  const points: number[] = [];
  for (let step = Math.max(rows.first, columns.first); step <= Math.min(rows.last, columns.last); step++) {
    const [right, top] = [(step + 1) * cellWidth - 0.5, step * cellHeight - 0.5];
    points.push(step * cellWidth - 0.5, top, right, top, right, top + cellHeight);
  }
  if (points.length > 0) painter.line(points, { color: colors.muted });
}

/** Frames what is pointed at and what is pinned; the painter's origin is the first cell. */
export function drawMarks(
  painter: Painter,
  geometry: HeatMapGeometry,
  { focus, pinned }: { focus: HeatMapFocus; pinned: HeatMapFocus },
  colors: MapColors,
): void {
  drawBands(painter, geometry, pinned, { color: colors.foreground, dash: [4, 3] });
  drawBands(painter, geometry, focus, { color: colors.focus });
  if (focus.row === null || focus.column === null) return;
  const { cellWidth, cellHeight } = geometry;
  painter.outline(focus.column * cellWidth - 0.5, focus.row * cellHeight - 0.5, cellWidth, cellHeight, {
    color: colors.foreground,
    width: 2,
  });
}

function drawBands(
  painter: Painter,
  { rows, columns, cellWidth, cellHeight }: HeatMapGeometry,
  { row, column }: HeatMapFocus,
  stroke: { color: string; dash?: readonly number[] },
): void {
  if (row !== null) painter.outline(-0.5, row * cellHeight - 0.5, columns * cellWidth, cellHeight, stroke);
  if (column !== null) painter.outline(column * cellWidth - 0.5, -0.5, cellWidth, rows * cellHeight, stroke);
}

/**
 * Titles above the columns in the window, upright where there is room, else the marks of those that have room; and always the
 * title of the column that is pointed at, or where no title has room its mark. The painter's origin is the top of the first column.
 */
export function drawColumnTitles(
  painter: Painter,
  entries: readonly HeatMapEntry[],
  cellWidth: number,
  height: number,
  window: { left: number; width: number },
  focus: number | null,
  colors: MapColors,
): void {
  const { first, last } = visibleRange(window.left, window.width, cellWidth, entries.length);
  const upright = cellWidth >= TITLE_ROOM.width && height >= TITLE_ROOM.height;
  const hasOnlyMarks = height < TITLE_ROOM.height;
  const longest = Math.max(...entries.map(({ mark }) => mark.length));
  const spacing = hasOnlyMarks ? longest * MARK.figure + MARK.gap : MARK_SPACING;
  const stride = upright ? 1 : Math.ceil(spacing / cellWidth);
  // What is pointed at takes the place of the marks around it, or with its title that of all.
  const hasMark = (column: number): boolean =>
    focus === null
      ? column % stride === 0
      : hasOnlyMarks && (column === focus || (column % stride === 0 && Math.abs(column - focus) >= stride));
  for (let column = first; column <= last; column++) {
    const entry = entries[column]!;
    const middle = column * cellWidth + cellWidth / 2;
    const emphasis = column === focus;
    if (upright) {
      painter.text(entry.title, middle, height - 4, {
        color: emphasis ? colors.foreground : colors.muted,
        size: 11,
        font: 'words',
        bold: emphasis,
        upright: true,
        maxWidth: height - 8,
      });
    } else if (hasMark(column)) {
      const half = (entry.mark.length * MARK.figure) / 2;
      // Half a number is another one.
      if (middle - half < window.left || middle + half > window.left + window.width) continue;
      painter.text(entry.mark, middle, height - 8, {
        color: emphasis ? colors.foreground : colors.muted,
        size: 11,
        font: 'figures',
        align: 'middle',
        bold: emphasis,
      });
    }
  }
  if (upright || hasOnlyMarks || focus === null || focus < first || focus > last) return;
  const entry = entries[focus]!;
  painter.text(entry.title, focus * cellWidth + cellWidth / 2, height - 4, {
    color: colors.foreground,
    size: 11,
    font: 'words',
    bold: true,
    upright: true,
    maxWidth: height - 8,
  });
}
