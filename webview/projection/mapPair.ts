import { extentsOf, type PointCoordinates } from '../plot/scatterCamera';

/**
 * Two maps of the same points, beside or below each other, whichever shows them larger:
 * `<recsight-map-pair .frame=${points}>` around two sections.
 */
export class MapPair extends HTMLElement {
  #frame: PointCoordinates | null = null;
  readonly #resized = new ResizeObserver(() => this.#arrange());

  /** The points that are in sight in both. */
  set frame(frame: PointCoordinates) {
    if (frame === this.#frame) return;
    this.#frame = frame;
    this.#arrange();
  }

  connectedCallback(): void {
    this.#resized.observe(this);
    this.#arrange();
  }

  disconnectedCallback(): void {
    this.#resized.disconnect();
  }

  #arrange(): void {
    const { clientWidth: width, clientHeight: height } = this;
    if (!this.#frame || width === 0 || height === 0) return;
    const shape = shapeOf(this.#frame);
    const scale = (across: number, down: number): number =>
      Math.min(across / shape.width, down / shape.height);
    this.dataset.arrangement = scale(width / 2, height) >= scale(width, height / 2) ? 'beside' : 'below';
  }
}

/** What is turned needs the same room on all sides. */
function shapeOf(frame: PointCoordinates): { width: number; height: number } {
  if (frame.dimensions === 3) return { width: 1, height: 1 };
  const { low, high } = extentsOf(frame);
  const length = (axis: number): number => {
    const extent = high[axis]! - low[axis]!;
    return Number.isFinite(extent) && extent > 0 ? extent : 1e-6;
  };
  return { width: length(0), height: length(1) };
}
