import type { RunMark, SeriesColumns } from '../../src/protocol/livePanel';
import type { XAxis, YAxis } from '../../src/series/axes';

/** What a line chart shows. The page makes a new one whenever something changed. */
export interface ChartModel {
  /** What is shown and on what. */
  title: string;
  /** How it was measured, as a badge beside the title. */
  badge: { text: string; title: string } | null;
  xAxis: XAxis;
  yAxis: YAxis;
  /** Lines without points are left out. */
  lines: readonly ChartLine[];
  marks: readonly ChartMark[];
  /** The part of the x axis that is in sight; null for all of it. */
  zoom: Zoom | null;
  /** Says what will be here, as long as there are no points. */
  empty: string;
  /** Of saved files, without extension. */
  fileName: string;
  onZoom: (zoom: Zoom | null) => void;
  onSave: (fileName: string, content: string | ArrayBuffer) => void;
}

export interface ChartLine {
  /** With a unit, if it has one. */
  label: string;
  columns: SeriesColumns;
  /** The columns on the chart's x axis. */
  x: Float64Array;
  /** Weight of the moving average; 0 shows the values as they are. */
  smoothing: number;
  /** The axis that it is read on. A chart has a right one only when a line asks for it. */
  side: 'left' | 'right';
  /** The axis starts at zero: for quantities whose size matters, not only their change. */
  fromZero: boolean;
  format: (value: number) => string;
  /** The labels of its axis; plain numbers when left out. */
  formatTicks?: (ticks: readonly number[], increment: number) => string[];
}

export interface ChartMark {
  kind: RunMark['kind'];
  x: number;
}

export interface Zoom {
  from: number;
  to: number;
}
