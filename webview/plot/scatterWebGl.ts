import { Deck, OrbitView, OrthographicView } from '@deck.gl/core';
import { ScatterplotLayer } from '@deck.gl/layers';
import type { PlotSize, ScatterCamera } from './scatterCamera';
import type { PaintedPoints, ScatterPainter } from './scatterPainter';

/** The picture is kept after drawing, so that it can be saved. */
const CONTEXT = { preserveDrawingBuffer: true, antialias: true };

/**
 * GPUs that the processor imitates: the 2D canvas draws thirty times as fast there (docs/performance.md).
 * `failIfMajorPerformanceCaveat` does not see them all.
 */
const IMITATED = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Draws points with WebGL2. */
export class WebGlScatter implements ScatterPainter {
  readonly kind = 'webgl';
  readonly canvas: HTMLCanvasElement;
  readonly #deck: Deck<(OrbitView | OrthographicView)[]>;
  readonly #views = {
    2: new OrthographicView({ id: 'flat', flipY: false }),
    3: new OrbitView({ id: 'orbit', orbitAxis: 'Z' }),
  };
  #data: { points: PaintedPoints; drawn: BinaryPoints } | null = null;
  #ended = false;

  /**
   * @param onEnd called once, when the browser took the GPU away or drawing failed; the painter is of no use then
   * @returns null where there is no WebGL2, or none that is fast
   */
  static create(container: HTMLElement, onEnd: () => void): WebGlScatter | null {
    const canvas = document.createElement('canvas');
    // deck.gl will take the context that the canvas has.
    const context = canvas.getContext('webgl2', CONTEXT) as WebGL2RenderingContext | null;
    if (context === null || isImitated(context)) return null;
    return new WebGlScatter(canvas, container, onEnd);
  }

  private constructor(canvas: HTMLCanvasElement, container: HTMLElement, onEnd: () => void) {
    this.canvas = canvas;
    container.prepend(canvas);
    const end = (): void => {
      if (this.#ended) return;
      this.#ended = true;
      onEnd();
    };
    canvas.addEventListener('webglcontextlost', end);
    this.#deck = new Deck({
      canvas,
      deviceProps: { webgl: CONTEXT },
      views: [this.#views[2]],
      viewState: { flat: { target: [0, 0, 0], zoom: 0 } },
      controller: false,
      layers: [],
      onError: end,
      // Picking is ours: exact, and the same without WebGL2.
      _pickable: false,
    });
  }

  paint(points: PaintedPoints, camera: ScatterCamera, size: PlotSize, pixelRatio: number): void {
    if (this.#ended) return;
    const { dimensions } = points.coordinates;
    if (this.#data?.points !== points) {
      this.#data = { points, drawn: binaryPoints(points, this.#data) };
    }
    const { drawn } = this.#data;
    const { target, zoom, orbit, tilt } = camera;
    this.#deck.setProps({
      width: size.width,
      height: size.height,
      useDevicePixels: pixelRatio,
      views: [this.#views[dimensions]],
      viewState: {
        flat: { target: [target[0], target[1], 0], zoom },
        orbit: { target: [...target], zoom, rotationOrbit: orbit, rotationX: tilt },
      },
      layers: [
        new ScatterplotLayer({
          id: `points-${dimensions}`,
          data: drawn.data,
          radiusUnits: 'pixels',
          radiusScale: points.radius,
          getRadius: 1,
          billboard: true,
          parameters: {
            depthCompare: dimensions === 3 && points.hidden ? 'less-equal' : 'always',
            depthWriteEnabled: dimensions === 3 && points.hidden,
          },
        }),
      ],
    });
    // Within this frame, so that points and what is drawn over them move together.
    this.#deck.redraw('paint');
    // deck.gl would have the canvas focused for its own gestures; keys belong to the surface above it.
    this.canvas.tabIndex = -1;
  }

  dispose(): void {
    this.#ended = true;
    this.#deck.finalize();
    this.canvas.remove();
  }
}

function isImitated(context: WebGL2RenderingContext): boolean {
  const names = context.getExtension('WEBGL_debug_renderer_info');
  return names !== null && IMITATED.test(String(context.getParameter(names.UNMASKED_RENDERER_WEBGL)));
}

/** What deck.gl puts into buffers of the GPU as it is. */
interface BinaryPoints {
  positions: Float32Array;
  colors: Uint8Array;
  data: {
    length: number;
    attributes: {
      getPosition: { value: Float32Array; size: number };
      getFillColor: { value: Uint8Array; size: number; normalized: boolean };
    };
  };
}

/** Only what has changed since the last time is gathered and sent anew. */
function binaryPoints(
  { coordinates, colors, order }: PaintedPoints,
  last: { points: PaintedPoints; drawn: BinaryPoints } | null,
): BinaryPoints {
  const { values, dimensions } = coordinates;
  const sameOrder = last !== null && last.points.order === order;
  const samePositions = sameOrder && last.points.coordinates.values === values;
  const sameColors = sameOrder && last.points.colors === colors;
  const positions = samePositions ? last.drawn.positions : gathered(values, dimensions, order);
  const drawnColors = sameColors ? last.drawn.colors : gathered(colors, 4, order);
  if (samePositions && sameColors) return last.drawn;
  return {
    positions,
    colors: drawnColors,
    data: {
      length: positions.length / dimensions,
      attributes: {
        getPosition: { value: positions, size: dimensions },
        getFillColor: { value: drawnColors, size: 4, normalized: true },
      },
    },
  };
}

function gathered<Values extends Float32Array | Uint8Array>(
  values: Values,
  width: number,
  order: Uint32Array | null,
): Values {
  if (order === null) return values;
  const result = values.slice(0, order.length * width) as Values;
  order.forEach((point, place) => {
    for (let axis = 0; axis < width; axis++) result[place * width + axis] = values[point * width + axis]!;
  });
  return result;
}
