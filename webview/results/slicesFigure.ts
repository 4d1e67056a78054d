import type { Comparison, Slicing } from '../../src/protocol/comparison';
import { formatCount, formatMetric, formatMetricName } from '../../src/series/format';
import { colorOf } from './groupColor';
import type { MapColors } from '../plot/heatMapColors';
import type { Painter } from '../plot/painter';
import type { PictureModel } from '../plot/picture';

const BAR = 12;
const GAP = 10;
const HEAD = 18;
const VALUE = 56;

/** Slices as bars with their intervals, a bar for each group. @param most largest value of all slicings, which share a scale */
export function slicesPicture(slicing: Slicing, { groups }: Comparison, most: number): PictureModel {
  const letters = groups.map(({ letter }) => letter);
  const rows = slicing.slices.map(({ label, numUsers, values }) => {
    const parts = values.map(
      ({ value }, group) => `${letters[group]!} ${value === null ? '–' : formatMetric(value)}`,
    );
    return `${label} (${formatCount(numUsers)} users): ${parts.join(', ')}`;
  });
  return {
    label: `${formatMetricName(slicing.metric)} by ${slicing.title}. ${rows.join('. ')}.`,
    height: HEAD + slicing.slices.length * (groups.length * BAR + GAP),
    draw: (painter, colors, width) => drawSlices(painter, colors, width, slicing, letters, most),
  };
}

/** Of so many users, a slice says little, and its interval may span everything: it does not decide the scale. */
const SMALL_SHARE = 0.01;

/** The largest value, with its interval, of the slices that are not small. */
export function largestValue(slicings: readonly Slicing[]): number {
  const ends = slicings.flatMap(({ slices }) => {
    const all = slices.reduce((sum, { numUsers }) => sum + numUsers, 0);
    return slices
      .filter(({ numUsers }) => numUsers >= SMALL_SHARE * all)
      .flatMap(({ values }) => values.map(({ value, high }) => Math.max(value ?? 0, high ?? 0)));
  });
  return ends.reduce((most, value) => Math.max(most, value), 0) || 1;
}

function drawSlices(
  painter: Painter,
  colors: MapColors,
  width: number,
  { slices }: Slicing,
  letters: readonly string[],
  most: number,
): void {
  const names = Math.min(200, width * 0.4);
  const room = Math.max(40, width - names - VALUE);
  const xOf = (value: number): number => names + (Math.min(Math.max(0, value), most) / most) * room;
  const words = { color: colors.foreground, size: 11, font: 'words' } as const;
  const figures = { color: colors.muted, size: 11, font: 'figures' } as const;
  painter.text('0', names, 8, figures);
  painter.text(formatMetric(most), names + room, 8, { ...figures, align: 'end' });
  painter.line([names, HEAD - 2, names, HEAD + slices.length * (letters.length * BAR + GAP)], {
    color: colors.line,
  });
  slices.forEach(({ label, numUsers, values }, row) => {
    const top = HEAD + row * (letters.length * BAR + GAP) + GAP / 2;
    const middle = top + (letters.length * BAR) / 2;
    painter.text(`${label} · ${formatCount(numUsers)}`, names - 22, middle, {
      ...{ ...words, align: 'end', maxWidth: names - 26 },
    });
    values.forEach(({ value, low, high }, group) => {
      const y = top + group * BAR;
      const color = colorOf(colors, group);
      painter.text(letters[group]!, names - 8, y + BAR / 2, { ...figures, size: 10, align: 'middle' });
      if (value === null) return;
      painter.rectangle(names, y + 1, xOf(value) - names, BAR - 3, color);
      if (low !== null && high !== null) {
        const line = y + BAR / 2 - 0.5;
        painter.line([xOf(low), line, xOf(high), line], { color: colors.foreground });
        // What goes beyond the scale has no end there.
        for (const end of [low, high].filter((one) => one <= most))
          painter.line([xOf(end), line - 3, xOf(end), line + 3], { color: colors.foreground });
      }
      painter.text(formatMetric(value), width, y + BAR / 2, { ...figures, align: 'end' });
    });
  });
}
