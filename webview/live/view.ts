import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { countOf } from '../../src/protocol/countOf';
import { describeProtocol, protocolBadge } from '../../src/protocol/evaluation';
import type { RunMark, RunMessage } from '../../src/protocol/livePanel';
import { epochsText, throughputUnit, type RunManifest, type RunSummary } from '../../src/protocol/run';
import { isTested, runAbilities } from '../../src/protocol/runAbilities';
import { statusIcon, statusLabel } from '../../src/protocol/statusDisplay';
import {
  formatCount,
  formatDelta,
  formatDuration,
  formatMetric,
  formatMetricName,
  formatPercent,
  formatTimeOfDay,
} from '../../src/series/format';
import { button, dropdown, icon, segmented, slider } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { messageContent } from '../ui/messageContent';
import type { MenuItem } from '../ui/popupMenu';
import { progressBar } from '../ui/progress';
import { scrollArea } from '../ui/scrollArea';
import {
  chartModels,
  hasCurves,
  missingCurves,
  secondMetric,
  shownMetric,
  validationMetrics,
} from './charts';
import { details } from './details';
import type { LiveHandlers } from './handlers';
import { warningBoxes } from '../ui/problemBox';
import { askedProblem, troubleBox } from './problemBoxes';
import { progressShare, testTable, testVerdict, type TestTable } from './runView';
import type { LiveState } from './state';
import './view.css';

/** The whole panel. Its frame is the same before the data has come, so that nothing jumps. */
export function livePanel(state: LiveState, handlers: LiveHandlers): TemplateResult {
  const { run } = state;
  const curves = hasCurves(state);
  const missing = missingCurves(state);
  return html`
    ${run ? header(run, state, handlers) : emptyHeader()}
    <div class="body">
      ${askedProblem(state, handlers)}
      ${run ? [troubleBox(run, handlers), ...warningBoxes(run.manifest.warnings ?? [])] : nothing}
      ${
        state.notice === null
          ? nothing
          : html`<p class="notice">${icon('info')}<span>${messageContent(state.notice)}</span></p>`
      }
      ${run?.manifest.test ? testResults(run.manifest, state, handlers) : nothing}
      ${curves ? charts(state, handlers) : nothing}
      ${missing === null ? nothing : html`<p class="muted">${missing}</p>`} ${messages(state)}
      ${run ? details(run, state.runSettings, handlers) : nothing}
    </div>
    ${curves ? controls(state, handlers) : nothing}
  `;
}

function emptyHeader(): TemplateResult {
  return html`<header class="panel-header">
    <div class="identity"><h1 class="muted">Run</h1></div>
    <p class="status" role="status">${icon('loading codicon-modifier-spin')}loading</p>
  </header>`;
}

function header(run: RunSummary, state: LiveState, handlers: LiveHandlers): TemplateResult {
  const { manifest, status } = run;
  const { progress } = manifest;
  const share = progressShare(manifest);
  const [epochs, unit] = epochsText(manifest).split(' ');
  const training = status === 'running' || status === 'stopping';
  return html`<header class="panel-header">
      <div class="identity">
        <h1>${fittedTitle(state.title, `${state.title} · ${run.directory}`)}</h1>
        <p class="status status-${status}" role="status">${icon(panelIcon(run))}${statusLabel(status)}</p>
      </div>
      ${
        status === 'preparing'
          ? html`<p class="progress muted">reading the data</p>`
          : html`<p class="progress">
              ${
                progress.epochs === 0
                  ? html`<span>fitted without epochs</span>`
                  : html`<span><span class="number">${epochs}</span> ${unit}</span>`
              }
              ${
                share === null || !training
                  ? nothing
                  : html`${progressBar('Progress of training', share)}
                      <span class="number">${formatPercent(share)}</span>`
              }
              ${
                training && progress.remainingMs !== null
                  ? html`<span class="muted">· ${formatDuration(progress.remainingMs)} left</span>`
                  : nothing
              }
            </p>`
      }
      <div class="actions">
        <div class="choices">${actions(run, state, handlers)}</div>
        <recsight-menu .label=${'More Actions'} .items=${menu(run, state, handlers)}></recsight-menu>
      </div>
    </header>
    ${facts(run, state)}`;
}

/** The codicon of the run's status, with the class that lets it turn. */
function panelIcon(run: RunSummary): string {
  const { codicon, inPanel = codicon } = statusIcon(run);
  return inPanel.replace('~spin', ' codicon-modifier-spin');
}

function menu(run: RunSummary, { canTrain, pending }: LiveState, handlers: LiveHandlers): MenuItem[] {
  const { active, restartable } = runAbilities(run, canTrain);
  const again = canTrain && pending === null && !active && !restartable;
  return [
    ...(again ? [{ label: 'Train Again', icon: 'debug-rerun', run: handlers.onTrainAgain }] : []),
    { label: 'Open Config', icon: 'go-to-file', run: handlers.onOpenConfig },
    { label: 'Open Log', icon: 'output', run: handlers.onOpenLog },
  ];
}

