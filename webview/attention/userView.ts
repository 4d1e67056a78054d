import { html, nothing, type TemplateResult } from 'lit';
import type { UserHistory } from '../../src/protocol/inspection';
import { button, icon, iconButton, segmented } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { itemSearch } from '../ui/itemSearch';
import { messageContent } from '../ui/messageContent';
import { newHistory } from '../ui/newHistory';
import { contributionList } from './contributionsView';
import type { AttentionHandlers } from './handlers';
import { composedList } from './composedView';
import { decisionList } from './decisionView';
import { historyList } from './historyView';
import { columnsFor, GAP, layoutFor, type ColumnRoom, type Layout } from './layout';
import { companions, mapPane, mapRoom, tools } from './mapView';
import { recommendationLists } from './recommendationsView';
import { currentAttention, dependsOnCandidate, type ShownAttention } from './shownAttention';
import { automaticCandidatesName } from './resources';
import { hasNothingToRead, isComposed, isLoading, runOf, type AttentionState } from './state';
import { thumbnails } from './thumbnailsView';
import './userView.css';

/** CSS pixels of contributions in the place of a map. */
const CONTRIBUTIONS: ColumnRoom = { least: 320, wanted: 640, most: 640 };

/** One user: what decided the recommendation, where the model attends, and what it recommends. */
export function userView(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  const { scene } = state;
  if (scene === null) return waiting(state, handlers);
  const { explained, comparisonProblem } = scene;
  const shown = currentAttention(state);
  const layout = layoutFor(state);
  const hasAttention = explained.views.length > 0;
  // In one column the map is next to what chooses it, or what takes its place comes first; the long lists are below.
  const isOneColumn = layout.narrow && (!layout.twoColumns || shown.compared !== null);
  const middle = shown.side
    ? mapPane(state, shown, shown.side, layout, handlers)
    : contributionList(state, shown, handlers);
  return html`
    ${changesBar(state, handlers)} ${candidateBar(state, handlers)}
    ${hasAttention ? nothing : withoutAttention(state)}
    ${shown.side ? html`${thumbnails(state, shown.side, handlers)} ${tools(state, shown, handlers)}` : nothing}
    ${
      comparisonProblem === null
        ? nothing
        : html`<p class="notice">${icon('warning')}<span>${messageContent(comparisonProblem)}</span></p>`
    }
    ${readingNotice(state, shown)}
    <div class=${attentionClasses(shown, layout)} .style=${attentionStyle(state, shown)}>
      ${isOneColumn ? middle : nothing} ${historyPane(state, shown, layout, handlers)}
      ${isOneColumn ? nothing : middle}
      ${shown.side && !layout.narrow ? decisionList(state, shown, layout, handlers) : nothing}
      <div class="lists">${recommendationLists(state, handlers)}</div>
    </div>
    ${shown.side ? companions(state, shown, shown.side, layout, handlers) : nothing}
    ${
      shown.side && explained.result.contributions.length > 0
        ? contributionList(state, shown, handlers)
        : nothing
    }
  `;
}

function attentionClasses({ compared, side }: ShownAttention, layout: Layout): string {
  return [
    'attention',
    layout.narrow ? 'narrow' : 'wide',
    layout.narrow && layout.twoColumns ? 'two-columns' : '',
    compared ? 'compared' : '',
    side ? '' : 'plain',
  ]
    .filter((name) => name !== '')
    .join(' ');
}

/** The columns of a wide page; a narrow one has its own in userView.css. */
function attentionStyle(state: AttentionState, { side, compared }: ShownAttention): string {
  const map = side ? mapRoom(state, side) : CONTRIBUTIONS;
  const twice = (width: number): number => 2 * width + GAP;
  const middle = compared
    ? { least: twice(map.least), wanted: twice(map.wanted), most: twice(map.most) }
    : map;
  const isChanged = state.scene?.explained.original !== state.scene?.explained.result;
  const { widths, listsBeside } = columnsFor(state.size, middle, {
    bars: side === null ? 'none' : compared ? 'two' : isChanged ? 'changed' : 'plain',
    lists: compared ? 'two' : isChanged ? 'changed' : 'plain',
  });
  const columns = widths.map((width) => `${width}px`).join(' ');
  return `--columns: ${columns}; --lists-column: ${listsBeside ? 'auto' : '1 / -1'}`;
}

function waiting(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  if (state.settings.composed?.length === 0) return newHistory(handlers.onFindItem);
  if (state.problem !== null) return html``;
  const history = state.resources.history?.value;
  if (history && hasNothingToRead(state)) return nothingToRead(state, history, handlers);
  if (!isLoading(state)) return notRead(handlers);
  return html`<div class="attention frame" aria-hidden="true">
    <div class="pane"></div>
    <div class="pane"></div>
    <div class="pane"></div>
  </div>`;
}

/** After something went wrong, and was told. */
function notRead(handlers: AttentionHandlers): TemplateResult {
  return html`<section class="empty" aria-labelledby="empty-title">
    ${icon('history')}
    <h2 id="empty-title">No results yet</h2>
    <p>The weights and recommendations for this history will appear here.</p>
    <p>${button({ label: 'Try Again', icon: 'refresh', primary: true, onClick: handlers.onRetry })}</p>
  </section>`;
}

