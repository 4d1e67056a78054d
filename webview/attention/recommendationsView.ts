import { html, nothing, type TemplateResult } from 'lit';
import type { AttentionResult, ScoredItem } from '../../src/protocol/attention';
import { formatDelta, formatMetric, formatPlaces, formatRank } from '../../src/series/format';
import { icon, iconButton } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { itemSearch } from '../ui/itemSearch';
import { scrollArea } from '../ui/scrollArea';
import type { AttentionHandlers } from './handlers';
import { TOP_K } from './resources';
import { scoreChange, scoresOf } from './scoreChanges';
import { dependsOnCandidate } from './shownAttention';
import { runOf, sideNames, type AttentionState } from './state';
import '../ui/itemTable.css';

/** Recommendations that are listed. */
const LISTED = 10;

/** What the model recommends, against the history as it was, or against the run beside. */
export function recommendationLists(
  state: AttentionState,
  handlers: AttentionHandlers,
): TemplateResult | TemplateResult[] {
  const { scene, settings } = state;
  const names = sideNames(state);
  if (!scene) return html``;
  const { explained, compared } = scene;
  if (!compared || !names) {
    const before = explained.original === explained.result ? null : explained.original;
    return html`${list(state, explained.result, { ...BEFORE, before }, 'Recommended', handlers)}
    ${dependsOnCandidate(explained) ? nothing : rankAnother(handlers)}`;
  }
  const other = {
    label: settings.comparison?.run === runOf(state)?.run ? 'vs. other epoch' : 'vs. other run',
    places: 'places',
    with: 'the other list',
    then: 'there:',
    absent: '–',
  };
  return [
    list(
      state,
      explained.result,
      { ...other, before: compared.result },
      `Recommended · ${names.own}`,
      handlers,
    ),
    list(
      state,
      compared.result,
      { ...other, before: explained.result },
      `Recommended · ${names.other}`,
      handlers,
    ),
  ];
}

/** Where the weights are the same for every item, one may still want to know where another item stands. */
function rankAnother(handlers: AttentionHandlers): TemplateResult {
  return html`<p class="rank-another">
    <recsight-search-box
      .model=${itemSearch(
        handlers,
        { label: 'Find the rank of another item', placeholder: 'Rank another item…' },
        (item) => handlers.onExplain(item),
      )}
    ></recsight-search-box>
  </p>`;
}

/** What ranks and scores are compared with. */
interface ComparedList {
  before: AttentionResult | null;
  /** Of the column with what became of the scores. */
  label: string;
  /** Of the column with the places between them. */
  places: string;
  /** In the tooltips of these columns. */
  with: string;
  /** Before the rank of an item in the other list, in its tooltip. */
  then: string;
  /** In the place of places, for what is not among the first there. */
  absent: string;
}

/** A list before the user changed the history. */
const BEFORE: Omit<ComparedList, 'before'> = {
  label: 'change',
  places: 'moved',
  with: 'before',
  then: 'was',
  absent: 'new',
};

function list(
  { settings }: AttentionState,
  result: AttentionResult,
  compared: ComparedList,
  title: string,
  handlers: AttentionHandlers,
): TemplateResult {
  const { before, label, places, with: comparedWith } = compared;
  const top = result.recommendations.slice(0, LISTED);
  const isListed = (item: ScoredItem): boolean => top.some((other) => other.item === item.item);
  const chosen = new Set(settings.candidates.map(({ item }) => item));
  // What came next, and what the user watches, also where it is not near the top.
  const others = [
    ...(result.target ? [result.target] : []),
    ...result.candidates.filter(({ item }) => chosen.has(item)),
  ]
    .filter(
      (item, index, all) => !isListed(item) && all.findIndex((other) => other.item === item.item) === index,
    )
    .sort((a, b) => a.rank - b.rank);
  const known = before && scoresOf(before);
  return html`<section class="pane recommendations" aria-label=${title}>
    <header class="pane-head">
      <h2>${fittedTitle(title)}</h2>
      ${
        result.target
          ? html`<p class="next-title" title=${result.target.title}>
                ${icon('target')} Next item: <b>${result.target.title}</b>
              </p>
              <p class="muted">
                Rank <b class="number">${formatRank(result.target.rank)}</b> under the run’s test protocol.
              </p>`
          : html`<p class="muted">The next item is not known.</p>
              <p class="muted">Ranked under the run’s test protocol.</p>`
      }
    </header>
    ${scrollArea({
      label: `${title}, list`,
      content: html`<table>
        <thead>
          <tr>
            <th scope="col"><span class="visually-hidden">rank</span>#</th>
            ${known ? html`<th scope="col" title=${`Places gained compared with ${comparedWith}`}>${places}</th>` : nothing}
            <th scope="col" class="name">item</th>
            <th scope="col">score</th>
            ${known ? html`<th scope="col" title=${`Change in score compared with ${comparedWith}`}>${label}</th>` : nothing}
          </tr>
        </thead>
        <tbody>
          ${top.map((item) => row(item, result, known, compared, handlers))}
          ${
            others.length > 0
              ? html`<tr class="gap-row" aria-hidden="true">
                    <td colspan=${known ? 5 : 3}>⋯</td>
                  </tr>
                  ${others.map((item) => row(item, result, known, compared, handlers))}`
              : nothing
          }
        </tbody>
      </table>`,
    })}
  </section>`;
}

function row(
  item: ScoredItem,
  { target }: AttentionResult,
  known: ReadonlyMap<number, ScoredItem> | null,
  { then, absent }: ComparedList,
  handlers: AttentionHandlers,
): TemplateResult {
  const isNext = target?.item === item.item;
  const change = scoreChange(item, known);
  return html`<tr class=${isNext ? 'next' : ''}>
    <td class="number">${formatRank(item.rank)}</td>
    ${
      known
        ? html`<td
            class="number delta"
            title="${then} ${change.before ? `rank ${formatRank(change.before.rank)}` : `beyond rank ${TOP_K}`}"
          >
            ${change.placesGained === null ? absent : formatPlaces(change.placesGained)}
          </td>`
        : nothing
    }
    <th scope="row" class="name">
      <span class="cell">
        ${isNext ? icon('target', 'The user’s next item') : nothing}
        <button
          type="button"
          class="link"
          aria-label=${item.title}
          title=${`Explain ${item.title}`}
          @click=${() => handlers.onExplain(item)}
        >
          ${fittedTitle(item.title, null)}
        </button>
        <span class="line-tools">
          ${iconButton('type-hierarchy-sub', `Show ${item.title} in the Projection`, () => handlers.onProjection(item.item))}
        </span>
      </span>
    </th>
    <td class="number">${formatMetric(item.score)}</td>
    ${
      known
        ? html`<td class="number delta">
            ${change.scoreChange === null ? '–' : formatDelta(change.scoreChange)}
          </td>`
        : nothing
    }
  </tr>`;
}
