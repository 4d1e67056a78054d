import { nothing, render } from 'lit';
import { formatCount } from '../../src/series/format';
import { onThemeChange, readTheme, type Theme } from '../ui/theme';
import { colorBytes } from '../ui/colorBytes';
import { CanvasScatter } from './scatterCanvas';
import { fitCamera, ScreenProjection, zoomed, type PlotSize, type ScatterCamera } from './scatterCamera';
import { listenToInput } from './scatterInput';
import { ScatterIndex, type Pixel } from './scatterIndex';
import { LABEL_SIZE, placeLabels, type PlacedLabel } from './scatterLabels';
import type { ScatterModel } from './scatterModel';
import { markRadii, ringed } from './scatterMarks';
import { drawOverlay, labelFont, type Overlay } from './scatterOverlay';
import type { PaintedPoints, ScatterPainter } from './scatterPainter';
import { scatterPng } from './scatterPng';
import { scatterSvg } from './scatterSvg';
import { WebGlScatter } from './scatterWebGl';
import './scatter.css';

/** CSS pixels within which a pointer finds a point. */
const HOVER_RADIUS = 12;
const FLIGHT_MS = 280;
/** GPUs that were lost so often will be lost again; the picture is worth more than its speed. */
const MAX_LOSSES = 5;

/**
 * A scatter plot of many points in two or three dimensions: `<recsight-scatter .model=${model}>`.
 *
 * Drag moves it (in three dimensions it turns, and moves with Shift), the wheel and two fingers zoom, a click chooses. With
 * the keyboard: arrows go from point to point, with Shift they move the picture, + and − zoom, 0 shows all, Enter chooses.
 */
export class ScatterPlot extends HTMLElement {
  #model: ScatterModel | null = null;
  #theme: Theme = readTheme();
  #painter: ScatterPainter | null = null;
  #painted: PaintedPoints | null = null;
  #losses = 0;
  #index: { index: ScatterIndex; key: readonly unknown[] } | null = null;
  #camera: ScatterCamera | null = null;
  #fitZoom = 0;
  #size: PlotSize = { width: 0, height: 0 };
  #labels: readonly PlacedLabel[] = [];
  #outline: readonly Pixel[] = [];
  #scheduled = false;
  #flight = 0;
  #textWidths = { bold: new Map<string, number>(), regular: new Map<string, number>() };
  #disconnect: () => void = () => undefined;
  readonly #surface = document.createElement('div');
  readonly #overlay = document.createElement('canvas');
  readonly #card = document.createElement('div');

