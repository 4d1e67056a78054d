/** Pixels between the lines of a hatching. */
export const HATCH_SPACING = 6;

/** How a line is drawn. */
export interface Stroke {
  color: string;
  width?: number;
  dash?: readonly number[];
  opacity?: number;
}

export interface TextStyle {
  color: string;
  /** Pixels. */
  size: number;
  /** Words in the font of the interface, figures in the editor's. */
  font: 'words' | 'figures';
  bold?: boolean;
  align?: 'start' | 'middle' | 'end';
  /** Upwards from the point, for titles of columns. */
  upright?: boolean;
}

export interface PainterFonts {
  words: string;
  figures: string;
}

/**
 * What a picture is drawn with, in pixels: a canvas on screen and for PNG, or an SVG file. A drawing that is written once
 * for this interface looks alike in all three.
 */
export interface Painter {
  rectangle(x: number, y: number, width: number, height: number, fill: string): void;
  outline(x: number, y: number, width: number, height: number, stroke: Stroke): void;
  /** A line through points `x, y, x, y, …`. */
  line(points: readonly number[], stroke: Stroke): void;
  /** A line from left to right that leaves and arrives level. */
  ribbon(x1: number, y1: number, x2: number, y2: number, stroke: Stroke): void;
  /** The inside of the polygon `x, y, x, y, …`, hatched. */
  hatch(points: readonly number[], color: string): void;
  /** Text whose middle line is at y. */
  text(text: string, x: number, y: number, style: TextStyle): void;
}

/** A text that fits into so many pixels, with an ellipsis where it was cut. */
export function fitText(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${text.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low).trimEnd()}…`;
}
