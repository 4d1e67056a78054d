import { html, nothing, type TemplateResult } from 'lit';
import type { ProjectionFormat, RowIndex } from '../../src/protocol/projection';
import { formatCount, formatMetric } from '../../src/series/format';
import { button, iconButton } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { listRow, rowList } from '../ui/listRow';
import type { MenuItem } from '../ui/popupMenu';
import { current } from '../ui/resources';
import { hintOfMore } from '../ui/scrollArea';
import { comparisonContent } from './comparisonDetails';
import type { ProjectionHandlers } from './handlers';
import { neighborList, neighborSection } from './neighborLists';
import { userContent } from './userDetails';
import { columnText } from './projectionText';
import type { RailTab } from './settings';
import { failure } from './railSection';
import { statisticsContent } from './statistics';
import { pointOfRow, tableOf, type ProjectionState, type Scene } from './state';
import './rightRail.css';

/** Rows of a selection that are listed; all of them are in the table and the files. */
const MAX_LISTED = 500;
const TAB_NAMES: Record<RailTab, string> = {
  point: 'Point',
  selection: 'Selection',
  user: 'User',
  comparison: 'Moved',
  statistics: 'Statistics',
};

/** The details of what is selected; null where nothing is. */
export function rightRail(state: ProjectionState, handlers: ProjectionHandlers): TemplateResult | null {
  const { settings, scene } = state;
  const tabs = openTabs(state);
  if (tabs.length === 0 || !scene) return null;
  const shown = settings.tab !== null && tabs.includes(settings.tab) ? settings.tab : tabs[0]!;
  return html`<aside class="rail right" aria-label="Details">
    <div class="tabs">
      <div role="tablist" aria-label="Details">
        ${tabs.map(
          (tab) =>
            html`<button
              type="button"
              role="tab"
              aria-selected=${String(tab === shown)}
              tabindex=${tab === shown ? 0 : -1}
              @click=${() => handlers.onSettings({ tab })}
              @keydown=${(event: KeyboardEvent) => moveTab(event)}
            >
              ${TAB_NAMES[tab]}
            </button>`,
        )}
      </div>
      ${iconButton('close', 'Close (Escape)', () => closeTab(shown, handlers))}
    </div>
    <div class="scroll-area">
      <div role="tabpanel" aria-label=${TAB_NAMES[shown]} class="tab-panel scroll-content" ${hintOfMore()}>
        ${content(shown, state, scene, handlers)}
      </div>
      <p class="scroll-hint" aria-hidden="true" hidden></p>
    </div>
  </aside>`;
}

/** What there is to show, in the order of the tabs. */
export function openTabs({ settings }: ProjectionState): RailTab[] {
  const tabs: RailTab[] = [];
  if (settings.focus !== null) tabs.push('point');
  if (settings.selection.length > 1) tabs.push('selection');
  if (settings.user !== null) tabs.push('user');
  if (settings.second !== null) tabs.push('comparison');
  if (settings.tab === 'statistics') tabs.push('statistics');
  return tabs;
}

function moveTab(event: KeyboardEvent): void {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step === undefined) return;
  const tabs = [
    ...(event.currentTarget as HTMLElement).parentElement!.querySelectorAll<HTMLElement>('[role=tab]'),
  ];
  const next = tabs.at((tabs.indexOf(event.currentTarget as HTMLElement) + step) % tabs.length)!;
  next.click();
  next.focus();
}

export function closeTab(tab: RailTab, { onSettings, onPick }: ProjectionHandlers): void {
  if (tab === 'point' || tab === 'selection') onPick(null, false);
  else if (tab === 'user') onSettings({ user: null, tab: null });
  else if (tab === 'comparison') onSettings({ second: null });
  else onSettings({ tab: null });
}

function content(
  tab: RailTab,
  state: ProjectionState,
  scene: Scene,
  handlers: ProjectionHandlers,
): TemplateResult {
  switch (tab) {
    case 'point':
      return pointContent(state, scene, state.settings.focus!, handlers);
    case 'selection':
      return selectionContent(state, scene, handlers);
    case 'user':
      return userContent(state, scene, handlers);
    case 'comparison':
      return comparisonContent(state, scene, handlers);
    case 'statistics':
      return statisticsContent(state, scene, handlers);
  }
}

