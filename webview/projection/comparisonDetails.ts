import { html, nothing, type TemplateResult } from 'lit';
import { percent } from '../../src/protocol/percent';
import { formatCount } from '../../src/series/format';
import { button } from '../ui/controls';
import { current } from '../ui/resources';
import type { ProjectionHandlers } from './handlers';
import { neighborList } from './neighborLists';
import { OWN_COLORS } from './settings';
import type { ProjectionState, Scene } from './state';
import { failure } from './railSection';

/** How two tables differ, and what moved most. */
export function comparisonContent(
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
      <h2>Moved items</h2>
      <p class="muted">Distances after aligning the second table to the first (Procrustes).</p>
    </header>
    <dl class="metadata figures">
      <dt>in both tables</dt>
      <dd class="number">${formatCount(partners)} of ${formatCount(comparison.rows.length)}</dd>
      <dt title="Squared distance remaining after alignment, as a share of the first table’s variance">
        residual variance
      </dt>
      <dd class="number">${percent(comparison.residual)}</dd>
      <dt title="Share of the 10 nearest rows that both tables have in common">shared 10 nearest</dt>
      <dd class="number">${percent(overlap)}</dd>
    </dl>
    <p class="row buttons">
      ${button({ label: 'Color by Distance', onClick: () => handlers.onSettings({ color: OWN_COLORS.moved }) })}
      ${button({ label: 'Color by Neighbors', onClick: () => handlers.onSettings({ color: OWN_COLORS.overlap }) })}
    </p>
    <section class="rail-section" aria-label="Largest moves">
      <h2>Largest moves</h2>
      ${neighborList(comparison.mostMoved, 'euclidean', scene, settings.focus, handlers)}
    </section>`;
}
