import { html, nothing, type TemplateResult } from 'lit';
import { formatDataDay } from '../../src/series/format';
import { iconButton } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { formatWeight } from '../plot/formatWeight';
import { visibleRange, weightScale } from '../plot/heatMapGeometry';
import type { HeatMapFocus, HeatMapScale } from '../plot/heatMapModel';
import type { ThumbnailModel } from '../plot/heatMapThumbnail';
import type { AttentionHandlers } from './handlers';
import { itemSearch } from './itemSearch';
import { moved, timeGap, type HistoryLine } from './historyEdits';
import { focusOf, lineTitle, type Decision, type ShownAttention } from './shownAttention';
import type { AttentionState } from './state';
import { LEAST_WIDTH, lineHeight, type Layout } from './layout';
import type { WeightMap } from './weightMaps';

/** CSS pixels of the whole map in the corner. */
const OVERVIEW = 96;

/** What lines of the page's lists have in common: they are where the map's rows are. */
interface Lines {
  top: number;
  height: number;
  first: number;
  last: number;
}

/** The lines in sight; all of them where the list scrolls by itself. */
function linesInSight(state: AttentionState, count: number, { narrow, maxHeight }: Layout): Lines {
  // Of none, there is a line that says so.
  const height = Math.min(Math.max(1, count) * lineHeight, maxHeight);
  if (narrow) return { top: 0, height, first: 0, last: count - 1 };
  const most = Math.max(0, count * lineHeight - height);
  const top = Math.min(most, state.scroll?.top ?? most);
  return { top, height, ...visibleRange(top, height, lineHeight, count) };
}

