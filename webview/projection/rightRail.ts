import { html, nothing, type TemplateResult } from 'lit';
import type { HistoryItem } from '../../src/protocol/inspection';
import { percent } from '../../src/protocol/percent';
import type { DistanceMetric, PointNeighbour, ProjectionFormat } from '../../src/protocol/projection';
import { formatCount, formatDataDay, formatMetric } from '../../src/series/format';
import { button, dropdown, icon, iconButton } from '../ui/controls';
import type { MenuItem } from '../ui/popupMenu';
import type { ProjectionHandlers } from './handlers';
import { columnText } from './projectionText';
import { current, type Resource } from './resources';
import type { RailTab } from './settings';
import { failure, statisticsContent } from './statistics';
import { pointOfRow, tableOf, type ProjectionState, type Scene } from './state';

const METRIC_NAMES: Record<DistanceMetric, string> = {
  cosine: 'cosine similarity',
  dot: 'dot product',
  euclidean: 'Euclidean distance',
};
const NEIGHBOUR_COUNTS = [5, 10, 20, 50, 100];
/** Rows of a selection that are listed; all of them are in the table and the files. */
const MAX_LISTED = 500;
const TAB_NAMES: Record<RailTab, string> = {
  point: 'Point',
  selection: 'Selection',
  user: 'User',
  comparison: 'Moved',
  statistics: 'Statistics',
};

