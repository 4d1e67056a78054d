import { html, nothing, type TemplateResult } from 'lit';
import type { HistoryItem } from '../../src/protocol/inspection';
import { formatCount, formatDataDay, formatMetric } from '../../src/series/format';
import { rowOfItem } from '../../src/protocol/projection';
import { button, icon } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { listRow, rowList } from '../ui/listRow';
import { current } from '../ui/resources';
import type { ProjectionHandlers } from './handlers';
import { pointOfRow, tableOf, type ProjectionState, type Scene } from './state';
import { failure } from './railSection';

/** A user's history, and what is recommended after it. */
export function userContent(
  state: ProjectionState,
  scene: Scene,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { resources, settings } = state;
  const path = current(resources.path);
  if (!path) {
    return html`${failure(resources.path, handlers)}
    ${resources.path?.status === 'failed' ? nothing : html`<p class="muted placeholder">loading</p>`}`;
  }
  const items = tableOf(state)?.rows === 'items';
  const next = path.next?.item;
  const itemRow = (item: number, title: string, aside: unknown): TemplateResult => {
    const row = rowOfItem(item);
    const point = items ? pointOfRow(scene.points, row) : null;
    return listRow({
      label: fittedTitle(title),
      aside,
      isCurrent: row === settings.focus,
      disabled: !items,
      onClick: () => handlers.onPick(row, false),
      onHover: (on) => handlers.onHover(on ? point : null),
    });
  };
  return html`<header class="chosen">
      <h2>User ${path.user.id}</h2>
      <p class="muted">
        ${formatCount(path.items.length)}
        items${items ? '. Path on the map: thin for the oldest, thick for the newest.' : ''}
      </p>
      <p class="row buttons">
        ${
          items
            ? button({
                label: 'Show on Map',
                title: 'Zoom to the path',
                onClick: () =>
                  handlers.onFit(
                    path.items
                      .map(({ item }) => pointOfRow(scene.points, rowOfItem(item)))
                      .filter((point) => point !== null),
                  ),
              })
            : nothing
        }
        ${button({
          label: 'Show Attention',
          title: 'Attention weights for this user',
          onClick: () => handlers.onShowAttention({ user: path.user.user }),
        })}
      </p>
      ${items ? nothing : html`<p class="muted">Choose an item table to see the path on the map.</p>`}
    </header>
    <section class="rail-section" aria-label="Recommended">
      <h2>${icon('star-full')} Recommended <span class="aside muted">score</span></h2>
      ${rowList(
        path.recommended.map(({ item, title, score }) =>
          itemRow(
            item,
            title,
            html`${item === next ? icon('check', 'Actual next item') : nothing}<span class="number muted"
                >${formatMetric(score)}</span
              >`,
          ),
        ),
      )}
      ${
        path.recommended.some(({ item }) => item === next)
          ? html`<p class="muted small">${icon('check')} The item that came next.</p>`
          : nothing
      }
    </section>
    <section class="rail-section" aria-label="History">
      <h2>History, newest first</h2>
      ${rowList(path.items.toReversed().map((entry) => itemRow(entry.item, entry.title, time(entry))))}
    </section>`;
}

function time({ time: at }: HistoryItem): unknown {
  if (at === null) return nothing;
  const day = formatDataDay(at);
  return html`<time class="number muted" datetime=${day}>${day}</time>`;
}