function pointContent(
  state: ProjectionState,
  scene: Scene,
  row: RowIndex,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { points } = scene;
  const point = pointOfRow(points, row);
  const users = tableOf(state)?.rows === 'users' || tableOf(state)?.name === 'states';
  return html`<header class="chosen">
      <h2>${point === null ? `Row ${row}` : points.labels[point]!}</h2>
      <p class="muted">
        ${point === null ? 'not in the sample' : html`id <span class="number">${points.ids[point]!}</span> · row ${formatCount(row)}`}
      </p>
      <p class="row buttons">
        ${
          point === null
            ? nothing
            : button({
                label: 'Show on Map',
                title: 'Zoom to the point',
                onClick: () => handlers.onFit([point]),
              })
        }
        ${
          users
            ? button({
                label: 'Show Attention',
                title: 'Attention weights for this user',
                onClick: () => handlers.onShowAttention({ user: row }),
              })
            : nothing
        }
      </p>
    </header>
    ${
      point === null
        ? nothing
        : html`<dl class="metadata">
            ${points.columns.map(
              (column) =>
                html`<dt>${column.label}</dt>
                  <dd class=${column.kind === 'number' ? 'number' : ''}>${columnText(column, point)}</dd>`,
            )}
          </dl>`
    }
    ${neighborSection('Nearest neighbors', state, state.resources.neighbors, scene, handlers)}`;
}

function selectionContent(
  state: ProjectionState,
  scene: Scene,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { settings, resources } = state;
  const { points } = scene;
  const { selection } = settings;
  const summary = current(resources.selection);
  const isolated = settings.isolated !== null;
  const exports: MenuItem[] = [
    ['csv', 'CSV…'],
    ['tensorboard', 'TensorBoard TSV…'],
    ['npy', 'NPY…'],
  ].map(([format, label]) => ({
    label: `Export Selection as ${label!}`,
    icon: 'export',
    run: () => handlers.onExport(format as ProjectionFormat, selection),
  }));
  const listed = selection.slice(0, MAX_LISTED);
  return html`<header class="chosen">
      <h2>${formatCount(selection.length)} points</h2>
      <p class="muted">
        ${
          summary
            ? html`coherence <span class="number">${formatMetric(summary.coherence)}</span>`
            : resources.selection?.status === 'failed'
              ? nothing
              : 'loading'
        }
      </p>
      ${summary ? html`<p class="muted small">Mean cosine similarity to the mean of the selection.</p>` : nothing}
      ${failure(resources.selection, handlers)}
      <p class="row buttons">
        ${button({
          label: isolated ? 'Show All' : 'Isolate',
          icon: isolated ? 'eye' : 'filter',
          title: isolated ? 'Show all points (I)' : 'Show only these points (I)',
          onClick: () => handlers.onSettings({ isolated: isolated ? null : selection, camera: null }),
        })}
        <recsight-menu .label=${'Export Selection'} .items=${exports}></recsight-menu>
      </p>
    </header>
    ${
      summary
        ? html`<section class="rail-section" aria-label="Most typical points">
              <h2>Most typical points</h2>
              ${neighborList(summary.typical, 'cosine', scene, settings.focus, handlers)}
            </section>
            ${neighborSection('Nearest to the mean, all rows', state, resources.meanNeighbors, scene, handlers)}`
        : nothing
    }
    <section class="rail-section" aria-label="Selected points">
      <h2>Selected points</h2>
      ${rowList(
        listed.map((row) => {
          const point = pointOfRow(points, row);
          return listRow({
            label: fittedTitle(point === null ? `Row ${row}` : points.labels[point]!),
            onClick: () => handlers.onPick(row, false),
            onHover: (on) => handlers.onHover(on ? point : null),
          });
        }),
      )}
      ${
        listed.length < selection.length
          ? html`<p class="muted small">
              The first ${MAX_LISTED}; the table view and exported files have all of them.
            </p>`
          : nothing
      }
    </section>`;
}
