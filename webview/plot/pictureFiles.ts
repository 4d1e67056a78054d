import { CanvasPainter, prepareCanvas } from './canvasPainter';
import { readMapColors } from './mapColors';
import type { MapColors } from './heatMapColors';
import type { Painter } from './painter';
import type { PictureModel } from './picture';
import { SvgPainter } from './svgPainter';

const MARGIN = 16;
const HEADING = 44;
/** Pixels of a PNG file for each of the picture. */
const RATIO = 2;

/** A picture as a file of its own: under its title, with how its numbers were measured. */
export interface PictureFile extends PictureModel {
  title: string;
  /** Below the title. */
  note: string;
  width: number;
}

export function pictureSvg(picture: PictureFile): string {
  const colors = readMapColors();
  const painter = new SvgPainter(colors.fonts);
  drawFile(painter, picture, colors);
  return painter.document(picture.width + 2 * MARGIN, heightOf(picture), picture.title);
}

export async function picturePng(picture: PictureFile): Promise<ArrayBuffer> {
  const colors = readMapColors();
  const canvas = document.createElement('canvas');
  const context = prepareCanvas(canvas, picture.width + 2 * MARGIN, heightOf(picture), RATIO);
  drawFile(new CanvasPainter(context, colors.fonts), picture, colors);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser could not render the picture. Save it as SVG instead.');
  return blob.arrayBuffer();
}

function heightOf({ height }: PictureFile): number {
  return height + HEADING + 2 * MARGIN;
}

function drawFile(painter: Painter, picture: PictureFile, colors: MapColors): void {
  const { title, note, width, draw } = picture;
  painter.rectangle(0, 0, width + 2 * MARGIN, heightOf(picture), colors.background);
  const style = { color: colors.foreground, size: 13, font: 'words', bold: true, maxWidth: width } as const;
  painter.text(title, MARGIN, MARGIN + 8, style);
  painter.text(note, MARGIN, MARGIN + 26, {
    ...{ color: colors.muted, size: 11, font: 'words', maxWidth: width },
  });
  draw(offset(painter, MARGIN, MARGIN + HEADING), colors, width);
}

/** The same painter with another origin. */
export function offset(painter: Painter, dx: number, dy: number): Painter {
  const shift = (points: readonly number[]): number[] =>
    points.map((value, index) => value + (index % 2 === 0 ? dx : dy));
  return {
    rectangle: (x, y, width, height, fill) => painter.rectangle(x + dx, y + dy, width, height, fill),
    outline: (x, y, width, height, stroke) => painter.outline(x + dx, y + dy, width, height, stroke),
    line: (points, stroke) => painter.line(shift(points), stroke),
    ribbon: (x1, y1, x2, y2, stroke) => painter.ribbon(x1 + dx, y1 + dy, x2 + dx, y2 + dy, stroke),
    hatch: (points, color) => painter.hatch(shift(points), color),
    text: (text, x, y, style) => painter.text(text, x + dx, y + dy, style),
  };
}
