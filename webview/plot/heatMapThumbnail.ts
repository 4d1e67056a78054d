import { prepareCanvas } from './canvasPainter';
import { DrawnElement } from './drawnElement';
import { colorIndex } from './heatMapColors';
import { colorsOf } from './heatMapDrawing';
import { pooledValues } from './heatMapGeometry';
import type { HeatMapData, HeatMapPart, HeatMapScale } from './heatMapModel';
import { readMapColors } from './mapColors';

export interface ThumbnailModel {
  data: HeatMapData;
  scale: HeatMapScale;
  /** CSS pixels. */
  width: number;
  height: number;
  /** The part that is shown large, if it is not everything. */
  window: HeatMapPart | null;
}

/** A whole heat map, small: `<recsight-heat-thumbnail .model=${model}>`. */
export class HeatMapThumbnail extends DrawnElement {
  #model: ThumbnailModel | null = null;

  /** Draws only what has changed: all thumbnails are given anew with every move of the pointer. */
  set model(model: ThumbnailModel) {
    const before = this.#model;
    this.#model = model;
    if (before?.data === model.data && before.scale === model.scale && isSame(before.window, model.window))
      return;
    this.schedule();
  }

  override connectedCallback(): void {
    if (this.firstChild === null) this.append(document.createElement('canvas'));
    this.setAttribute('aria-hidden', 'true');
    super.connectedCallback();
  }

  protected override draw(): void {
    const canvas = this.querySelector('canvas');
    if (canvas && this.#model) drawThumbnail(canvas, this.#model);
  }
}

function isSame(a: HeatMapPart | null, b: HeatMapPart | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function drawThumbnail(
  canvas: HTMLCanvasElement,
  { data, scale, width, height, window }: ThumbnailModel,
): void {
  const context = prepareCanvas(canvas, width, height);
  const colors = readMapColors();
  const small = document.createElement('canvas');
  // Many cells share a pixel, or a cell has many.
  small.width = Math.min(data.columns, canvas.width);
  small.height = Math.min(data.rows, canvas.height);
  const smallContext = small.getContext('2d')!;
  smallContext.putImageData(pixelsOf(data, scale, small), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width, height);
  if (window) {
    context.strokeStyle = colors.foreground;
    context.lineWidth = 1.5;
    context.strokeRect(
      window.left * width + 0.75,
      window.top * height + 0.75,
      Math.max(4, window.width * width - 1.5),
      Math.max(4, window.height * height - 1.5),
    );
  }
}

/** What cannot be attended to is left clear. */
function pixelsOf(
  data: HeatMapData,
  scale: HeatMapScale,
  size: { width: number; height: number },
): ImageData {
  const { bytes } = colorsOf(scale, readMapColors());
  const image = new ImageData(size.width, size.height);
  pooledValues(data, { rows: size.height, columns: size.width }).forEach((value, pixel) => {
    if (Number.isNaN(value)) return;
    const index = colorIndex(value, scale.low, scale.high) * 3;
    image.data.set(bytes.subarray(index, index + 3), pixel * 4);
    image.data[pixel * 4 + 3] = 255;
  });
  return image;
}
