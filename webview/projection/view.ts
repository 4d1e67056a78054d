import { html, nothing, type TemplateResult } from 'lit';
import type { InspectedRun } from '../../src/protocol/inspection';
import {
  pointIndex,
  type PointIndex,
  type ProjectionFormat,
  type TableComparison,
} from '../../src/protocol/projection';
import { formatCount } from '../../src/series/format';
import type { ScatterModel, ScatterTool } from '../plot/scatterModel';
import { button, dropdown, icon, iconButton, slider } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import type { MenuItem } from '../ui/popupMenu';
import { problemBox } from '../ui/problemBox';
import { current } from '../ui/resources';
import type { ProjectionHandlers } from './handlers';
import { leftRail } from './leftRail';
import { legendStrip } from './legend';
import type { SceneLook, SceneLooks } from './mapModels';
import { columnText, countText, epochStops, epochText, layoutText, mapTitle, stopOf } from './projectionText';
import { shownCheckpoint, withoutCheckpoint, type ResourceName } from './resources';
import { rightRail } from './rightRail';
import { rowOfPoint, tableOf, type ProjectionState, type Scene } from './state';
import './view.css';

/** Without these there is no map. */
const NEEDED: readonly ResourceName[] = ['run', 'tables', 'points', 'pca'];

/** Whether the page has its map, and nothing of it is still to come. */
export function isComplete(state: ProjectionState): boolean {
  return state.scene !== null && !isLoading(state);
}

function isLoading({ resources }: ProjectionState): boolean {
  return NEEDED.some((name) => resources[name]?.status !== 'ready');
}

/** The whole panel. Its frame is the same before the data has come, so that nothing jumps. */
export function projectionPanel(
  state: ProjectionState,
  looks: SceneLooks,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { scene } = state;
  const items = tableOf(state)?.rows === 'items';
  const look = scene && looks.look(state, scene, items);
  const right = rightRail(state, handlers);
  return html`<div class="projection ${right ? 'with-right' : ''}" data-drawer=${state.drawer ?? nothing}>
      ${leftRail(state, look, handlers)}
      <section class="stage" aria-label="Map">
        ${problem(state, handlers)} ${stage(state, look, looks, handlers)}
      </section>
      ${right ?? nothing} ${withoutCheckpoint(state) ? nothing : strip(state, handlers)}
    </div>
    <p class="unseen" role="status" aria-live="polite">${state.announcement}</p>`;
}

function problem(
  { problem: message }: ProjectionState,
  handlers: ProjectionHandlers,
): TemplateResult | typeof nothing {
  if (message === null) return nothing;
  const dismiss = button({ label: 'Dismiss', onClick: handlers.onDismissProblem });
  return html`<div class="problem">${problemBox(message, dismiss)}</div>`;
}

function stage(
  state: ProjectionState,
  look: SceneLook | null,
  looks: SceneLooks,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { scene, settings } = state;
  const failed = NEEDED.map((name) => state.resources[name]).find(
    (resource) => resource?.status === 'failed',
  );
  const empty = emptyText(state);
  const loading = isLoading(state);
  const isolated = settings.isolated?.length ?? null;
  const waits = loading && !failed && empty === null;
  const waiting = html`<span class="loading"
    >${icon('loading codicon-modifier-spin')} ${loadingText(state)}</span
  >`;
  return html`<header class="stage-header">
      <div class="stage-title">
        <h1>${fittedTitle(mapTitle(state))}</h1>
        ${
          scene
            ? html`<p title=${layoutText(state, scene)}>${waits ? waiting : layoutText(state, scene)}</p>
                <p>${countText(scene.points, settings.samplingSeed, isolated)}</p>`
            : nothing
        }
      </div>
      ${tools(state, scene !== null, handlers)}
    </header>
    ${look && !settings.asTable ? legendStrip(look, scene?.points.columns ?? [], settings, handlers) : nothing}
    ${
      failed
        ? html`<div class="stage-message">
            ${problemBox(
              failed.error?.message ?? '',
              button({ label: 'Try Again', icon: 'refresh', primary: true, onClick: handlers.onRetry }),
            )}
          </div>`
        : empty !== null
          ? html`<div class="stage-message">
              <p>${empty}</p>
              ${
                withoutCheckpoint(state)
                  ? button({ label: 'Refresh', icon: 'refresh', primary: true, onClick: handlers.onRetry })
                  : nothing
              }
            </div>`
          : scene && look
            ? settings.asTable
              ? html`<recsight-point-table
                  .model=${{
                    points: scene.points,
                    shown: look.order,
                    focus: settings.focus,
                    onPick: handlers.onPick,
                    onHover: handlers.onHover,
                    onSorted: handlers.onAnnounce,
                  }}
                ></recsight-point-table>`
              : maps(state, scene, look, looks, handlers)
            : html`<p class="stage-message muted">${waits ? waiting : nothing}</p>`
    }`;
}

