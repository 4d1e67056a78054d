import { html, nothing, type TemplateResult } from 'lit';
import { bestOf } from '../../src/evaluation/metrics/metrics';
import {
  SIGNIFICANCE_LEVEL,
  type ComparedGroup,
  type GroupDifference,
  type GroupValue,
} from '../../src/protocol/comparison';
import { percent } from '../../src/protocol/percent';
import {
  formatCount,
  formatDelta,
  formatInterval,
  formatMetric,
  formatP,
  formatSpread,
} from '../../src/series/format';
import { scrollArea } from '../ui/scrollArea';

/** A metric, or a slice. */
export interface ValueRow {
  label: string;
  /** Name of the metric, which says what is better. */
  metric: string;
  /** Below the label. */
  note?: string;
  values: readonly GroupValue[];
  differences: readonly GroupDifference[];
}

/**
 * Rows of values of groups with their intervals, and of differences.
 * @param differences what they are of; else of each group and the first one
 */
export function valueTable(
  label: string,
  head: string,
  rows: readonly ValueRow[],
  groups: readonly ComparedGroup[],
  differences: readonly string[] = groups.slice(1).map(({ letter }) => `${letter} − ${groups[0]!.letter}`),
): TemplateResult {
  return scrollArea({
    label,
    className: 'sticky-names',
    content: html`<table class="values">
      <thead>
        <tr>
          <th scope="col">${head}</th>
          ${groups.map(({ letter, title }) => html`<th scope="col" title=${title}>${letter}</th>`)}
          ${differences.map((difference) => html`<th scope="col">${difference}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => valueRow(row, groups.length > 1))}
      </tbody>
    </table>`,
  });
}

function valueRow(
  { label, note, metric, values, differences }: ValueRow,
  marksBest: boolean,
): TemplateResult {
  const best = bestOf(
    metric,
    values.flatMap(({ value }) => value ?? []),
  );
  return html`<tr>
    <th scope="row">${label}${note === undefined ? nothing : html`<small>${note}</small>`}</th>
    ${values.map(
      (value) =>
        html`<td class="number ${marksBest && value.value === best ? 'best' : ''}">
          ${value.value === null ? '–' : formatMetric(value.value)}${
            value.seedDeviation === null
              ? nothing
              : html` <span class="muted" title="Standard deviation over the seeds"
                  >± ${formatSpread(value.seedDeviation, value.value ?? 0)}</span
                >`
          }<small>${formatInterval(value)}</small>
        </td>`,
    )}
    ${differences.map(differenceCell)}
  </tr>`;
}

function differenceCell(difference: GroupDifference): TemplateResult {
  const { difference: value, correctedP } = difference;
  if (value === null) return html`<td class="number">–</td>`;
  const isSignificant = correctedP !== null && correctedP < SIGNIFICANCE_LEVEL;
  return html`<td class="number" title=${explained(difference)}>
    <span class=${isSignificant ? 'significant' : ''}>${formatDelta(value)}${isSignificant ? ' *' : ''}</span
    ><small>${formatInterval(difference)}${correctedP === null ? '' : ` · p ${formatP(correctedP)}`}</small>
  </td>`;
}

/** The whole of a difference, for its hover. */
function explained({ p, correctedP, test, wins, ties, losses, seedShare }: GroupDifference): string {
  if (p === null || correctedP === null) return 'Not a mean over the ranks of users: there is no test.';
  return [
    `${test === 't' ? 'Student’s t over users and seeds' : 'Randomization test'}: p ${formatP(p)}, corrected ${formatP(correctedP)}`,
    `Better for ${formatCount(wins)} users, the same for ${formatCount(ties)}, worse for ${formatCount(losses)}`,
    ...(seedShare === null ? [] : [`${percent(seedShare)} of the variance comes from the seeds`]),
  ].join('\n');
}