/** Of a user who did nothing before validation or test. */
function nothingToRead(
  state: AttentionState,
  { user }: UserHistory,
  handlers: AttentionHandlers,
): TemplateResult {
  const hasMore = state.settings.end !== 'all' && user.historyLength > 0;
  return html`<section class="empty" aria-labelledby="empty-title">
    ${icon('history')}
    <h2 id="empty-title">No items in this history</h2>
    <p>
      ${
        hasMore
          ? `User ${user.id} has ${user.historyLength === 1 ? 'one interaction' : `${user.historyLength} interactions`}, but none in this part of the history`
          : `User ${user.id} has no interactions`
      },
      and ${runOf(state)?.model ?? 'this model'} needs a history to recommend from.
    </p>
    <p class="buttons">
      ${hasMore ? button({ label: 'Show the Whole History', primary: true, onClick: () => handlers.onEnd('all') }) : nothing}
      ${button({ label: 'New History', icon: 'add', primary: !hasMore, onClick: () => handlers.onCompose([]) })}
    </p>
  </section>`;
}

/** How much of the history the model has read, where that is not all of it. */
function readingNotice(
  state: AttentionState,
  { lines, unread }: ShownAttention,
): TemplateResult | typeof nothing {
  const model = runOf(state)?.model ?? 'The model';
  const told =
    lines.length > 0 && state.scene?.explained.result.history.length === 0
      ? `${model} does not use the history: it represents users by their ids and features.`
      : unread > 0
        ? `${model} reads the newest ${lines.length} of ${lines.length + unread} items.`
        : null;
  return told === null ? nothing : html`<p class="notice">${icon('info')}<span>${told}</span></p>`;
}

function withoutAttention(state: AttentionState): TemplateResult {
  return html`<p class="notice">
    ${icon('info')}<span
      >${runOf(state)?.model ?? 'This model'} has no attention weights. It shows contributions instead: the
      drop in score when one item or feature is left out.</span
    >
  </p>`;
}

/** What is otherwise than in the data, and the way back. */
function changesBar(state: AttentionState, handlers: AttentionHandlers): TemplateResult | typeof nothing {
  const { edits, showsChange } = state.settings;
  if (edits.length === 0) return nothing;
  const dropped = edits.filter(({ item }) => item === null).length;
  const replaced = edits.length - dropped;
  const parts = [
    ...(dropped > 0 ? [`${dropped} left out`] : []),
    ...(replaced > 0 ? [`${replaced} replaced`] : []),
  ];
  return html`<section class="changes" aria-label="What if">
    ${icon('beaker')}<b>What if</b> <span>${parts.join(', ')}</span>
    ${
      state.scene?.explained.result.weights.length === 0
        ? nothing
        : segmented({
            label: 'Map',
            choices: [
              { value: 'weights', label: 'weights' },
              { value: 'change', label: 'change' },
            ],
            value: showsChange ? 'change' : 'weights',
            onChange: (shows) => handlers.onSettings({ showsChange: shows === 'change' }),
          })
    }
    ${button({ label: 'Reset', icon: 'discard', title: 'Undo all changes to the history', onClick: handlers.onReset })}
  </section>`;
}

/** Items whose weights are shown, where these depend on the item. */
function candidateBar(state: AttentionState, handlers: AttentionHandlers): TemplateResult | typeof nothing {
  const { settings, scene } = state;
  if (!scene || !dependsOnCandidate(scene.explained)) return nothing;
  const { explained } = scene;
  const shown = explained.result.candidates;
  const automatic = settings.candidates.length === 0;
  const edited = explained.original !== explained.result;
  const list = automatic ? shown : settings.candidates;
  return html`<section class="candidates" aria-label="Candidates">
    <span class="muted"
      >${automatic ? `${automaticCandidatesName(explained.original)}${edited ? ', before your edits' : ''}` : 'candidates'}</span
    >
    <ul>
      ${list.map(
        (item, index) =>
          html`<li class=${index === settings.candidate ? 'chosen' : ''}>
            <button
              type="button"
              class="chip"
              aria-pressed=${String(index === settings.candidate)}
              aria-label=${item.title}
              title=${`Explain ${item.title}`}
              @click=${() => handlers.onSettings({ candidate: index })}
            >
              ${item.item === explained.result.target?.item ? icon('target', 'The user’s next item') : nothing}
              ${fittedTitle(item.title, null)}
            </button>
            ${
              automatic
                ? nothing
                : iconButton('close', `Remove ${item.title}`, () =>
                    handlers.onSettings({
                      candidates: settings.candidates.filter((_, other) => other !== index),
                      candidate: 0,
                    }),
                  )
            }
          </li>`,
      )}
    </ul>
    <recsight-search-box
      .model=${itemSearch(handlers, { label: 'Add a candidate', placeholder: 'Add a candidate…' }, (item) =>
        handlers.onExplain(item),
      )}
    ></recsight-search-box>
  </section>`;
}

function historyPane(
  state: AttentionState,
  shown: ShownAttention,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult {
  return isComposed(state)
    ? composedList(state, handlers, shown, layout)
    : historyList(state, shown, layout, handlers);
}
