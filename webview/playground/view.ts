import { html, nothing, type TemplateResult } from 'lit';
import { messageContent } from '../ui/messageContent';
import { checkpointControl, comparisonControl } from '../ui/checkpointControls';
import { button, checkbox, dropdown, icon } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { newHistory } from '../ui/newHistory';
import { problemBox } from '../ui/problemBox';
import { userStrip } from '../ui/userStrip';
import type { PlaygroundHandlers } from './handlers';
import { historyPane } from './historyPane';
import { recommendationPane } from './recommendationPane';
import { sourceOf } from './resources';
import { LENGTHS } from './settings';
import {
  answerOf,
  comparisonProblem,
  isLoading,
  otherAnswerOf,
  runOf,
  sideName,
  type PlaygroundState,
} from './state';
import './view.css';

/** The whole panel. Its frame is the same before the data have come, so that nothing jumps. */
export function playgroundPanel(state: PlaygroundState, handlers: PlaygroundHandlers): TemplateResult {
  const run = runOf(state);
  const hasNothing = run !== null && sourceOf(run, null) === null;
  return html`
    ${header(state, handlers)} ${hasNothing ? nothing : strip(state, handlers)}
    <div class="body">
      ${problemOf(state, handlers)}
      ${hasNothing ? noCheckpoint(run.name, handlers) : content(state, handlers)}
    </div>
    <p class="visually-hidden" aria-live="polite">${state.announcement}</p>
  `;
}

function header(state: PlaygroundState, handlers: PlaygroundHandlers): TemplateResult {
  const { runDirectory, runs, settings, resources } = state;
  const { checkpoint, comparison } = settings;
  const run = runOf(state);
  const title = runs.find((choice) => choice.run === runDirectory)?.title ?? run?.name;
  return html`<header class="panel-header">
    <div class="identity">
      <h1>
        ${title === undefined ? html`<span class="muted">Playground</span>` : fittedTitle(title, `${title} · ${run?.run ?? ''}`)}
      </h1>
      ${run ? html`<span class="badge">${run.model}</span>` : nothing}
      <p class="status" role="status">
        ${isLoading(state) ? html`${icon('loading codicon-modifier-spin')}<span>loading</span>` : nothing}
      </p>
    </div>
    ${
      run === null
        ? nothing
        : html`${checkpointControl(run, checkpoint, (chosen) => handlers.onSettings({ checkpoint: chosen }))}
          ${comparisonControl({
            run,
            checkpoint,
            runs,
            comparison,
            other: resources.otherRun?.value ?? null,
            onChange: (chosen) => handlers.onSettings({ comparison: chosen }),
          })}`
    }
    <div class="actions">
      ${button({
        label: 'Save as CSV…',
        icon: 'save',
        title: 'Save the listed recommendations',
        disabled: answerOf(state) === null,
        onClick: handlers.onExport,
      })}
    </div>
  </header>`;
}

function strip(state: PlaygroundState, handlers: PlaygroundHandlers): TemplateResult {
  const { settings, resources } = state;
  const { user, end, composed, length, keepSeen } = settings;
  const history = resources.history?.value ?? null;
  const more = html`<span class="labeled">
      <span class="muted" aria-hidden="true">Top</span>
      ${dropdown({
        label: 'Number of recommendations',
        choices: LENGTHS.map((value) => ({ value, label: value })),
        value: length,
        onChange: (chosen) => handlers.onSettings({ length: chosen }),
      })}
    </span>
    ${checkbox({
      label: 'Keep seen items',
      title: 'Items of the history may be recommended, whatever the run’s evaluation says',
      checked: keepSeen,
      onChange: (checked) => handlers.onSettings({ keepSeen: checked }),
    })}`;
  return userStrip({ numUsers: runOf(state)?.numUsers ?? 1, user, end, history, composed, more }, handlers);
}

function content(state: PlaygroundState, handlers: PlaygroundHandlers): TemplateResult {
  if (state.settings.composed?.length === 0) return newHistory(handlers.onFindItem);
  const answer = answerOf(state);
  const run = runOf(state);
  if (answer === null || run === null)
    return state.problem === null
      ? html`<div class="playground frame" aria-hidden="true">
          <div class="pane"></div>
          <div class="pane"></div>
        </div>`
      : html``;
  const other = otherAnswerOf(state);
  const otherRun = state.resources.otherRun?.value ?? null;
  const sides =
    other !== null && otherRun !== null
      ? [
          { answer, run, name: sideName(state, run, answer) },
          { answer: other, run: otherRun, name: sideName(state, otherRun, other) },
        ]
      : [{ answer, run, name: null }];
  const problem = comparisonProblem(state);
  return html`
    ${
      problem === null
        ? nothing
        : html`<p class="notice">${icon('warning')}<span>${messageContent(problem)}</span></p>`
    }
    <div class="playground ${sides.length > 1 ? 'compared' : ''}">
      ${historyPane(state, sides, handlers)}
      ${sides.map((_, index) => recommendationPane(state, sides, index, handlers))}
    </div>
  `;
}

function problemOf(
  { problem }: PlaygroundState,
  handlers: PlaygroundHandlers,
): TemplateResult | typeof nothing {
  if (problem === null) return nothing;
  return problemBox(
    problem.message,
    html`${
      problem.of === 'other'
        ? nothing
        : button({ label: 'Try Again', icon: 'refresh', onClick: handlers.onRetry })
    }
    ${problem.of === 'hydrate' ? nothing : button({ label: 'Dismiss', onClick: handlers.onDismissProblem })}`,
  );
}

function noCheckpoint(name: string, handlers: PlaygroundHandlers): TemplateResult {
  return html`<section class="empty">
    ${icon('archive')}
    <h2>This run has no checkpoint yet</h2>
    <p>
      The recommendations of ${name} are computed from saved weights. Training saves the first ones after its
      first epoch. A run that failed before that has none; train it again.
    </p>
    ${button({ label: 'Refresh', icon: 'refresh', primary: true, onClick: handlers.onRetry })}
  </section>`;
}
