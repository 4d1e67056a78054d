import { panned, turned, zoomed, type PlotSize, type ScatterCamera } from './scatterCamera';
import type { Pixel, ScatterIndex } from './scatterIndex';
import type { ScatterModel } from './scatterModel';

/** A pointer that moved less has clicked. */
const CLICK_DISTANCE = 4;
const KEY_PAN = 48;
const DEGREES_PER_PIXEL = 0.4;

/** What pointer and keyboard do to a plot. */
export interface ScatterControls {
  model: () => ScatterModel | null;
  camera: () => ScatterCamera | null;
  size: () => PlotSize;
  index: () => ScatterIndex;
  pointAt: (x: number, y: number) => number | null;
  /** Ends a flight of the camera. */
  stop: () => void;
  move: (camera: ScatterCamera) => void;
  fly: (camera: ScatterCamera) => void;
  fit: () => void;
  /** The lasso or rectangle that is being drawn; empty for none. */
  drawOutline: (outline: readonly Pixel[]) => void;
}

/** Listens to pointer, wheel and keyboard on the surface of a plot. */
export function listenToInput(surface: HTMLElement, plot: ScatterControls): void {
  /** Pointers that are down, by id. */
  const down = new Map<number, Pixel>();
  let start: Pixel | null = null;
  let outline: readonly Pixel[] = [];
  let dragged = false;
  let moving: 'camera' | 'turn' | 'outline' | null = null;
  const pixelOf = (event: MouseEvent): Pixel => {
    const { left, top } = surface.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const hover = (point: number | null): void => {
    const model = plot.model();
    if (point !== model?.hovered) model?.onHover(point);
  };
  const draw = (corners: readonly Pixel[]): void => {
    outline = corners;
    plot.drawOutline(corners);
  };

  surface.onpointerdown = (event) => {
    const model = plot.model();
    if (!model || !plot.camera()) return;
    plot.stop();
    surface.setPointerCapture(event.pointerId);
    down.set(event.pointerId, pixelOf(event));
    start = pixelOf(event);
    dragged = false;
    const flat = model.coordinates.dimensions === 2;
    const other = event.button !== 0 || event.shiftKey;
    moving = model.tool !== 'move' && event.button === 0 ? 'outline' : flat || other ? 'camera' : 'turn';
  };
  surface.onpointermove = (event) => {
    const model = plot.model();
    const camera = plot.camera();
    if (!model || !camera) return;
    const at = pixelOf(event);
    const before = down.get(event.pointerId);
    if (!before) {
      hover(plot.pointAt(at.x, at.y));
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
      const shifted = panned(camera, (at.x - before.x) / 2, (at.y - before.y) / 2);
      plot.move(zoomed(shifted, Math.log2(spread / Math.max(1, spreadBefore)), plot.size(), middle));
    } else if (moving === 'outline') {
      const lasso = outline.length > 0 ? outline : [start!];
      draw(model.tool === 'rectangle' ? rectangle(start!, at) : [...lasso, at]);
    } else if (moving === 'turn') {
      const [dx, dy] = [at.x - before.x, at.y - before.y];
      plot.move(turned(camera, dx * DEGREES_PER_PIXEL, dy * DEGREES_PER_PIXEL));
    } else {
      plot.move(panned(camera, at.x - before.x, at.y - before.y));
    }
    down.set(event.pointerId, at);
  };
  const release = (event: PointerEvent): void => {
    const wasDown = down.delete(event.pointerId);
    const model = plot.model();
    const camera = plot.camera();
    if (!wasDown || !model || !camera || down.size > 0) return;
    const more = event.shiftKey || event.ctrlKey || event.metaKey;
    const at = pixelOf(event);
    const drawn = outline;
    draw([]);
    const wasMoving = moving;
    start = moving = null;
    if (event.type !== 'pointerup') return;
    if (!dragged) model.onPick(plot.pointAt(at.x, at.y), more);
    else if (wasMoving === 'outline') model.onSelect(plot.index().within(camera, plot.size(), drawn), more);
  };
  surface.onpointerup = release;
  surface.onpointercancel = release;
  surface.onpointerleave = () => hover(null);
  surface.oncontextmenu = (event) => event.preventDefault();
  surface.ondblclick = (event) => {
    const camera = plot.camera();
    const at = pixelOf(event);
    if (camera && plot.pointAt(at.x, at.y) === null) {
      plot.fly(zoomed(camera, event.shiftKey ? -1 : 1, plot.size(), at));
    }
  };
  surface.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const camera = plot.camera();
      if (!camera) return;
      plot.stop();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
      const by = -event.deltaY * lines * (event.ctrlKey ? 0.012 : 0.0025);
      plot.move(zoomed(camera, Math.max(-1, Math.min(1, by)), plot.size(), pixelOf(event)));
    },
    { passive: false },
  );
  surface.onkeydown = (event) => keyPressed(event, plot);
}

function keyPressed(event: KeyboardEvent, plot: ScatterControls): void {
  const model = plot.model();
  const camera = plot.camera();
  if (!model || !camera || event.ctrlKey || event.metaKey || event.altKey) return;
  const arrows = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' } as const;
  const side = arrows[event.key as keyof typeof arrows] as (typeof arrows)[keyof typeof arrows] | undefined;
  const zoom = { '+': 0.5, '=': 0.5, '-': -0.5 }[event.key];
  if (side !== undefined && event.shiftKey) {
    const [dx, dy] = { left: [1, 0], right: [-1, 0], up: [0, 1], down: [0, -1] }[side] as [number, number];
    plot.move(panned(camera, dx * KEY_PAN, dy * KEY_PAN));
  } else if (side !== undefined) {
    step(model, camera, plot, side);
  } else if (zoom !== undefined) {
    plot.fly(zoomed(camera, zoom, plot.size()));
  } else if (event.key === '0') {
    plot.fit();
  } else if (event.key === 'Enter' && model.hovered !== null) {
    model.onPick(model.hovered, event.shiftKey);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** Goes on to the next point on one side, from the one in the middle at first. */
function step(
  model: ScatterModel,
  camera: ScatterCamera,
  plot: ScatterControls,
  side: 'left' | 'right' | 'up' | 'down',
): void {
  const index = plot.index();
  const from = model.hovered ?? model.focus;
  const { width, height } = plot.size();
  const middle = { x: width / 2, y: height / 2 };
  const next =
    from === null
      ? index.nearest(camera, plot.size(), middle, Math.hypot(width, height))
      : index.toward(camera, plot.size(), from, side);
  if (next >= 0) model.onHover(next);
}

function rectangle(from: Pixel, to: Pixel): Pixel[] {
  return [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }];
}
