import { html, nothing, type TemplateResult } from 'lit';
import { comparisonCsv } from '../../src/formats/comparisonCsv';
import { csvField } from '../../src/formats/csv';
import { SIGNIFICANCE_LEVEL, type Comparison } from '../../src/protocol/comparison';
import { describeProtocol, protocolBadge } from '../../src/protocol/evaluation';
import { formatCount, formatMetricName, withoutIntervalsText } from '../../src/series/format';
import { button, checkbox, dropdown, icon } from '../ui/controls';
import type { MenuItem } from '../ui/popupMenu';
import { problemBox } from '../ui/problemBox';
import { progressLine } from '../ui/progress';
import { scrollArea } from '../ui/scrollArea';
import { curvesModel } from './curves';
import { figure } from './figure';
import type { ComparisonHandlers } from './handlers';
import { peopleCsv, peopleView } from './peopleView';
import { placesPicture } from './placesFigure';
import { largestValue, slicesPicture } from './slicesFigure';
import { otherGroup, shownComparison, type ComparisonState } from './state';
import { valueTable } from './valueTable';
import './view.css';

/** The whole page. */
export function comparisonPanel(state: ComparisonState, handlers: ComparisonHandlers): TemplateResult {
  const comparison = shownComparison(state);
  return html`
    <header class="panel-header">
      <div class="identity"><h1>${heading(state, comparison)}</h1></div>
      ${comparison ? actions(state, comparison, handlers) : nothing}
    </header>
    <div class="body">
      ${problems(state, handlers)} ${work(state, handlers)}
      ${comparison ? results(state, comparison, handlers) : nothing} ${curves(state, comparison, handlers)}
      ${comparison ? details(state, comparison) : nothing}
    </div>
  `;
}

function heading({ titles }: ComparisonState, comparison: Comparison | null): string {
  if (comparison === null) return titles === null ? 'Comparison' : `Comparison of ${titles.length} runs`;
  const names = comparison.groups.map(({ letter, title }) => `${letter} ${title}`);
  return names.join(' · ');
}

function actions(
  state: ComparisonState,
  comparison: Comparison,
  handlers: ComparisonHandlers,
): TemplateResult {
  const { metrics, groups } = comparison;
  const other = otherGroup(state, comparison);
  return html`<div class="actions">
    <span class="labeled"
      ><span class="muted">Metric</span> ${dropdown({
        label: 'Metric',
        choices: [...metrics].sort().map((name) => ({ value: name, label: formatMetricName(name) })),
        value: metrics[0] ?? '',
        onChange: (metric) => handlers.onSettings({ metric }),
      })}</span
    >
    ${
      groups.length > 2
        ? html`<span class="labeled"
            ><span class="muted">Against ${groups[0]!.letter}</span> ${dropdown({
              label: 'Compared group',
              choices: groups.slice(1).map(({ letter, title }, index) => ({
                value: String(index + 1),
                label: `${letter} ${title}`,
              })),
              value: String(other),
              onChange: (value) => handlers.onSettings({ other: Number(value) }),
            })}</span
          >`
        : nothing
    }
    ${checkbox({
      label: `Baselines of ${groups[0]!.letter}`,
      checked: state.settings.baselines,
      onChange: (baselines) => handlers.onSettings({ baselines }),
    })}
    <recsight-menu .items=${exports(comparison, handlers)} .label=${'Save Tables'}></recsight-menu>
  </div>`;
}

function exports(comparison: Comparison, { onSave }: ComparisonHandlers): MenuItem[] {
  const table = (label: string, name: string, csv: () => string): MenuItem => ({
    label,
    icon: 'table',
    run: () => onSave(`comparison-${name}.csv`, csv()),
  });
  return [
    table('Save Metrics and Slices as CSV…', 'metrics', () => comparisonCsv(comparison)),
    table('Save Settings as CSV…', 'settings', () => settingsCsv(comparison)),
    table('Save Users as CSV…', 'users', () => peopleCsv(comparison)),
  ];
}

function settingsCsv({ settings, groups }: Comparison): string {
  const runs = groups.filter(({ isBaseline }) => !isBaseline);
  const rows = [
    ['setting', ...runs.map(({ letter }) => letter)],
    ...settings.map(({ path, values }) => [path, ...values.map((value) => value ?? '')]),
  ];
  return `${rows.map((row) => row.map(csvField).join(',')).join('\n')}\n`;
}

function problems(
  { resources, problem }: ComparisonState,
  { onRetry, onDismissProblem }: ComparisonHandlers,
): TemplateResult {
  const retry = button({ label: 'Try Again', onClick: onRetry });
  const failed = [resources.comparison, resources.runs].flatMap((resource) =>
    resource?.status === 'failed' && resource.error?.code !== 'inspection/canceled' ? [resource.error!] : [],
  );
  return html`${failed.map(({ message: text }) => problemBox(text, retry))}
  ${problem === null ? nothing : problemBox(problem, button({ label: 'Dismiss', onClick: onDismissProblem }))}`;
}

function work({ resources, progress }: ComparisonState, { onCancel }: ComparisonHandlers): unknown {
  const { comparison } = resources;
  if (comparison?.error?.code === 'inspection/canceled')
    return html`<p class="notice">${icon('info')}<span>The comparison was canceled.</span></p>`;
  if (comparison !== null && comparison.status !== 'loading') return nothing;
  return html`<div class="work" aria-live="polite">
    ${progressLine(progress)} ${button({ label: 'Cancel', onClick: onCancel })}
  </div>`;
}

