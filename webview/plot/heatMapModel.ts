/** A row or column of a heat map. */
export interface HeatMapEntry {
  title: string;
  /** Short, for where a title has no room. */
  mark: string;
}

/** Values in rows and columns, NaN where there is none. */
export interface HeatMapData {
  rows: number;
  columns: number;
  /** `[rows, columns]` */
  values: Float32Array;
  /** Columns behind the row cannot be: they are hatched. */
  causal: boolean;
}

/** Which values the ends of the colors stand for. Values beyond have the color of the end. */
export interface HeatMapScale {
  low: number;
  high: number;
  /** Whether values are differences around 0. */
  differences: boolean;
  /** Whether there are values above `high`. */
  clipped: boolean;
}

export interface HeatMapCell {
  row: number;
  column: number;
}

/** What is pointed at: rows and columns may be pointed at alone, from a list beside. */
export interface HeatMapFocus {
  row: number | null;
  column: number | null;
}

export interface HeatMapModel {
  /** For screen readers: what it shows. */
  label: string;
  data: HeatMapData;
  columns: readonly HeatMapEntry[];
  scale: HeatMapScale;
  /** CSS pixels; null for cells as high as they are wide. */
  cellHeight: number | null;
  /** Narrowest and widest cells in CSS pixels. */
  cellWidths: readonly [number, number];
  /** CSS pixels above the cells for titles of columns. */
  headHeight: number;
  /** Most CSS pixels of cells in height; more scrolls. */
  maxHeight: number;
  focus: HeatMapFocus;
  /** Row and column that stay marked. */
  pinned: HeatMapFocus;
  /** CSS pixels by which it is scrolled. */
  scroll: HeatMapScroll;
  /** What a cell says, aloud and in the tooltip. */
  describe: (cell: HeatMapCell) => string;
  onFocus: (focus: HeatMapFocus) => void;
  onPin: (cell: HeatMapCell | null) => void;
  onScroll: (scroll: HeatMapScroll) => void;
  /** Which part is in sight, when that has changed. */
  onWindow: (window: HeatMapPart) => void;
}

/** A part of a map, in shares of its width and height. */
export interface HeatMapPart {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface HeatMapScroll {
  left: number;
  top: number;
}
