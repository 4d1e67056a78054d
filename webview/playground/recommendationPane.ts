import { html, nothing, type TemplateResult } from 'lit';
import type { ScoredItem } from '../../src/protocol/attention';
import { formatCount, formatMetric, formatPlaces, formatRank } from '../../src/series/format';
import { icon, iconButton } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { scrollArea } from '../ui/scrollArea';
import { rowOfKey } from '../ui/virtualList';
import type { PlaygroundHandlers } from './handlers';
import type { Side } from './historyPane';
import { explainedItems, selectedItem, strongestReason, strongestTitle } from './reasons';
import type { Answer } from './resources';
import type { PlaygroundState } from './state';
import '../ui/itemTable.css';
import './recommendationPane.css';

/** Rows that Page Up and Page Down go past. */
const PAGE = 10;

/** What one run recommends, with what the user did next, and where the other run has each item. */
export function recommendationPane(
  state: PlaygroundState,
  sides: readonly Side[],
  index: number,
  handlers: PlaygroundHandlers,
): TemplateResult {
  const { answer, name } = sides[index]!;
  const { result } = answer;
  const other = sides[1 - index]?.answer ?? null;
  const title = name === null ? 'Recommended' : `Recommended · ${name}`;
  const selected = selectedItem(
    sides.map((side) => side.answer),
    state.settings.selected,
  );
  const isListed = (item: ScoredItem): boolean =>
    result.recommendations.some((listed) => listed.item === item.item);
  const below = result.heldOut
    .filter((item) => item !== null)
    .filter((item, place, all) => all.findIndex((same) => same.item === item.item) === place)
    .filter((item) => !isListed(item))
    .sort((a, b) => a.rank - b.rank);
  const rows = [...result.recommendations, ...below];
  const hasReasons = other === null && result.reasons?.perItem === true;
  const first = rows.some(({ id }) => id === selected?.id) ? null : (rows[0] ?? null);
  const context = { state, side: sides[index]!, index, other, selected, first, hasReasons };
  const row = (item: ScoredItem): TemplateResult => itemRow(context, item, handlers);
  return html`<section class="pane recommendations" aria-label=${title}>
    <header class="pane-head">
      <h2>${fittedTitle(title)}</h2>
      ${nextTitle(answer)}
      <p class="muted">${rankText(answer)} ${notes(answer)}</p>
    </header>
    ${scrollArea({
      label: `${title}, list`,
      content: html`<table
        class=${hasReasons ? 'with-reasons' : ''}
        @keydown=${(event: KeyboardEvent) => keyPressed(event, rows, index, handlers)}
      >
        <thead>
          <tr>
            <th scope="col"><span class="visually-hidden">rank</span>#</th>
            ${other ? html`<th scope="col" title="Places gained compared with the other list">places</th>` : nothing}
            <th scope="col" class="name">item</th>
            <th scope="col">score</th>
            ${hasReasons ? html`<th scope="col" class="name reason-name">${strongestTitle(result.reasons!)}</th>` : nothing}
          </tr>
        </thead>
        <tbody>
          ${result.recommendations.map(row)}
          ${
            below.length === 0
              ? nothing
              : html`<tr class="gap-row" aria-hidden="true">
                    <td colspan=${3 + (other || hasReasons ? 1 : 0)}>⋯</td>
                  </tr>
                  ${below.map(row)}`
          }
        </tbody>
      </table>`,
    })}
  </section>`;
}

interface RowContext {
  state: PlaygroundState;
  side: Side;
  index: number;
  other: Answer | null;
  selected: ScoredItem | null;
  /** The item that Tab leads to where none of the list is selected. */
  first: ScoredItem | null;
  hasReasons: boolean;
}

