import { html, nothing, type TemplateResult } from 'lit';
import { formatEpoch } from '../../src/series/format';
import { button, dropdown, icon, iconButton, segmented } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { itemSearch } from '../ui/itemSearch';
import { problemBox } from '../ui/problemBox';
import { countOfItems, userSearch } from '../ui/userSearch';
import type { AttentionHandlers } from './handlers';
import { baseHistory, shownCheckpoint } from './resources';
import type { Comparison } from './settings';
import { isComposed, isLoading, runOf, type AttentionState } from './state';
import { userView } from './userView';
import { usersView } from './usersView';
import './view.css';

const NO_COMPARISON = 'none';

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
        ? html`<span class="labeled">
              <span class="muted" aria-hidden="true">Checkpoint</span>
              ${dropdown({
                label: 'Checkpoint',
                choices: run.checkpoints.map(checkpointChoice),
                value: shownCheckpoint(run, settings.checkpoint) ?? '',
                onChange: (checkpoint) => handlers.onSettings({ checkpoint }),
              })}
            </span>
            ${settings.tab === 'user' ? comparisonControl(state, handlers) : nothing}`
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

function checkpointChoice({ name, epoch }: { name: string; epoch: number }): {
  value: string;
  label: string;
} {
  const text = `epoch ${formatEpoch(epoch)}`;
  return { value: name, label: name === `epoch-${epoch}` ? text : `${name} · ${text}` };
}

/** Which other run or epoch is shown for comparison: the run's own checkpoints first, then other runs. */
function comparisonControl(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  const { runDirectory, settings, resources } = state;
  const { comparison } = settings;
  const run = runOf(state);
  const others = state.runs.filter((choice) => choice.run !== runDirectory);
  const own = run && run.checkpoints.length > 1 ? [{ value: run.run, label: 'another epoch' }] : [];
  const runs = [
    { value: NO_COMPARISON, label: 'None' },
    ...own,
    ...others.map((choice) => ({ value: choice.run, label: choice.title })),
  ];
  const checkpoints = resources.otherRun?.value?.checkpoints ?? [];
  const compareWith = (chosen: string): Comparison | null => {
    if (chosen === NO_COMPARISON || !run) return null;
    const shown = shownCheckpoint(run, settings.checkpoint);
    // Of the same run another epoch; of another run, its best.
    const other = run.checkpoints.find(({ name }) => name !== shown)?.name ?? 'best';
    return { run: chosen, checkpoint: chosen === run.run ? other : 'best' };
  };
  return html`<span class="labeled">
    <span class="muted" aria-hidden="true">Compare with</span>
    ${dropdown({
      label: 'Compare with',
      choices: runs,
      value: comparison?.run ?? NO_COMPARISON,
      onChange: (chosen) => handlers.onSettings({ comparison: compareWith(chosen) }),
    })}
    ${
      comparison && checkpoints.length > 0
        ? dropdown({
            label: 'Checkpoint to compare with',
            choices: checkpoints.map(checkpointChoice),
            value: comparison.checkpoint,
            onChange: (checkpoint) =>
              handlers.onSettings({ comparison: { run: comparison.run, checkpoint } }),
          })
        : nothing
    }
  </span>`;
}

/** Whose history it is. */
function strip(state: AttentionState, handlers: AttentionHandlers): TemplateResult | typeof nothing {
  const { settings } = state;
  const run = runOf(state);
  const history = state.resources.history?.value;
  if (settings.tab === 'users' || run?.checkpoints.length === 0) return nothing;
  const last = Math.max(0, (run?.numUsers ?? 1) - 1);
  const composed = isComposed(state);
  const items = baseHistory(state);
  const step = (by: number): void => handlers.onUser(Math.max(0, Math.min(last, settings.user + by)));
  const newHistory = button({
    label: 'New History',
    icon: 'add',
    title: 'Compose a history from scratch',
    onClick: () => handlers.onCompose([]),
  });
  return html`<section class="strip" aria-label="User">
    ${
      composed
        ? html`<span><b>Composed history</b> <span class="muted">of an unknown user</span></span>
            <span class="muted number">${countOfItems(items.length)}</span>
            <recsight-search-box
              .model=${itemSearch(
                handlers,
                { label: 'Add an item to the history', placeholder: 'Add an item…' },
                (item) => handlers.onCompose([...(settings.composed ?? []), item]),
              )}
            ></recsight-search-box>
            ${items.length > 0 ? newHistory : nothing}
            ${button({
              label: 'Back to Users',
              icon: 'arrow-left',
              title: 'Show the history of a user again',
              onClick: () => handlers.onCompose(null),
            })}`
        : html`<span class="labeled">
              <span>User <b class="number">${history?.user.id ?? '…'}</b></span>
              <span class="steps">
                ${iconButton('arrow-left', 'Previous User (Alt+Left)', () => step(-1))}
                ${iconButton('arrow-right', 'Next User (Alt+Right)', () => step(1))}
                ${iconButton('refresh', 'Random User (Alt+R)', handlers.onRandomUser)}
              </span>
            </span>
            <recsight-search-box
              .model=${userSearch(
                handlers,
                {
                  label: 'Find a user by id',
                  placeholder: 'Find a user by id…',
                  empty: 'No user has this id.',
                },
                ({ user }) => handlers.onUser(user),
              )}
            ></recsight-search-box>
            ${segmented({
              label: 'History',
              choices: [
                { value: 'train', label: 'train' },
                { value: 'validation', label: '+ validation' },
                { value: 'all', label: 'all' },
              ],
              value: settings.end,
              onChange: handlers.onEnd,
            })}
            <span class="muted number">${history ? countOfItems(items.length) : ''}</span>
            ${
              items.length === 0
                ? nothing
                : button({
                    label: 'Compose',
                    icon: 'edit',
                    title: 'Copy this history for an unknown user, to add, remove and move items',
                    onClick: () =>
                      handlers.onCompose(items.map(({ item, id, title }) => ({ item, id, title }))),
                  })
            }
            ${newHistory}`
    }
  </section>`;
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
