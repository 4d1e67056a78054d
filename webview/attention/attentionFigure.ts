import { formatMetric, formatRank } from '../../src/series/format';
import { formatWeight } from '../plot/formatWeight';
import { CanvasPainter, prepareCanvas } from '../plot/canvasPainter';
import { colorsOf, drawCells, drawColumnTitles } from '../plot/heatMapDrawing';
import { scaleEnds } from '../plot/heatMapGeometry';
import { drawJoins } from '../plot/joinDrawing';
import type { MapColors } from '../plot/heatMapColors';
import { readMapColors } from '../plot/mapColors';
import type { Painter } from '../plot/painter';
import { offset } from '../plot/pictureFiles';
import { SvgPainter } from '../plot/svgPainter';
import {
  currentAttention,
  displayOf,
  lineTitle,
  rowEntries,
  selectionTitle,
  type ShownAttention,
  type ShownSide,
} from './shownAttention';
import { runOf, type AttentionState } from './state';
import { scaleOf } from './mapView';

const MARGIN = 16;
const TITLES = 220;
const HEAD = 112;
const BARS = 180;
const LIST = 280;
const LINE = 18;
const GAP = 24;
/** A picture of more pixels than this is made no sharper. */
const MOST_PIXELS = 32e6;

/** A drawing that is done with any painter, and how large it is. */
interface Figure {
  title: string;
  width: number;
  height: number;
  draw: (painter: Painter) => void;
}

/** What is shown of a user, whole, as an SVG file. */
export function attentionSvg(state: AttentionState): string {
  const colors = readMapColors();
  const figure = figureOf(state, colors);
  const painter = new SvgPainter(colors.fonts);
  figure.draw(painter);
  return painter.document(figure.width, figure.height, figure.title);
}

/** The same as a PNG file. */
export async function attentionPng(state: AttentionState): Promise<ArrayBuffer> {
  const colors = readMapColors();
  const { width, height, draw } = figureOf(state, colors);
  const ratio = Math.max(1, Math.min(2, Math.sqrt(MOST_PIXELS / (width * height))));
  const canvas = document.createElement('canvas');
  draw(new CanvasPainter(prepareCanvas(canvas, width, height, ratio), colors.fonts));
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob)
    throw new Error('The browser could not render the map; it may be too large. Save it as SVG instead.');
  return blob.arrayBuffer();
}

function figureOf(state: AttentionState, colors: MapColors): Figure {
  const shown = currentAttention(state);
  const title = titleOf(state);
  const sides = [shown.side, shown.compared].filter((side) => side !== null);
  const rows = Math.max(...sides.map(({ map }) => map.rows), 1);
  const contributions = state.scene?.explained.result.contributions[state.settings.candidate] ?? [];
  const listed = (state.scene?.explained.result.recommendations.length ?? 0) > 0 ? 12 : 0;
  const body = Math.max(HEAD + rows * LINE, HEAD + listed * LINE, HEAD + contributions.length * LINE);
  const maps = sides.map((side) => mapWidth(side));
  const width =
    2 * MARGIN +
    (sides.length > 0 ? TITLES + maps.reduce((sum, map) => sum + map + GAP, 0) + BARS + GAP : 460 + GAP) +
    LIST;
  const top = MARGIN + 56;
  return {
    title,
    width,
    height: top + body + MARGIN + 24,
    draw: (painter) => {
      painter.rectangle(0, 0, width, top + body + MARGIN + 24, colors.background);
      heading(painter, state, shown, title, colors);
      const moved = (x: number, y: number): Painter => offset(painter, x, y);
      let x = MARGIN;
      if (shown.side) {
        rowTitles(moved(x, top + HEAD), shown.side, shown, colors);
        x += TITLES;
        sides.forEach((side, index) => {
          drawSide(moved(x, top), state, shown, side, maps[index]!, colors);
          x += maps[index]! + GAP;
        });
        bars(moved(x, top), shown.side, colors);
        x += BARS + GAP;
      } else {
        contributions.forEach(({ label, change }, index) => {
          const y = top + HEAD + (index + 0.5) * LINE;
          painter.text(label, x, y, { ...words(colors.foreground), maxWidth: 320 });
          painter.text(formatWeight(change, true), x + 440, y, {
            ...figures(colors.foreground),
            align: 'end',
          });
        });
        x += 460 + GAP;
      }
      recommendations(moved(x, top), state, colors);
      if (shown.side) legend(moved(MARGIN, top + body + 12), state, shown, colors);
    },
  };
}

function titleOf(state: AttentionState): string {
  const { settings, resources } = state;
  const user = resources.history?.value?.user.id ?? '';
  const of = settings.composed ? 'a composed history' : `user ${user}`;
  return `Attention of ${runOf(state)?.name ?? ''} for ${of}`;
}

