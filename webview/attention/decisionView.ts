import { html, nothing, type TemplateResult } from 'lit';
import { formatWeight } from '../plot/formatWeight';
import { fittedTitle } from '../ui/fittedTitle';
import { ROW_HEIGHT } from '../ui/virtualList';
import type { AttentionHandlers } from './handlers';
import type { Layout } from './layout';
import { isAt, lineList, linesInSight } from './linesView';
import { focusOf, lineTitle, type Decision, type ShownAttention } from './shownAttention';
import { sideNames, type AttentionState } from './state';
import '../ui/bars.css';
import './decisionView.css';

/** The weights of the newest position as bars, in the lines of the titles that they belong to. */
export function decisionList(
  state: AttentionState,
  shown: ShownAttention,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult | typeof nothing {
  const { lines, side, compared } = shown;
  const decision = side?.decision ?? null;
  if (decision === null) return html`<div class="pane decision"></div>`;
  const sight = linesInSight(state, lines.length, layout);
  return html`<section class="pane decision" aria-labelledby="decision-title">
    <header class="pane-head">
      <h2 id="decision-title">Weights</h2>
      <p class="muted">${decision.title}</p>
      ${barNames(state)}
    </header>
    ${lineList(
      {
        labelledBy: 'decision-title',
        sight,
        count: lines.length,
        layout,
        content: lines.slice(sight.first, sight.last + 1).map((line, offset) => {
          const index = sight.first + offset;
          const classes = [
            'line',
            isAt(state.focus, index) ? 'focus' : '',
            isAt(state.settings.pinned, index) ? 'pinned' : '',
          ];
          return html`<div
            role="listitem"
            class=${classes.filter((name) => name !== '').join(' ')}
            .style=${`--top: ${index * ROW_HEIGHT - sight.top}px`}
            @pointerenter=${() => handlers.onFocus(focusOf(shown, index))}
            @click=${() => handlers.onPinLine(index)}
          >
            ${decisionBars(shown, index)}
            ${
              compared?.decision
                ? nothing
                : html`<span class="title ${isStrong(decision, index) ? '' : 'muted'}"
                    >${fittedTitle(lineTitle(line))}</span
                  >`
            }
          </div>`;
        }),
      },
      state,
      handlers,
    )}
  </section>`;
}

/** Whose the bars are, in their order and with their marks, where there are two in a line. */
export function barNames(state: AttentionState): TemplateResult | typeof nothing {
  const names = sideNames(state);
  if (!names) return nothing;
  return html`<p class="muted">
    <span class="bar-name own">${fittedTitle(names.own)}</span>
    <span class="bar-name other">${fittedTitle(names.other)}</span>
  </p>`;
}

/**
 * One weight as a bar with its value, on the scale of all bars, also those of another run beside it. How it changed is a figure
 * where there is no other bar, and else only a mark.
 */
function decisionBar(
  decision: Decision | null,
  index: number,
  other: Decision | null = null,
): TemplateResult | typeof nothing {
  if (decision === null) return nothing;
  const weight = decision.weights[index] ?? NaN;
  const before = decision.before?.[index] ?? NaN;
  const largest = Math.max(...largestOf(decision), ...(other ? largestOf(other) : []), 1e-9);
  const share = Number.isFinite(weight) ? Math.max(0, weight) / largest : 0;
  const change = weight - before;
  return html`<span class="bar" .style=${`--share: ${share}; --before: ${Math.max(0, before || 0) / largest}`}
      >${Number.isFinite(before) ? html`<i class="before" title=${`was ${formatWeight(before)}`}></i>` : nothing}</span
    ><span class="number weight">${Number.isFinite(weight) ? formatWeight(weight) : '–'}</span>${
      decision.before === null || other !== null
        ? nothing
        : // Also without a change: bars are compared, so all have one length.
          html`<span class="number delta"
            >${Math.abs(change) >= 0.0005 ? `${change > 0 ? '▲' : '▼'} ${formatWeight(change, true)}` : ''}</span
          >`
    }`;
}

/** The bars of a line: the run's own, and that of the run beside. */
export function decisionBars({ side, compared }: ShownAttention, index: number): TemplateResult {
  const [own, other] = [side?.decision ?? null, compared?.decision ?? null];
  return html`${decisionBar(own, index, other)}${decisionBar(other, index, own)}`;
}

function largestOf({ weights, before }: Decision): number[] {
  return [...weights, ...(before ?? [])].filter(Number.isFinite);
}

/** Among the five largest: those are what one wants to read. */
function isStrong({ weights }: Decision, index: number): boolean {
  const weight = weights[index] ?? NaN;
  return weights.filter((other) => other > weight).length < 5 && weight > 0;
}
