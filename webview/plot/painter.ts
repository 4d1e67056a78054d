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
  /** Pixels that there are for it: a longer title is cut in its middle, and told whole in a tooltip. */
  maxWidth?: number;
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