function heading(
  painter: Painter,
  state: AttentionState,
  { side, compared }: ShownAttention,
  title: string,
  colors: MapColors,
): void {
  const { settings, scene } = state;
  const numChanges = scene?.edits.length ?? 0;
  painter.text(title, MARGIN, MARGIN + 8, { color: colors.foreground, size: 15, font: 'words', bold: true });
  const parts = [
    runOf(state)?.model ?? '',
    `checkpoint ${settings.checkpoint ?? 'best'}`,
    ...(side ? [selectionTitle(side.selected, side.selection)] : []),
    ...(compared ? [`compared with: checkpoint ${settings.comparison?.checkpoint ?? ''}`] : []),
    ...(numChanges > 0 ? [`what if: ${numChanges} changes to the history`] : []),
  ];
  painter.text(parts.join(' · '), MARGIN, MARGIN + 30, { color: colors.muted, size: 11, font: 'words' });
}

function mapWidth({ map }: ShownSide): number {
  return map.columns * (map.columnAxis === 'position' ? LINE : 48);
}

function rowTitles(painter: Painter, side: ShownSide, { lines }: ShownAttention, colors: MapColors): void {
  const titles =
    side.map.rowAxis === 'position'
      ? lines.map(lineTitle)
      : rowEntries(side.map, side, lines).map(({ title }) => title);
  titles.forEach((title, row) => {
    const dropped = side.map.rowAxis === 'position' && lines[row]?.now === null;
    painter.text(title, TITLES - 8, (row + 0.5) * LINE, {
      ...words(dropped ? colors.muted : colors.foreground),
      align: 'end',
      maxWidth: TITLES - 16,
    });
  });
}

function drawSide(
  painter: Painter,
  state: AttentionState,
  shown: ShownAttention,
  side: ShownSide,
  width: number,
  colors: MapColors,
): void {
  const scale = scaleOf(state, [shown.side, shown.compared]);
  const data = scale.differences && side.change ? side.change : side.map;
  const cells = offset(painter, 0, HEAD);
  if (displayOf(state, side) === 'lines') {
    const focus = { row: null, column: null };
    drawJoins(
      cells,
      colors,
      { data, scale, titles: shown.lines.map(lineTitle), focus },
      Math.max(360, width),
      LINE,
    );
    return;
  }
  const geometry = {
    rows: data.rows,
    columns: data.columns,
    cellWidth: width / data.columns,
    cellHeight: LINE,
  };
  const window = { left: 0, top: 0, width, height: data.rows * LINE };
  drawColumnTitles(painter, side.columns, geometry.cellWidth, HEAD, window, null, colors);
  drawCells(cells, data, geometry, window, scale, colors);
}

function bars(painter: Painter, { decision }: ShownSide, colors: MapColors): void {
  if (!decision) return;
  painter.text('Weights', 0, HEAD - 28, { ...words(colors.foreground), bold: true });
  const largest = Math.max(1e-9, ...[...decision.weights].filter(Number.isFinite));
  decision.weights.forEach((weight, row) => {
    if (!Number.isFinite(weight)) return;
    const y = HEAD + row * LINE;
    painter.rectangle(0, y + 3, (Math.max(0, weight) / largest) * (BARS - 60), LINE - 6, colors.series[0]!);
    painter.text(formatWeight(weight), BARS, y + LINE / 2, { ...figures(colors.foreground), align: 'end' });
  });
}

function recommendations(painter: Painter, { scene }: AttentionState, colors: MapColors): void {
  if (!scene) return;
  const { recommendations: best, target } = scene.explained.result;
  painter.text('Recommended', 0, HEAD - 28, { ...words(colors.foreground), bold: true });
  const top = best.slice(0, 10);
  const rest = target && !top.some(({ item }) => item === target.item) ? [target] : [];
  [...top, ...rest].forEach(({ item, rank, title, score }, index) => {
    const y = HEAD + (index + 0.5 + (index >= top.length ? 1 : 0)) * LINE;
    const isNext = item === target?.item;
    painter.text(formatRank(rank), 24, y, { ...figures(colors.muted), align: 'end' });
    painter.text(isNext ? `◎ ${title}` : title, 34, y, {
      ...words(colors.foreground),
      bold: isNext,
      maxWidth: LIST - 110,
    });
    painter.text(formatMetric(score), LIST, y, { ...figures(colors.foreground), align: 'end' });
  });
}

function legend(painter: Painter, state: AttentionState, shown: ShownAttention, colors: MapColors): void {
  const scale = scaleOf(state, [shown.side, shown.compared]);
  const { colors: palette } = colorsOf(scale, colors);
  const steps = 32;
  const ends = scaleEnds(scale);
  painter.text(ends.low.text, TITLES - 8, 8, { ...figures(colors.muted), align: 'end' });
  for (let step = 0; step < steps; step++) {
    painter.rectangle(
      TITLES + step * 4,
      2,
      4,
      12,
      palette[Math.round((step / (steps - 1)) * (palette.length - 1))]!,
    );
  }
  painter.text(ends.high.text, TITLES + steps * 4 + 8, 8, figures(colors.muted));
}

function words(color: string): { color: string; size: number; font: 'words' } {
  return { color, size: 11, font: 'words' };
}

function figures(color: string): { color: string; size: number; font: 'figures' } {
  return { color, size: 11, font: 'figures' };
}
