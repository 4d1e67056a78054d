import type { CalibrationPoint, Comparison } from '../../src/protocol/comparison';
import { formatCount, formatMetric } from '../../src/series/format';
import type { MapColors } from '../plot/heatMapColors';
import type { Painter } from '../plot/painter';
import type { PictureModel } from '../plot/picture';
import { colorOf } from '../results/groupColor';

const HEIGHT = 300;
const LEFT = 60;
const RIGHT = 12;
const TOP = 24;
const BOTTOM = 40;
const POINT = 5;

/** Probabilities against what happened, for tenths of the rows. On the diagonal, the model is calibrated. */
export function calibrationPicture(
  curves: readonly (readonly CalibrationPoint[])[],
  { groups }: Pick<Comparison, 'groups'>,
): PictureModel {
  const letters = groups.map(({ letter }) => letter);
  const words = curves.map(
    (points, group) =>
      `${letters[group]!}: ${points.length === 0 ? 'no probabilities' : points.map(({ predicted, observed }) => `${formatMetric(predicted)} predicted, ${formatMetric(observed)} observed`).join('; ')}`,
  );
  return {
    label: `Calibration. ${words.join('. ')}.`,
    height: HEIGHT,
    draw: (painter, colors, width) => drawCurves(painter, colors, width, curves, letters),
  };
}

/** The points, as comma-separated values. */
export function calibrationCsv({ calibration, groups }: Comparison): string {
  const rows = (calibration ?? []).flatMap((points, group) =>
    points.map(({ rows: count, predicted, observed }) =>
      [groups[group]!.letter, count, predicted, observed].join(','),
    ),
  );
  return `${['group,rows,predicted,observed', ...rows].join('\n')}\n`;
}

function drawCurves(
  painter: Painter,
  colors: MapColors,
  width: number,
  curves: readonly (readonly CalibrationPoint[])[],
  letters: readonly string[],
): void {
  const ends = curves.flat().flatMap(({ predicted, observed }) => [predicted, observed]);
  const most = Math.max(0, ...ends) || 1;
  // A square, so that the diagonal is one.
  const side = Math.min(width - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
  const base = TOP + side;
  const at = (value: number): number => (value / most) * side;
  const small = { color: colors.muted, size: 11, font: 'figures' } as const;
  const label = { color: colors.foreground, size: 11, font: 'words' } as const;
  painter.line([LEFT, TOP, LEFT, base, LEFT + side, base], { color: colors.line });
  painter.line([LEFT, base, LEFT + side, TOP], { color: colors.muted, dash: [4, 4] });
  for (const tick of [0, most / 2, most]) {
    const text = tick === 0 ? '0' : tick.toPrecision(2);
    painter.line([LEFT + at(tick), base, LEFT + at(tick), base + 4], { color: colors.line });
    painter.line([LEFT - 4, base - at(tick), LEFT, base - at(tick)], { color: colors.line });
    painter.text(text, LEFT + at(tick), base + 13, { ...small, align: 'middle' });
    painter.text(text, LEFT - 8, base - at(tick), { ...small, align: 'end' });
  }
  painter.text('probability', LEFT + side / 2, base + 30, { ...label, align: 'middle' });
  painter.text('share that was taken', 4, 8, label);
  curves.forEach((points, group) => {
    const color = colorOf(colors, group);
    const places = points.flatMap(({ predicted, observed }) => [LEFT + at(predicted), base - at(observed)]);
    if (points.length > 1) painter.line(places, { color, ...(group > 0 && { dash: [6, 3] }) });
    for (const { predicted, observed } of points)
      painter.rectangle(
        LEFT + at(predicted) - POINT / 2,
        base - at(observed) - POINT / 2,
        ...([POINT, POINT] as const),
        color,
      );
    const x = LEFT + side - (letters.length - group) * 32;
    painter.rectangle(x, 4, 10, 10, color);
    painter.text(letters[group]!, x + 14, 9, label);
  });
}

/** How many rows a point stands for. */
export function calibrationNote(curves: readonly (readonly CalibrationPoint[])[]): string {
  const rows = curves[0]?.reduce((sum, point) => sum + point.rows, 0) ?? 0;
  return `Each point is a tenth of the ${formatCount(rows)} rows, in the order of their probabilities. Points on the dashed diagonal are calibrated.`;
}
