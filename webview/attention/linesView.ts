import { html, nothing, type TemplateResult } from 'lit';
import { formatCount } from '../../src/series/format';
import type { HeatMapFocus } from '../plot/heatMapModel';
import { scrollArea } from '../ui/scrollArea';
import { ROW_HEIGHT, visibleRange } from '../ui/virtualList';
import type { AttentionHandlers } from './handlers';
import type { Layout } from './layout';
import type { AttentionState } from './state';
import '../ui/line.css';
import './linesView.css';

/** What lines of the page's lists have in common: they are where the map's rows are. */
export interface Lines {
  top: number;
  height: number;
  first: number;
  last: number;
}

/** The lines in sight; all of them where the list scrolls by itself. */
export function linesInSight(state: AttentionState, count: number, { narrow, maxHeight }: Layout): Lines {
  // Of none, there is a line that says so.
  const height = Math.min(Math.max(1, count) * ROW_HEIGHT, maxHeight);
  if (narrow) return { top: 0, height, first: 0, last: count - 1 };
  const most = Math.max(0, count * ROW_HEIGHT - height);
  const top = Math.min(most, state.scroll?.top ?? most);
  return { top, height, ...visibleRange(top, height, ROW_HEIGHT, count) };
}

/** Which lines of a list are in sight, where it has more and no scroll bar: beside a map, all lists scroll together. */
export function sightNote(
  { first, last, height }: Lines,
  count: number,
  { narrow }: Layout,
): TemplateResult | typeof nothing {
  if (narrow || height >= count * ROW_HEIGHT) return nothing;
  return html`<span class="muted sight" title="Scroll to see the others"
    >↕ ${formatCount(first + 1)}–${formatCount(last + 1)} of ${formatCount(count)}</span
  >`;
}

export interface LineList {
  /** Id of the title. */
  labelledBy: string;
  sight: Lines;
  /** Lines, also those out of sight. */
  count: number;
  layout: Layout;
  onKey?: (event: KeyboardEvent) => void;
  content: unknown;
}

/** A list whose lines are where the map's rows are; in a narrow page it scrolls by itself. */
export function lineList(
  { labelledBy, sight, count, layout, onKey, content }: LineList,
  state: AttentionState,
  handlers: AttentionHandlers,
): TemplateResult {
  const list = html`<div
    class="lines"
    role="list"
    aria-labelledby=${labelledBy}
    .style=${`--height: ${sight.height}px`}
    @wheel=${(event: WheelEvent) => (layout.narrow ? undefined : wheel(event, state, sight, count, handlers))}
    @pointerleave=${() => handlers.onFocus({ row: null, column: null })}
    @keydown=${(event: KeyboardEvent) => onKey?.(event)}
  >
    ${content}
  </div>`;
  return layout.narrow ? scrollArea({ labelledBy, className: 'lines-scroll', content: list }) : list;
}

export function isAt({ row, column }: HeatMapFocus, index: number): boolean {
  return row === index || (row === null && column === index);
}

function wheel(
  event: WheelEvent,
  state: AttentionState,
  sight: Lines,
  count: number,
  handlers: AttentionHandlers,
): void {
  const most = count * ROW_HEIGHT - sight.height;
  const top = Math.max(0, Math.min(most, sight.top + event.deltaY));
  if (top === sight.top) return;
  event.preventDefault();
  handlers.onScroll({ left: state.scroll?.left ?? 0, top });
}
