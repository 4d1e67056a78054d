import type { StoredCheckpoint } from '../../src/protocol/inspection';
import { percent } from '../../src/protocol/percent';
import type { PointColumn, PointIndex, PointSet, UmapLayoutResult } from '../../src/protocol/projection';
import { formatCount, formatEpoch, formatMetric } from '../../src/series/format';
import { current } from '../ui/resources';
import { shownCheckpoint } from './resources';
import { OWN_COLORS, RECOMMENDED_LENGTH } from './settings';
import { isUmapRunning, tableOf, type ProjectionState, type Scene } from './state';

/** Such as `Items of sasrec-ml-1m, epoch 12 (best)`. */
export function mapTitle(state: ProjectionState): string {
  const run = state.resources.run?.value;
  const table = tableOf(state);
  if (!run || !table) return 'Embedding projection';
  const { position } = state.settings;
  const where =
    table.name !== 'states' ? '' : position === 0 ? ' after the newest item' : `, ${position} items back`;
  return `${table.label}${where} of ${run.name}, ${epochText(run.checkpoints, shownCheckpoint(state))}`;
}

export function epochText(checkpoints: readonly StoredCheckpoint[], name: string | null): string {
  const found = checkpoints.find((checkpoint) => checkpoint.name === name);
  if (!found) return 'no checkpoint';
  const epoch = `epoch ${formatEpoch(found.epoch)}`;
  return name === 'best' || name === 'last' ? `${epoch} (${name})` : epoch;
}

/** How the points came to their places. */
export function layoutText(state: ProjectionState, scene: Scene): string {
  const { settings, resources } = state;
  if (scene.method === 'umap') {
    const { numNeighbors, minDistance, metric, seed } = settings.umap;
    const text = `UMAP · ${numNeighbors} neighbors · minimum distance ${minDistance} · ${metric} · seed ${seed}`;
    return isUmapRunning(state) ? `${text} · still moving` : text;
  }
  const shown = settings.components.slice(0, scene.coordinates.dimensions);
  const names = shown.map((component) => component + 1);
  const explained = current(resources.pca)?.explained;
  const share = shown.reduce((sum, component) => sum + (explained?.[component] ?? 0), 0);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
  return `PCA · components ${list}${explained ? ` · ${percent(share)} of the variance` : ''}`;
}

/** How many of the rows are drawn, and how these were chosen. */
export function countText(points: PointSet, seed: number, isolated: number | null): string {
  const count = points.rows.length;
  const all =
    count === points.numRows
      ? `${formatCount(count)} points, all rows`
      : `${formatCount(count)} of ${formatCount(points.numRows)} points, stratified by popularity, seed ${seed}`;
  return `${all} · ${points.width} dimensions${isolated === null ? '' : ` · ${formatCount(isolated)} isolated`}`;
}

export function umapQualityText({ cached, seconds, trustworthiness, continuity }: UmapLayoutResult): string {
  const time = cached ? 'from the run’s folder' : `in ${seconds.toFixed(1)} s`;
  return `trustworthiness ${trustworthiness.toFixed(3)} · continuity ${continuity.toFixed(3)} · ${time}`;
}

/** A value of a column as it is told of one point. */
export function columnText(column: PointColumn, point: PointIndex): string {
  if (column.kind === 'category') return column.labels[column.values[point]!] || 'unknown';
  const value = column.values[point]!;
  if (!Number.isFinite(value)) return 'unknown';
  return holdsYears(column.values) ? String(value) : formatNumber(value);
}

const yearColumns = new WeakMap<Float32Array, boolean>();

/** Years have no thousands separator. */
function holdsYears(values: Float32Array): boolean {
  let found = yearColumns.get(values);
  if (found === undefined) {
    const known = values.filter(Number.isFinite);
    found =
      known.length > 0 && known.every((value) => Number.isInteger(value) && value >= 1500 && value < 2200);
    yearColumns.set(values, found);
  }
  return found;
}

export function formatNumber(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : formatMetric(value);
}

/** What a color is called in lists. @param columns those of the points */
export function colorLabel(color: string, columns: readonly PointColumn[]): string {
  switch (color) {
    case OWN_COLORS.none:
      return 'nothing';
    case OWN_COLORS.cluster:
      return 'cluster (k-means)';
    case OWN_COLORS.recommended:
      return `recommended in top-${RECOMMENDED_LENGTH} (count)`;
    case OWN_COLORS.moved:
      return 'distance moved';
    case OWN_COLORS.overlap:
      return 'neighbors in common';
    default:
      return columns.find(({ id }) => id === color)?.label ?? '';
  }
}

/** The stops of the slider: one checkpoint for each epoch, the best before any other of the same weights. */
export function epochStops(checkpoints: readonly StoredCheckpoint[]): StoredCheckpoint[] {
  return checkpoints.filter(({ epoch }, index) => epoch !== checkpoints[index - 1]?.epoch);
}

/** Where among the stops a checkpoint is; −1 where it is not known. */
export function stopOf(
  stops: readonly StoredCheckpoint[],
  checkpoints: readonly StoredCheckpoint[],
  name: string | null,
): number {
  const epoch = checkpoints.find((checkpoint) => checkpoint.name === name)?.epoch;
  return stops.findIndex((stop) => stop.epoch === epoch);
}
