import { ScreenProjection, type PlotSize, type ScatterCamera } from './scatterCamera';
import type { PaintedPoints, ScatterPainter } from './scatterPainter';

/**
 * Draws points where there is no WebGL2: discs are blended into the pixels of a picture, which for 100,000 points takes
 * tens of milliseconds where as many circles of the canvas take a second.
 */
export class CanvasScatter implements ScatterPainter {
  readonly kind = 'canvas';
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor() {
    this.canvas = document.createElement('canvas');
    this.#context = this.canvas.getContext('2d')!;
  }

  paint(points: PaintedPoints, camera: ScatterCamera, size: PlotSize, pixelRatio: number): void {
    const width = Math.round(size.width * pixelRatio);
    const height = Math.round(size.height * pixelRatio);
    if (width === 0 || height === 0) return;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const picture = this.#context.createImageData(width, height);
    const { coordinates, colors } = points;
    const projection = new ScreenProjection(camera, size, coordinates.dimensions);
    const disc = discOf(points.radius * pixelRatio);
    for (const point of backToFront(points, projection)) {
      if (colors[4 * point + 3] === 0 || !projection.projectPoint(coordinates, point)) continue;
      const left = Math.round(projection.x * pixelRatio - disc.middle);
      const top = Math.round(projection.y * pixelRatio - disc.middle);
      blend(picture, disc, left, top, colors.subarray(4 * point, 4 * point + 4));
    }
    this.#context.putImageData(picture, 0, 0);
  }

  dispose(): void {
    this.canvas.remove();
  }
}

function backToFront(points: PaintedPoints, projection: ScreenProjection): Uint32Array {
  const { coordinates, order, hidden } = points;
  const count = coordinates.values.length / coordinates.dimensions;
  const all = order ?? Uint32Array.from({ length: count }, (_, point) => point);
  if (coordinates.dimensions === 2 || !hidden) return all;
  const { depth } = projection.projectAll(coordinates);
  return all.slice().sort((a, b) => depth[b]! - depth[a]!);
}

/** How much of each pixel a disc covers. */
interface Disc {
  side: number;
  middle: number;
  coverage: Float32Array;
}

function discOf(radius: number): Disc {
  const side = 2 * Math.ceil(radius + 0.5);
  const middle = side / 2;
  const coverage = new Float32Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const distance = Math.hypot(column + 0.5 - middle, row + 0.5 - middle);
      coverage[row * side + column] = Math.max(0, Math.min(1, radius + 0.5 - distance));
    }
  }
  return { side, middle, coverage };
}

/** Puts a disc over what is there, by "source over" of colors that are not multiplied with their opacity. */
function blend(picture: ImageData, disc: Disc, left: number, top: number, color: Uint8Array): void {
  const { data, width, height } = picture;
  for (let row = 0; row < disc.side; row++) {
    const y = top + row;
    if (y < 0 || y >= height) continue;
    for (let column = 0; column < disc.side; column++) {
      const x = left + column;
      const opacity = (disc.coverage[row * disc.side + column]! * color[3]!) / 255;
      if (x < 0 || x >= width || opacity === 0) continue;
      const at = 4 * (y * width + x);
      const under = (data[at + 3]! / 255) * (1 - opacity);
      const sum = opacity + under;
      for (let channel = 0; channel < 3; channel++) {
        data[at + channel] = (color[channel]! * opacity + data[at + channel]! * under) / sum;
      }
      data[at + 3] = 255 * sum;
    }
  }
}
