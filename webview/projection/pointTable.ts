import { html, nothing, render, type TemplateResult } from 'lit';
import { pointIndex, type PointIndex, type PointSet, type RowIndex } from '../../src/protocol/projection';
import { rowOfPoint } from './state';
import { formatCount } from '../../src/series/format';
import { hintOfMore } from '../ui/scrollArea';
import { columnText } from './projectionText';
import { fittedTitle } from '../ui/fittedTitle';
import { ROW_HEIGHT, rowOfKey, scrollToShow, visibleRange } from '../ui/virtualList';
import './pointTable.css';

export interface PointTableModel {
  points: PointSet;
  /** The points that are listed; null for all. */
  shown: Uint32Array | null;
  focus: RowIndex | null;
  onPick: (row: RowIndex, more: boolean) => void;
  onHover: (point: PointIndex | null) => void;
  /** Tells those who do not see it how the table is sorted. */
  onSorted: (text: string) => void;
}

/** Rows above and below those in sight. */
const SPARE_ROWS = 20;

/** What to sort by: the label, the id, or a column by its index. */
type SortKey = 'label' | 'id' | number;

/**
 * The points as a table, in place of the map: `<recsight-point-table .model=${model}>`. Only the rows in sight are in the
 * page. Arrow keys, Page Up and Down, Home and End move; Enter chooses.
 */
export class PointTable extends HTMLElement {
  #model: PointTableModel | null = null;
  #sort: { key: SortKey; descending: boolean } | null = null;
  #order: { points: PointSet; shown: Uint32Array | null; sort: unknown; list: Uint32Array } | null = null;
  #cursor = 0;
  #first = 0;
  #disconnect: () => void = () => undefined;

  set model(model: PointTableModel) {
    this.#model = model;
    if (this.isConnected) this.#render();
  }