/** At most one primary action: what one most likely wants of a run in this status. */
function actions(run: RunSummary, { canTrain, pending }: LiveState, handlers: LiveHandlers): TemplateResult {
  const { active, resumable, restartable, evaluable, inspectable, recommending } = runAbilities(
    run,
    canTrain,
  );
  const busy = pending !== null;
  return html`
    ${
      inspectable
        ? html`${button({
            label: 'Projection',
            icon: 'graph-scatter',
            title: 'Plot item embeddings',
            onClick: () => handlers.onOpenView('projection'),
          })}
          ${button({
            label: 'Attention',
            icon: 'eye',
            title: 'See what a prediction attended to',
            onClick: () => handlers.onOpenView('attention'),
          })}`
        : nothing
    }
    ${
      recommending
        ? button({
            label: 'Playground',
            icon: 'lightbulb',
            title: 'See what is recommended to a user, and why',
            onClick: () => handlers.onOpenView('playground'),
          })
        : nothing
    }
    ${
      evaluable && !isTested(run.manifest)
        ? button({
            label: 'Evaluate',
            icon: 'beaker',
            primary: !resumable && !restartable,
            disabled: busy,
            title: 'Evaluate the best checkpoint on the test split',
            onClick: handlers.onEvaluate,
          })
        : nothing
    }
    ${
      resumable
        ? button({
            label: 'Resume',
            icon: 'debug-continue',
            primary: true,
            disabled: busy,
            title: 'Continue training from the last checkpoint',
            onClick: handlers.onResume,
          })
        : nothing
    }
    ${
      restartable
        ? button({
            label: 'Train Again',
            icon: 'debug-rerun',
            primary: true,
            disabled: busy,
            title: 'Start a new run with the current config file',
            onClick: handlers.onTrainAgain,
          })
        : nothing
    }
    ${
      active
        ? button({
            label: 'Stop',
            icon: 'debug-stop',
            primary: true,
            disabled: busy || run.status === 'stopping',
            title: 'Save a checkpoint and stop the trainer',
            onClick: handlers.onStop,
          })
        : nothing
    }
  `;
}

/** The newest figures in one line. */
function facts({ manifest, status }: RunSummary, { series }: LiveState): TemplateResult {
  const { best, mainMetric, progress, backend, dataset, protocol, refitOf } = manifest;
  // A refit has no validation.
  const last = refitOf === undefined ? manifest.last : null;
  const second = secondMetric(manifest);
  const training = status === 'running' || status === 'stopping';
  const throughput = training ? series.get('throughput')?.value.at(-1) : undefined;
  const measured = protocol === null ? nothing : describeProtocol(protocol);
  const bestIsLast = last !== null && last.epoch === best?.epoch;
  const bestText =
    best &&
    progress.epochs > 0 &&
    `best ${bestIsLast ? '' : `${formatMetric(best.metrics[mainMetric] ?? NaN)} `}e${best.epoch}`;
  return html`<ul class="facts" aria-label="Latest values">
    ${
      last
        ? html`<li title=${measured}>
            <span class="muted">validation</span>
            ${fact(formatMetricName(mainMetric), formatMetric(last.metrics[mainMetric] ?? NaN))}
            ${bestText === null || bestText === false ? nothing : html`<span class="best">${icon('star-full')}${bestText}</span>`}
          </li>`
        : nothing
    }
    ${last && second !== null ? html`<li title=${measured}>${fact(formatMetricName(second), formatMetric(last.metrics[second] ?? NaN))}</li>` : nothing}
    ${progress.loss === null ? nothing : html`<li>${fact('loss', formatMetric(progress.loss))}</li>`}
    ${
      throughput === undefined
        ? nothing
        : html`<li>
            <span class="number">${formatCount(throughput)}</span>
            <span class="muted">${throughputUnit(manifest)}</span>
          </li>`
    }
    ${
      dataset
        ? html`<li class="muted">
            ${formatCount(dataset.numUsers)} users · ${formatCount(dataset.numItems)} items
          </li>`
        : nothing
    }
    ${
      backend ? html`<li class="muted">${backend.name} · ${countOf(backend.threads, 'thread')}</li>` : nothing
    }
  </ul>`;
}

function fact(label: string, value: string): TemplateResult {
  return html`<span class="muted">${label}</span> <b class="number">${value}</b>`;
}

/** What the candidates of a test are called. */
const CANDIDATE_NAMES: Partial<Record<string, string>> = { full: 'items', shown: 'shown items' };

