import { fade, type Theme } from '../ui/theme';
import { ScreenProjection, type PlotSize, type ScatterCamera } from './scatterCamera';
import type { Pixel } from './scatterIndex';
import { LABEL_SIZE, type PlacedLabel } from './scatterLabels';
import { MARK_SIZES, ringed } from './scatterMarks';
import type { ScatterModel } from './scatterModel';

/** What is drawn over the points. */
export interface Overlay {
  model: ScatterModel;
  camera: ScatterCamera;
  size: PlotSize;
  theme: Theme;
  radius: number;
  labels: readonly PlacedLabel[];
  /** The lasso or rectangle that is being drawn. */
  outline: readonly Pixel[];
}

/** Contours, paths, rings and labels. The context is scaled to CSS pixels. */
export function drawOverlay(context: CanvasRenderingContext2D, overlay: Overlay): void {
  const { model, camera, size, theme, radius } = overlay;
  const projection = new ScreenProjection(camera, size, model.coordinates.dimensions);
  const placeOf = (point: number): Pixel | null =>
    projection.projectPoint(model.coordinates, point) ? { x: projection.x, y: projection.y } : null;
  context.clearRect(0, 0, size.width, size.height);
  context.lineJoin = context.lineCap = 'round';

  for (const { level, lines } of model.contours) {
    context.strokeStyle = fade(theme.foreground, 0.18 + 0.4 * level);
    context.lineWidth = 1;
    context.beginPath();
    for (const line of lines) {
      for (let at = 0; at < line.length; at += 2) {
        projection.project(line[at]!, line[at + 1]!, 0);
        if (at === 0) context.moveTo(projection.x, projection.y);
        else context.lineTo(projection.x, projection.y);
      }
      context.closePath();
    }
    context.stroke();
  }

  drawJoins(context, overlay, placeOf);
  drawPath(context, overlay, placeOf);
  for (const point of model.starred) {
    const at = placeOf(point);
    if (at) drawStar(context, at, radius + MARK_SIZES.star, theme);
  }
  for (const point of ringed(model)) {
    const at = placeOf(point);
    if (at) drawRing(context, at, radius + MARK_SIZES.ring, 1.25, theme);
  }
  for (const [point, more] of [
    [model.hovered, MARK_SIZES.hovered],
    [model.focus, MARK_SIZES.focus],
  ] as const) {
    const at = point === null ? null : placeOf(point);
    if (at) drawRing(context, at, radius + more, 2, theme);
  }
  drawLabels(context, overlay.labels, theme);
  drawOutline(context, overlay.outline, theme);
}

type PlaceOf = (point: number) => Pixel | null;

function drawJoins(context: CanvasRenderingContext2D, { model, theme }: Overlay, placeOf: PlaceOf): void {
  const from = model.focus === null ? null : placeOf(model.focus);
  if (from === null) return;
  context.strokeStyle = fade(theme.foreground, 0.35);
  context.lineWidth = 1;
  context.beginPath();
  for (const point of model.joined) {
    const to = placeOf(point);
    if (to === null) continue;
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
  }
  context.stroke();
}

/** From old, faint and thin, to new. */
function drawPath(context: CanvasRenderingContext2D, overlay: Overlay, placeOf: PlaceOf): void {
  const { model, theme, radius } = overlay;
  const places = model.path.map(placeOf);
  for (let i = 1; i < places.length; i++) {
    const [from, to] = [places[i - 1], places[i]];
    if (!from || !to) continue;
    const age = i / (places.length - 1);
    for (const [color, width] of [
      [fade(theme.background, 0.7), 4],
      [fade(theme.foreground, 0.25 + 0.65 * age), 1 + age],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
    }
  }
  places.forEach((at, i) => {
    if (at === null) return;
    const newest = i === places.length - 1;
    context.beginPath();
    context.arc(at.x, at.y, radius + MARK_SIZES[newest ? 'newest' : 'path'], 0, 2 * Math.PI);
    context.fillStyle = newest ? theme.foreground : fade(theme.foreground, 0.4 + (0.5 * i) / places.length);
    context.fill();
    context.strokeStyle = theme.background;
    context.lineWidth = 1.5;
    context.stroke();
  });
}

function drawRing(
  context: CanvasRenderingContext2D,
  { x, y }: Pixel,
  radius: number,
  width: number,
  theme: Theme,
): void {
  for (const [color, thickness] of [
    [theme.background, width + 2],
    [theme.foreground, width],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = thickness;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

function drawStar(context: CanvasRenderingContext2D, at: Pixel, radius: number, theme: Theme): void {
  context.beginPath();
  for (const [x, y] of starCorners(at, radius)) context.lineTo(x, y);
  context.closePath();
  context.strokeStyle = theme.background;
  context.lineWidth = 3;
  context.stroke();
  context.fillStyle = theme.foreground;
  context.fill();
}

/** A star of five points, upright. */
export function starCorners({ x, y }: Pixel, radius: number): [number, number][] {
  return Array.from({ length: 10 }, (_, corner) => {
    const length = corner % 2 === 0 ? radius : radius * 0.42;
    const angle = (corner * Math.PI) / 5 - Math.PI / 2;
    return [x + length * Math.cos(angle), y + length * Math.sin(angle)];
  });
}

function drawLabels(context: CanvasRenderingContext2D, labels: readonly PlacedLabel[], theme: Theme): void {
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.lineJoin = 'round';
  for (const { x, y, text, important } of labels) {
    context.font = labelFont(theme, important);
    // What makes a label legible over points of any color.
    context.strokeStyle = fade(theme.background, 0.9);
    context.lineWidth = 4;
    context.strokeText(text, x, y);
    context.fillStyle = important ? theme.foreground : fade(theme.foreground, 0.85);
    context.fillText(text, x, y);
  }
}

export function labelFont(theme: Theme, important: boolean): string {
  return `${important ? '600 ' : ''}${LABEL_SIZE}px ${theme.font}`;
}

function drawOutline(context: CanvasRenderingContext2D, outline: readonly Pixel[], theme: Theme): void {
  if (outline.length < 2) return;
  context.beginPath();
  for (const { x, y } of outline) context.lineTo(x, y);
  context.closePath();
  context.fillStyle = fade(theme.foreground, 0.08);
  context.fill();
  context.strokeStyle = theme.foreground;
  context.lineWidth = 1.25;
  context.setLineDash([5, 3]);
  context.stroke();
  context.setLineDash([]);
}
