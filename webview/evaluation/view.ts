import { html, nothing, type TemplateResult } from 'lit';
import { comparisonCsv } from '../../src/formats/comparisonCsv';
import type { Comparison } from '../../src/protocol/comparison';
import { icon } from '../ui/controls';
import type { MenuItem } from '../ui/popupMenu';
import { warningBoxes } from '../ui/problemBox';
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
import { againstBaseline } from './againstBaseline';
import { calibrationCsv, calibrationNote, calibrationPicture } from './calibrationFigure';
import { histogramCsv, histogramPicture, tiedText } from './histogramFigure';

/** The whole page: the test results of a run, which are compared with those of its baselines. */
export function evaluationPanel(state: ComparisonState, handlers: ComparisonHandlers): TemplateResult {
  const comparison = shownComparison(state);
  const [title] = state.titles ?? [];
  return html`
    <header class="panel-header">
      <div class="identity">
        <h1>${title === undefined ? 'Evaluation' : `Evaluation of ${title}`}</h1>
      </div>
      ${comparison ? actions(state, comparison, handlers) : nothing}
    </header>
    <div class="body">
      ${problems(state, handlers)} ${warningBoxes(state.resources.runs?.value?.[0]?.warnings ?? [])}
      ${work(state, handlers)} ${comparison ? results(state, comparison, handlers) : nothing}
    </div>
  `;
}

function actions(
  state: ComparisonState,
  comparison: Comparison,
  handlers: ComparisonHandlers,
): TemplateResult {
  const { onSave } = handlers;
  const items: MenuItem[] = [
    {
      label: 'Save Metrics and Slices as CSV…',
      icon: 'table',
      run: () => onSave('evaluation.csv', comparisonCsv(comparison)),
    },
  ];
  return html`<div class="actions">
    ${metricChoice(comparison, handlers)} ${otherChoice(comparison, otherGroup(state, comparison), handlers)}
    <recsight-menu .items=${items} .label=${'Save Tables'}></recsight-menu>
  </div>`;
}

function results(
  state: ComparisonState,
  comparison: Comparison,
  handlers: ComparisonHandlers,
): TemplateResult {
  const shown = againstBaseline(comparison, otherGroup(state, comparison));
  const [own, baseline] = shown.groups;
  const differing = baseline === undefined ? [] : [`${own!.letter} − ${baseline.letter}`];
  return html`
    ${metricsSection(comparison, { differences: shown.differences, groups: differing })}
    ${
      baseline === undefined
        ? html`<p class="notice">
            ${icon('info')}<span
              >No baseline was measured with this run: <code>evaluation.baselines</code> names them.</span
            >
          </p>`
        : nothing
    }
    <div class="figures">
      ${shown.calibration === null ? places(shown, comparison, handlers) : calibration(shown.calibration, shown, comparison, handlers)}
      ${sliceFigures(shown, comparison, handlers, differing)}
    </div>
    ${sliceChoices(state, comparison, handlers)}
  `;
}

function places(shown: Comparison, whole: Comparison, handlers: ComparisonHandlers): TemplateResult {
  const tied = tiedText(shown);
  return figure(
    {
      title: 'Places of held-out items',
      note: pictureNote(shown),
      picture: histogramPicture(shown),
      fileName: 'evaluation-places',
      csv: () => histogramCsv(whole),
      below: tied === null ? nothing : html`<p class="muted small">${tied}</p>`,
    },
    handlers,
  );
}

function calibration(
  curves: NonNullable<Comparison['calibration']>,
  shown: Comparison,
  whole: Comparison,
  handlers: ComparisonHandlers,
): TemplateResult {
  return figure(
    {
      title: 'Calibration',
      note: pictureNote(shown),
      picture: calibrationPicture(curves, shown),
      fileName: 'evaluation-calibration',
      csv: () => calibrationCsv(whole),
      below: html`<p class="muted small">${calibrationNote(curves)}</p>`,
    },
    handlers,
  );
}
