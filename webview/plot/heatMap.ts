import { html, render } from 'lit';
import { scrollToShow } from '../ui/virtualList';
import { CanvasPainter, explainCutTitles, prepareCanvas } from './canvasPainter';
import { DrawnElement } from './drawnElement';
import { drawCells, drawColumnTitles, drawMarks, type HeatMapWindow } from './heatMapDrawing';
import { cellAt, cellWidthFor, type HeatMapGeometry } from './heatMapGeometry';
import type { HeatMapCell, HeatMapModel, HeatMapScroll } from './heatMapModel';
import { readMapColors } from './mapColors';
import './heatMap.css';

/** Cells that Page Up and Page Down, or Shift with an arrow, move by. */
const LEAP = 10;
/** CSS pixels, as in plot.css. */
const SCROLLBAR = 10;

/**
 * A heat map: `<recsight-heat-map .model=${model}>`. However many cells there are, only those in sight are drawn.
 *
 * The pointer, or the arrow keys (Shift by ten, Home, End, Page Up, Page Down), move the cell that is spoken and framed;
 * Enter or a click pins it, Escape lets go.
 */
export class HeatMap extends DrawnElement {
  #model: HeatMapModel | null = null;
  /** Where the keyboard is. */
  #cursor: HeatMapCell | null = null;
  /** Spoken after a key only: a pointer's cells would be read out without end. */
  #spoken = '';
  #tooltip: { text: string; x: number; y: number } | null = null;
  /** The scroll position that was applied last, and to how many cells of which size. */
  #applied = '';
  /** What the model wanted then, and where that turned out to be. */
  #placed: (HeatMapScroll & { wanted: HeatMapScroll }) | null = null;
  /** What was last said to be in sight. */
  #told = '';

  set model(model: HeatMapModel) {
    this.#model = model;
    this.schedule();
  }