  set model(model: ScatterModel) {
    const last = this.#model;
    this.#model = model;
    const otherFit = model.coordinates !== last?.coordinates || model.frame !== last.frame;
    if (model.camera !== last?.camera || (model.camera === null && otherFit)) {
      if (model.camera !== this.#camera || model.camera === null) this.#land(model.camera);
    }
    this.#schedule();
  }

  /** How points are drawn: with a GPU or without. */
  get painter(): ScatterPainter['kind'] | null {
    return this.#painter?.kind ?? null;
  }

  get camera(): ScatterCamera | null {
    return this.#camera;
  }

  get labels(): readonly PlacedLabel[] {
    return this.#labels;
  }

  connectedCallback(): void {
    this.#surface.className = 'scatter-surface';
    this.#surface.tabIndex = 0;
    this.#surface.setAttribute('role', 'application');
    this.#surface.setAttribute('aria-roledescription', 'scatter plot');
    this.#overlay.className = 'scatter-overlay';
    this.#overlay.setAttribute('aria-hidden', 'true');
    this.#card.className = 'scatter-card';
    this.#card.hidden = true;
    this.#card.setAttribute('aria-hidden', 'true');
    this.replaceChildren(this.#overlay, this.#surface, this.#card);
    this.#startPainter();
    listenToInput(this.#surface, {
      model: () => this.#model,
      camera: () => this.#camera,
      size: () => this.#size,
      index: () => this.#findIndex(),
      pointAt: (x, y) => this.pointAt(x, y),
      stop: () => cancelAnimationFrame(this.#flight),
      move: (camera) => this.#move(camera),
      fly: (camera) => this.#fly(camera),
      fit: () => this.fit(),
      drawOutline: (outline) => {
        this.#outline = outline;
        this.#drawOver();
      },
    });
    const size = new ResizeObserver(() => this.#resized());
    size.observe(this);
    const endTheme = onThemeChange(() => {
      this.#theme = readTheme();
      this.#textWidths.bold.clear();
      this.#textWidths.regular.clear();
      this.#schedule();
    });
    this.#disconnect = () => {
      size.disconnect();
      endTheme();
      cancelAnimationFrame(this.#flight);
      this.#painter?.dispose();
      this.#painter = null;
    };
    this.#theme = readTheme();
    this.#resized();
  }

  disconnectedCallback(): void {
    this.#disconnect();
  }

  /** The point nearest to a pixel of the plot, or null. */
  pointAt(x: number, y: number, radius = HOVER_RADIUS): number | null {
    if (!this.#camera || !this.#model) return null;
    const point = this.#findIndex().nearest(this.#camera, this.#size, { x, y }, radius);
    return point < 0 ? null : point;
  }

  /** The pixel of a point, or null when it is behind the camera. */
  placeOf(point: number): Pixel | null {
    if (!this.#camera || !this.#model) return null;
    const { coordinates } = this.#model;
    const projection = new ScreenProjection(this.#camera, this.#size, coordinates.dimensions);
    return projection.projectPoint(coordinates, point) ? { x: projection.x, y: projection.y } : null;
  }

  zoomBy(by: number): void {
    if (this.#camera) this.#fly(zoomed(this.#camera, by, this.#size));
  }

  /** Shows all points, or only some of them. */
  fit(points: ArrayLike<number> | null = null): void {
    if (!this.#model || this.#size.width === 0) return;
    const { coordinates } = this.#model;
    if (points === null || points.length === 0) {
      this.#fly(this.#fitAll());
      return;
    }
    const { values, dimensions } = coordinates;
    const some = new Float32Array(points.length * dimensions);
    for (let place = 0; place < points.length; place++) {
      const at = points[place]! * dimensions;
      some.set(values.subarray(at, at + dimensions), place * dimensions);
    }
    const fitted = fitCamera({ values: some, dimensions }, this.#size);
    // A few points that lie close together are shown with what is around them.
    const zoom = Math.min(fitted.zoom, this.#fitZoom + 5);
    const { orbit, tilt } = this.#camera ?? fitted;
    this.#fly({ ...fitted, zoom, orbit, tilt });
  }

  /** Brings a point into sight if it is not. */
  reveal(point: number): void {
    const place = this.placeOf(point);
    if (!this.#camera || !this.#model) return;
    const { width, height } = this.#size;
    const margin = 24;
    const inSight =
      place && place.x > margin && place.y > margin && place.x < width - margin && place.y < height - margin;
    if (inSight) return;
    const { values, dimensions } = this.#model.coordinates;
    const at = point * dimensions;
    const target = [values[at]!, values[at + 1]!, dimensions === 3 ? values[at + 2]! : 0] as const;
    this.#fly({ ...this.#camera, target });
  }

  /** The picture as a PNG file, under its title. */
  async toPng(lines: readonly string[]): Promise<ArrayBuffer> {
    if (!this.#painter) throw new Error('There is no image to save yet.');
    this.#draw();
    return scatterPng([this.#painter.canvas, this.#overlay], this.#size, lines, this.#theme);
  }

  /** The picture as a vector graphic, under its title. */
  toSvg(lines: readonly string[]): string {
    const overlay = this.#overlayNow();
    if (!overlay) throw new Error('There is no image to save yet.');
    return scatterSvg(overlay, lines, (color) => {
      const [red, green, blue, opacity] = colorBytes(color);
      return [red, green, blue, opacity / 255];
    });
  }

  #startPainter(): void {
    this.#painter?.dispose();
    const webGl =
      this.#losses > MAX_LOSSES
        ? null
        : WebGlScatter.create(this, () => {
            this.#losses++;
            // Not while the painter is still at work.
            queueMicrotask(() => {
              if (!this.isConnected) return;
              this.#startPainter();
              this.#schedule();
            });
          });
    this.#painter = webGl ?? new CanvasScatter();
    this.prepend(this.#painter.canvas);
    this.#painter.canvas.className = 'scatter-points';
    this.#painter.canvas.setAttribute('aria-hidden', 'true');
    this.dataset.painter = this.#painter.kind;
  }

  #resized(): void {
    const { clientWidth: width, clientHeight: height } = this;
    if (width === this.#size.width && height === this.#size.height) return;
    const first = this.#size.width === 0;
    this.#size = { width, height };
    if (first || this.#model?.camera === null) this.#land(this.#model?.camera ?? null);
    // In the same frame: a canvas that is stretched until the next one flickers.
    this.#draw();
  }

  /** Draws once a frame at most, however often the model changes. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      if (this.isConnected) this.#draw();
    });
  }

  #draw(): void {
    const model = this.#model;
    if (!model || !this.#painter || this.#size.width === 0 || this.#size.height === 0) return;
    if (!this.#camera) this.#land(model.camera);
    const camera = this.#camera!;
    const radius = this.#radius();
    const { coordinates, colors, order, hidden } = model;
    const last = this.#painted;
    const same =
      last?.coordinates.values === coordinates.values &&
      last.coordinates.dimensions === coordinates.dimensions &&
      last.colors === colors &&
      last.order === order &&
      last.radius === radius &&
      last.hidden === hidden;
    const painted = same ? last : { coordinates, colors, order, hidden, radius };
    this.#painted = painted;
    this.#painter.paint(painted, camera, this.#size, devicePixelRatio);
    this.#labels = placeLabels({
      coordinates,
      texts: model.texts,
      first: [
        ...(model.focus === null ? [] : [model.focus]),
        ...model.path.slice(-1),
        ...model.starred,
        ...model.path.toReversed(),
        ...model.joined,
        ...ringed(model),
      ],
      order: model.labelOrder ?? [],
      camera,
      size: this.#size,
      measure: (text, important) => this.#widthOf(text, important),
      radius: radius + 2,
      marks: markRadii(model, radius),
    });
    this.#drawOver();
    const visible = order?.length ?? coordinates.values.length / coordinates.dimensions;
    this.#surface.setAttribute(
      'aria-label',
      `${model.title}. ${formatCount(visible)} points. Arrow keys move between points; Enter selects.`,
    );
    this.#surface.dataset.tool = model.tool;
  }

  #drawOver(): void {
    const overlay = this.#overlayNow();
    if (!overlay) return;
    const { width, height } = this.#size;
    const [pixelWidth, pixelHeight] = [
      Math.round(width * devicePixelRatio),
      Math.round(height * devicePixelRatio),
    ];
    if (this.#overlay.width !== pixelWidth || this.#overlay.height !== pixelHeight) {
      this.#overlay.width = pixelWidth;
      this.#overlay.height = pixelHeight;
    }
    const context = this.#overlay.getContext('2d')!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    drawOverlay(context, overlay);
    this.#showCard();
  }

  #overlayNow(): Overlay | null {
    if (!this.#model || !this.#camera) return null;
    return {
      model: this.#model,
      camera: this.#camera,
      size: this.#size,
      theme: this.#theme,
      radius: this.#radius(),
      labels: this.#labels,
      outline: this.#outline,
    };
  }

  #showCard(): void {
    const point = this.#model?.hovered ?? null;
    const place = point === null ? null : this.placeOf(point);
    this.#card.hidden = place === null;
    render(point === null || place === null ? nothing : this.#model!.card(point), this.#card);
    if (place === null) return;
    const { offsetWidth: width, offsetHeight: height } = this.#card;
    const beside = place.x + 16 + width <= this.#size.width ? place.x + 16 : place.x - 16 - width;
    const below = place.y + 12 + height <= this.#size.height ? place.y + 12 : place.y - 12 - height;
    this.#card.style.transform = `translate(${Math.round(Math.max(4, beside))}px, ${Math.round(Math.max(4, below))}px)`;
  }

  /** Smaller where there are many, larger where one looks closely. */
  #radius(): number {
    const count = this.#model!.order?.length ?? this.#model!.texts.length;
    const usual = Math.max(1.5, Math.min(4.5, 5.6 - 0.85 * Math.log10(Math.max(1, count))));
    const closer = 2 ** (0.28 * Math.max(0, this.#camera!.zoom - this.#fitZoom));
    return Math.round(Math.min(8, usual * closer) * 20) / 20;
  }

  /** Measured once in each of the two fonts that labels are drawn in. */
  #widthOf(text: string, important: boolean): number {
    const known = important ? this.#textWidths.bold : this.#textWidths.regular;
    let width = known.get(text);
    if (width === undefined) {
      const context = this.#overlay.getContext('2d')!;
      context.font = labelFont(this.#theme, important);
      width = context.measureText(text).width || text.length * LABEL_SIZE * 0.55;
      known.set(text, width);
    }
    return width;
  }

  #findIndex(): ScatterIndex {
    const { coordinates, order } = this.#model!;
    const key = [coordinates.values, coordinates.dimensions, order];
    if (!this.#index || key.some((part, i) => part !== this.#index!.key[i])) {
      this.#index = { index: new ScatterIndex(coordinates, order), key };
    }
    return this.#index.index;
  }

  #fitAll(): ScatterCamera {
    return fitCamera(this.#model!.frame ?? this.#model!.coordinates, this.#size);
  }

  /** Looks from somewhere at once. */
  #land(camera: ScatterCamera | null): void {
    if (!this.#model || this.#size.width === 0) return;
    cancelAnimationFrame(this.#flight);
    const fitted = this.#fitAll();
    this.#fitZoom = fitted.zoom;
    this.#camera = camera ?? fitted;
    this.#schedule();
  }

  #move(camera: ScatterCamera): void {
    this.#camera = camera;
    this.#model?.onCamera(camera);
    this.#schedule();
  }

  /** Looks from somewhere else after a short flight, or at once where the user wants no motion. */
  #fly(to: ScatterCamera): void {
    cancelAnimationFrame(this.#flight);
    const from = this.#camera;
    const still =
      matchMedia('(prefers-reduced-motion: reduce)').matches ||
      document.body.classList.contains('vscode-reduce-motion');
    if (!from || still) {
      this.#move(to);
      return;
    }
    const start = performance.now();
    const step = (): void => {
      const time = Math.min(1, (performance.now() - start) / FLIGHT_MS);
      const share = time * time * (3 - 2 * time);
      const between = (a: number, b: number): number => a + (b - a) * share;
      const turn = ((to.orbit - from.orbit + 540) % 360) - 180;
      this.#move(
        time === 1
          ? to
          : {
              target: [0, 1, 2].map((axis) => between(from.target[axis]!, to.target[axis]!)) as [
                number,
                number,
                number,
              ],
              zoom: between(from.zoom, to.zoom),
              orbit: from.orbit + turn * share,
              tilt: between(from.tilt, to.tilt),
            },
      );
      if (time < 1) this.#flight = requestAnimationFrame(step);
    };
    step();
  }
}