function results(
  state: ComparisonState,
  comparison: Comparison,
  handlers: ComparisonHandlers,
): TemplateResult {
  const { groups, metrics, values, differences, protocol, notices } = comparison;
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
      ${groupList(comparison)} ${valueTable('Test metrics', 'Metric', rows, groups)}
      <p class="muted small">${methodText(comparison)}</p>
    </section>
    ${groups.length > 1 ? pictures(state, comparison, handlers) : nothing}
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
  const intervals = [
    `95 % intervals by bootstrap over ${formatCount(numUsers)} users, ${formatCount(resamples)} resamples.`,
    ...withoutIntervalsText(withoutIntervals),
  ].join(' ');
  if (tests === 0)
    return groups.length === 1
      ? `${intervals} These runs differ only in the seed, so there is nothing to test.`
      : intervals;
  const corrected = tests > 1 ? `, corrected for ${tests} tests` : '';
  const seeds = groups.every(({ runs }) => runs.length === 1)
    ? ' One seed each: this compares trained models, not configs.'
    : '';
  return `${intervals} * p below ${SIGNIFICANCE_LEVEL}${corrected}.${seeds}`;
}

function pictures(
  state: ComparisonState,
  comparison: Comparison,
  handlers: ComparisonHandlers,
): TemplateResult {
  const { slicings, sliceable, groups, metrics, protocol } = comparison;
  const other = otherGroup(state, comparison);
  const note = `${groups.map(({ letter, title }) => `${letter} ${title}`).join(' · ')} · test, ${protocolBadge(protocol)}`;
  const most = largestValue(slicings);
  // What was just chosen, though it is not there yet.
  const chosen = new Set(state.settings.slices ?? slicings.map(({ name }) => name));
  const toggle = (name: string, on: boolean): void =>
    handlers.onSettings({
      slices: sliceable.map((kind) => kind.name).filter((kind) => (kind === name ? on : chosen.has(kind))),
    });
  return html`<div class="figures">
      ${figure(
        {
          title: `Places of held-out items, ${groups[0]!.letter} and ${groups[other]!.letter}`,
          ...{ note, picture: placesPicture(comparison, other), fileName: 'comparison-places' },
        },
        handlers,
      )}
      ${slicings.map((slicing) => {
        const rows = slicing.slices.map(({ label, numUsers, values, differences }) => ({
          ...{ label, metric: slicing.metric, note: `${formatCount(numUsers)} users`, values, differences },
        }));
        return figure(
          {
            title: `${formatMetricName(slicing.metric)} by ${lowerFirst(slicing.title)}`,
            note,
            picture: slicesPicture(slicing, comparison, most),
            fileName: `comparison-${slicing.name.replace(/[^\w-]+/g, '-')}`,
            csv: () => comparisonCsv({ ...comparison, metrics: [], slicings: [slicing] }),
            below: html`<details>
              <summary>Table</summary>
              ${valueTable(`${slicing.title}, table`, slicing.title, rows, groups)}
            </details>`,
          },
          handlers,
        );
      })}
    </div>
    ${
      sliceable.length === 0
        ? nothing
        : html`<fieldset class="slices">
            <legend class="muted">Slices of ${formatMetricName(metrics[0] ?? '')}</legend>
            ${sliceable.map(({ name, title }) =>
              checkbox({ label: title, checked: chosen.has(name), onChange: (on) => toggle(name, on) }),
            )}
          </fieldset>`
    }`;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function curves(
  { resources, titles, zoom }: ComparisonState,
  comparison: Comparison | null,
  handlers: ComparisonHandlers,
): TemplateResult | typeof nothing {
  const runs = resources.runs?.value ?? null;
  if (runs === null || runs.every(({ curve }) => curve === null)) return nothing;
  return html`<div class="charts">
    <recsight-line-chart
      .model=${curvesModel(runs, titles ?? [], comparison, zoom, handlers)}
    ></recsight-line-chart>
  </div>`;
}

function details(state: ComparisonState, comparison: Comparison): TemplateResult {
  const { settings, groups } = comparison;
  const runs = groups.filter(({ isBaseline }) => !isBaseline);
  const shared = settings.filter(({ values }) => values.every((value) => value !== null));
  const others = settings.length - shared.length;
  return html`
    ${
      settings.length === 0
        ? nothing
        : html`<section aria-labelledby="settings">
            <header class="section-header"><h2 id="settings">Settings that differ</h2></header>
            ${scrollArea({
              label: 'Settings that differ',
              className: 'sticky-names',
              content: html`<table class="settings">
                <thead>
                  <tr>
                    <th scope="col">Setting</th>
                    ${runs.map(({ letter }) => html`<th scope="col">${letter}</th>`)}
                  </tr>
                </thead>
                <tbody>
                  ${shared.map(
                    ({ path, values }) =>
                      html`<tr>
                        <th scope="row"><code>${path}</code></th>
                        ${values.map((value) => html`<td class="number">${value}</td>`)}
                      </tr>`,
                  )}
                </tbody>
              </table>`,
            })}
            ${
              others > 0
                ? html`<p class="muted small">${others} more that not all of these runs have.</p>`
                : nothing
            }
          </section>`
    }
    ${
      groups.length > 1
        ? html`<section aria-labelledby="people">
            <header class="section-header"><h2 id="people">Users</h2></header>
            ${peopleView(comparison, otherGroup(state, comparison))}
          </section>`
        : nothing
    }
  `;
}
