import { html, nothing, type TemplateResult } from 'lit';
import { formatCount } from '../../src/series/format';
import type { DrawnLine } from './chartData';
import type { ChartLine } from './chartModel';

/** What a line says at an x: as a row, and in words for those who cannot see it. None where the line has no points. */
export function tooltipRow(
  line: ChartLine,
  { buckets, smoothed }: DrawnLine,
  x: number,
  { color, dashed }: { color: string; dashed: boolean },
): { template: TemplateResult; text: string }[] {
  const at = nearest(buckets.x, x);
  if (at < 0) return [];
  const value = smoothed ? smoothed[at]! : buckets.mean[at]!;
  const count = buckets.count[at]!;
  const raw = smoothed ? ` raw ${line.format(buckets.mean[at]!)}` : '';
  const bucket =
    count > 1
      ? `${formatCount(count)} values: ${line.format(buckets.min[at]!)} to ${line.format(buckets.max[at]!)}`
      : '';
  // The page's policy forbids style attributes.
  const swatch = document.createElement('i');
  swatch.style.borderTopColor = color;
  swatch.style.borderTopStyle = dashed ? 'dashed' : 'solid';
  return [
    {
      template: html`<div>
          ${swatch}${line.label} <b class="number">${line.format(value)}</b
          ><span class="muted number">${raw}</span>
        </div>
        ${bucket === '' ? nothing : html`<div class="muted number">${bucket}</div>`}`,
      text: `${line.label} ${line.format(value)}${raw}${bucket === '' ? '' : `, ${bucket}`}`,
    },
  ];
}

/** Index of the x that is nearest; −1 when there is none. */
function nearest(values: Float64Array, x: number): number {
  let best = -1;
  for (let i = 0; i < values.length; i++) {
    if (best < 0 || Math.abs(values[i]! - x) < Math.abs(values[best]! - x)) best = i;
  }
  return best;
}
