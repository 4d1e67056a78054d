import { html, nothing, type TemplateResult } from 'lit';
import { composedLine } from '../ui/composedLine';
import { ROW_HEIGHT } from '../ui/virtualList';
import { barNames, decisionBars } from './decisionView';
import type { AttentionHandlers } from './handlers';
import type { Layout } from './layout';
import { isAt, lineList, linesInSight, sightNote } from './linesView';
import { focusOf, type ShownAttention } from './shownAttention';
import type { AttentionState } from './state';

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
  return html`<section class="pane history composed" aria-labelledby="history-title">
    <header class="pane-head">
      <h2 id="history-title">Composed history ${sightNote(sight, items.length - firstRow, layout)}</h2>
      <p class="muted">
        Oldest first. Drag an item, or press Alt+Up or Alt+Down, to move it. Delete removes it.
      </p>
      ${layout.narrow ? barNames(state) : nothing}
    </header>
    ${lineList(
      {
        labelledBy: 'history-title',
        sight,
        count: items.length - firstRow,
        layout,
        content: visible.map((_, offset) => {
          const row = sight.first + offset;
          return composedLine({
            items,
            index: firstRow + row,
            firstLine: firstRow,
            isActive: row === Math.max(0, state.line),
            className: isAt(state.focus, row) ? 'focus' : '',
            style: layout.narrow ? '' : `--top: ${row * ROW_HEIGHT - sight.top}px`,
            aside: layout.narrow ? decisionBars(shown, row) : nothing,
            onCompose: handlers.onCompose,
            onLine: handlers.onLine,
            onHover: () => handlers.onFocus(focusOf(shown, row)),
          });
        }),
      },
      state,
      handlers,
    )}
  </section>`;
}
