import { html, nothing, type TemplateResult } from 'lit';
import { comparisonCsv } from '../../src/formats/comparisonCsv';
import { csvField } from '../../src/formats/csv';
import type { Comparison } from '../../src/protocol/comparison';
import { countOf } from '../../src/protocol/countOf';
import { figure } from '../results/figure';
import type { ComparisonHandlers } from '../results/handlers';
import {
  metricChoice,
  metricsSection,
  otherChoice,
  pictureNote,
  problems,
  sliceChoices,
  sliceFigures,
  work,
} from '../results/resultsView';
import { otherGroup, shownComparison, type ComparisonState } from '../results/state';
import { checkbox } from '../ui/controls';
import type { MenuItem } from '../ui/popupMenu';
import { scrollArea } from '../ui/scrollArea';
import { curvesModel } from './curves';
import { peopleCsv, peopleView } from './peopleView';
import { placesPicture } from './placesFigure';
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
  return html`<div class="actions">
    ${metricChoice(comparison, handlers)} ${otherChoice(comparison, otherGroup(state, comparison), handlers)}
    ${checkbox({
      label: `Baselines of ${comparison.groups[0]!.letter}`,
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

function results(
  state: ComparisonState,
  comparison: Comparison,
  handlers: ComparisonHandlers,
): TemplateResult {
  const { groups, differences } = comparison;
  const other = otherGroup(state, comparison);
  const [{ letter }] = groups as [Comparison['groups'][number]];
  const differing = groups.slice(1).map((group) => `${group.letter} − ${letter}`);
  return html`
    ${metricsSection(comparison, { differences, groups: differing })}
    ${
      groups.length > 1
        ? html`<div class="figures">
              ${figure(
                {
                  title: `Places of held-out items, ${letter} and ${groups[other]!.letter}`,
                  note: pictureNote(comparison),
                  picture: placesPicture(comparison, other),
                  fileName: 'comparison-places',
                },
                handlers,
              )}
              ${sliceFigures(comparison, comparison, handlers, differing)}
            </div>
            ${sliceChoices(state, comparison, handlers)}`
        : nothing
    }
  `;
}

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
                ? html`<p class="muted small">
                    Also: ${countOf(others, 'setting')} that only some of these runs have.
                  </p>`
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
