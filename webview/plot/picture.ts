import { CanvasPainter, explainCutTitles, prepareCanvas } from './canvasPainter';
import { DrawnElement } from './drawnElement';
import type { MapColors } from './heatMapColors';
import { readMapColors } from './mapColors';
import type { Painter } from './painter';

export interface PictureModel {
  /** What it shows, in words. */
  label: string;
  /** CSS pixels. */
  height: number;
  /** Draws it so wide. */
  draw: (painter: Painter, colors: MapColors, width: number) => void;
}

/** Something drawn, as wide as there is room: `<recsight-picture .model=${model}>`. */
export class Picture extends DrawnElement {
  #model: PictureModel | null = null;

  set model(model: PictureModel) {
    this.#model = model;
    this.setAttribute('aria-label', model.label);
    this.style.height = `${model.height}px`;
    this.schedule();
  }

  override connectedCallback(): void {
    this.setAttribute('role', 'img');
    if (this.firstChild === null) this.append(document.createElement('canvas'));
    super.connectedCallback();
  }

  protected override draw(): void {
    const canvas = this.querySelector('canvas');
    const { clientWidth: width } = this;
    if (!canvas || !this.#model || width === 0) return;
    const colors = readMapColors();
    const context = prepareCanvas(canvas, width, this.#model.height);
    const painter = new CanvasPainter(context, colors.fonts);
    this.#model.draw(painter, colors, width);
    explainCutTitles(canvas, painter.cutTitles);
  }
}