function itemRow(
  { state, side, index, other, selected, first, hasReasons }: RowContext,
  item: ScoredItem,
  handlers: PlaygroundHandlers,
): TemplateResult {
  const { answer, run } = side;
  const part = partOf(answer, item);
  const there = other && (explainedItems(other).find(({ id }) => id === item.id) ?? null);
  const isSelected = selected?.id === item.id;
  const isFirstStop = first?.id === item.id;
  const strongest = hasReasons ? strongestReason(answer, item) : null;
  const isUser = state.settings.composed === null;
  return html`<tr class="${part === null ? '' : 'next'} ${isSelected ? 'selected' : ''}">
    <td class="number">${formatRank(item.rank)}</td>
    ${
      other
        ? html`<td
            class="number delta"
            title=${there ? `There: rank ${formatRank(there.rank)}` : `There: beyond rank ${other.request.topK}`}
          >
            ${there ? formatPlaces(there.rank - item.rank) : '–'}
          </td>`
        : nothing
    }
    <th scope="row" class="name">
      <span class="cell">
        ${part === null ? nothing : icon('target', 'Held out')}
        <button
          type="button"
          class="link"
          data-item=${item.id}
          data-side=${index}
          tabindex=${isSelected || isFirstStop ? 0 : -1}
          aria-pressed=${String(isSelected)}
          aria-label=${`${item.title}${part === null ? '' : `, ${part}`}`}
          title=${item.title}
          @click=${() => handlers.onSelect(item, index)}
        >
          ${fittedTitle(item.title, null)}
        </button>
        ${part === null ? nothing : html`<span class="badge">${part}</span>`}
        <span class="line-tools">
          ${
            run.isBaseline || index > 0
              ? nothing
              : html`${iconButton('type-hierarchy-sub', `Show ${item.title} in the Projection`, () => handlers.onProjection(item))}
                ${
                  isUser
                    ? iconButton('eye', `Show the Attention to ${item.title}`, () =>
                        handlers.onAttention(item),
                      )
                    : nothing
                }`
          }
        </span>
      </span>
    </th>
    <td class="number">${formatMetric(item.score)}</td>
    ${
      hasReasons
        ? html`<td class="name reason-name muted">
            <span class="cell"
              >${strongest === null ? '–' : fittedTitle(answer.history[strongest]!.title)}</span
            >
          </td>`
        : nothing
    }
  </tr>`;
}

/** The part that an item was held out for; null where it was not. */
function partOf({ heldOut, result }: Answer, item: ScoredItem): string | null {
  const place = result.heldOut.findIndex((other) => other?.item === item.item);
  return heldOut[place]?.part ?? null;
}

/** What the user did next; nothing where that is not known. */
function nextTitle({ heldOut }: Answer): TemplateResult | typeof nothing {
  const [first] = heldOut;
  if (first === undefined) return nothing;
  const title = heldOut.length === 1 ? first.title : `${formatCount(heldOut.length)} held-out items`;
  return html`<p class="next-title" title=${heldOut.map((item) => item.title).join(', ')}>
    ${icon('target')} ${heldOut.length === 1 ? 'Next item:' : 'Next:'} <b>${title}</b>
  </p>`;
}

/** Where that stands. */
function rankText({ heldOut, result, request }: Answer): TemplateResult {
  const known = result.heldOut.filter((item) => item !== null);
  const among = `among ${formatCount(result.numCandidates)} items.`;
  const missing = heldOut.length - known.length;
  if (heldOut.length === 0) return html`Ranked ${among}`;
  if (heldOut.length === 1)
    return known[0] === undefined
      ? html`The next item is not in the data of this run.`
      : html`Rank <b class="number">${formatRank(known[0].rank)}</b> ${among}`;
  const hits = known.filter(({ rank }) => rank <= request.topK).length;
  return html`<b class="number">${formatCount(hits)}</b> of ${formatCount(heldOut.length)} in the top
    ${request.topK}
    ${among}${missing === 0 ? '' : ` ${formatCount(missing)} of them are not in the data of this run.`}`;
}

/** What one has to know of the list. */
function notes({ result, request }: Answer): string {
  const { recommendations, unknown, knowsUser, read, filterSeen, reasons } = result;
  const length = request.history.length - unknown.length;
  const told = [
    filterSeen ? 'Items of the history are left out.' : 'Items of the history may be recommended again.',
  ];
  if (request.user !== null && !knowsUser)
    told.push(`User ${request.user} is not in the data of this run, and counts as unknown.`);
  if (unknown.length === 1) told.push('One item of the history is not in the data of this run.');
  if (unknown.length > 1)
    told.push(`${formatCount(unknown.length)} items of the history are not in the data of this run.`);
  if (length > 0 && read === 0) told.push('The model does not read the history.');
  else if (read !== null && read < length)
    told.push(`The model reads the newest ${formatCount(read)} of ${formatCount(length)} items.`);
  if (length > 0 && reasons === null) told.push('The history does not change the scores.');
  if (recommendations.length > 1 && recommendations[0]!.score === recommendations.at(-1)!.score)
    told.push('All listed items have the same score, so their order means nothing.');
  return told.join(' ');
}

/** Arrows go from row to row. */
function keyPressed(
  event: KeyboardEvent,
  rows: readonly ScoredItem[],
  side: number,
  handlers: PlaygroundHandlers,
): void {
  // Not the target, where an earlier key has just moved the focus.
  const target = document.activeElement as HTMLElement;
  if (event.altKey || event.ctrlKey || event.metaKey || !target.matches('.link')) return;
  const at = rows.findIndex(({ id }) => id === target.dataset.item);
  const to = rowOfKey(event.key, at, rows.length, PAGE);
  if (to === null) return;
  event.preventDefault();
  handlers.onSelect(rows[to]!, side);
}
