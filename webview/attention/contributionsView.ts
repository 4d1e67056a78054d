import { html, nothing, type TemplateResult } from 'lit';
import type { Contribution } from '../../src/protocol/attention';
import { formatMetric } from '../../src/series/format';
import { formatWeight } from '../plot/formatWeight';
import { fittedTitle } from '../ui/fittedTitle';
import type { AttentionHandlers } from './handlers';
import { lineTitle, type ShownAttention } from './shownAttention';
import type { AttentionState } from './state';
import './contributionsView.css';

const KINDS: Record<Contribution['of'], string> = { user: 'user', item: 'item', history: 'history' };

/** How much the score of the candidate would fall without each thing: bars to the left and the right of nothing. */
export function contributionList(
  state: AttentionState,
  { lines, read }: ShownAttention,
  handlers: AttentionHandlers,
): TemplateResult {
  const result = state.scene?.explained.result;
  const at = Math.min(state.settings.candidate, (result?.candidates.length ?? 1) - 1);
  const candidate = result?.candidates[at];
  const contributions = result?.contributions[at] ?? [];
  // Positions are those of what the model read; the lists beside count the whole history.
  const lineOf = (position: number | null): number | null =>
    position === null ? null : (read[position] ?? null);
  // The number is no part of the title, which may be written from the right.
  const labelOf = ({ label, position }: Contribution): TemplateResult => {
    const line = lines[lineOf(position) ?? -1];
    return line
      ? html`<span class="number">${line.position + 1}. </span>${fittedTitle(lineTitle(line))}`
      : fittedTitle(label);
  };
  const largest = Math.max(1e-12, ...contributions.map(({ change }) => Math.abs(change)));
  return html`<section class="pane contributions" aria-labelledby="contributions-title">
    <header class="pane-head">
      <h2 id="contributions-title">
        ${candidate ? fittedTitle(`Contributions to “${candidate.title}”`) : 'Contributions'}
      </h2>
      <p class="muted" title="The score minus the score without it">
        Effect of each line on the
        score${candidate ? html`, <span class="number">${formatMetric(candidate.score)}</span>` : nothing}: +
        raises it, − lowers it.
      </p>
    </header>
    ${
      contributions.length === 0
        ? html`<p class="muted">This model has no user or item inputs that can be left out.</p>`
        : html`<table class="diverging">
            <colgroup>
              <col class="kind" />
              <col />
              <col class="bars" />
              <col class="figure" />
            </colgroup>
            <thead class="visually-hidden">
              <tr>
                <th scope="col">of</th>
                <th scope="col">what</th>
                <th scope="col">bar</th>
                <th scope="col">change in score</th>
              </tr>
            </thead>
            <tbody>
              ${contributions.map((contribution) => {
                const { of, position, change } = contribution;
                const line = lineOf(position);
                return html`<tr
                  class=${line !== null && state.focus.row === line ? 'focus' : ''}
                  @pointerenter=${() => handlers.onFocus({ row: line, column: null })}
                  @pointerleave=${() => handlers.onFocus({ row: null, column: null })}
                >
                  <td class="muted kind">${KINDS[of]}</td>
                  <th scope="row"><span class="cell">${labelOf(contribution)}</span></th>
                  <td class="bars">
                    <span
                      class="side ${change < 0 ? 'less' : 'more'}"
                      .style=${`--share: ${Math.abs(change) / largest}`}
                    ></span>
                  </td>
                  <td class="number">${formatWeight(change, true)}</td>
                </tr>`;
              })}
            </tbody>
          </table>`
    }
  </section>`;
}
