import type { Comparison } from '../../src/protocol/comparison';
import { formatCount } from '../../src/series/format';
import type { MapColors } from '../plot/heatMapColors';
import type { Painter } from '../plot/painter';
import type { PictureModel } from '../plot/picture';
import { colorOf } from '../results/groupColor';

const HEIGHT = 240;
const LEFT = 52;
const RIGHT = 8;
const TOP = 24;
const BOTTOM = 40;
const TICKS = 4;

/** How many held-out items are in which places, on a logarithmic axis: a bar for each group. */
export function histogramPicture({ histogram, groups }: Comparison): PictureModel {
  const { limits, counts } = histogram;
  const letters = groups.map(({ letter }) => letter);
  const words = limits.map(
    (_, bar) =>
      `${placesText(limits, bar)}: ${letters.map((letter, group) => `${letter} ${formatCount(counts[group]![bar]!)}`).join(', ')}`,
  );
  return {
    label: `Held-out items by place. ${words.join('. ')}.`,
    height: HEIGHT,
    draw: (painter, colors, width) => drawBars(painter, colors, width, histogram, letters),
  };
}

/** What the bars are made of, as comma-separated values. */
export function histogramCsv({ histogram: { limits, counts }, groups }: Comparison): string {
  const rows = limits.map((limit, bar) => [firstOf(limits, bar), limit, ...counts.map((of) => of[bar]!)]);
  return [['firstPlace', 'lastPlace', ...groups.map(({ letter }) => letter)], ...rows, '']
    .map((row) => (typeof row === 'string' ? row : row.join(',')))
    .join('\n');
}

/** How ties are counted, where there are any. */
export function tiedText({ histogram: { tied }, groups, places }: Comparison): string | null {
  const parts = groups.flatMap(({ letter }, group) =>
    tied[group]! > 0 ? [`${formatCount(tied[group]!)} in ${letter}`] : [],
  );
  if (parts.length === 0) return null;
  const of = formatCount(places[0]?.length ?? 0);
  return `Of ${of} held-out items, ${new Intl.ListFormat('en').format(parts)} are tied with other items. Each counts in equal parts for every place that it may take.`;
}

const firstOf = (limits: readonly number[], bar: number): number => (limits[bar - 1] ?? 0) + 1;

function placesText(limits: readonly number[], bar: number): string {
  const [first, last] = [firstOf(limits, bar), limits[bar]!];
  return first === last
    ? `place ${formatCount(last)}`
    : `places ${formatCount(first)} to ${formatCount(last)}`;
}

function drawBars(
  painter: Painter,
  colors: MapColors,
  width: number,
  { limits, counts }: Comparison['histogram'],
  letters: readonly string[],
): void {
  const highest = Math.max(1, ...counts.flat());
  const step = niceStep(highest / TICKS);
  const top = Math.ceil(highest / step) * step;
  const base = HEIGHT - BOTTOM;
  const yOf = (count: number): number => base - (count / top) * (base - TOP);
  const slot = (width - LEFT - RIGHT) / limits.length;
  const small = { color: colors.muted, size: 11, font: 'figures' } as const;
  painter.line([LEFT, TOP, LEFT, base, width - RIGHT, base], { color: colors.line });
  for (let count = 0; count <= top; count += step) {
    painter.line([LEFT - 4, yOf(count), LEFT, yOf(count)], { color: colors.line });
    painter.text(formatCount(count), LEFT - 8, yOf(count), { ...small, align: 'end' });
  }
  const bar = Math.max(1, (slot * 0.8) / letters.length);
  counts.forEach((of, group) => {
    of.forEach((count, place) => {
      const x = LEFT + place * slot + slot * 0.1 + group * bar;
      painter.rectangle(x, yOf(count), Math.max(1, bar - 1), base - yOf(count), colorOf(colors, group));
    });
  });
  // A label as wide as the widest one every so many bars.
  const room = formatCount(limits.at(-1)!).length * 7 + 6;
  const every = Math.max(1, Math.ceil(room / slot));
  limits.forEach((limit, place) => {
    if (place % every !== 0) return;
    const x = LEFT + (place + 0.5) * slot;
    painter.text(formatCount(limit), x, base + 12, { ...small, align: 'middle' });
  });
  const label = { color: colors.foreground, size: 11, font: 'words' } as const;
  painter.text('place up to', LEFT + (width - LEFT - RIGHT) / 2, base + 30, { ...label, align: 'middle' });
  painter.text('held-out items', 4, 8, label);
  letters.forEach((letter, group) => {
    const x = width - RIGHT - (letters.length - group) * 32;
    painter.rectangle(x, 4, 10, 10, colorOf(colors, group));
    painter.text(letter, x + 14, 9, label);
  });
}

/** The smallest of 1, 2, 5, 10, 20, … that is not below a size. */
function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, size)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= size)!;
}
