import { html, nothing, type TemplateResult } from 'lit';
import type { ScoredItem } from '../../src/protocol/attention';
import type { InspectedRun } from '../../src/protocol/inspection';
import { formatDataDay } from '../../src/series/format';
import { composedLine } from '../ui/composedLine';
import { fittedTitle } from '../ui/fittedTitle';
import { timeGap } from '../ui/historyOrder';
import { scrollArea } from '../ui/scrollArea';
import type { PlaygroundHandlers } from './handlers';
import { formatReason, reasonHelp, reasonsOf, reasonTitle, selectedItem } from './reasons';
import type { Answer } from './resources';
import type { PlaygroundState } from './state';
import '../ui/bars.css';
import '../ui/line.css';
import './historyPane.css';

/** One run and what it recommends. */
export interface Side {
  answer: Answer;
  run: InspectedRun;
  /** Null where it is the only one. */
  name: string | null;
}

/** The history, with what of it speaks for the selected item. */
export function historyPane(
  state: PlaygroundState,
  sides: readonly Side[],
  handlers: PlaygroundHandlers,
): TemplateResult {
  const { composed, selected } = state.settings;
  const { history, request } = sides[0]!.answer;
  const answers = sides.map(({ answer }) => answer);
  const item = selectedItem(answers, selected);
  const bars = answers.map((answer) => barsOf(answer, item));
  // What is drawn may still be an answer to an earlier history, while the lines are to be edited as they are now.
  const isCurrent =
    composed === null || composed.map(({ id }) => id).join('\n') === request.history.join('\n');
  const asideOf = (place: number): TemplateResult =>
    html`${bars.map((values) => (isCurrent ? values(place) : nothing))}`;
  const active = Math.max(0, Math.min((composed?.length ?? 1) - 1, state.line));
  return html`<section class="pane history" aria-labelledby="history-title">
    <header class="pane-head">
      <h2 id="history-title">${composed === null ? 'History' : 'Composed history'}</h2>
      <p class="muted">
        Oldest
        first.${composed === null ? '' : ' Drag an item, or press Alt+Up or Alt+Down, to move it. Delete removes it.'}
      </p>
      ${sides.map(({ answer, name }, index) => reasonHead(answer, name, index, item))}
    </header>
    ${
      (composed ?? history).length === 0
        ? html`<p class="muted">No items in this part of the history.</p>`
        : scrollArea({
            labelledBy: 'history-title',
            className: 'lines-scroll',
            content: html`<div class="lines" role="list" aria-labelledby="history-title">
              ${
                composed === null
                  ? history.map(({ title, time }, place) => {
                      const gap = timeGap(history[place - 1]?.time ?? null, time);
                      const date = time === null ? '' : ` · ${formatDataDay(time)}`;
                      return html`<div role="listitem" class="line plain" title=${`${title}${date}`}>
                        <span class="muted number index">${place + 1}</span>
                        <span class="title">${fittedTitle(title, null)}</span>
                        <span class="muted gap">${gap}</span>
                        ${asideOf(place)}
                      </div>`;
                    })
                  : composed.map((_, index) =>
                      composedLine({
                        items: composed,
                        index,
                        isActive: index === active,
                        aside: asideOf(index),
                        onCompose: handlers.onCompose,
                        onLine: handlers.onLine,
                      }),
                    )
              }
            </div>`,
          })
    }
  </section>`;
}

/** What the bars of a side are. */
function reasonHead(
  answer: Answer,
  name: string | null,
  index: number,
  item: ScoredItem | null,
): TemplateResult | typeof nothing {
  const { reasons } = answer.result;
  if (reasons === null) return nothing;
  const title =
    reasonsOf(answer, item) === null ? `“${item?.title ?? ''}” is not listed` : reasonTitle(reasons, item);
  return html`<p class="muted reason" title=${reasonHelp(reasons)}>
    <span class="bar-name ${index > 0 ? 'other' : 'own'}"
      >${fittedTitle(`${title}${name === null ? '' : ` · ${name}`}`, null)}</span
    >
  </p>`;
}

/** The bar and the value of each item of the history, on the scale of the largest of the side. */
function barsOf(answer: Answer, item: ScoredItem | null): (place: number) => TemplateResult | typeof nothing {
  const { reasons } = answer.result;
  if (reasons === null) return () => nothing;
  const own = reasonsOf(answer, item);
  const largest = Math.max(1e-12, ...[...(own ?? [])].filter((value) => !Number.isNaN(value)).map(Math.abs));
  return (place) => {
    const value = own?.[place] ?? NaN;
    const share = Number.isNaN(value) ? 0 : Math.abs(value) / largest;
    return html`<span
        class="bar ${Number.isNaN(value) ? 'none' : value < 0 ? 'less' : ''}"
        .style=${`--share: ${share.toFixed(4)}`}
      ></span
      ><span class="number weight">${formatReason(reasons, value)}</span>`;
  };
}
