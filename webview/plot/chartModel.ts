import { csvField } from '../../src/formats/csv';
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
  /** The lines are an outline that is drawn while all points are being read. */
  partial: boolean;
  marks: readonly ChartMark[];
  /** The part of the x axis that is in sight; null for all of it. */
  zoom: Zoom | null;
  /** Says why there is no picture, as long as there are no points; null for nothing. */
  empty: string | null;
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
  /** Place of its color in the theme's series; that of the line itself when left out. */
  color?: number;
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

/** Whether two models are drawn alike. Arrays that are the same object hold the same points. */
export function isSameChart(a: ChartModel, b: ChartModel): boolean {
  return (
    a.title === b.title &&
    a.badge?.text === b.badge?.text &&
    a.badge?.title === b.badge?.title &&
    a.xAxis === b.xAxis &&
    a.yAxis === b.yAxis &&
    a.zoom === b.zoom &&
    a.empty === b.empty &&
    a.partial === b.partial &&
    a.fileName === b.fileName &&
    a.lines.length === b.lines.length &&
    a.lines.every((line, i) => isSameLine(line, b.lines[i]!)) &&
    a.marks.length === b.marks.length &&
    a.marks.every(({ kind, x }, i) => kind === b.marks[i]!.kind && x === b.marks[i]!.x)
  );
}

/** How a line is written follows from what it is. */
function isSameLine(a: ChartLine, b: ChartLine): boolean {
  return (
    a.label === b.label &&
    a.color === b.color &&
    a.columns === b.columns &&
    a.x === b.x &&
    a.smoothing === b.smoothing &&
    a.side === b.side &&
    a.fromZero === b.fromZero
  );
}

/** All points of a chart as comma-separated values, one row a point; times in ISO 8601. */
export function chartCsv(lines: readonly ChartLine[]): string {
  const rows = ['line,step,epoch,time,value'];
  for (const { label, columns } of lines) {
    for (let i = 0; i < columns.step.length; i++) {
      const time = new Date(columns.time[i]!).toISOString();
      rows.push([csvField(label), columns.step[i], columns.epoch[i], time, columns.value[i]].join(','));
    }
  }
  return rows.join('\n') + '\n';
}
