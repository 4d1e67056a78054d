import { html, nothing, type TemplateResult } from 'lit';
import { comparisonCsv } from '../../src/formats/comparisonCsv';
import { SIGNIFICANCE_LEVEL, type Comparison } from '../../src/protocol/comparison';
import { describeProtocol, protocolBadge } from '../../src/protocol/evaluation';
import { formatCount, formatMetricName, withoutIntervalsText } from '../../src/series/format';
import { button, checkbox, dropdown, icon } from '../ui/controls';
import { problemBox } from '../ui/problemBox';
import { progressLine } from '../ui/progress';
import { figure } from './figure';
import type { ComparisonHandlers } from './handlers';
import { largestValue, slicesPicture } from './slicesFigure';
import type { ComparisonState } from './state';
import { valueTable } from './valueTable';
import './results.css';

/* What the pages of comparisons and of evaluations share. */

/** What could not be done, with the button that may do it. */
export function problems(
  { resources, problem }: ComparisonState,
  { onRetry, onEvaluate, onDismissProblem }: ComparisonHandlers,
): TemplateResult {
  const failed = [resources.comparison, resources.runs].flatMap((resource) =>
    resource?.status === 'failed' && resource.error?.code !== 'inspection/canceled' ? [resource.error!] : [],
  );
  const remedy = (code: string | null): TemplateResult =>
    code === 'inspection/no-results'
      ? button({ label: 'Evaluate Run', icon: 'beaker', primary: true, onClick: onEvaluate })
      : button({ label: 'Try Again', onClick: onRetry });
  return html`${failed.map(({ message: text, code }) => problemBox(text, remedy(code)))}
  ${problem === null ? nothing : problemBox(problem, button({ label: 'Dismiss', onClick: onDismissProblem }))}`;
}

export function work(
  { resources, progress }: ComparisonState,
  { onCancel, onRetry }: ComparisonHandlers,
): unknown {
  const { comparison } = resources;
  if (comparison?.error?.code === 'inspection/canceled')
    return html`<div class="work">
      <p class="notice">${icon('info')}<span>The comparison was canceled.</span></p>
      ${button({ label: 'Try Again', onClick: onRetry })}
    </div>`;
  if (comparison !== null && comparison.status !== 'loading') return nothing;
  return html`<div class="work" aria-live="polite">
    ${progressLine(progress)} ${button({ label: 'Cancel', onClick: onCancel })}
  </div>`;
}

export function metricChoice(
  { metrics }: Comparison,
  { onSettings }: Pick<ComparisonHandlers, 'onSettings'>,
): TemplateResult {
  return html`<span class="labeled"
    ><span class="muted">Metric</span> ${dropdown({
      label: 'Metric',
      choices: [...metrics].sort().map((name) => ({ value: name, label: formatMetricName(name) })),
      value: metrics[0] ?? '',
      onChange: (metric) => onSettings({ metric }),
    })}</span
  >`;
}

/** Which group is compared with the first one where only two can be shown. */
export function otherChoice(
  { groups }: Comparison,
  other: number,
  { onSettings }: Pick<ComparisonHandlers, 'onSettings'>,
): TemplateResult | typeof nothing {
  if (groups.length <= 2) return nothing;
  return html`<span class="labeled"
    ><span class="muted">Against ${groups[0]!.letter}</span> ${dropdown({
      label: 'Compared group',
      choices: groups.slice(1).map(({ letter, title }, index) => ({
        value: String(index + 1),
        label: `${letter} ${title}`,
      })),
      value: String(other),
      onChange: (value) => onSettings({ other: Number(value) }),
    })}</span
  >`;
}

/** The metrics of all groups. @param differences what else has a column, and what they are of */
export function metricsSection(
  comparison: Comparison,
  { differences, groups: differing }: { differences: Comparison['differences']; groups: readonly string[] },
): TemplateResult {
  const { groups, metrics, values, protocol, notices } = comparison;
  const rows = metrics.map((metric, index) => ({
    label: formatMetricName(metric),
    metric,
    values: values.map((of) => of[index]!),
    differences: differences.map((of) => of[index]!),
  }));
  return html`
    ${notices.map((text) => html`<p class="notice">${icon('info')}<span>${text}</span></p>`)}
    <section aria-labelledby="metrics">
      <header class="section-header">
        <h2 id="metrics">Test metrics</h2>
        <span class="badge" title=${describeProtocol(protocol)}>${protocolBadge(protocol)}</span>
      </header>
      ${groupList(comparison)} ${valueTable('Test metrics', 'Metric', rows, groups, differing)}
      <p class="muted small">${methodText(comparison)}</p>
    </section>
  `;
}

