import { fitTitle } from '../../src/series/cutText';
import { HATCH_SPACING, type Painter, type PainterFonts, type Stroke, type TextStyle } from './painter';

/** A title that was drawn shorter than it is, and where, in CSS pixels of the canvas. */
export interface CutTitle {
  title: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Paints on a canvas, which the caller has scaled to CSS pixels. */
export class CanvasPainter implements Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #fonts: PainterFonts;
  /** What a tooltip has to tell. */
  readonly cutTitles: CutTitle[] = [];

  constructor(context: CanvasRenderingContext2D, fonts: PainterFonts) {
    this.#context = context;
    this.#fonts = fonts;
  }

  rectangle(x: number, y: number, width: number, height: number, fill: string): void {
    this.#context.fillStyle = fill;
    this.#context.fillRect(x, y, width, height);
  }

  outline(x: number, y: number, width: number, height: number, stroke: Stroke): void {
    this.#stroke(stroke, () => this.#context.rect(x, y, width, height));
  }

  line(points: readonly number[], stroke: Stroke): void {
    this.#stroke(stroke, () => this.#trace(points));
  }

  ribbon(x1: number, y1: number, x2: number, y2: number, stroke: Stroke): void {
    const middle = (x1 + x2) / 2;
    this.#stroke(stroke, () => {
      this.#context.moveTo(x1, y1);
      this.#context.bezierCurveTo(middle, y1, middle, y2, x2, y2);
    });
  }

  hatch(points: readonly number[], color: string): void {
    const xs = points.filter((_, index) => index % 2 === 0);
    const ys = points.filter((_, index) => index % 2 === 1);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    const context = this.#context;
    context.save();
    context.beginPath();
    this.#trace(points);
    context.closePath();
    context.clip();
    this.#stroke({ color }, () => {
      // Lines of x + y = constant, the same wherever the polygon begins.
      const first = Math.ceil((left + top) / HATCH_SPACING) * HATCH_SPACING;
      for (let sum = first; sum <= right + bottom; sum += HATCH_SPACING) {
        context.moveTo(sum - top, top);
        context.lineTo(sum - bottom, bottom);
      }
    });
    context.restore();
  }

  text(text: string, x: number, y: number, style: TextStyle): void {
    const context = this.#context;
    context.save();
    context.font = `${style.bold === true ? '600 ' : ''}${style.size}px ${this.#fonts[style.font]}`;
    context.fillStyle = style.color;
    context.textAlign = style.align === 'middle' ? 'center' : (style.align ?? 'start');
    context.textBaseline = 'middle';
    context.translate(x, y);
    if (style.upright === true) context.rotate(-Math.PI / 2);
    const shown =
      style.maxWidth === undefined
        ? text
        : fitTitle(text, style.maxWidth, (part) => context.measureText(part).width);
    if (shown !== text) this.#remember(text, context.measureText(shown).width, style);
    context.fillText(shown, 0, 0);
    context.restore();
  }

  /** @param width of what is shown; the context's origin is the text's */
  #remember(title: string, width: number, { size, align }: TextStyle): void {
    const begin = { start: 0, middle: -width / 2, end: -width }[align ?? 'start'];
    const transform = this.#context.getTransform();
    const corners = [
      new DOMPoint(begin, -size * 0.7).matrixTransform(transform),
      new DOMPoint(begin + width, size * 0.7).matrixTransform(transform),
    ];
    const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
    // The canvas has more pixels than CSS counts.
    const ratio = Math.hypot(transform.a, transform.b);
    const [left, top] = [Math.min(...xs) / ratio, Math.min(...ys) / ratio];
    this.cutTitles.push({
      title,
      left,
      top,
      width: Math.max(...xs) / ratio - left,
      height: Math.max(...ys) / ratio - top,
    });
  }

  #trace(points: readonly number[]): void {
    for (let i = 0; i < points.length; i += 2) this.#context.lineTo(points[i]!, points[i + 1]!);
  }

  #stroke({ color, width = 1, dash = [], opacity = 1 }: Stroke, trace: () => void): void {
    const context = this.#context;
    context.save();
    context.beginPath();
    trace();
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.globalAlpha = opacity;
    context.stroke();
    context.restore();
  }
}

/** Lets a canvas tell the titles that were drawn cut, where the pointer is over one. */
export function explainCutTitles(canvas: HTMLCanvasElement, cut: readonly CutTitle[]): void {
  canvas.onpointermove = ({ offsetX: x, offsetY: y }) => {
    const at = cut.find(
      ({ left, top, width, height }) => x >= left && x < left + width && y >= top && y < top + height,
    );
    canvas.title = at?.title ?? '';
  };
}

/** Sizes a canvas for sharp pixels and gives its context, scaled to CSS pixels and cleared. */
export function prepareCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  ratio = window.devicePixelRatio,
): CanvasRenderingContext2D {
  const [columns, rows] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
