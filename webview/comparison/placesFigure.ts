import type { Comparison } from '../../src/protocol/comparison';
import { formatCount } from '../../src/series/format';
import { colorOf } from '../results/groupColor';
import type { MapColors } from '../plot/heatMapColors';
import type { Painter } from '../plot/painter';
import type { PictureModel } from '../plot/picture';

const HEIGHT = 320;
const LEFT = 56;
const BOTTOM = 40;
const TOP = 8;
const RIGHT = 12;
/** Squares of the grid on each axis. */
const CELLS = 28;

/** Held-out items by their places in two groups, counted in squares of a logarithmic grid. */
interface PlaceGrid {
  most: number;
  /** `[CELLS, CELLS]`: rows by the place of the second group, from the best. */
  counts: Uint32Array;
  better: number;
  same: number;
  worse: number;
}

export function placeGrid(first: Float32Array, other: Float32Array): PlaceGrid {
  const most = Math.max(2, first.reduce(larger, 1), other.reduce(larger, 1));
  const cellOf = (place: number): number =>
    Math.min(CELLS - 1, Math.floor((Math.log(place) / Math.log(most)) * CELLS));
  const grid: PlaceGrid = {
    most,
    counts: new Uint32Array(CELLS * CELLS),
    ...{ better: 0, same: 0, worse: 0 },
  };
  first.forEach((place, target) => {
    const after = other[target]!;
    grid.counts[cellOf(after) * CELLS + cellOf(place)]!++;
    if (after < place) grid.better++;
    else if (after > place) grid.worse++;
    else grid.same++;
  });
  return grid;
}

const larger = (a: number, b: number): number => Math.max(a, b);

/** A picture of the places in two groups. Below the diagonal, the second group is better. */
export function placesPicture({ places, groups }: Comparison, other: number): PictureModel {
  const grid = placeGrid(places[0]!, places[other]!);
  const [a, b] = [groups[0]!.letter, groups[other]!.letter];
  const words = `${b} is better for ${formatCount(grid.better)} held-out items, worse for ${formatCount(grid.worse)}, and ranks ${formatCount(grid.same)} alike`;
  return {
    label: `Places of held-out items in ${a} and ${b}. ${words}.`,
    height: HEIGHT,
    draw: (painter, colors, width) =>
      drawPlaces(painter, colors, width, grid, [a, b], colorOf(colors, other)),
  };
}

function drawPlaces(
  painter: Painter,
  colors: MapColors,
  width: number,
  { most, counts, better, worse }: PlaceGrid,
  [a, b]: [string, string],
  color: string,
): void {
  // A square, so that the diagonal is one.
  const side = Math.min(width - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
  const [x0, y0] = [LEFT, TOP + side];
  const at = (place: number): number => (Math.log(place) / Math.log(most)) * side;
  const small = { color: colors.muted, size: 11, font: 'figures' } as const;
  const axis = { color: colors.line };
  painter.line([x0, TOP, x0, y0, x0 + side, y0], axis);
  for (let tick = 1; tick <= most; tick *= 10) {
    painter.line([x0 + at(tick), y0, x0 + at(tick), y0 + 4], axis);
    painter.line([x0 - 4, y0 - at(tick), x0, y0 - at(tick)], axis);
    painter.text(formatCount(tick), x0 + at(tick), y0 + 13, { ...small, align: 'middle' });
    painter.text(formatCount(tick), x0 - 8, y0 - at(tick), { ...small, align: 'end' });
  }
  painter.line([x0, y0, x0 + side, TOP], { color: colors.muted, dash: [4, 4] });
  const cell = side / CELLS;
  const fullest = counts.reduce(larger, 1);
  counts.forEach((count, index) => {
    if (count === 0) return;
    const [row, column] = [Math.floor(index / CELLS), index % CELLS];
    const size = Math.max(1.5, cell * Math.sqrt(count / fullest));
    // In the color of the group that is better.
    const fill = row < column ? color : row > column ? colorOf(colors, 0) : colors.muted;
    painter.rectangle(
      x0 + (column + 0.5) * cell - size / 2,
      y0 - (row + 0.5) * cell - size / 2,
      size,
      size,
      fill,
    );
  });
  const label = { color: colors.foreground, size: 11, font: 'words' } as const;
  painter.text(`place in ${a}`, x0 + side / 2, y0 + 30, { ...label, align: 'middle' });
  painter.text(`place in ${b}`, 10, TOP + side / 2, { ...label, align: 'middle', upright: true });
  note(`▲ ${a} better: ${formatCount(worse)}`, x0 + 8, TOP + 8, 'start');
  note(`▼ ${b} better: ${formatCount(better)}`, x0 + side - 4, y0 - 12, 'end');

  /** Legible on top of squares. */
  function note(text: string, x: number, y: number, align: 'start' | 'end'): void {
    const room = text.length * 6.5;
    painter.rectangle(align === 'start' ? x - 2 : x - room, y - 8, room + 2, 16, colors.background);
    painter.text(text, x, y, { ...label, align });
  }
}
