import uPlot from 'uplot';
import type { Theme } from '../ui/theme';
import type { ChartMark } from './chartModel';

/** Where a line ends, in canvas pixels, and what is written there. */
export interface LineEnd {
  x: number;
  y: number;
  text: string;
}

export interface AxisLabel {
  side: 'left' | 'right';
  text: string;
  color: string;
  dash: readonly number[];
}

const LABEL_SIZE = 11;
const LABEL_GAP = 6;
const LINE_HEIGHT = 14;

/** ★ where validation was best, ⚑ at the last checkpoint, a dashed line where training was resumed. */
export function drawMarks(plot: uPlot, marks: readonly ChartMark[], theme: Theme): void {
  const { ctx: context, bbox } = plot;
  const ratio = uPlot.pxRatio;
  context.save();
  for (const { kind, x } of marks) {
    const { min, max } = plot.scales.x!;
    if (x < min! || x > max!) continue;
    const left = Math.round(plot.valToPos(x, 'x', true));
    context.strokeStyle = context.fillStyle = theme.muted;
    if (kind === 'resumed' || kind === 'best') {
      context.globalAlpha = 0.6;
      context.lineWidth = ratio;
      context.setLineDash(kind === 'best' ? [ratio, 3 * ratio] : [4 * ratio, 4 * ratio]);
      context.beginPath();
      context.moveTo(left, bbox.top);
      context.lineTo(left, bbox.top + bbox.height);
      context.stroke();
      context.globalAlpha = 1;
      context.setLineDash([]);
    }
    if (kind === 'best') {
      context.fillStyle = theme.foreground;
      context.fill(star(left, bbox.top - 7 * ratio, 6 * ratio));
    } else if (kind === 'checkpoint') {
      context.fill(flag(left, bbox.top + bbox.height, ratio));
    }
  }
  context.restore();
}

/** CSS pixels that the labels need right of the plot. */
export function endLabelWidth(texts: readonly string[], theme: Theme): number {
  const context = document.createElement('canvas').getContext('2d')!;
  context.font = `${LABEL_SIZE}px ${theme.numberFont}`;
  const widest = Math.max(0, ...texts.map((text) => context.measureText(text).width));
  // In steps, so that the plot does not breathe with every new value.
  return Math.ceil((widest + LABEL_GAP + 4) / 8) * 8;
}

/** Writes each line's name or value right of its end, moved apart where they would overlap. */
export function drawEndLabels(plot: uPlot, ends: readonly LineEnd[], theme: Theme): void {
  const { ctx: context, bbox } = plot;
  const ratio = uPlot.pxRatio;
  context.save();
  context.font = `${LABEL_SIZE * ratio}px ${theme.numberFont}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  // Colors of series stand out as lines, but not all of them as text.
  context.fillStyle = theme.foreground;
  let free = -Infinity;
  for (const { x, y, text } of [...ends].sort((a, b) => a.y - b.y)) {
    const at = Math.min(Math.max(y, free, bbox.top), bbox.top + bbox.height);
    free = at + LINE_HEIGHT * ratio;
    context.fillText(text, x + LABEL_GAP * ratio, at);
  }
  context.restore();
}

/** Writes each line's name and value above the axis that it is read on, beside a piece of the line. */
export function drawAxisLabels(plot: uPlot, labels: readonly AxisLabel[], theme: Theme): void {
  const { ctx: context } = plot;
  const ratio = uPlot.pxRatio;
  const swatch = 16 * ratio;
  context.save();
  context.font = `${LABEL_SIZE * ratio}px ${theme.numberFont}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.lineWidth = 2 * ratio;
  for (const { side, text, color, dash } of labels) {
    const width = swatch + LABEL_GAP * ratio + context.measureText(text).width;
    const left = side === 'left' ? 0 : context.canvas.width - width;
    const middle = (LINE_HEIGHT * ratio) / 2;
    context.strokeStyle = color;
    context.setLineDash(dash.map((length) => length * ratio));
    context.beginPath();
    context.moveTo(left, middle);
    context.lineTo(left + swatch, middle);
    context.stroke();
    context.fillStyle = theme.foreground;
    context.fillText(text, left + swatch + LABEL_GAP * ratio, middle);
  }
  context.restore();
}

function star(x: number, y: number, radius: number): Path2D {
  const path = new Path2D();
  for (let i = 0; i < 10; i++) {
    const length = i % 2 === 0 ? radius : radius * 0.42;
    const angle = (i * Math.PI) / 5 - Math.PI / 2;
    path.lineTo(x + length * Math.cos(angle), y + length * Math.sin(angle));
  }
  path.closePath();
  return path;
}

/** A flag whose pole stands on the axis. */
function flag(x: number, bottom: number, ratio: number): Path2D {
  const path = new Path2D();
  path.rect(x - 0.5 * ratio, bottom - 11 * ratio, ratio, 11 * ratio);
  path.moveTo(x, bottom - 11 * ratio);
  path.lineTo(x + 7 * ratio, bottom - 8 * ratio);
  path.lineTo(x, bottom - 5 * ratio);
  path.closePath();
  return path;
}