/** The history as a list that stands beside the rows of the map, with what one can ask “what if” of. */
export function historyList(
  state: AttentionState,
  shown: ShownAttention,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult {
  const { lines } = shown;
  const sight = linesInSight(state, lines.length, layout);
  const active = Math.max(0, Math.min(lines.length - 1, state.line < 0 ? lines.length - 1 : state.line));
  return html`<section class="pane history" aria-labelledby="history-title">
    <header class="pane-head">
      <h2 id="history-title">History</h2>
      ${
        layout.narrow
          ? html`<p class="muted">
              Oldest first${shown.side?.decision ? ` · ${shown.side.decision.title}` : ''}
            </p>`
          : overview(state, shown, sight, handlers)
      }
    </header>
    <div
      class="lines"
      role="list"
      aria-labelledby="history-title"
      .style=${`--height: ${sight.height}px`}
      @wheel=${(event: WheelEvent) => (layout.narrow ? undefined : wheel(event, state, sight, lines.length, handlers))}
      @pointerleave=${() => handlers.onFocus({ row: null, column: null })}
      @keydown=${(event: KeyboardEvent) => keyPressed(event, shown, active, handlers)}
    >
      ${lines.length === 0 ? html`<p class="muted">No items in this part of the history.</p>` : nothing}
      ${lines
        .slice(sight.first, sight.last + 1)
        .map((line, offset) =>
          historyLine(state, shown, layout, line, sight.first + offset, { active, top: sight.top }, handlers),
        )}
    </div>
  </section>`;
}

function historyLine(
  state: AttentionState,
  shown: ShownAttention,
  layout: Layout,
  line: HistoryLine,
  index: number,
  { active, top }: { active: number; top: number },
  handlers: AttentionHandlers,
): TemplateResult {
  const { pinned } = state.settings;
  const { position, item, now, swapped } = line;
  const title = lineTitle(line);
  const gap = timeGap(shown.lines[index - 1]?.item.time ?? null, item.time);
  const changed = now === null || swapped;
  const classes = [
    'line',
    isAt(state.focus, index) ? 'focus' : '',
    isAt(pinned, index) ? 'pinned' : '',
    now === null ? 'dropped' : swapped ? 'swapped' : '',
  ];
  const tab = index === active ? 0 : -1;
  const date = item.time === null ? '' : ` · ${formatDataDay(item.time)}`;
  const decision = shown.side?.decision ?? null;
  return html`<div
    role="listitem"
    class=${classes.filter((name) => name !== '').join(' ')}
    data-line=${index}
    tabindex=${tab}
    aria-label=${`${position + 1}. ${title}${now === null ? ', left out' : swapped ? `, in the place of ${item.title}` : ''}`}
    title=${`${title}${swapped ? ` in the place of ${item.title}` : ''}${date}`}
    .style=${layout.narrow ? '' : `--top: ${index * lineHeight - top}px`}
    @pointerenter=${() => handlers.onFocus(focusOf(shown, index))}
    @focus=${() => {
      handlers.onLine(index);
      handlers.onFocus(focusOf(shown, index));
    }}
    @click=${() => handlers.onPinLine(index)}
  >
    <span class="muted number index">${position + 1}</span>
    ${
      state.swapping === position
        ? html`<recsight-search-box
            @click=${(event: Event) => event.stopPropagation()}
            @keydown=${(event: KeyboardEvent) => {
              event.stopPropagation();
              if (event.key === 'Escape') handlers.onSwap(null);
            }}
            .model=${itemSearch(
              handlers,
              { label: `Take in the place of ${item.title}`, placeholder: 'Take instead…' },
              (found) => handlers.onEdit({ position, item: found }),
            )}
          ></recsight-search-box>`
        : html`<span class="title">${fittedTitle(title, null)}</span>
            ${layout.narrow ? decisionBar(decision, index) : html`<span class="muted gap">${gap}</span>`}`
    }
    <span class="line-tools" @click=${(event: Event) => event.stopPropagation()}>
      ${
        changed
          ? iconButton('discard', `Put ${item.title} back`, () => handlers.onRestore(position))
          : iconButton('trash', `Leave out ${title} (Delete)`, () =>
              handlers.onEdit({ position, item: null }),
            )
      }
      ${iconButton('arrow-swap', `Take another item instead of ${title} (S)`, () => handlers.onSwap(position))}
      ${iconButton('type-hierarchy-sub', `Show ${title} in the Projection (O)`, () =>
        handlers.onProjection((now ?? item).item),
      )}
    </span>
  </div>`;
}

function isAt({ row, column }: HeatMapFocus, index: number): boolean {
  return row === index || (row === null && column === index);
}

const scales = new WeakMap<WeightMap, HeatMapScale>();

/** Sorting tens of thousands of weights at every move of the pointer would be felt. */
function weightScaleOf(map: WeightMap): HeatMapScale {
  const known = scales.get(map) ?? weightScale([map]);
  scales.set(map, known);
  return known;
}

/** Where the window is in the whole map; a click goes there. */
function overview(
  state: AttentionState,
  { side, lines }: ShownAttention,
  sight: Lines,
  handlers: AttentionHandlers,
): TemplateResult {
  const whole = lines.length * lineHeight;
  if (!side || sight.height >= whole) {
    return html`<p class="muted">
      Oldest first. ${side ? 'Point at a title to find its weights; ' : ''}Delete leaves
      ${side ? 'it' : 'an item'} out.
    </p>`;
  }
  const part = state.window ?? { left: 0, top: sight.top / whole, width: 1, height: sight.height / whole };
  const model: ThumbnailModel = {
    data: side.map,
    scale: weightScaleOf(side.map),
    width: OVERVIEW,
    height: OVERVIEW,
    window: part,
  };
  const go = (event: PointerEvent): void => {
    if (event.type === 'pointermove' && event.buttons === 0) return;
    const frame = (event.currentTarget as HTMLElement).getBoundingClientRect();
    // The middle of the window goes where the pointer is.
    const place = (at: number, size: number): number => Math.max(0, Math.min(1 - size, at - size / 2));
    const left = place((event.clientX - frame.left) / frame.width, part.width);
    const top = place((event.clientY - frame.top) / frame.height, part.height);
    handlers.onScroll({ left: left * lines.length * LEAST_WIDTH, top: top * whole });
  };
  return html`<div
    class="overview"
    title="The whole map: drag to where you want to look"
    @pointerdown=${go}
    @pointermove=${go}
  >
    <recsight-heat-thumbnail .model=${model}></recsight-heat-thumbnail>
  </div>`;
}

function wheel(
  event: WheelEvent,
  state: AttentionState,
  sight: Lines,
  count: number,
  handlers: AttentionHandlers,
): void {
  const most = count * lineHeight - sight.height;
  const top = Math.max(0, Math.min(most, sight.top + event.deltaY));
  if (top === sight.top) return;
  event.preventDefault();
  handlers.onScroll({ left: state.scroll?.left ?? 0, top });
}

function keyPressed(
  event: KeyboardEvent,
  { lines }: ShownAttention,
  active: number,
  handlers: AttentionHandlers,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const line = lines[active];
  const target = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    Home: 0,
    End: lines.length - 1,
    PageDown: active + 10,
    PageUp: active - 10,
  }[event.key];
  if (target !== undefined) {
    handlers.onLine(Math.max(0, Math.min(lines.length - 1, target)));
  } else if (
    !line ||
    (event.target !== event.currentTarget && !(event.target as HTMLElement).matches('.line'))
  ) {
    return;
  } else if (event.key === 'Delete' || event.key === 'Backspace') {
    if (line.now === null || line.swapped) handlers.onRestore(line.position);
    else handlers.onEdit({ position: line.position, item: null });
  } else if (event.key === 's') {
    handlers.onSwap(line.position);
  } else if (event.key === 'o') {
    handlers.onProjection((line.now ?? line.item).item);
  } else if (event.key === 'Enter' || event.key === ' ') {
    handlers.onPinLine(active);
  } else if (event.key === 'Escape') {
    handlers.onPin(null);
  } else {
    return;
  }
  event.preventDefault();
}

