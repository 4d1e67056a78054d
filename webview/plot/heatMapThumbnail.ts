import { prepareCanvas } from './canvasPainter';
import { DrawnElement } from './drawnElement';
import { colorIndex } from './heatMapColors';
import { colorsOf } from './heatMapDrawing';
import { valueAt } from './heatMapGeometry';
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
  small.width = data.columns;
  small.height = data.rows;
  const smallContext = small.getContext('2d')!;
  smallContext.putImageData(pixelsOf(data, scale), 0, 0);
  // Many cells share a pixel, or a cell has many.
  context.imageSmoothingEnabled = data.columns > width || data.rows > height;
  context.imageSmoothingQuality = 'high';
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

/** A pixel for each cell; what cannot be attended to is left clear. */
function pixelsOf(data: HeatMapData, scale: HeatMapScale): ImageData {
  const { bytes } = colorsOf(scale, readMapColors());
  const image = new ImageData(data.columns, data.rows);
  for (let row = 0; row < data.rows; row++) {
    for (let column = 0; column < data.columns; column++) {
      const value = valueAt(data, { row, column });
      if (!Number.isFinite(value)) continue;
      const index = colorIndex(value, scale.low, scale.high) * 3;
      image.data.set(bytes.subarray(index, index + 3), (row * data.columns + column) * 4);
      image.data[(row * data.columns + column) * 4 + 3] = 255;
    }
  }
  return image;
}
