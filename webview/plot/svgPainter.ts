import { fitTitle } from '../../src/series/cutText';
import { escapeXml } from '../../src/series/escapeXml';
import { HATCH_SPACING, type Painter, type PainterFonts, type Stroke, type TextStyle } from './painter';

/** Of its height. Whoever opens the file may have other fonts, so that nothing can be measured. */
const WIDTH_OF_LETTER = 0.53;

/** Writes a picture as an SVG file of shapes and text, which other programs can edit. */
export class SvgPainter implements Painter {
  readonly #fonts: PainterFonts;
  readonly #shapes: string[] = [];
  readonly #hatchings = new Map<string, string>();

  constructor(fonts: PainterFonts) {
    this.#fonts = fonts;
  }

  rectangle(x: number, y: number, width: number, height: number, fill: string): void {
    this.#add('rect', { ...box(x, y, width, height), fill });
  }

  outline(x: number, y: number, width: number, height: number, stroke: Stroke): void {
    this.#add('rect', { ...box(x, y, width, height), fill: 'none', ...strokeAttributes(stroke) });
  }

  line(points: readonly number[], stroke: Stroke): void {
    this.#add('polyline', { points: pairs(points), fill: 'none', ...strokeAttributes(stroke) });
  }

  ribbon(x1: number, y1: number, x2: number, y2: number, stroke: Stroke): void {
    const [middle, from, to] = [(x1 + x2) / 2, round(y1), round(y2)];
    const d = `M${round(x1)} ${from}C${round(middle)} ${from} ${round(middle)} ${to} ${round(x2)} ${to}`;
    this.#add('path', { d, fill: 'none', ...strokeAttributes(stroke) });
  }

  hatch(points: readonly number[], color: string): void {
    const id = this.#hatchings.get(color) ?? `hatching-${this.#hatchings.size + 1}`;
    this.#hatchings.set(color, id);
    this.#add('polygon', { points: pairs(points), fill: `url(#${id})` });
  }

  text(text: string, x: number, y: number, style: TextStyle): void {
    const shown =
      style.maxWidth === undefined
        ? text
        : fitTitle(text, style.maxWidth, (part) => part.length * WIDTH_OF_LETTER * style.size);
    const whole = shown === text ? '' : `<title>${escapeXml(text)}</title>`;
    this.#add(
      'text',
      {
        x: round(x),
        y: round(y),
        fill: style.color,
        'font-family': this.#fonts[style.font],
        'font-size': style.size,
        'dominant-baseline': 'central',
        ...(style.bold === true && { 'font-weight': 600 }),
        ...(style.align !== undefined && style.align !== 'start' && { 'text-anchor': style.align }),
        ...(style.upright === true && { transform: `rotate(-90 ${round(x)} ${round(y)})` }),
      },
      `${whole}${escapeXml(shown)}`,
    );
  }

  /** The file. */
  document(width: number, height: number, title: string): string {
    const size = HATCH_SPACING;
    const patterns = [...this.#hatchings].map(
      ([color, id]) =>
        `<pattern id="${id}" width="${size}" height="${size}" patternUnits="userSpaceOnUse">` +
        `<path d="M0 ${size}L${size} 0M-1 1L1 -1M${size - 1} ${size + 1}L${size + 1} ${size - 1}"` +
        ` stroke="${escapeXml(color)}" fill="none"/></pattern>`,
    );
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}">`,
      `<title>${escapeXml(title)}</title>`,
      ...(patterns.length > 0 ? [`<defs>${patterns.join('')}</defs>`] : []),
      ...this.#shapes,
      '</svg>',
      '',
    ].join('\n');
  }

  /** @param content as XML */
  #add(name: string, attributes: Record<string, string | number>, content?: string): void {
    const written = Object.entries(attributes)
      .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
      .join('');
    this.#shapes.push(
      content === undefined ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`,
    );
  }
}

function box(x: number, y: number, width: number, height: number): Record<string, number> {
  return { x: round(x), y: round(y), width: round(width), height: round(height) };
}

function strokeAttributes({
  color,
  width = 1,
  dash = [],
  opacity = 1,
}: Stroke): Record<string, string | number> {
  return {
    stroke: color,
    'stroke-width': width,
    ...(dash.length > 0 && { 'stroke-dasharray': dash.join(' ') }),
    ...(opacity < 1 && { 'stroke-opacity': round(opacity) }),
  };
}

function pairs(points: readonly number[]): string {
  const written: string[] = [];
  for (let i = 0; i < points.length; i += 2) written.push(`${round(points[i]!)},${round(points[i + 1]!)}`);
  return written.join(' ');
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