/** What is chosen and what there is to know about it; null where nothing is. */
export function rightRail(state: ProjectionState, handlers: ProjectionHandlers): TemplateResult | null {
  const { settings, scene } = state;
  const tabs = openTabs(state);
  if (tabs.length === 0 || !scene) return null;
  const shown = settings.tab !== null && tabs.includes(settings.tab) ? settings.tab : tabs[0]!;
  return html`<aside class="rail right" aria-label="What is chosen">
    <div class="tabs">
      <div role="tablist" aria-label="What is shown of it">
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
    <div role="tabpanel" aria-label=${TAB_NAMES[shown]} class="tab-panel">
      ${content(shown, state, scene, handlers)}
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
  row: number,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { points } = scene;
  const point = pointOfRow(points, row);
  const users = tableOf(state)?.rows === 'users' || tableOf(state)?.name === 'states';
  return html`<header class="chosen">
      <h2>${point === null ? `Row ${row}` : points.labels[point]!}</h2>
      <p class="muted">
        ${point === null ? 'not among the points that are drawn' : html`id <span class="number">${points.ids[point]!}</span> · row ${formatCount(row)}`}
      </p>
      <p class="row buttons">
        ${
          point === null
            ? nothing
            : button({
                label: 'Show',
                icon: 'target',
                title: 'Look at it closely',
                onClick: () => handlers.onFit([point]),
              })
        }
        ${
          users
            ? button({
                label: 'Show Attention',
                icon: 'eye',
                title: 'What the model attends to for this user',
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
                html`<dt>${column.name}</dt>
                  <dd class=${column.kind === 'number' ? 'number' : ''}>${columnText(column, point)}</dd>`,
            )}
          </dl>`
    }
    ${neighbourSection('Nearest neighbours', state, state.resources.neighbours, scene, handlers)}`;
}

function neighbourSection(
  title: string,
  { settings }: ProjectionState,
  resource: Resource<PointNeighbour[]> | null,
  scene: Scene,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { metric, numNeighbours } = settings;
  const { onSettings } = handlers;
  const list = current(resource);
  return html`<section class="rail-section" aria-label=${title}>
    <h2>${title}</h2>
    <div class="row">
      ${dropdown({
        label: 'Metric',
        choices: (Object.keys(METRIC_NAMES) as DistanceMetric[]).map((value) => ({
          value,
          label: METRIC_NAMES[value],
        })),
        value: metric,
        onChange: (value) => onSettings({ metric: value }),
      })}
      ${dropdown({
        label: 'How many neighbours',
        choices: NEIGHBOUR_COUNTS.map((count) => ({ value: String(count), label: String(count) })),
        value: String(numNeighbours),
        onChange: (count) => onSettings({ numNeighbours: Number(count) }),
      })}
    </div>
    ${failure(resource, handlers)} ${neighbourList(list, metric, scene, settings.focus, handlers)}
    <p class="muted small">
      In the ${formatCount(scene.points.width)} dimensions of the table, over all its rows.
    </p>
  </section>`;
}

/** Rows with bars as long as the number says. */
function neighbourList(
  list: readonly PointNeighbour[] | null,
  metric: DistanceMetric,
  scene: Scene,
  focus: number | null,
  { onPick, onHover }: ProjectionHandlers,
): TemplateResult {
  if (list === null) return html`<p class="muted placeholder">loading</p>`;
  // A cosine is a share already; products and distances are shares of the largest one in the list.
  const largest = metric === 'cosine' ? 1 : Math.max(1e-9, ...list.map(({ value }) => value));
  const shareOf = (value: number): number => Math.max(0, Math.min(1, value / largest));
  return html`<ol class="neighbours" @keydown=${moveInList}>
    ${list.map(({ row, id, label, value }) => {
      const point = pointOfRow(scene.points, row);
      return html`<li>
        <button
          type="button"
          class="list-row"
          title=${`${label} · id ${id}${point === null ? ' · not drawn' : ''}`}
          aria-current=${row === focus ? 'true' : nothing}
          @click=${() => onPick(row, false)}
          @pointerenter=${() => onHover(point)}
          @pointerleave=${() => onHover(null)}
          @focus=${() => onHover(point)}
          @blur=${() => onHover(null)}
        >
          <span class="label">${label}</span>
          <span class="number">${formatMetric(value)}</span>
          <i class="distance" .style=${`width: calc((100% - 16px) * ${shareOf(value).toFixed(3)})`}></i>
        </button>
      </li>`;
    })}
  </ol>`;
}

/** Arrow keys go through a list of buttons. */
function moveInList(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.list-row')];
  const next = buttons[buttons.indexOf(document.activeElement as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
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
            ? html`coherence <span class="number">${formatMetric(summary.coherence)}</span>
                <span class="small">mean cosine similarity to their mean</span>`
            : resources.selection?.status === 'failed'
              ? nothing
              : 'loading'
        }
      </p>
      ${failure(resources.selection, handlers)}
      <p class="row buttons">
        ${button({
          label: isolated ? 'Show All' : 'Isolate',
          icon: isolated ? 'eye' : 'filter',
          title: isolated ? 'Draw all points again' : 'Draw these points alone (I)',
          onClick: () => handlers.onSettings({ isolated: isolated ? null : selection, camera: null }),
        })}
        <recsight-menu .label=${'Export Selection'} .items=${exports}></recsight-menu>
      </p>
    </header>
    ${
      summary
        ? html`<section class="rail-section" aria-label="Most typical">
              <h2>Most typical</h2>
              ${neighbourList(summary.typical, 'cosine', scene, settings.focus, handlers)}
            </section>
            ${neighbourSection('Nearest to their mean', state, resources.meanNeighbours, scene, handlers)}`
        : nothing
    }
    <section class="rail-section" aria-label="Selected points">
      <h2>Selected points</h2>
      <ol class="neighbours" @keydown=${moveInList}>
        ${listed.map((row) => {
          const point = pointOfRow(points, row);
          return html`<li>
            <button
              type="button"
              class="list-row"
              @click=${() => handlers.onPick(row, false)}
              @pointerenter=${() => handlers.onHover(point)}
              @pointerleave=${() => handlers.onHover(null)}
              @focus=${() => handlers.onHover(point)}
              @blur=${() => handlers.onHover(null)}
            >
              <span class="label">${point === null ? `Row ${row}` : points.labels[point]!}</span>
            </button>
          </li>`;
        })}
      </ol>
      ${
        listed.length < selection.length
          ? html`<p class="muted small">
              The first ${MAX_LISTED}. All of them are in the table view and in exported files.
            </p>`
          : nothing
      }
    </section>`;
}

function userContent(state: ProjectionState, scene: Scene, handlers: ProjectionHandlers): TemplateResult {
  const { resources, settings } = state;
  const path = current(resources.path);
  if (!path) {
    return html`${failure(resources.path, handlers)}
    ${resources.path?.status === 'failed' ? nothing : html`<p class="muted placeholder">loading</p>`}`;
  }
  const items = tableOf(state)?.rows === 'items';
  const itemRow = (item: number, title: string, aside: unknown): TemplateResult => {
    const point = items ? pointOfRow(scene.points, item - 1) : null;
    return html`<li>
      <button
        type="button"
        class="list-row"
        ?disabled=${!items}
        aria-current=${item - 1 === settings.focus ? 'true' : nothing}
        @click=${() => handlers.onPick(item - 1, false)}
        @pointerenter=${() => handlers.onHover(point)}
        @pointerleave=${() => handlers.onHover(null)}
        @focus=${() => handlers.onHover(point)}
        @blur=${() => handlers.onHover(null)}
      >
        <span class="label">${title}</span>${aside}
      </button>
    </li>`;
  };
  return html`<header class="chosen">
      <h2>User ${path.user.id}</h2>
      <p class="muted">
        ${formatCount(path.items.length)} items${items ? ', oldest thin, newest strong' : ''}
      </p>
      <p class="row buttons">
        ${
          items
            ? button({
                label: 'Show',
                icon: 'target',
                title: 'Bring the path into sight',
                onClick: () =>
                  handlers.onFit(
                    path.items
                      .map(({ item }) => pointOfRow(scene.points, item - 1))
                      .filter((point) => point !== null),
                  ),
              })
            : nothing
        }
        ${button({
          label: 'Show Attention',
          icon: 'eye',
          title: 'What the model attends to for this user',
          onClick: () => handlers.onShowAttention({ user: path.user.user }),
        })}
      </p>
      ${items ? nothing : html`<p class="muted">Choose a table of items to see the path on the map.</p>`}
    </header>
    <section class="rail-section" aria-label="Recommended">
      <h2>${icon('star-full')} Recommended</h2>
      <ol class="neighbours" @keydown=${moveInList}>
        ${path.recommended.map(({ item, title, score }) =>
          itemRow(
            item,
            title,
            html`${item === path.next?.item ? icon('check', 'What the user did next') : nothing}<span
                class="number muted"
                >${formatMetric(score)}</span
              >`,
          ),
        )}
      </ol>
    </section>
    <section class="rail-section" aria-label="History">
      <h2>History, newest first</h2>
      <ol class="neighbours" @keydown=${moveInList}>
        ${path.items.toReversed().map((entry) => itemRow(entry.item, entry.title, time(entry)))}
      </ol>
    </section>`;
}

function time({ time: at }: HistoryItem): unknown {
  if (at === null) return nothing;
  const day = formatDataDay(at);
  return html`<time class="number muted" datetime=${day}>${day}</time>`;
}

function comparisonContent(
  state: ProjectionState,
  scene: Scene,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { resources, settings } = state;
  const comparison = current(resources.comparison);
  if (!comparison) {
    return html`${failure(resources.comparison, handlers)}
    ${resources.comparison?.status === 'failed' ? nothing : html`<p class="muted placeholder">aligning</p>`}`;
  }
  const partners = comparison.rows.reduce((count, row) => count + (row >= 0 ? 1 : 0), 0);
  const overlaps = comparison.overlap.filter(Number.isFinite);
  const overlap = overlaps.reduce((sum, value) => sum + value, 0) / Math.max(1, overlaps.length);
  return html`<header class="chosen">
      <h2>Items that moved</h2>
      <p class="muted">Distances after the second table was turned onto the first (Procrustes).</p>
    </header>
    <dl class="metadata">
      <dt>in both tables</dt>
      <dd class="number">${formatCount(partners)} of ${formatCount(comparison.rows.length)}</dd>
      <dt
        title="What is left of the squared distance after turning, as a share of the first table’s variance"
      >
        variance left over
      </dt>
      <dd class="number">${percent(comparison.residual)}</dd>
      <dt>neighbours in common</dt>
      <dd class="number">${percent(overlap)} of 10</dd>
    </dl>
    <p class="row buttons">
      ${button({ label: 'Colour by Distance', onClick: () => handlers.onSettings({ color: ':moved' }) })}
      ${button({ label: 'Colour by Neighbours', onClick: () => handlers.onSettings({ color: ':overlap' }) })}
    </p>
    <section class="rail-section" aria-label="Moved most">
      <h2>Moved most</h2>
      ${neighbourList(comparison.mostMoved, 'euclidean', scene, settings.focus, handlers)}
    </section>`;
}