  connectedCallback(): void {
    const size = new ResizeObserver(() => this.#render());
    size.observe(this);
    this.#disconnect = () => size.disconnect();
    this.#render();
  }

  disconnectedCallback(): void {
    this.#disconnect();
  }

  #render(): void {
    const model = this.#model;
    if (!model) return;
    const { points } = model;
    const list = this.#sorted(model);
    // Another list may end above where this one was scrolled to.
    const end = Math.max(0, list.length * ROW_HEIGHT - this.clientHeight);
    const top = Math.min(this.#first * ROW_HEIGHT, end);
    const { first, last } = visibleRange(top, this.clientHeight, ROW_HEIGHT, list.length, SPARE_ROWS);
    const rows = list.subarray(first, last + 1);
    const columns: [SortKey, string, boolean][] = [
      ['label', 'title', false],
      ['id', 'id', false],
      ...points.columns.map(({ label, kind }, index): [SortKey, string, boolean] => [
        index,
        label,
        kind === 'number',
      ]),
    ];
    render(
      html`<div class="scroll-area">
        <div
          class="table-scroll scroll-content"
          role="grid"
          tabindex="0"
          aria-label=${`${formatCount(list.length)} points`}
          aria-rowcount=${list.length + 1}
          aria-colcount=${columns.length}
          aria-activedescendant=${`point-row-${this.#cursor}`}
          @scroll=${(event: Event) => this.#scrolled((event.currentTarget as HTMLElement).scrollTop)}
          @keydown=${(event: KeyboardEvent) => this.#keyPressed(event, list)}
          ${hintOfMore(true)}
        >
          <table role="presentation">
            <thead role="rowgroup">
              <tr role="row" aria-rowindex="1">
                ${columns.map(([key, name, isNumber]) => this.#header(key, name, isNumber))}
              </tr>
            </thead>
            <tbody role="rowgroup">
              <tr class="spacer" aria-hidden="true" .style=${`height: ${first * ROW_HEIGHT}px`}></tr>
              ${[...rows].map((point, i) => this.#row(model, pointIndex(point), first + i))}
              <tr
                class="spacer"
                aria-hidden="true"
                .style=${`height: ${Math.max(0, list.length - first - rows.length) * ROW_HEIGHT}px`}
              ></tr>
            </tbody>
          </table>
        </div>
        <p class="scroll-hint" aria-hidden="true" hidden></p>
      </div>`,
      this,
    );
  }

  #header(key: SortKey, name: string, isNumber: boolean): TemplateResult {
    const sorted = this.#sort?.key === key;
    const direction = !sorted ? 'none' : this.#sort!.descending ? 'descending' : 'ascending';
    const arrow = { none: '', ascending: 'codicon-arrow-up', descending: 'codicon-arrow-down' }[direction];
    return html`<th role="columnheader" aria-sort=${direction} class=${isNumber ? 'number-column' : ''}>
      <button
        type="button"
        tabindex="-1"
        title=${`Sort by ${name}`}
        @click=${() => this.#sortBy(key, name, isNumber)}
      >
        ${name}<span class="codicon ${arrow}" aria-hidden="true"></span>
      </button>
    </th>`;
  }

  #row(
    { points, focus, onPick, onHover }: PointTableModel,
    point: PointIndex,
    index: number,
  ): TemplateResult {
    const row = rowOfPoint(points, point);
    return html`<tr
      role="row"
      id=${`point-row-${index}`}
      aria-rowindex=${index + 2}
      aria-selected=${String(row === focus)}
      class=${index === this.#cursor ? 'cursor' : ''}
      @click=${(event: MouseEvent) => {
        this.#cursor = index;
        onPick(row, event.shiftKey || event.ctrlKey || event.metaKey);
      }}
      @pointerenter=${() => onHover(point)}
      @pointerleave=${() => onHover(null)}
    >
      <td role="gridcell" class="title">${fittedTitle(points.labels[point]!)}</td>
      <td role="gridcell" class="number">${points.ids[point]!}</td>
      ${points.columns.map(
        (column) =>
          html`<td role="gridcell" class=${column.kind === 'number' ? 'number number-column' : ''}>
            ${columnText(column, point) || nothing}
          </td>`,
      )}
    </tr>`;
  }

  #sortBy(key: SortKey, name: string, isNumber: boolean): void {
    // Of numbers the largest come first: that is what one looks for.
    const descending = this.#sort?.key === key ? !this.#sort.descending : isNumber;
    this.#sort = { key, descending };
    this.#cursor = this.#first = 0;
    this.querySelector('.table-scroll')?.scrollTo({ top: 0 });
    this.#render();
    this.#model?.onSorted(`Sorted by ${name}, ${descending ? 'descending' : 'ascending'}.`);
  }

  #sorted({ points, shown }: PointTableModel): Uint32Array {
    const last = this.#order;
    if (last?.points === points && last.shown === shown && last.sort === this.#sort) return last.list;
    const list = shown?.slice() ?? Uint32Array.from(points.rows.keys());
    if (this.#sort) {
      const { key, descending } = this.#sort;
      const compare = comparison(points, key);
      const sign = descending ? -1 : 1;
      list.sort((a, b) => sign * compare(a, b) || a - b);
    } else {
      list.sort();
    }
    this.#order = { points, shown, sort: this.#sort, list };
    this.#cursor = Math.min(this.#cursor, Math.max(0, list.length - 1));
    return list;
  }

  #scrolled(top: number): void {
    const first = Math.floor(top / ROW_HEIGHT);
    if (first === this.#first) return;
    this.#first = first;
    this.#render();
  }

  #keyPressed(event: KeyboardEvent, list: Uint32Array): void {
    const model = this.#model!;
    const page = Math.max(1, Math.floor(this.clientHeight / ROW_HEIGHT) - 2);
    const at = this.#cursor;
    const target = rowOfKey(event.key, at, list.length, page);
    if (event.key === 'Enter') {
      const point = list[at];
      if (point !== undefined) model.onPick(rowOfPoint(model.points, pointIndex(point)), event.shiftKey);
    } else if (target !== null) {
      this.#cursor = target;
      const scroll = this.querySelector('.table-scroll')!;
      // The header stays at the top and covers a row.
      const height = scroll.clientHeight - ROW_HEIGHT;
      scroll.scrollTop = scrollToShow(target, scroll.scrollTop, height, ROW_HEIGHT);
      this.#first = Math.floor(scroll.scrollTop / ROW_HEIGHT);
      this.#render();
      const point = list[this.#cursor];
      model.onHover(point === undefined ? null : pointIndex(point));
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Unknown numbers come last when they descend. */
function comparison(points: PointSet, key: SortKey): (a: number, b: number) => number {
  if (typeof key !== 'number') {
    const texts = key === 'label' ? points.labels : points.ids;
    const collator = new Intl.Collator('en', { numeric: true });
    return (a, b) => collator.compare(texts[a]!, texts[b]!);
  }
  const column = points.columns[key]!;
  if (column.kind === 'category') {
    if (column.ordered) return (a, b) => column.values[a]! - column.values[b]!;
    return (a, b) => column.labels[column.values[a]!]!.localeCompare(column.labels[column.values[b]!]!);
  }
  const valueOf = (point: number): number =>
    Number.isNaN(column.values[point]!) ? -Infinity : column.values[point]!;
  return (a, b) => (valueOf(a) === valueOf(b) ? 0 : valueOf(a) - valueOf(b));
}
