import { html, nothing, type TemplateResult } from 'lit';
import { csvField } from '../../src/formats/csv';
import type { ChangedUser, Comparison } from '../../src/protocol/comparison';
import { formatCount, formatMetric, formatMetricName } from '../../src/series/format';
import { icon } from '../ui/controls';

/** Users who gained and lost most by a group, each with their history and what was recommended. */
export function peopleView(comparison: Comparison, other: number): TemplateResult | typeof nothing {
  const changed = comparison.changed[other - 1];
  if (changed === undefined) return nothing;
  const letters = [comparison.groups[0]!.letter, comparison.groups[other]!.letter] as const;
  return html`<div class="people">
    ${list(`Gained most by ${letters[1]}`, changed.gained, comparison, letters)}
    ${list(`Lost most by ${letters[1]}`, changed.lost, comparison, letters)}
  </div>`;
}

function list(
  title: string,
  users: readonly ChangedUser[],
  { metrics }: Comparison,
  letters: readonly [string, string],
): TemplateResult {
  return html`<section aria-label=${title}>
    <h3>${title}</h3>
    ${users.length === 0 ? html`<p class="muted">No user.</p>` : nothing}
    ${users.map(
      (user) =>
        html`<details>
          <summary>
            <span class="user">${user.id}</span>
            <span class="target">${user.targets.map((target) => target.title).join(', ')}</span>
            <span class="number muted"
              >${user.targets.map(({ places }) => places.map(placeText).join(' → ')).join(', ')}</span
            >
          </summary>
          ${userDetails(user, metrics[0]!, letters)}
        </details>`,
    )}
  </section>`;
}

function userDetails(user: ChangedUser, metric: string, [a, b]: readonly [string, string]): TemplateResult {
  const { values, historyLength, history, lists } = user;
  return html`<p class="muted">
      ${formatMetricName(metric)} ${formatMetric(values[0])} →
      ${formatMetric(values[1])}${
        historyLength === null ? '' : ` · ${formatCount(historyLength)} items before`
      }
    </p>
    <div class="titles">
      ${
        history.length === 0
          ? nothing
          : titleList(
              'History, newest first',
              history.map((title) => ({ title, isTarget: false })),
            )
      }
      ${lists === null ? nothing : html`${titleList(`Recommended by ${a}`, lists[0])}${titleList(`Recommended by ${b}`, lists[1])}`}
    </div>`;
}

function titleList(name: string, items: readonly { title: string; isTarget: boolean }[]): TemplateResult {
  return html`<div>
    <p class="muted">${name}</p>
    <ol>
      ${items.map(
        ({ title, isTarget }) =>
          html`<li class=${isTarget ? 'target' : ''}>
            ${title}${isTarget ? html` ${icon('target', 'Held-out item')}` : nothing}
          </li>`,
      )}
    </ol>
  </div>`;
}

const placeText = (place: number): string =>
  Number.isInteger(place) ? formatCount(place) : place.toFixed(1);

/** All of these users, as comma-separated values. */
export function peopleCsv({ changed, groups, metrics }: Comparison): string {
  const head = ['group', 'change', 'user', 'historyLength', metrics[0]!, `${metrics[0]!} of the group`];
  const rows = changed.flatMap(({ gained, lost }, other) =>
    [
      ...gained.map((user) => ({ user, change: 'gained' })),
      ...lost.map((user) => ({ user, change: 'lost' })),
    ].flatMap(({ user, change }) =>
      user.targets.map(({ title, places }) =>
        [
          ...[groups[other + 1]!.letter, change, user.id, user.historyLength ?? '', ...user.values],
          ...[title, ...places],
        ]
          .map((field) => csvField(String(field)))
          .join(','),
      ),
    ),
  );
  return `${[[...head, 'heldOut', 'place', 'place of the group'].join(','), ...rows].join('\n')}\n`;
}
