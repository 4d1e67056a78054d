import { html, type TemplateResult } from 'lit';
import type { DistanceMetric, PointNeighbor, RowIndex } from '../../src/protocol/projection';
import { formatCount, formatMetric } from '../../src/series/format';
import { dropdown } from '../ui/controls';
import { fittedTitle } from '../ui/fittedTitle';
import { listRow, rowList } from '../ui/listRow';
import { current, type Resource } from '../ui/resources';
import type { ProjectionHandlers } from './handlers';
import { pointOfRow, type ProjectionState, type Scene } from './state';
import { failure } from './railSection';

const METRIC_NAMES: Record<DistanceMetric, string> = {
  cosine: 'cosine similarity',
  dot: 'dot product',
  euclidean: 'Euclidean distance',
};
const NEIGHBOR_COUNTS = [5, 10, 20, 50, 100];
/** Rows nearest to something, by a metric that can be chosen. */
export function neighborSection(
  title: string,
  { settings }: ProjectionState,
  resource: Resource<PointNeighbor[]> | null,
  scene: Scene,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { metric, numNeighbors } = settings;
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
        label: 'Number of neighbors',
        choices: NEIGHBOR_COUNTS.map((count) => ({ value: String(count), label: String(count) })),
        value: String(numNeighbors),
        onChange: (count) => onSettings({ numNeighbors: Number(count) }),
      })}
    </div>
    ${failure(resource, handlers)} ${neighborList(list, metric, scene, settings.focus, handlers)}
    <p class="muted small">
      In the ${formatCount(scene.points.width)} dimensions of the table, over all rows.
    </p>
  </section>`;
}

/** Rows with bars as long as the number says. */
export function neighborList(
  list: readonly PointNeighbor[] | null,
  metric: DistanceMetric,
  scene: Scene,
  focus: RowIndex | null,
  { onPick, onHover }: ProjectionHandlers,
): TemplateResult {
  if (list === null) return html`<p class="muted placeholder">loading</p>`;
  // A cosine is a share already; products and distances are shares of the largest one in the list.
  const largest = metric === 'cosine' ? 1 : Math.max(1e-9, ...list.map(({ value }) => value));
  const shareOf = (value: number): number => Math.max(0, Math.min(1, value / largest));
  return rowList(
    list.map(({ row, id, label, value }) => {
      const point = pointOfRow(scene.points, row);
      return listRow({
        label: fittedTitle(label, null),
        aside: html`<span class="number">${formatMetric(value)}</span>`,
        share: shareOf(value),
        title: `${label} · id ${id}${point === null ? ' · not drawn' : ''}`,
        isCurrent: row === focus,
        onClick: () => onPick(row, false),
        onHover: (on) => onHover(on ? point : null),
      });
    }),
  );
}
