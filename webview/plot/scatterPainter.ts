import type { PlotSize, PointCoordinates, ScatterCamera } from './scatterCamera';

/** The points as they are to be drawn, without an object for each. */
export interface PaintedPoints {
  coordinates: PointCoordinates;
  /** `[points, 4]`: red, green, blue, opacity. */
  colors: Uint8Array;
  /** The points that are drawn, those on top last; null for all in their order. */
  order: Uint32Array | null;
  /** CSS pixels. */
  radius: number;
  /** In three dimensions: what is nearer hides what is behind. Off where some points are to be seen through all others. */
  hidden: boolean;
}

/** What draws points on a canvas: the same pictures, with a GPU and without. */
export interface ScatterPainter {
  readonly kind: 'webgl' | 'canvas';
  readonly canvas: HTMLCanvasElement;
  /** Draws at once, or as soon as it can. What is the same object as last time is not sent again. */
  paint(points: PaintedPoints, camera: ScatterCamera, size: PlotSize, pixelRatio: number): void;
  dispose(): void;
}
