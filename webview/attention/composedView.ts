import { html, nothing, type TemplateResult } from 'lit';
import { iconButton } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { ROW_HEIGHT } from '../ui/virtualList';
import { barNames, decisionBars } from './decisionView';
import type { AttentionHandlers } from './handlers';
import { moved } from './historyEdits';
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
  const move = (from: number, to: number): void => {
    handlers.onCompose(moved(items, from, to));
    handlers.onLine(to - firstRow);
  };
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
        content: visible.map((item, offset) => {
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
            .style=${layout.narrow ? '' : `--top: ${row * ROW_HEIGHT - sight.top}px`}
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
            ${layout.narrow ? decisionBars(shown, row) : nothing}
            <span class="line-tools">
              ${iconButton('arrow-up', `Move ${item.title} Earlier (Alt+Up)`, () => move(index, Math.max(0, index - 1)))}
              ${iconButton('arrow-down', `Move ${item.title} Later (Alt+Down)`, () =>
                move(index, Math.min(items.length - 1, index + 1)),
              )}
              ${iconButton('trash', `Remove ${item.title} (Delete)`, () =>
                handlers.onCompose(items.filter((_, other) => other !== index)),
              )}
            </span>
          </div>`;
        }),
      },
      state,
      handlers,
    )}
  </section>`;
}