  /** Where its cells are drawn now, for tests and for whoever draws beside it. */
  get geometry(): HeatMapGeometry {
    if (!this.#model) return { rows: 0, columns: 0, cellWidth: 1, cellHeight: 1 };
    const { data, cellHeight, cellWidths, maxHeight } = this.#model;
    const { rows, columns } = data;
    const scrolls = cellHeight !== null && rows * cellHeight > maxHeight;
    const room = this.clientWidth - (scrolls ? SCROLLBAR : 0);
    const cellWidth = cellWidthFor(room, columns, cellWidths);
    return { rows, columns, cellWidth, cellHeight: cellHeight ?? cellWidth };
  }

  protected override draw(): void {
    if (this.#model) this.#update(this.#model);
  }

  #update(model: HeatMapModel): void {
    this.#renderFrame(model);
    const geometry = this.geometry;
    const { cellWidth, cellHeight, rows, columns } = geometry;
    const [width, height] = [columns * cellWidth, rows * cellHeight];
    const [view, space] = [this.#view, this.querySelector<HTMLElement>('.heat-map-space')!];
    space.style.width = `${width}px`;
    space.style.height = `${height}px`;
    const scrolls = height > model.maxHeight;
    view.style.maxHeight = `${scrolls ? model.maxHeight : height + SCROLLBAR}px`;
    view.style.maxWidth = `${width + (scrolls ? SCROLLBAR : 0)}px`;
    this.#scrollTo(model, geometry);
    const window = {
      left: view.scrollLeft,
      top: view.scrollTop,
      width: Math.min(width, view.clientWidth),
      height: Math.min(height, view.clientHeight),
    };
    const colors = readMapColors();
    const context = prepareCanvas(space.querySelector('canvas')!, window.width, window.height);
    const painter = new CanvasPainter(context, colors.fonts);
    context.translate(-window.left, -window.top);
    drawCells(painter, model.data, geometry, window, model.scale, colors);
    drawMarks(painter, geometry, model, colors);
    this.#tellWindow(model, window, width, height);

    const head = this.querySelector<HTMLCanvasElement>('.heat-map-head')!;
    const headContext = prepareCanvas(head, Math.min(width, view.clientWidth), model.headHeight);
    headContext.translate(-window.left, 0);
    const headPainter = new CanvasPainter(headContext, colors.fonts);
    drawColumnTitles(
      headPainter,
      model.columns,
      cellWidth,
      model.headHeight,
      window,
      model.focus.column,
      colors,
    );
    explainCutTitles(head, headPainter.cutTitles);
  }

  #renderFrame(model: HeatMapModel): void {
    render(
      html`<canvas class="heat-map-head" aria-hidden="true"></canvas>
        <div
          class="heat-map-view"
          role="application"
          aria-roledescription="heat map"
          aria-label=${model.label}
          tabindex="0"
          @scroll=${() => this.#scrolled()}
          @pointermove=${(event: PointerEvent) => this.#pointed(event)}
          @pointerleave=${() => this.#left()}
          @click=${(event: PointerEvent) => this.#clicked(event)}
          @keydown=${(event: KeyboardEvent) => this.#keyPressed(event)}
          @blur=${() => this.#left()}
        >
          <div class="heat-map-space"><canvas></canvas></div>
        </div>
        <p class="visually-hidden" aria-live="polite">${this.#spoken}</p>
        <div
          class="chart-tooltip heat-map-tooltip"
          ?hidden=${this.#tooltip === null}
          .style=${`transform: translate(${this.#tooltip?.x ?? 0}px, ${this.#tooltip?.y ?? 0}px)`}
        >
          ${this.#tooltip?.text}
        </div>`,
      this,
    );
  }

  get #view(): HTMLElement {
    return this.querySelector<HTMLElement>('.heat-map-view')!;
  }

  /** Only what is new, for a user's own scrolling comes back with every model. */
  #scrollTo({ scroll }: HeatMapModel, geometry: HeatMapGeometry): void {
    const wanted = JSON.stringify([scroll, geometry]);
    if (wanted === this.#applied) return;
    this.#applied = wanted;
    const view = this.#view;
    if (Math.round(view.scrollLeft) !== Math.round(scroll.left)) view.scrollLeft = scroll.left;
    if (Math.round(view.scrollTop) !== Math.round(scroll.top)) view.scrollTop = scroll.top;
    this.#placed = { wanted: scroll, left: view.scrollLeft, top: view.scrollTop };
  }

  #tellWindow(model: HeatMapModel, window: HeatMapWindow, width: number, height: number): void {
    const shares = {
      left: window.left / width,
      top: window.top / height,
      width: window.width / width,
      height: window.height / height,
    };
    const told = JSON.stringify(shares);
    if (told === this.#told) return;
    this.#told = told;
    model.onWindow(shares);
  }

  #scrolled(): void {
    const { scrollLeft: left, scrollTop: top } = this.#view;
    this.#tooltip = null;
    this.schedule();
    // Of a place that the model gave it knows; and this event comes late: by now the model may want another.
    const placed = this.#placed;
    const isKnown =
      placed !== null && isSamePlace({ left, top }, placed) && isSamePlace(placed, placed.wanted);
    if (isKnown) return;
    this.#model?.onScroll({ left, top });
  }

  #cellUnder(event: PointerEvent): HeatMapCell | null {
    const view = this.#view;
    const frame = view.getBoundingClientRect();
    return cellAt(
      this.geometry,
      event.clientX - frame.left + view.scrollLeft,
      event.clientY - frame.top + view.scrollTop,
    );
  }

  #pointed(event: PointerEvent): void {
    const cell = this.#cellUnder(event);
    if (cell === null || !this.#model) {
      this.#left();
      return;
    }
    this.#showTooltip(cell, event.clientX, event.clientY);
    this.#model.onFocus(cell);
    this.schedule();
  }

  #left(): void {
    this.#tooltip = null;
    this.#model?.onFocus({ row: null, column: null });
    this.schedule();
  }

  #clicked(event: PointerEvent): void {
    const cell = this.#cellUnder(event);
    if (cell === null) return;
    this.#cursor = cell;
    this.#model?.onPin(cell);
  }

  #showTooltip(cell: HeatMapCell, x: number, y: number): void {
    const frame = this.getBoundingClientRect();
    const text = this.#model!.describe(cell);
    // Left of the pointer in the right half, so that it stays inside.
    const width = Math.min(360, 16 + 6.2 * text.length);
    const right = x + 16 + width < window.innerWidth;
    this.#tooltip = {
      text,
      x: Math.max(4 - frame.left, x - frame.left + (right ? 14 : -14 - width)),
      y: y - frame.top + 16,
    };
  }

  #keyPressed(event: KeyboardEvent): void {
    const model = this.#model;
    if (!model || event.ctrlKey || event.metaKey || event.altKey) return;
    const { rows, columns } = model.data;
    if (event.key === 'Escape') {
      this.#cursor = null;
      this.#spoken = '';
      model.onPin(null);
      this.#left();
      return;
    }
    // The last row first: from there the next item is predicted.
    const at = this.#cursor ?? { row: rows - 1, column: columns };
    const stride = event.shiftKey ? LEAP : 1;
    const moves: Record<string, HeatMapCell> = {
      ArrowLeft: { row: at.row, column: at.column - stride },
      ArrowRight: { row: at.row, column: at.column + stride },
      ArrowUp: { row: at.row - stride, column: at.column },
      ArrowDown: { row: at.row + stride, column: at.column },
      PageUp: { row: at.row - LEAP, column: at.column },
      PageDown: { row: at.row + LEAP, column: at.column },
      Home: { row: at.row, column: 0 },
      End: { row: at.row, column: columns - 1 },
    };
    const target = moves[event.key];
    if (target) this.#moveCursor(model, target);
    else if ((event.key === 'Enter' || event.key === ' ') && this.#cursor) model.onPin(this.#cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #moveCursor(model: HeatMapModel, target: HeatMapCell): void {
    const { rows, columns } = model.data;
    const cell = {
      row: Math.max(0, Math.min(rows - 1, target.row)),
      column: Math.max(0, Math.min(columns - 1, target.column)),
    };
    this.#cursor = cell;
    this.#spoken = model.describe(cell);
    const { cellWidth, cellHeight } = this.geometry;
    const view = this.#view;
    const left = scrollToShow(cell.column, view.scrollLeft, view.clientWidth, cellWidth);
    const top = scrollToShow(cell.row, view.scrollTop, view.clientHeight, cellHeight);
    if (left !== view.scrollLeft || top !== view.scrollTop) {
      view.scrollTo({ left, top });
      model.onScroll({ left, top });
    }
    const frame = view.getBoundingClientRect();
    this.#showTooltip(
      cell,
      frame.left + (cell.column + 1) * cellWidth - left,
      frame.top + (cell.row + 1) * cellHeight - top,
    );
    model.onFocus(cell);
    this.schedule();
  }
}

/** To the pixel. */
function isSamePlace(a: HeatMapScroll, b: HeatMapScroll): boolean {
  return Math.round(a.left) === Math.round(b.left) && Math.round(a.top) === Math.round(b.top);
}
