import { escapeXml } from '../../src/series/escapeXml';
import { formatCount } from '../../src/series/format';
import type { Theme } from '../ui/theme';
import { ScreenProjection } from './scatterCamera';
import { LABEL_SIZE } from './scatterLabels';
import { MARK_SIZES, ringed } from './scatterMarks';
import { starCorners, type Overlay } from './scatterOverlay';

/** Points in one file at most: more make a file that no editor opens. */
export const MAX_SVG_POINTS = 50_000;

/** A color of CSS as red, green and blue from 0 to 255 and an opacity. */
export type ResolveColor = (color: string) => readonly [number, number, number, number];

const TITLE_HEIGHT = 32;

/**
 * The plot as it is on screen, as a vector graphic without scripts or fonts of its own: for every point a circle with its
 * name, in the order that they are drawn.
 *
 * @param lines title and notes
 * @throws Error where there are more than {@link MAX_SVG_POINTS} points in sight
 */
export function scatterSvg(overlay: Overlay, lines: readonly string[], resolve: ResolveColor): string {
  const { model, camera, size, theme, radius, labels } = overlay;
  const { coordinates, colors } = model;
  const projection = new ScreenProjection(camera, size, coordinates.dimensions);
  const count = coordinates.values.length / coordinates.dimensions;
  const drawn: { point: number; x: number; y: number; depth: number }[] = [];
  for (const point of model.order ?? Array.from({ length: count }, (_, index) => index)) {
    if (colors[4 * point + 3] === 0 || !projection.projectPoint(coordinates, point)) continue;
    const { x, y, depth } = projection;
    const outside = x < -radius || y < -radius || x > size.width + radius || y > size.height + radius;
    if (!outside) drawn.push({ point, x, y, depth });
  }
  if (drawn.length > MAX_SVG_POINTS) {
    throw new Error(
      `${formatCount(drawn.length)} points are visible; an SVG file can hold at most ` +
        `${formatCount(MAX_SVG_POINTS)}. Zoom in, isolate a selection, or save a PNG.`,
    );
  }
  if (coordinates.dimensions === 3 && model.hidden) drawn.sort((a, b) => b.depth - a.depth);

  const paint = (color: string, attribute: 'fill' | 'stroke'): string => {
    const [red, green, blue, opacity] = resolve(color);
    return `${attribute}="rgb(${red},${green},${blue})" ${attribute}-opacity="${round(opacity)}"`;
  };
  const at = (point: number): { x: number; y: number } | null =>
    projection.projectPoint(coordinates, point) ? { x: projection.x, y: projection.y } : null;
  const parts: string[] = [];
  parts.push('<g id="points">');
  for (const { point, x, y } of drawn) {
    const [red, green, blue, opacity] = colors.subarray(4 * point, 4 * point + 4) as unknown as number[];
    parts.push(
      `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="rgb(${red!},${green!},${blue!})"` +
        ` fill-opacity="${round(opacity! / 255)}"><title>${escapeXml(model.texts[point] ?? '')}</title></circle>`,
    );
  }
  parts.push('</g>', '<g id="contours" fill="none">');
  for (const { level, lines: rings } of model.contours) {
    const path = rings
      .map((line) => {
        const corners: string[] = [];
        for (let i = 0; i < line.length; i += 2) {
          projection.project(line[i]!, line[i + 1]!, 0);
          corners.push(`${round(projection.x)},${round(projection.y)}`);
        }
        return `M${corners.join('L')}Z`;
      })
      .join('');
    if (path !== '') {
      parts.push(
        `<path d="${path}" ${paint(theme.foreground, 'stroke')} opacity="${round(0.18 + 0.4 * level)}"/>`,
      );
    }
  }
  parts.push('</g>', '<g id="marks" fill="none">');
  const focus = model.focus === null ? null : at(model.focus);
  for (const point of focus ? model.joined : []) {
    const to = at(point);
    if (to) {
      parts.push(
        `<line x1="${round(focus!.x)}" y1="${round(focus!.y)}" x2="${round(to.x)}" y2="${round(to.y)}" ` +
          `${paint(theme.foreground, 'stroke')} opacity="0.35"/>`,
      );
    }
  }
  const path = model.path.map(at).filter((place) => place !== null);
  if (path.length > 1) {
    const corners = path.map(({ x, y }) => `${round(x)},${round(y)}`).join(' ');
    parts.push(`<polyline points="${corners}" ${paint(theme.foreground, 'stroke')} stroke-width="1.5"/>`);
  }
  for (const { x, y } of path) {
    parts.push(
      `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius + MARK_SIZES.path)}" ${paint(theme.foreground, 'fill')}/>`,
    );
  }
  for (const point of model.starred) {
    const place = at(point);
    if (!place) continue;
    const corners = starCorners(place, radius + MARK_SIZES.star).map(([x, y]) => `${round(x)},${round(y)}`);
    parts.push(
      `<polygon points="${corners.join(' ')}" ${paint(theme.foreground, 'fill')} ${paint(theme.background, 'stroke')}/>`,
    );
  }
  const rings: [number, number, number][] = ringed(model).map((point) => [
    point,
    radius + MARK_SIZES.ring,
    1.25,
  ]);
  if (model.focus !== null) rings.push([model.focus, radius + MARK_SIZES.focus, 2]);
  for (const [point, ringRadius, width] of rings) {
    const place = at(point);
    if (!place) continue;
    parts.push(
      `<circle cx="${round(place.x)}" cy="${round(place.y)}" r="${round(ringRadius)}" ` +
        `${paint(theme.foreground, 'stroke')} stroke-width="${width}"/>`,
    );
  }
  parts.push('</g>', `<g id="labels" font-size="${LABEL_SIZE}" dominant-baseline="central">`);
  for (const { x, y, text, important } of labels) {
    parts.push(
      `<text x="${round(x)}" y="${round(y)}" ${important ? 'font-weight="600" ' : ''}paint-order="stroke" ` +
        `stroke-width="4" stroke-linejoin="round" ${paint(theme.background, 'stroke')} ` +
        `${paint(theme.foreground, 'fill')}>${escapeXml(text)}</text>`,
    );
  }
  parts.push('</g>');
  const heading = lines.map(
    (line, i) =>
      `<text x="12" y="${20 + 16 * i}" font-size="${i === 0 ? 13 : 11}" ${i === 0 ? 'font-weight="600" ' : ''}` +
      `${paint(i === 0 ? theme.foreground : theme.muted, 'fill')}>${escapeXml(line)}</text>`,
  );
  const top = TITLE_HEIGHT + 16 * Math.max(0, lines.length - 1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height + top}" ` +
      `viewBox="0 0 ${size.width} ${size.height + top}" font-family="${escapeXml(fontOf(theme))}">`,
    `<rect width="100%" height="100%" ${paint(theme.background, 'fill')}/>`,
    ...heading,
    `<svg y="${top}" width="${size.width}" height="${size.height}">`,
    ...parts,
    '</svg>',
    '</svg>',
    '',
  ].join('\n');
}

function fontOf({ font }: Theme): string {
  return font.replaceAll('"', "'");
}

/** Hundredths of a pixel are enough, and make the file half as large. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