/** The weights of the newest position as bars, in the lines of the titles that they belong to. */
export function decisionList(
  state: AttentionState,
  shown: ShownAttention,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult | typeof nothing {
  const { lines, side, compared } = shown;
  const decision = side?.decision ?? null;
  if (decision === null) return html`<div class="pane decision"></div>`;
  const sight = linesInSight(state, lines.length, layout);
  return html`<section class="pane decision" aria-labelledby="decision-title">
    <header class="pane-head">
      <h2 id="decision-title">Weights</h2>
      <p class="muted">${decision.title}</p>
    </header>
    <div
      class="lines"
      role="list"
      aria-labelledby="decision-title"
      .style=${`--height: ${sight.height}px`}
      @wheel=${(event: WheelEvent) => wheel(event, state, sight, lines.length, handlers)}
      @pointerleave=${() => handlers.onFocus({ row: null, column: null })}
    >
      ${lines.slice(sight.first, sight.last + 1).map((line, offset) => {
        const index = sight.first + offset;
        const classes = [
          'line',
          isAt(state.focus, index) ? 'focus' : '',
          isAt(state.settings.pinned, index) ? 'pinned' : '',
        ];
        return html`<div
          role="listitem"
          class=${classes.filter((name) => name !== '').join(' ')}
          .style=${`--top: ${index * lineHeight - sight.top}px`}
          @pointerenter=${() => handlers.onFocus(focusOf(shown, index))}
          @click=${() => handlers.onPinLine(index)}
        >
          ${decisionBar(decision, index)}
          ${
            compared?.decision
              ? decisionBar(compared.decision, index, decision)
              : html`<span class="title ${isStrong(decision, index) ? '' : 'muted'}"
                  >${fittedTitle(lineTitle(line))}</span
                >`
          }
        </div>`;
      })}
    </div>
  </section>`;
}

/** One weight as a bar with its value, and how it changed; on the scale of all bars, also those beside it. */
function decisionBar(
  decision: Decision | null,
  index: number,
  other: Decision | null = null,
): TemplateResult | typeof nothing {
  if (decision === null) return nothing;
  const weight = decision.weights[index] ?? NaN;
  const before = decision.before?.[index] ?? NaN;
  const largest = Math.max(...largestOf(decision), ...(other ? largestOf(other) : []), 1e-9);
  const share = Number.isFinite(weight) ? Math.max(0, weight) / largest : 0;
  const change = weight - before;
  return html`<span
      class="bar ${other ? 'second' : ''}"
      .style=${`--share: ${share}; --before: ${Math.max(0, before || 0) / largest}`}
      >${Number.isFinite(before) ? html`<i class="before" title=${`was ${formatWeight(before)}`}></i>` : nothing}</span
    ><span class="number weight">${Number.isFinite(weight) ? formatWeight(weight) : '–'}</span>${
      Number.isFinite(change) && Math.abs(change) >= 0.0005
        ? html`<span class="number delta">${change > 0 ? '▲' : '▼'} ${formatWeight(change, true)}</span>`
        : nothing
    }`;
}

function largestOf({ weights, before }: Decision): number[] {
  return [...weights, ...(before ?? [])].filter(Number.isFinite);
}

/** Among the five largest: those are what one wants to read. */
function isStrong({ weights }: Decision, index: number): boolean {
  const weight = weights[index] ?? NaN;
  return weights.filter((other) => other > weight).length < 5 && weight > 0;
}

/** A history that the user puts together: in any order, moved by keyboard or by dragging. */
export function composedList(
  state: AttentionState,
  handlers: AttentionHandlers,
  shown: ShownAttention,
  layout: Layout,
): TemplateResult {
  const items = state.settings.composed ?? [];
  const firstRow = shown.unread;
  const sight = linesInSight(state, items.length - firstRow, layout);
  const last = layout.narrow ? items.length - 1 : firstRow + sight.last;
  const visible = items.slice(firstRow + sight.first, last + 1);
  const move = (from: number, to: number): void => {
    handlers.onCompose(moved(items, from, to));
    handlers.onLine(to - firstRow);
  };
  const decision = shown.side?.decision ?? null;
  return html`<section class="pane history composed" aria-labelledby="history-title">
    <header class="pane-head">
      <h2 id="history-title">Composed history</h2>
      <p class="muted">
        Oldest first. Drag a line, or press Alt with an arrow key, to move it; Delete takes it out.
      </p>
    </header>
    <div
      class="lines"
      role="list"
      aria-labelledby="history-title"
      .style=${`--height: ${sight.height}px`}
      @pointerleave=${() => handlers.onFocus({ row: null, column: null })}
      @wheel=${(event: WheelEvent) => (layout.narrow ? undefined : wheel(event, state, sight, items.length - firstRow, handlers))}
    >
      ${visible.map((item, offset) => {
        const row = sight.first + offset;
        const index = firstRow + row;
        const keys: Record<string, () => void> = {
          Delete: () => handlers.onCompose(items.filter((_, other) => other !== index)),
          ArrowUp: () => handlers.onLine(Math.max(0, row - 1)),
          ArrowDown: () => handlers.onLine(Math.min(items.length - 1 - firstRow, row + 1)),
        };
        const altKeys: Record<string, () => void> = {
          ArrowUp: () => move(index, Math.max(0, index - 1)),
          ArrowDown: () => move(index, Math.min(items.length - 1, index + 1)),
        };
        return html`<div
          role="listitem"
          class="line ${isAt(state.focus, row) ? 'focus' : ''}"
          data-line=${row}
          tabindex=${row === Math.max(0, state.line) ? 0 : -1}
          draggable="true"
          title=${item.title}
          aria-label=${`${index + 1}. ${item.title}`}
          .style=${layout.narrow ? '' : `--top: ${row * lineHeight - sight.top}px`}
          @pointerenter=${() => handlers.onFocus(focusOf(shown, row))}
          @keydown=${(event: KeyboardEvent) => {
            const act = (event.altKey ? altKeys : keys)[event.key];
            if (!act || (event.target as HTMLElement).matches('button')) return;
            event.preventDefault();
            event.stopPropagation();
            act();
          }}
          @dragstart=${(event: DragEvent) => {
            event.dataTransfer?.setData('text/plain', String(index));
          }}
          @dragover=${(event: DragEvent) => event.preventDefault()}
          @drop=${(event: DragEvent) => {
            event.preventDefault();
            const from = Number(event.dataTransfer?.getData('text/plain'));
            if (Number.isInteger(from)) move(from, index);
          }}
        >
          <span class="codicon codicon-gripper muted" aria-hidden="true"></span>
          <span class="muted number index">${index + 1}</span>
          <span class="title">${fittedTitle(item.title, null)}</span>
          ${layout.narrow ? decisionBar(decision, row) : nothing}
          <span class="line-tools">
            ${iconButton('arrow-up', `Move ${item.title} to earlier (Alt+Up)`, () => move(index, Math.max(0, index - 1)))}
            ${iconButton('arrow-down', `Move ${item.title} to later (Alt+Down)`, () =>
              move(index, Math.min(items.length - 1, index + 1)),
            )}
            ${iconButton('trash', `Take out ${item.title} (Delete)`, () =>
              handlers.onCompose(items.filter((_, other) => other !== index)),
            )}
          </span>
        </div>`;
      })}
    </div>
  </section>`;
}

/** Whether keys of the whole page may act: not while something is being typed. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, vscode-dropdown, [role="combobox"]');
}
