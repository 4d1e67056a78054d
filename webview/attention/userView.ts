import { html, nothing, type TemplateResult } from 'lit';
import { button, icon, iconButton, segmented } from '../ui/controls';
import { messageContent } from '../ui/messageContent';
import { contributionList } from './contributionsView';
import type { AttentionHandlers } from './handlers';
import { itemSearch } from './itemSearch';
import { composedList, decisionList, historyList } from './historyView';
import { layoutFor, type Layout } from './layout';
import { companions, mapPane, mapRoom, tools } from './mapView';
import { recommendationLists } from './recommendationsView';
import { currentAttention, dependsOnCandidate, type ShownAttention } from './shownAttention';
import { isComposed, type AttentionState } from './state';
import { thumbnails } from './thumbnailsView';

/** One user: what decided the recommendation, where the model attends, and what it recommends. */
export function userView(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  const nothingComposed = state.settings.composed?.length === 0;
  if (!state.explained || nothingComposed) return waiting(state, handlers);
  const shown = currentAttention(state);
  const layout = layoutFor(state);
  return html`
    ${changesBar(state, handlers)} ${candidateBar(state, handlers)}
    ${shown.side ? thumbnails(state, shown.side, handlers) : withoutAttention(state)}
    ${shown.side ? tools(state, shown, handlers) : nothing}
    ${
      state.comparisonProblem === null
        ? nothing
        : html`<p class="notice">
            ${icon('warning')}<span>${messageContent(state.comparisonProblem)}</span>
          </p>`
    }
    ${
      shown.unread > 0
        ? html`<p class="notice">
            ${icon('info')}<span
              >The model reads the newest ${shown.lines.length} of ${shown.lines.length + shown.unread}
              items.</span
            >
          </p>`
        : nothing
    }
    <div
      class="attention ${layout.narrow ? 'narrow' : 'wide'} ${shown.compared ? 'compared' : ''} ${shown.side ? '' : 'plain'}"
      .style=${`--map-width: ${shown.side ? mapRoom(state, shown.side) : 0}px`}
    >
      ${historyPane(state, shown, layout, handlers)}
      ${shown.side ? mapPane(state, shown, shown.side, layout, handlers) : contributionList(state, handlers)}
      ${shown.side && !layout.narrow ? decisionList(state, shown, layout, handlers) : nothing}
      <div class="lists">${recommendationLists(state, handlers)}</div>
    </div>
    ${shown.side ? companions(state, shown, shown.side, layout, handlers) : nothing}
    ${shown.side && state.explained.result.contributions.length > 0 ? contributionList(state, handlers) : nothing}
  `;
}

function waiting(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  if (state.settings.composed?.length === 0) {
    return html`<div class="attention narrow plain">${composedList(state, handlers)}</div>
      <p class="notice">
        ${icon('info')}<span>Add items to the history to see what the model would recommend.</span>
      </p>`;
  }
  if (state.problem !== null) return html``;
  return html`<div class="attention frame" aria-hidden="true">
    <div class="pane"></div>
    <div class="pane"></div>
    <div class="pane"></div>
  </div>`;
}

function withoutAttention({ run }: AttentionState): TemplateResult {
  return html`<p class="notice">
    ${icon('info')}<span
      >${run?.model ?? 'This model'} has no attention: no weight in it depends on which items a history has.
      Below is what each thing that it knows contributed instead, measured by leaving it out.</span
    >
  </p>`;
}

/** What is otherwise than in the data, and the way back. */
function changesBar(state: AttentionState, handlers: AttentionHandlers): TemplateResult | typeof nothing {
  const { edits, showsChange } = state.settings;
  if (edits.length === 0) return nothing;
  const dropped = edits.filter(({ item }) => item === null).length;
  const swapped = edits.length - dropped;
  const parts = [
    ...(dropped > 0 ? [`${dropped} left out`] : []),
    ...(swapped > 0 ? [`${swapped} swapped`] : []),
  ];
  return html`<section class="changes" aria-label="What if">
    ${icon('beaker')}<b>What if</b> <span>${parts.join(', ')}</span>
    ${
      state.explained?.result.weights.length === 0
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
    ${button({ label: 'Reset', icon: 'discard', title: 'The history as it was', onClick: handlers.onReset })}
  </section>`;
}

/** Items whose weights are shown, where these depend on the item. */
function candidateBar(state: AttentionState, handlers: AttentionHandlers): TemplateResult | typeof nothing {
  const { settings, explained } = state;
  const shown = explained?.result.candidates ?? [];
  const automatic = settings.candidates.length === 0;
  if (!explained || !dependsOnCandidate(explained)) return nothing;
  const list = automatic ? shown : settings.candidates;
  return html`<section class="candidates" aria-label="Candidates">
    <span class="muted">${automatic ? 'candidates (the best)' : 'candidates'}</span>
    <ul>
      ${list.map(
        (item, index) =>
          html`<li class=${index === settings.candidate ? 'chosen' : ''}>
            <button
              type="button"
              class="chip"
              aria-pressed=${String(index === settings.candidate)}
              title=${`Explain ${item.title}`}
              @click=${() => handlers.onSettings({ candidate: index })}
            >
              ${item.title}
            </button>
            ${
              automatic
                ? nothing
                : iconButton('close', `Remove ${item.title}`, () =>
                    handlers.onCandidates(settings.candidates.filter((_, other) => other !== index)),
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
