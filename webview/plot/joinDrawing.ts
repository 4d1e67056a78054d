import { valueAt } from './heatMapGeometry';
import type { HeatMapData, HeatMapFocus, HeatMapScale } from './heatMapModel';
import type { MapColors } from './heatMapColors';
import type { Painter } from './painter';

/** Weights below this share of the scale are not drawn: they would be a gray mist. */
const FAINTEST = 0.02;

/**
 * Lines from each row, left, to the columns that it attends to, right: the more weight, the stronger. Where a row is pointed
 * at, only its lines are there.
 */
export function drawJoins(
  painter: Painter,
  colors: MapColors,
  {
    data,
    scale,
    titles,
    focus,
  }: { data: HeatMapData; scale: HeatMapScale; titles: readonly string[]; focus: HeatMapFocus },
  width: number,
  rowHeight: number,
): void {
  const least = colors.highContrast ? { width: 1, opacity: 0.7 } : { width: 0.75, opacity: 0.3 };
  const room = Math.min(220, width * 0.32);
  const [left, right] = [room, width - room];
  titles.forEach((title, index) => {
    const y = (index + 0.5) * rowHeight;
    const emphasis = (marked: number | null) => ({
      size: 11,
      font: 'words' as const,
      bold: marked === index,
      color: marked === index ? colors.foreground : colors.muted,
      maxWidth: room - 12,
    });
    painter.text(title, left - 6, y, { ...emphasis(focus.row), align: 'end' });
    painter.text(title, right + 6, y, emphasis(focus.column));
  });
  for (let row = 0; row < data.rows; row++) {
    if (focus.row !== null && focus.row !== row) continue;
    for (let column = 0; column < data.columns; column++) {
      const value = valueAt(data, { row, column });
      const size = Math.abs(value) / scale.high;
      if (!(size >= FAINTEST)) continue;
      const share = Math.min(1, size);
      painter.ribbon(left, (row + 0.5) * rowHeight, right, (column + 0.5) * rowHeight, {
        color: value < 0 ? colors.opposite : colors.series[0]!,
        width: least.width + (4 - least.width) * share,
        opacity: least.opacity + (1 - least.opacity) * share,
        ...(value < 0 && { dash: [4, 3] }),
      });
    }
  }
}
