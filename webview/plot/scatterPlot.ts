import { nothing, render } from 'lit';
import { formatCount } from '../../src/series/format';
import { onThemeChange, readTheme, type Theme } from '../ui/theme';
import { colorBytes } from './colorBytes';
import { CanvasScatter } from './scatterCanvas';
import {
  fitCamera,
  panned,
  ScreenProjection,
  turned,
  zoomed,
  type PlotSize,
  type ScatterCamera,
} from './scatterCamera';
import { ScatterIndex, type Pixel } from './scatterIndex';
import { LABEL_SIZE, placeLabels, type PlacedLabel } from './scatterLabels';
import type { ScatterModel } from './scatterModel';
import { drawOverlay, labelFont, ringed, type Overlay } from './scatterOverlay';
import type { PaintedPoints, ScatterPainter } from './scatterPainter';
import { scatterPng } from './scatterPng';
import { scatterSvg } from './scatterSvg';
import { WebGlScatter } from './scatterWebGl';

/** CSS pixels within which a pointer finds a point. */
const HOVER_RADIUS = 12;
/** A pointer that moved less has clicked. */
const CLICK_DISTANCE = 4;
const KEY_PAN = 48;
const DEGREES_PER_PIXEL = 0.4;
const FLIGHT_MS = 280;
/** GPUs that were lost so often will be lost again; the picture is worth more than its speed. */
const MAX_LOSSES = 5;
/** Height of the title over the plot, which labels leave free. */
const TITLE_HEIGHT = 52;

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
  #outline: Pixel[] = [];
  #scheduled = false;
  #flight = 0;
  #textWidths = new Map<string, number>();
  #disconnect: () => void = () => undefined;
  readonly #surface = document.createElement('div');
  readonly #overlay = document.createElement('canvas');
  readonly #card = document.createElement('div');

  set model(model: ScatterModel) {
    const last = this.#model;
    this.#model = model;
    if (model.camera !== last?.camera || (model.camera === null && model.coordinates !== last.coordinates)) {
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
    this.#listen();
    const size = new ResizeObserver(() => this.#resized());
    size.observe(this);
    const endTheme = onThemeChange(() => {
      this.#theme = readTheme();
      this.#textWidths.clear();
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
      place &&
      place.x > margin &&
      place.y > TITLE_HEIGHT &&
      place.x < width - margin &&
      place.y < height - margin;
    if (inSight) return;
    const { values, dimensions } = this.#model.coordinates;
    const at = point * dimensions;
    const target = [values[at]!, values[at + 1]!, dimensions === 3 ? values[at + 2]! : 0] as const;
    this.#fly({ ...this.#camera, target });
  }

  /** The picture as a PNG file, under its title. */
  async toPng(lines: readonly string[]): Promise<ArrayBuffer> {
    if (!this.#painter) throw new Error('There is no picture to save yet.');
    this.#draw();
    return scatterPng([this.#painter.canvas, this.#overlay], this.#size, lines, this.#theme);
  }

  /** The picture as a vector graphic, under its title. */
  toSvg(lines: readonly string[]): string {
    const overlay = this.#overlayNow();
    if (!overlay) throw new Error('There is no picture to save yet.');
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
      measure: (text) => this.#widthOf(text),
      top: TITLE_HEIGHT,
      radius: radius + 2,
    });
    this.#drawOver();
    const visible = order?.length ?? coordinates.values.length / coordinates.dimensions;
    this.#surface.setAttribute(
      'aria-label',
      `${model.title}. ${formatCount(visible)} points. Arrow keys go from point to point, Enter chooses.`,
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

  #widthOf(text: string): number {
    let width = this.#textWidths.get(text);
    if (width === undefined) {
      const context = this.#overlay.getContext('2d')!;
      context.font = labelFont(this.#theme, true);
      width = context.measureText(text).width || text.length * LABEL_SIZE * 0.55;
      this.#textWidths.set(text, width);
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

  #listen(): void {
    const surface = this.#surface;
    /** Pointers that are down, by id. */
    const down = new Map<number, Pixel>();
    let start: Pixel | null = null;
    let dragged = false;
    let moving: 'camera' | 'turn' | 'outline' | null = null;
    const pixelOf = (event: MouseEvent): Pixel => {
      const { left, top } = surface.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    const hover = (point: number | null): void => {
      if (point !== this.#model?.hovered) this.#model?.onHover(point);
    };

    surface.onpointerdown = (event) => {
      if (!this.#model || !this.#camera) return;
      cancelAnimationFrame(this.#flight);
      surface.setPointerCapture(event.pointerId);
      down.set(event.pointerId, pixelOf(event));
      start = pixelOf(event);
      dragged = false;
      const flat = this.#model.coordinates.dimensions === 2;
      const other = event.button !== 0 || event.shiftKey;
      moving =
        this.#model.tool !== 'move' && event.button === 0 ? 'outline' : flat || other ? 'camera' : 'turn';
    };
    surface.onpointermove = (event) => {
      if (!this.#model || !this.#camera) return;
      const at = pixelOf(event);
      const before = down.get(event.pointerId);
      if (!before) {
        hover(this.pointAt(at.x, at.y));
        return;
      }
      if (start && Math.hypot(at.x - start.x, at.y - start.y) > CLICK_DISTANCE) dragged = true;
      if (!dragged) return;
      hover(null);
      if (down.size === 2) {
        const other = [...down].find(([id]) => id !== event.pointerId)![1];
        const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
        const spread = Math.hypot(at.x - other.x, at.y - other.y);
        const spreadBefore = Math.hypot(before.x - other.x, before.y - other.y);
        const shifted = panned(this.#camera, (at.x - before.x) / 2, (at.y - before.y) / 2);
        this.#move(zoomed(shifted, Math.log2(spread / Math.max(1, spreadBefore)), this.#size, middle));
      } else if (moving === 'outline') {
        this.#outline =
          this.#model.tool === 'rectangle' ? rectangle(start!, at) : [...this.#outlineFrom(start!), at];
        this.#drawOver();
      } else if (moving === 'turn') {
        const [dx, dy] = [at.x - before.x, at.y - before.y];
        this.#move(turned(this.#camera, dx * DEGREES_PER_PIXEL, dy * DEGREES_PER_PIXEL));
      } else {
        this.#move(panned(this.#camera, at.x - before.x, at.y - before.y));
      }
      down.set(event.pointerId, at);
    };
    const release = (event: PointerEvent): void => {
      const wasDown = down.delete(event.pointerId);
      if (!wasDown || !this.#model || !this.#camera || down.size > 0) return;
      const more = event.shiftKey || event.ctrlKey || event.metaKey;
      const at = pixelOf(event);
      if (!dragged && event.type === 'pointerup') this.#model.onPick(this.pointAt(at.x, at.y), more);
      if (dragged && moving === 'outline' && event.type === 'pointerup') {
        this.#model.onSelect(this.#findIndex().within(this.#camera, this.#size, this.#outline), more);
      }
      this.#outline = [];
      this.#drawOver();
      start = moving = null;
    };
    surface.onpointerup = release;
    surface.onpointercancel = release;
    surface.onpointerleave = () => hover(null);
    surface.oncontextmenu = (event) => event.preventDefault();
    surface.ondblclick = (event) => {
      if (this.#camera && this.pointAt(pixelOf(event).x, pixelOf(event).y) === null) {
        this.#fly(zoomed(this.#camera, event.shiftKey ? -1 : 1, this.#size, pixelOf(event)));
      }
    };
    surface.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        if (!this.#camera) return;
        cancelAnimationFrame(this.#flight);
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
        const by = -event.deltaY * lines * (event.ctrlKey ? 0.012 : 0.0025);
        this.#move(zoomed(this.#camera, Math.max(-1, Math.min(1, by)), this.#size, pixelOf(event)));
      },
      { passive: false },
    );
    surface.onkeydown = (event) => this.#keyPressed(event);
  }

  #outlineFrom(start: Pixel): Pixel[] {
    return this.#outline.length > 0 ? this.#outline : [start];
  }

  #keyPressed(event: KeyboardEvent): void {
    const model = this.#model;
    if (!model || !this.#camera || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' } as const;
    const side = arrows[event.key as keyof typeof arrows] as (typeof arrows)[keyof typeof arrows] | undefined;
    const zoom = { '+': 0.5, '=': 0.5, '-': -0.5 }[event.key];
    if (side !== undefined && event.shiftKey) {
      const [dx, dy] = { left: [1, 0], right: [-1, 0], up: [0, 1], down: [0, -1] }[side] as [number, number];
      this.#move(panned(this.#camera, dx * KEY_PAN, dy * KEY_PAN));
    } else if (side !== undefined) {
      this.#step(model, side);
    } else if (zoom !== undefined) {
      this.zoomBy(zoom);
    } else if (event.key === '0') {
      this.fit();
    } else if (event.key === 'Enter' && model.hovered !== null) {
      model.onPick(model.hovered, event.shiftKey);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Goes on to the next point on one side, from the one in the middle at first. */
  #step(model: ScatterModel, side: 'left' | 'right' | 'up' | 'down'): void {
    const index = this.#findIndex();
    const from = model.hovered ?? model.focus;
    const { width, height } = this.#size;
    const middle = { x: width / 2, y: height / 2 };
    const next =
      from === null
        ? index.nearest(this.#camera!, this.#size, middle, Math.hypot(width, height))
        : index.towards(this.#camera!, this.#size, from, side);
    if (next >= 0) model.onHover(next);
  }
}

function rectangle(from: Pixel, to: Pixel): Pixel[] {
  return [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }];
}
