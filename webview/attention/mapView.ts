import { html, nothing, type TemplateResult } from 'lit';
import { segmented } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { ROW_HEIGHT } from '../ui/virtualList';
import { curveIndexAt, drawCurves, type CurveChart } from '../plot/curveDrawing';
import { formatWeight } from '../plot/formatWeight';
import { differenceScale, fullScale, weightScale } from '../plot/heatMapGeometry';
import type { HeatMapEntry, HeatMapModel, HeatMapScale } from '../plot/heatMapModel';
import { drawJoins } from '../plot/joinDrawing';
import type { PictureModel } from '../plot/picture';
import type { AttentionHandlers } from './handlers';
import { HEAD_HEIGHT, LEAST_WIDTH, MARGINS, type ColumnRoom, type Layout } from './layout';
import {
  columnEntries,
  describeCell,
  displayOf,
  displaysOf,
  isSelfAttention,
  lineTitle,
  MOST_JOINED,
  rowEntries,
  selectionTitle,
  type ShownAttention,
  type ShownSide,
  type ViewMaps,
} from './shownAttention';
import type { Display } from './settings';
import { sideNames, type AttentionState } from './state';
import type { WeightMap } from './weightMaps';
import { weightTable } from './weightTable';
import './mapView.css';

/** CSS pixels above maps that are not beside the history, as in mapView.css. */
const SLOT_HEAD_HEIGHT = 56;
/** CSS pixels of the narrowest columns that hold their weights in figures. */
const FIGURE_WIDTH = 40;
/** Rows of a narrow map that are high enough for titles: their columns take room from it. */
const MOST_TITLED = 20;
/** CSS pixels of these titles with the space beside them, as in mapView.css. */
const TITLES_WIDTH = 112;
const NOWHERE = { row: null, column: null };

const DISPLAYS: Record<Display, string> = { map: 'map', lines: 'lines', curves: 'curves', table: 'table' };

export function tools(
  state: AttentionState,
  { side, compared }: ShownAttention,
  handlers: AttentionHandlers,
): TemplateResult {
  const { settings } = state;
  const displays = displaysOf(side!.map);
  const shows = displayOf(state, side!);
  const scale = scaleOf(state, [side, compared]);
  return html`<section class="tools" aria-label="Display">
    <h2>${selectionTitle(side!.selected, side!.selection)}</h2>
    ${segmented({
      label: 'View',
      choices: displays.map((value) => ({ value, label: DISPLAYS[value] })),
      value: shows,
      onChange: (chosen) => handlers.onSettings({ display: chosen }),
    })}
    ${
      scale.differences || (shows !== 'map' && shows !== 'lines')
        ? nothing
        : segmented({
            label: 'Scale',
            choices: [
              { value: 'auto', label: 'auto' },
              { value: 'full', label: '0–1' },
            ],
            value: settings.scale,
            onChange: (scale) => handlers.onSettings({ scale }),
          })
    }
    ${shows === 'map' ? html`<recsight-heat-legend .scale=${scale}></recsight-heat-legend>` : nothing}
    <span class="muted">${weightsNote(side!, shows, scale)}</span>
    ${
      displays.includes('lines') || side!.map.rows <= MOST_JOINED || !isSelfAttention(side!.map)
        ? nothing
        : html`<span class="muted">Lines are available for up to ${MOST_JOINED} positions.</span>`
    }
  </section>`;
}

/** What the figures or colors are. */
function weightsNote(
  { map: { sums, causal, view }, result }: ShownSide,
  display: Display,
  { differences }: HeatMapScale,
): string {
  const hatched = causal && display === 'map' ? ' · hatched: future positions' : '';
  // Tables and curves are always of the weights themselves.
  if (differences && (display === 'map' || display === 'lines')) return `change by your edits${hatched}`;
  if (sums === null) return `not a distribution: weights need not sum to 1${hatched}`;
  const padded = result.weights.some((weights) => weights.view === view && weights.toPadding !== undefined);
  const padding = padded ? ' including padding' : '';
  return `each ${sums === 'rows' ? 'row' : 'column'} sums to 1${padding}${hatched}`;
}

