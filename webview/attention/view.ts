import { html, nothing, type TemplateResult } from 'lit';
import { checkpointControl, comparisonControl } from '../ui/checkpointControls';
import { button, icon, segmented } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { problemBox } from '../ui/problemBox';
import { userStrip } from '../ui/userStrip';
import type { AttentionHandlers } from './handlers';
import { isLoading, runOf, type AttentionState } from './state';
import { userView } from './userView';
import { usersView } from './usersView';
import './view.css';

/** The whole panel. Its frame is the same before the data has come, so that nothing jumps. */
export function attentionPanel(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  return html`
    ${header(state, handlers)} ${strip(state, handlers)}
    <div class="body">
      ${problemOf(state, handlers)}
      ${
        runOf(state)?.checkpoints.length === 0
          ? noCheckpoint(state, handlers)
          : state.settings.tab === 'users'
            ? usersView(state, handlers)
            : userView(state, handlers)
      }
    </div>
    <p class="visually-hidden" aria-live="polite">${state.announcement}</p>
  `;
}

function header(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  const { runDirectory, runs, settings } = state;
  const run = runOf(state);
  const title = runs.find((choice) => choice.run === runDirectory)?.title ?? run?.name;
  return html`<header class="panel-header">
    <div class="identity">
      <h1>
        ${title === undefined ? html`<span class="muted">Attention</span>` : fittedTitle(title, `${title} · ${run?.run ?? ''}`)}
      </h1>
      ${run ? html`<span class="badge">${run.model}</span>` : nothing}
      <p class="status" role="status">
        ${isLoading(state) ? html`${icon('loading codicon-modifier-spin')}<span>loading</span>` : nothing}
      </p>
    </div>
    ${
      run && run.checkpoints.length > 0
        ? html`${checkpointControl(run, settings.checkpoint, (checkpoint) => handlers.onSettings({ checkpoint }))}
          ${
            settings.tab === 'user'
              ? comparisonControl({
                  run,
                  checkpoint: settings.checkpoint,
                  runs,
                  comparison: settings.comparison,
                  other: state.resources.otherRun?.value ?? null,
                  onChange: (comparison) => handlers.onSettings({ comparison }),
                })
              : nothing
          }`
        : nothing
    }
    <div class="actions">
      ${segmented({
        label: 'Show',
        choices: [
          { value: 'user', label: 'One user' },
          { value: 'users', label: 'All users' },
        ],
        value: settings.tab,
        onChange: (tab) => handlers.onSettings({ tab }),
      })}
      <recsight-menu
        .label=${'Export'}
        .items=${[
          { label: 'Save as PNG…', icon: 'file-media', run: () => handlers.onExport('png') },
          { label: 'Save as SVG…', icon: 'file-media', run: () => handlers.onExport('svg') },
          { label: 'Save as JSON…', icon: 'json', run: () => handlers.onExport('json') },
        ]}
      ></recsight-menu>
    </div>
  </header>`;
}

/** Whose history it is. */
function strip(state: AttentionState, handlers: AttentionHandlers): TemplateResult | typeof nothing {
  const { settings, resources } = state;
  const run = runOf(state);
  if (settings.tab === 'users' || run?.checkpoints.length === 0) return nothing;
  const { user, end, composed } = settings;
  const history = resources.history?.value ?? null;
  return userStrip({ numUsers: run?.numUsers ?? 1, user, end, history, composed }, handlers);
}

function problemOf(
  { problem }: AttentionState,
  handlers: AttentionHandlers,
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

function noCheckpoint(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  return html`<section class="empty">
    ${icon('archive')}
    <h2>This run has no checkpoint yet</h2>
    <p>
      The attention of ${runOf(state)?.name ?? 'a model'} is computed from saved weights. Training saves the
      first ones after its first epoch. A run that failed before that has none; train it again.
    </p>
    ${button({ label: 'Refresh', icon: 'refresh', primary: true, onClick: handlers.onRetry })}
  </section>`;
}