function groupList({ groups }: Comparison): TemplateResult {
  return html`<ul class="groups">
    ${groups.map(
      ({ letter, title, isBaseline, runs }) =>
        html`<li title=${runs.map(({ id }) => id).join('\n')}>
          <b>${letter}</b> ${title}
          <span class="muted"
            >${isBaseline ? 'baseline' : runs.map(({ seed }) => `seed ${seed}`).join(', ')}</span
          >
        </li>`,
    )}
  </ul>`;
}

function methodText({ groups, differences, withoutIntervals, numUsers, resamples }: Comparison): string {
  const tests = differences.flat().filter(({ p }) => p !== null).length;
  const users = `${formatCount(numUsers)} ${numUsers === 1 ? 'user' : 'users'}`;
  const intervals = [
    `95 % intervals by bootstrap over ${users}, ${formatCount(resamples)} resamples.`,
    ...withoutIntervalsText(withoutIntervals),
  ].join(' ');
  if (tests === 0)
    return groups.length === 1 && groups[0]!.runs.length > 1
      ? `${intervals} These runs differ only in the seed, so there is nothing to test.`
      : intervals;
  const corrected = tests > 1 ? `, corrected for ${tests} tests` : '';
  const seeds = groups.every(({ runs }) => runs.length === 1)
    ? ' One seed each: this compares trained models, not configs.'
    : '';
  return `${intervals} * p below ${SIGNIFICANCE_LEVEL}${corrected}.${seeds}`;
}

/** How the numbers of a picture were measured, and which groups are in it. */
export function pictureNote({ groups, protocol }: Comparison): string {
  return `${groups.map(({ letter, title }) => `${letter} ${title}`).join(' · ')} · test, ${protocolBadge(protocol)}`;
}

/**
 * The slices as bars, each with its table.
 * @param shown groups that are drawn @param whole all of them, which files have @param differing what differences are of
 */
export function sliceFigures(
  shown: Comparison,
  whole: Comparison,
  handlers: ComparisonHandlers,
  differing?: readonly string[],
): TemplateResult[] {
  const { slicings, groups } = shown;
  const most = largestValue(slicings);
  return slicings.map((slicing, index) => {
    const rows = slicing.slices.map(({ label, numUsers, values, differences }) => ({
      ...{ label, metric: slicing.metric, note: `${formatCount(numUsers)} users`, values, differences },
    }));
    return figure(
      {
        title: `${formatMetricName(slicing.metric)} by ${lowerFirst(slicing.title)}`,
        note: pictureNote(shown),
        picture: slicesPicture(slicing, shown, most),
        fileName: `slices-${slicing.name.replace(/[^\w-]+/g, '-')}`,
        csv: () => comparisonCsv({ ...whole, metrics: [], slicings: [whole.slicings[index]!] }),
        below: html`<details>
          <summary>Table</summary>
          ${valueTable(`${slicing.title}, table`, slicing.title, rows, groups, differing)}
        </details>`,
      },
      handlers,
    );
  });
}

/** Which slices there are to be. */
export function sliceChoices(
  { settings }: ComparisonState,
  { slicings, sliceable, metrics }: Comparison,
  { onSettings }: Pick<ComparisonHandlers, 'onSettings'>,
): TemplateResult | typeof nothing {
  if (sliceable.length === 0) return nothing;
  // What was just chosen, though it is not there yet.
  const chosen = new Set(settings.slices ?? slicings.map(({ name }) => name));
  const toggle = (name: string, on: boolean): void =>
    onSettings({
      slices: sliceable.map((kind) => kind.name).filter((kind) => (kind === name ? on : chosen.has(kind))),
    });
  return html`<fieldset class="slices">
    <legend class="muted">Slices of ${formatMetricName(slicings[0]?.metric ?? metrics[0] ?? '')}</legend>
    ${sliceable.map(({ name, title }) =>
      checkbox({ label: title, checked: chosen.has(name), onChange: (on) => toggle(name, on) }),
    )}
  </fieldset>`;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