let lastScale: { keys: readonly unknown[]; scale: HeatMapScale } | null = null;

/** One scale for all that is shown together; sorting its weights at every move of the pointer would be felt. */
export function scaleOf({ settings }: AttentionState, sides: readonly (ShownSide | null)[]): HeatMapScale {
  const keys = [...sides, settings.scale, settings.showsChange];
  if (lastScale?.keys.length === keys.length && lastScale.keys.every((key, index) => key === keys[index])) {
    return lastScale.scale;
  }
  const there = sides.filter((side) => side !== null);
  const maps = there.map(({ map }) => map);
  const changes = there.flatMap(({ change }) => (change ? [change] : []));
  const scale =
    settings.showsChange && changes.length > 0
      ? differenceScale(changes)
      : settings.scale === 'full'
        ? fullScale(maps)
        : weightScale(maps);
  lastScale = { keys, scale };
  return scale;
}

export function mapPane(
  state: AttentionState,
  shown: ShownAttention,
  side: ShownSide,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult {
  const scale = scaleOf(state, [side, shown.compared]);
  const pane = (of: ShownSide, name: string | null): TemplateResult =>
    html`<section class="map" aria-label=${name ?? selectionTitle(of.selected, of.selection)}>
      ${name === null ? nothing : html`<h3>${fittedTitle(name)}</h3>`}
      ${display(state, shown, of, scale, layout, handlers)}
    </section>`;
  const names = sideNames(state);
  return html`<div class="maps">
    ${pane(side, names?.own ?? null)} ${shown.compared && names ? pane(shown.compared, names.other) : nothing}
  </div>`;
}

function display(
  state: AttentionState,
  shown: ShownAttention,
  side: ShownSide,
  scale: HeatMapScale,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult {
  switch (displayOf(state, side)) {
    case 'table':
      return weightTable(state, shown, side);
    case 'lines':
      return joins(state, shown, side, scale);
    case 'curves':
      return curves(side.selected, side.map, side, state, handlers);
    case 'map': {
      if (side.map.rowAxis !== 'position') return namedMap(state, shown, side, scale, layout, handlers);
      if (isNumbered(side.map, layout)) return numberedMap(state, shown, side, scale, layout, handlers);
      return html`<recsight-heat-map
        .model=${mapModel(state, shown, side, scale, layout, handlers)}
      ></recsight-heat-map>`;
    }
  }
}

/** A map whose rows are not the lines of the history: with their names beside it. */
function namedMap(
  state: AttentionState,
  shown: ShownAttention,
  side: ShownSide,
  scale: HeatMapScale,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult {
  return html`<div class="named-map">
    <ul>
      ${rowEntries(side.map, side, shown.lines).map(({ title }) => html`<li>${fittedTitle(title)}</li>`)}
    </ul>
    <recsight-heat-map .model=${mapModel(state, shown, side, scale, layout, handlers)}></recsight-heat-map>
  </div>`;
}

/** Whether rows have their names at the map itself: not in line with the history, and high enough for text. */
function isNumbered({ rows }: WeightMap, { narrow }: Layout): boolean {
  return narrow && rows <= MOST_JOINED;
}

/** A map below or above the history: with the numbers of its lines, and their titles where there is room. */
function numberedMap(
  state: AttentionState,
  shown: ShownAttention,
  side: ShownSide,
  scale: HeatMapScale,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult {
  const model = mapModel(state, shown, side, scale, layout, handlers);
  const room = state.size.width - MARGINS - TITLES_WIDTH;
  const hasTitles = isSelfAttention(side.map)
    ? shown.lines.length <= MOST_TITLED
    : side.map.columns * FIGURE_WIDTH <= room;
  const rowHeight = model.cellHeight === null ? 'minmax(0, 1fr)' : `${model.cellHeight}px`;
  const { row } = state.focus.row === null ? state.settings.pinned : state.focus;
  return html`<div class="numbered-map" .style=${`--head: ${model.headHeight}px; --row: ${rowHeight}`}>
    <ol aria-hidden="true" class=${hasTitles ? 'titled' : ''}>
      ${shown.lines.map(
        (line, index) =>
          html`<li
            class="${row === index ? 'focus' : ''} ${line.now === null ? 'dropped' : line.swapped ? 'swapped' : ''}"
          >
            <span class="muted number">${line.position + 1}</span>
            ${hasTitles ? fittedTitle(lineTitle(line)) : nothing}
          </li>`,
      )}
    </ol>
    <recsight-heat-map .model=${model}></recsight-heat-map>
  </div>`;
}

function mapModel(
  state: AttentionState,
  shown: ShownAttention,
  side: ShownSide,
  scale: HeatMapScale,
  layout: Layout,
  handlers: AttentionHandlers,
): HeatMapModel {
  const { narrow, maxHeight } = layout;
  const { map, change, selected, selection, columns } = side;
  const between = isSelfAttention(map);
  const byPosition = map.rowAxis === 'position';
  const square = narrow && between;
  return {
    label: `${selectionTitle(selected, selection)}: ${map.rows} rows, ${map.columns} columns`,
    data: scale.differences && change ? change : map,
    columns,
    scale,
    cellHeight: square ? null : ROW_HEIGHT,
    cellWidths: between ? (square ? [3, ROW_HEIGHT] : [LEAST_WIDTH, ROW_HEIGHT]) : [FIGURE_WIDTH, 64],
    headHeight: !byPosition ? SLOT_HEAD_HEIGHT : between && narrow ? 24 : HEAD_HEIGHT,
    maxHeight: byPosition && !square && !isNumbered(map, layout) ? maxHeight : Infinity,
    // Rows that are candidates are no lines of the history.
    focus: byPosition ? state.focus : NOWHERE,
    pinned: byPosition ? state.settings.pinned : NOWHERE,
    scroll: byPosition ? (state.scroll ?? { left: 1e6, top: 1e6 }) : { left: 0, top: 0 },
    describe: (cell) => describeCell(side, shown.lines, cell),
    onFocus: byPosition ? handlers.onFocus : () => undefined,
    onPin: byPosition ? handlers.onPin : () => undefined,
    onScroll: byPosition && !square ? handlers.onScroll : () => undefined,
    onWindow: byPosition && !square ? handlers.onWindow : () => undefined,
  };
}

function joins(
  state: AttentionState,
  { lines }: ShownAttention,
  side: ShownSide,
  scale: HeatMapScale,
): TemplateResult {
  const titles = lines.map(lineTitle);
  const data = scale.differences && side.change ? side.change : side.map;
  const focus = state.focus.row === null ? state.settings.pinned : state.focus;
  return html`<div class="joins">
    <p class="muted">
      Each item on the left attends to itself and the items before it, on the right. Hover over an item of the
      history to see only its lines.
    </p>
    ${picture({
      label: `${selectionTitle(side.selected, side.selection)} as lines between ${titles.length} positions. The table holds the same weights.`,
      height: titles.length * ROW_HEIGHT,
      draw: (painter, colors, width) =>
        drawJoins(painter, colors, { data, scale, titles, focus }, width, ROW_HEIGHT),
    })}
  </div>`;
}

/** The next of 1, 2, 2.5 or 5 times a power of ten. */
function roundedUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5].find((digit) => digit * power >= value) ?? 10) * power;
}

/** A view's weights through time, a curve for each column. */
function curves(
  { view }: ViewMaps,
  map: WeightMap,
  { columns }: { columns: readonly HeatMapEntry[] },
  state: AttentionState,
  handlers: AttentionHandlers,
): TemplateResult {
  const values = [...map.values].filter(Number.isFinite);
  const chart: CurveChart = {
    curves: Array.from({ length: Math.min(map.columns, 6) }, (_, column) => ({
      label: columns[column]?.title ?? '',
      values: Array.from({ length: map.rows }, (__, row) => map.values[row * map.columns + column]!),
      series: column,
    })),
    low: Math.min(0, ...values),
    high: roundedUp(Math.max(0.001, ...values)),
    xLabel: 'position in the history',
    ends: ['oldest', 'newest'],
    focus: state.focus.row,
    labelRoom: 168,
  };
  const height = 220;
  return html`<div
    class="curves"
    @pointermove=${(event: PointerEvent) => {
      const frame = (event.currentTarget as HTMLElement).getBoundingClientRect();
      handlers.onFocus({ row: curveIndexAt(chart, frame.width, event.clientX - frame.left), column: null });
    }}
    @pointerleave=${() => handlers.onFocus({ row: null, column: null })}
  >
    ${picture({
      label: `${view.label} through the history: ${chart.curves
        .map(
          ({ label, values: curve }) =>
            `${label} from ${formatWeight(curve[0] ?? NaN)} to ${formatWeight(curve[curve.length - 1] ?? NaN)}`,
        )
        .join(', ')}`,
      height,
      draw: (painter, colors, width) => drawCurves(painter, colors, chart, width, height),
    })}
  </div>`;
}

/** What belongs to the selection without being it: gates through time, and what a candidate attends to in a memory. */
export function companions(
  state: AttentionState,
  shown: ShownAttention,
  side: ShownSide,
  layout: Layout,
  handlers: AttentionHandlers,
): TemplateResult | typeof nothing {
  const all = side.views
    .filter(({ view }) => view !== side.selected.view)
    .flatMap((views) => {
      const [map] = views.maps;
      if (!map) return [];
      // Through a history of one item there is no curve; its weights are among the small maps.
      const isGate = !views.view.normalized && displaysOf(map).includes('curves');
      const isQuery = map.rowAxis === 'candidate';
      const own = {
        ...side,
        selected: views,
        map,
        change: null,
        columns: columnEntries(map, views, side, shown.lines),
      };
      if (isQuery) {
        return html`<section class="companion" aria-label=${views.view.label}>
          <h2>${views.view.label} <span class="muted">each row sums to 1</span></h2>
          ${namedMap(state, shown, own, weightScale([map]), layout, handlers)}
        </section>`;
      }
      return isGate
        ? html`<section class="companion" aria-label=${views.view.label}>
            <h2>
              ${views.view.label}
              <span class="muted">through the history of ${shown.lines.length} items</span>
            </h2>
            ${curves(views, map, own, state, handlers)}
          </section>`
        : [];
    });
  return all.length === 0 ? nothing : html`<div class="companions">${all}</div>`;
}

/** CSS pixels that a map can use. */
export function mapRoom(state: AttentionState, side: ShownSide): ColumnRoom {
  if (displayOf(state, side) !== 'map') return { least: 320, wanted: 720, most: 720 };
  const { map } = side;
  const names = map.rowAxis === 'position' ? 0 : 168;
  const columns = (width: number): number => names + 12 + map.columns * width;
  // Of single columns too, there are titles above; what needs more than this scrolls.
  if (isSelfAttention(map)) {
    const most = Math.max(160, columns(ROW_HEIGHT));
    return { least: Math.min(220, most), wanted: Math.min(MOST_JOINED * ROW_HEIGHT, most), most };
  }
  const wanted = Math.max(160, columns(64));
  return { least: Math.min(420, wanted, Math.max(160, columns(FIGURE_WIDTH))), wanted, most: wanted };
}

function picture(model: PictureModel): TemplateResult {
  return html`<recsight-picture .model=${model}></recsight-picture>`;
}
