import { html, nothing, type TemplateResult } from 'lit';
import { formatCount, formatMetric } from '../../src/series/format';
import { rowIndex } from '../../src/protocol/projection';
import { iconButton } from '../ui/controls';
import { plainRow, rowList } from '../ui/listRow';
import { current } from '../ui/resources';
import type { ProjectionHandlers } from './handlers';
import { normsOfDeciles, type DecileNorm } from './pointColumns';
import { failure } from './railSection';
import { pointOfRow, tableOf, type ProjectionState, type Scene } from './state';

/** The statistics of a whole table: how its vectors lie, and which of them learned nothing. */
export function statisticsContent(
  state: ProjectionState,
  scene: Scene,
  handlers: ProjectionHandlers,
): TemplateResult {
  const resource = state.resources.statistics;
  const statistics = current(resource);
  if (!statistics) {
    return html`${failure(resource, handlers)}
    ${resource?.status === 'failed' ? nothing : html`<p class="muted placeholder">counting</p>`}`;
  }
  const { norm, normToPopularity, anisotropy, effectiveDimensions, width } = statistics;
  const show = (rows: ArrayLike<number>): void => {
    const points = Array.from(rows)
      .map((row) => pointOfRow(scene.points, rowIndex(row)))
      .filter((point) => point !== null);
    handlers.onSelectPoints(points, false);
    handlers.onFit(points);
  };
  const duplicates = statistics.duplicates.flatMap((group) => [...group]);
  return html`<header class="chosen">
      <h2>${tableOf(state)?.label ?? 'Table'}</h2>
      <p class="muted">${formatCount(statistics.numRows)} rows of ${formatCount(width)} dimensions</p>
    </header>
    <dl class="metadata figures">
      <dt
        title="Mean cosine similarity of random pairs: 0 when directions are spread evenly, 1 when all rows point the same way"
      >
        anisotropy
      </dt>
      <dd class="number">${formatMetric(anisotropy)}</dd>
      <dt title="(Σλ)²/Σλ² of the variances along the principal components">effective dimensions</dt>
      <dd class="number">${effectiveDimensions.toFixed(1)} of ${formatCount(width)}</dd>
      <dt>mean norm</dt>
      <dd class="number">${formatMetric(norm.mean)}</dd>
      <dt>norm range</dt>
      <dd class="number">${formatMetric(norm.min)} – ${formatMetric(norm.max)}</dd>
      <dt title="Spearman’s rank correlation">norm–popularity correlation</dt>
      <dd class="number">${normToPopularity === null ? 'unknown' : formatMetric(normToPopularity)}</dd>
      <dt>dead rows</dt>
      <dd class="row">
        <span class="number">${formatCount(statistics.numDead)}</span>
        ${statistics.numDead > 0 ? iconButton('target', 'Show dead rows', () => show(statistics.deadRows)) : nothing}
      </dd>
      <dt>duplicate rows</dt>
      <dd class="row">
        <span class="number">${formatCount(statistics.numDuplicates)}</span>
        ${statistics.numDuplicates > 0 ? iconButton('target', 'Show duplicate rows', () => show(duplicates)) : nothing}
      </dd>
    </dl>
    <p class="muted small">
      Dead rows are zero or were never updated in training; duplicate rows are bit-identical.
    </p>
    ${normsByDecile(normsOfDeciles(scene.points))}`;
}

function normsByDecile(norms: readonly DecileNorm[]): TemplateResult | typeof nothing {
  if (norms.length < 2) return nothing;
  const largest = Math.max(...norms.map(({ mean }) => mean));
  return html`<section class="rail-section" aria-label="Mean norm by popularity decile">
    <h2>Norm by popularity</h2>
    ${rowList(
      norms.map(({ label, mean }) =>
        plainRow({
          label,
          aside: html`<span class="number">${formatMetric(mean)}</span>`,
          share: largest > 0 ? mean / largest : 0,
        }),
      ),
    )}
    <p class="muted small">Mean norm of the plotted vectors, by how often their items occur in training.</p>
  </section>`;
}
