import { html, nothing, render } from 'lit';
import { onThemeChange } from '../ui/theme';
import { prepareCanvas } from './canvasPainter';
import { colorsOf } from './heatMapDrawing';
import { scaleEnds } from './heatMapGeometry';
import type { HeatMapScale } from './heatMapModel';
import { readMapColors } from './mapColors';

const WIDTH = 96;
const HEIGHT = 10;

/** What the colors stand for: `<recsight-heat-legend .scale=${scale}>`. */
export class HeatMapLegend extends HTMLElement {
  #scale: HeatMapScale | null = null;
  #endTheme: () => void = () => undefined;

  set scale(scale: HeatMapScale) {
    this.#scale = scale;
    if (this.isConnected) this.#draw();
  }

  connectedCallback(): void {
    this.#endTheme = onThemeChange(() => this.#draw());
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#endTheme();
  }

  #draw(): void {
    const scale = this.#scale;
    if (!scale) return;
    const { low, high } = scaleEnds(scale);
    render(
      html`<span class="number" title=${low.clipped ? 'Smaller values use the first color' : nothing}
          >${low.text}</span
        ><canvas aria-hidden="true"></canvas
        ><span class="number" title=${high.clipped ? 'Larger values use the last color' : nothing}
          >${high.text}</span
        >`,
      this,
    );
    const context = prepareCanvas(this.querySelector('canvas')!, WIDTH, HEIGHT);
    const { colors } = colorsOf(scale, readMapColors());
    colors.forEach((color, index) => {
      context.fillStyle = color;
      context.fillRect((index * WIDTH) / colors.length, 0, WIDTH / colors.length + 0.5, HEIGHT);
    });
  }
}