/** Why there is nothing to draw, and what to do; null where there is something or may still be. */
function emptyText({ resources }: ProjectionState): string | null {
  if (withoutCheckpoint({ resources })) {
    return 'This run has no checkpoint yet. The map appears after its first epoch.';
  }
  if (current(resources.tables)?.length === 0) {
    return 'This model has no embeddings to draw.';
  }
  if (current(resources.points)?.rows.length === 0) {
    return 'This table has no rows. Choose another one on the left.';
  }
  return null;
}

function loadingText({ resources }: ProjectionState): string {
  if (resources.run?.status !== 'ready') return 'opening the run';
  if (resources.tables?.status !== 'ready') return 'reading the checkpoint';
  return resources.points?.status === 'ready' ? 'computing the layout' : 'reading the points';
}

const TOOLS: readonly { tool: ScatterTool; icon: string; label: string }[] = [
  { tool: 'move', icon: 'move', label: 'Move (M)' },
  { tool: 'lasso', icon: 'pencil', label: 'Select with a lasso (L)' },
  { tool: 'rectangle', icon: 'chrome-maximize', label: 'Select a rectangle (R)' },
];

function tools(state: ProjectionState, ready: boolean, handlers: ProjectionHandlers): TemplateResult {
  const { settings, drawer } = state;
  const { onSettings, onZoom, onFit, onDrawer } = handlers;
  const picture: MenuItem[] = settings.asTable
    ? []
    : [
        { label: 'Save as PNG…', icon: 'file-media', run: () => handlers.onSavePicture('png') },
        { label: 'Save as SVG…', icon: 'file-media', run: () => handlers.onSavePicture('svg') },
      ];
  const formats: [ProjectionFormat, string][] = [
    ['csv', 'CSV…'],
    ['tensorboard', 'TensorBoard TSV…'],
    ['npy', 'NPY…'],
  ];
  const files = formats.map(([format, name]) => ({
    label: `Export Table as ${name}`,
    icon: 'export',
    run: () => handlers.onExport(format, null),
  }));
  return html`<div class="tools" role="toolbar" aria-label="Map">
    <span class="narrow">
      ${iconButton('layout-sidebar-left', 'Layout and Colors', () => onDrawer(drawer === 'left' ? null : 'left'), drawer === 'left')}
      ${iconButton('layout-sidebar-right', 'Details', () => onDrawer(drawer === 'right' ? null : 'right'), drawer === 'right')}
    </span>
    <span class="group" ?hidden=${!ready}>
      ${
        settings.asTable
          ? nothing
          : html`${TOOLS.map(({ tool, icon: name, label }) =>
              iconButton(name, label, () => onSettings({ tool }), settings.tool === tool),
            )}
            ${iconButton('zoom-in', 'Zoom In (+)', () => onZoom(1))}
            ${iconButton('zoom-out', 'Zoom Out (−)', () => onZoom(-1))}
            ${iconButton('screen-full', 'Show All (0)', () => onFit(null))}`
      }
      ${
        settings.isolated === null
          ? nothing
          : iconButton('filter-filled', 'Show All Points (I)', () => onSettings({ isolated: null }), true)
      }
      ${iconButton(
        settings.asTable ? 'graph-scatter' : 'table',
        settings.asTable ? 'View as Map (V)' : 'View as Table (V)',
        () => onSettings({ asTable: !settings.asTable }),
      )}
      <recsight-menu .label=${'Save and Export'} .items=${[...picture, ...files]}></recsight-menu>
    </span>
  </div>`;
}

function maps(
  state: ProjectionState,
  scene: Scene,
  look: SceneLook,
  looks: SceneLooks,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { settings, resources } = state;
  const comparison = settings.second === null ? null : current(resources.comparison);
  const first: ScatterModel = {
    title: mapTitle(state),
    coordinates: scene.coordinates,
    colors: look.colors,
    order: look.order,
    hidden: look.hidden,
    texts: scene.points.labels,
    labelOrder: look.labelOrder,
    marked: look.marked,
    focus: look.focus,
    hovered: state.hovered,
    joined: look.joined,
    path: look.path,
    starred: look.starred,
    contours: looks.contours(state, scene.coordinates, look),
    tool: settings.tool,
    frame: null,
    camera: settings.camera,
    card: (point) => card(state, scene, pointIndex(point), comparison),
    onHover: (point) => handlers.onHover(point === null ? null : pointIndex(point)),
    onPick: (point, more) =>
      handlers.onPick(point === null ? null : rowOfPoint(scene.points, pointIndex(point)), more),
    onSelect: handlers.onSelectPoints,
    onCamera: handlers.onCamera,
  };
  const { dimensions } = scene.coordinates;
  const fits = comparison?.coordinates.length === scene.points.rows.length * dimensions;
  if (settings.second === null) return html`<div class="maps">${map(first)}</div>`;
  const { run, secondRun } = resources;
  // Two runs may have one name: the list to choose from tells them apart.
  const titleOf = (found: InspectedRun): string =>
    state.runs.find((choice) => choice.run === found.run)?.title ?? found.name;
  const epochOf = (found: InspectedRun | null, checkpoint: string | null): string =>
    found === null ? '' : `${epochText(found.checkpoints, checkpoint)} of ${titleOf(found)}`;
  const own = epochOf(run?.value ?? null, shownCheckpoint(state));
  const other = epochOf(current(secondRun), settings.second.checkpoint);
  const caption = other === '' ? 'Second table' : `${other}, aligned`;
  const second = comparison && fits ? looks.second(comparison.coordinates, dimensions) : null;
  const frame = second && looks.joint(scene.coordinates, second);
  return html`<recsight-map-pair class="maps" .frame=${frame ?? scene.coordinates}>
    <section aria-label=${own}>
      <h2 class="caption" title=${own}>${own}</h2>
      ${map({ ...first, frame })}
    </section>
    <section aria-label=${caption}>
      <h2 class="caption" title=${`${other}, aligned to the first (Procrustes)`}>${caption}</h2>
      ${
        second
          ? map({
              ...first,
              title: caption,
              coordinates: second,
              frame,
              contours: looks.secondContours(state, second, look),
            })
          : html`<p class="stage-message muted">
              ${resources.comparison?.status === 'failed' ? 'The comparison failed; see Moved on the right.' : 'aligning the tables'}
            </p>`
      }
    </section>
  </recsight-map-pair>`;
}

