import { cutTitle } from '../../src/series/cutText';
import { ScreenProjection, type PlotSize, type PointCoordinates, type ScatterCamera } from './scatterCamera';

/** A label that has its place: left edge and middle of the line, in CSS pixels. */
export interface PlacedLabel {
  point: number;
  x: number;
  y: number;
  text: string;
  /** Labels that are always there, such as that of the chosen point. */
  important: boolean;
}

export interface LabelOptions {
  coordinates: PointCoordinates;
  texts: readonly string[];
  /** Points whose labels come first, the most important first; they may be left out only where they meet one another. */
  first: readonly number[];
  /** All other candidates, most important first. */
  order: ArrayLike<number>;
  camera: ScatterCamera;
  size: PlotSize;
  /** Of a text, in CSS pixels, in the font of labels that are important or not. */
  measure: (text: string, important: boolean) => number;
  /** Of a point, in CSS pixels: labels keep this away from it. */
  radius: number;
  /** Radii of the marks that are drawn over points, such as stars: no label lies over one. */
  marks: ReadonlyMap<number, number>;
}

export const LABEL_SIZE = 11;
const LINE_HEIGHT = 16;
const MAX_CHARACTERS = 32;
/** One label for so many square pixels: a map with all its names is a gray carpet. */
const AREA_PER_LABEL = 26_000;
/** Candidates on the screen that may fail in a row; those behind them are less important and would fail as well. */
const MAX_FAILURES = 600;
/** Candidates that are looked at for one picture. */
const MAX_CANDIDATES = 200_000;

/** Labels that do not overlap: by importance, as many as the picture has room for. */
export function placeLabels(options: LabelOptions): PlacedLabel[] {
  const { coordinates, first, order, camera, size } = options;
  const projection = new ScreenProjection(camera, size, coordinates.dimensions);
  const placed: PlacedLabel[] = [];
  const taken: Box[] = [];
  for (const [point, radius] of options.marks) {
    if (!projection.projectPoint(coordinates, point)) continue;
    const { x, y } = projection;
    taken.push({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius });
  }
  const done = new Set<number>();
  const wanted = Math.floor((size.width * size.height) / AREA_PER_LABEL) + first.length;
  for (const point of first) {
    if (!done.has(point)) place(point, true);
    done.add(point);
  }
  let failures = 0;
  const last = Math.min(order.length, MAX_CANDIDATES);
  for (let i = 0; i < last && placed.length < wanted && failures < MAX_FAILURES; i++) {
    const point = order[i]!;
    if (done.has(point)) continue;
    if (place(point, false) === 'taken') failures++;
  }
  return placed;

  function place(point: number, important: boolean): 'placed' | 'taken' | 'outside' {
    if (!projection.projectPoint(coordinates, point)) return 'outside';
    const { x, y } = projection;
    if (x < 0 || x > size.width || y < 0 || y > size.height) return 'outside';
    const text = cutTitle(options.texts[point] ?? '', MAX_CHARACTERS);
    const width = options.measure(text, important);
    const gap = (options.marks.get(point) ?? options.radius) + 4;
    const [top, bottom] = [y - LINE_HEIGHT / 2, y + LINE_HEIGHT / 2];
    for (const left of [x + gap, x - gap - width]) {
      const box = { left: left - 2, right: left + width + 2, top, bottom };
      const inPicture = box.left >= 0 && box.right <= size.width && top >= 0 && bottom <= size.height;
      if (!inPicture || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      placed.push({ point, x: left, y, text, important });
      return 'placed';
    }
    return 'taken';
  }
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
}