function testResults(
  manifest: RunManifest,
  { canTrain }: LiveState,
  { onOpenView }: LiveHandlers,
): TemplateResult | typeof nothing {
  const table = testTable(manifest);
  const { test } = manifest;
  if (!table || !test) return nothing;
  const verdict = testVerdict(table);
  return html`<section class="test" aria-labelledby="test-title">
    <header>
      <h2 id="test-title">Test</h2>
      <span class="badge" title=${describeProtocol(test.protocol)}>${protocolBadge(test.protocol)}</span>
      <span class="muted">
        ${manifest.progress.epochs === 0 ? '' : `${manifest.refitOf === undefined ? 'best checkpoint' : 'refit'}, epoch ${test.epoch} · `}${formatCount(test.protocol.numUsers)}
        users · ${formatCount(test.protocol.numCandidates)}
        ${CANDIDATE_NAMES[test.protocol.candidates] ?? 'candidates'}
      </span>
      ${
        canTrain && test.protocol.candidates !== 'shown'
          ? button({
              label: 'Evaluation',
              icon: 'graph',
              title: 'Show intervals, places and slices',
              onClick: () => onOpenView('evaluation'),
            })
          : nothing
      }
    </header>
    <p class="verdict ${verdict.good ? 'good' : 'bad'}">
      ${icon(verdict.good ? 'pass' : 'warning')}${verdict.text}
    </p>
    ${scrollArea({ labelledBy: 'test-title', className: 'sticky-names', content: testRows(table) })}
  </section>`;
}

function testRows({ columns, rows }: TestTable): TemplateResult {
  return html`<table>
    <thead>
      <tr>
        <td></td>
        ${columns.map(({ name, own }) => html`<th scope="col" class=${own ? 'own' : ''}>${name}</th>`)}
        <th scope="col">vs. best baseline</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ metric, values, best, delta, gain }) =>
          html`<tr>
            <th scope="row">${formatMetricName(metric)}</th>
            ${values.map(
              (value) =>
                html`<td class="number">
                  ${
                    value === null
                      ? '–'
                      : value === best
                        ? html`<b>${formatMetric(value)}</b>`
                        : formatMetric(value)
                  }
                </td>`,
            )}
            <td class="number ${gain !== null && gain < 0 ? 'worse' : ''}">
              ${delta === null ? '–' : formatDelta(delta)}
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function charts(state: LiveState, handlers: LiveHandlers): TemplateResult {
  return html`<div class="charts">
    ${chartModels(state, handlers).map((model) => html`<recsight-line-chart .model=${model}></recsight-line-chart>`)}
  </div>`;
}

/** How the charts are drawn. */
function controls(state: LiveState, { onSettings }: LiveHandlers): TemplateResult {
  const { settings } = state;
  const metrics = validationMetrics(state);
  const hasMark = (kind: RunMark['kind']): boolean => state.series.marks.some((mark) => mark.kind === kind);
  return html`<section class="controls" aria-label="Charts">
    ${
      metrics.length > 1
        ? html`<span class="labeled">
            <span class="muted" aria-hidden="true">validation</span>
            ${dropdown({
              label: 'Validation metric',
              choices: metrics.map((metric) => ({ value: metric, label: formatMetricName(metric) })),
              value: shownMetric(state),
              onChange: (metric) => onSettings({ metric }),
            })}
          </span>`
        : nothing
    }
    ${slider({
      label: 'smoothing',
      title: 'Moving average of training loss and throughput',
      min: 0,
      max: 0.99,
      step: 0.01,
      value: settings.smoothing,
      format: (value) => value.toFixed(2),
      onChange: (smoothing) => onSettings({ smoothing }),
    })}
    ${segmented({
      label: 'x',
      choices: [
        { value: 'step', label: 'step' },
        { value: 'epoch', label: 'epoch' },
        { value: 'time', label: 'time' },
      ],
      value: settings.xAxis,
      onChange: (xAxis) => onSettings({ xAxis }),
    })}
    ${segmented({
      label: 'y',
      choices: [
        { value: 'linear', label: 'lin' },
        { value: 'log', label: 'log' },
      ],
      value: settings.yAxis,
      onChange: (yAxis) => onSettings({ yAxis }),
    })}
    <span class="legend muted">
      <span class=${hasMark('best') ? '' : 'absent'}>${icon('star-full')} best</span>
      <span class=${hasMark('checkpoint') ? '' : 'absent'}>${icon('flag')} last checkpoint</span>
    </span>
  </section>`;
}

const LEVEL_ICONS = { info: 'info', warning: 'warning', error: 'error' } as const;

/** What the trainer said, newest first. */
function messages({ series }: LiveState): TemplateResult | typeof nothing {
  const list = series.messages;
  if (list.length === 0) return nothing;
  return html`<section class="messages" aria-labelledby="messages-title">
    <h2 id="messages-title">Messages <span class="muted">${formatCount(list.length)}</span></h2>
    ${scrollArea({
      labelledBy: 'messages-title',
      className: 'message-list',
      // Every step of a slider renders the page.
      content: guard([list.length, list.at(-1)], () => messageList(list)),
    })}
  </section>`;
}

function messageList(list: readonly RunMessage[]): TemplateResult {
  return html`<ul>
    ${list
      .toReversed()
      .map(
        ({ level, message, time }) =>
          html`<li class=${level}>
            ${icon(LEVEL_ICONS[level], level)}<time
              class="muted number"
              datetime=${new Date(time).toISOString()}
              >${formatTimeOfDay(time)}</time
            ><span class="message">${messageContent(message)}</span>
          </li>`,
      )}
  </ul>`;
}
