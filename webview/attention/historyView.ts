import { html, nothing, type TemplateResult } from 'lit';
import { formatDataDay } from '../../src/series/format';
import { iconButton } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { timeGap } from '../ui/historyOrder';
import { itemSearch } from '../ui/itemSearch';
import { ROW_HEIGHT, rowOfKey } from '../ui/virtualList';
import { weightScale } from '../plot/heatMapGeometry';
import type { HeatMapScale } from '../plot/heatMapModel';
import type { ThumbnailModel } from '../plot/heatMapThumbnail';
import { barNames, decisionBars } from './decisionView';
import type { AttentionHandlers } from './handlers';
import type { HistoryLine } from './historyEdits';
import { isAt, lineList, linesInSight, sightNote, type Lines } from './linesView';
import { focusOf, lineTitle, type ShownAttention } from './shownAttention';
import type { AttentionState } from './state';
import { LEAST_WIDTH, type Layout } from './layout';
import type { WeightMap } from './weightMaps';
import './historyView.css';

/** Lines that Page Up and Page Down go past. */
const PAGE = 10;
/** CSS pixels of the whole map in the corner. */
const OVERVIEW = 96;

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
      <h2 id="history-title">History ${sightNote(sight, lines.length, layout)}</h2>
      ${
        layout.narrow
          ? html`<p class="muted">
                Oldest first${shown.side?.decision ? ` · ${shown.side.decision.title}` : ''}
              </p>
              ${barNames(state)}`
          : overview(state, shown, sight, handlers)
      }
    </header>
    ${lineList(
      {
        labelledBy: 'history-title',
        sight,
        count: lines.length,
        layout,
        onKey: (event) => keyPressed(event, shown, active, handlers),
        content: html`${lines.length === 0 ? html`<p class="muted">No items in this part of the history.</p>` : nothing}
        ${lines
          .slice(sight.first, sight.last + 1)
          .map((line, offset) =>
            historyLine(
              state,
              shown,
              layout,
              line,
              sight.first + offset,
              { active, top: sight.top },
              handlers,
            ),
          )}`,
      },
      state,
      handlers,
    )}
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
  return html`<div
    role="listitem"
    class=${classes.filter((name) => name !== '').join(' ')}
    data-line=${index}
    tabindex=${tab}
    aria-label=${`${position + 1}. ${title}${now === null ? ', left out' : swapped ? `, replaces ${item.title}` : ''}`}
    title=${`${title}${swapped ? ` (replaces ${item.title})` : ''}${date}`}
    .style=${layout.narrow ? '' : `--top: ${index * ROW_HEIGHT - top}px`}
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
              { label: `Replace ${item.title}`, placeholder: 'Replace with…' },
              (found) => handlers.onEdit({ position, item: found }),
            )}
          ></recsight-search-box>`
        : html`<span class="title">${fittedTitle(title, null)}</span>
            ${layout.narrow && shown.side?.decision ? decisionBars(shown, index) : html`<span class="muted gap">${gap}</span>`}`
    }
    <span class="line-tools" @click=${(event: Event) => event.stopPropagation()}>
      ${
        changed
          ? iconButton('discard', `Put ${item.title} back`, () => handlers.onRestore(position))
          : iconButton('trash', `Leave out ${title} (Delete)`, () =>
              handlers.onEdit({ position, item: null }),
            )
      }
      ${iconButton('arrow-swap', `Replace ${title} (S)`, () => handlers.onSwap(position))}
      ${iconButton('type-hierarchy-sub', `Show ${title} in the Projection (O)`, () =>
        handlers.onProjection((now ?? item).item),
      )}
    </span>
  </div>`;
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
  const whole = lines.length * ROW_HEIGHT;
  if (!side || sight.height >= whole) {
    return html`<p class="muted">
      Oldest first. ${side ? 'Hover over a title to highlight its weights. ' : ''}Delete leaves
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
    title="Overview of the map; drag to scroll"
    @pointerdown=${go}
    @pointermove=${go}
  >
    <recsight-heat-thumbnail .model=${model}></recsight-heat-thumbnail>
  </div>`;
}

function keyPressed(
  event: KeyboardEvent,
  { lines }: ShownAttention,
  active: number,
  handlers: AttentionHandlers,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const line = lines[active];
  const target = rowOfKey(event.key, active, lines.length, PAGE);
  if (target !== null) {
    handlers.onLine(target);
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