function map(model: ScatterModel): TemplateResult {
  return html`<recsight-scatter .model=${model}></recsight-scatter>`;
}

/** What is told of the point under the pointer: its name, what it is colored by, and a little more. */
function card(
  { settings }: ProjectionState,
  { points }: Scene,
  point: PointIndex,
  comparison: TableComparison | null,
): TemplateResult {
  const columns = [...points.columns].sort(
    (a, b) => Number(b.id === settings.color) - Number(a.id === settings.color),
  );
  const moved = comparison?.moved[point];
  return html`<b>${points.labels[point]!}</b>
    <dl>
      ${columns.slice(0, 5).map(
        (column) =>
          html`<dt>${column.label}</dt>
            <dd class=${column.kind === 'number' ? 'number' : ''}>${columnText(column, point)}</dd>`,
      )}
      ${
        moved === undefined || !Number.isFinite(moved)
          ? nothing
          : html`<dt>moved</dt>
              <dd class="number">${moved.toFixed(3)}</dd>`
      }
    </dl>`;
}

/** Which epoch is shown, and what it is compared with. */
function strip(state: ProjectionState, { onSettings }: ProjectionHandlers): TemplateResult {
  const { settings, resources, runs, runDirectory } = state;
  const run = resources.run?.value;
  const checkpoints = run?.checkpoints ?? [];
  const stops = epochStops(checkpoints);
  const shown = stopOf(stops, checkpoints, shownCheckpoint(state));
  const { second } = settings;
  const others = runs.filter((choice) => choice.run !== runDirectory);
  const secondCheckpoints = second === null ? [] : (current(resources.secondRun)?.checkpoints ?? []);
  const choose = (choice: string): void => {
    if (choice === '') {
      onSettings({ second: null });
      return;
    }
    const own = stops.find((_, index) => index !== shown)?.name ?? stops[0]?.name ?? 'best';
    onSettings({
      second: { run: choice, checkpoint: choice === runDirectory ? own : 'best' },
      tab: 'comparison',
    });
  };
  return html`<footer class="strip">
    ${
      stops.length > 1
        ? slider({
            label: 'epoch',
            title: 'Saved checkpoints ([ and ])',
            min: 0,
            max: stops.length - 1,
            step: 1,
            value: Math.max(0, shown),
            format: (index) => epochText(stops, stops[index]?.name ?? null).slice('epoch '.length),
            onChange: (index) => onSettings({ checkpoint: stops[index]!.name }),
          })
        : stops.length === 1
          ? html`<span class="muted">one checkpoint, ${epochText(stops, stops[0]!.name)}</span>`
          : nothing
    }
    <span class="labeled compare">
      <span class="muted" aria-hidden="true">compare with</span>
      ${dropdown({
        label: 'Compare with',
        choices: [
          { value: '', label: 'None' },
          ...(stops.length > 1 && runDirectory !== null
            ? [{ value: runDirectory, label: 'another epoch' }]
            : []),
          ...others.map(({ run: directory, title }) => ({ value: directory, label: title })),
        ],
        value: second?.run ?? '',
        onChange: choose,
      })}
      ${
        second !== null && secondCheckpoints.length > 0
          ? dropdown({
              label: 'Epoch of the second table',
              choices: secondCheckpoints.map(({ name }) => ({
                value: name,
                label: epochText(secondCheckpoints, name),
              })),
              value: second.checkpoint,
              onChange: (checkpoint) => onSettings({ second: { ...second, checkpoint } }),
            })
          : nothing
      }
    </span>
    <span class="muted chosen-count"
      >${settings.selection.length > 1 ? `${formatCount(settings.selection.length)} selected` : ''}</span
    >
  </footer>`;
}
