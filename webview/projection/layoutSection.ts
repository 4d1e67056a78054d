import { html, nothing, type TemplateResult } from 'lit';
import { percent } from '../../src/protocol/percent';
import { button, icon, numberField, segmented } from '../ui/controls';
import { messageContent } from '../ui/messageContent';
import { progressBlock } from '../ui/progress';
import { current } from '../ui/resources';
import type { ProjectionHandlers } from './handlers';
import { umapQualityText } from './projectionText';
import { section } from './railSection';
import { DEFAULT_UMAP, shownMethod, type UmapSettings } from './settings';
import { isUmapRunning, type ProjectionState } from './state';
import './layoutSection.css';

/** Bars of explained variance. */
const MAX_BARS = 16;

/** How points get their places. */
export function layoutSection(state: ProjectionState, handlers: ProjectionHandlers): TemplateResult {
  const { settings } = state;
  const { onSettings } = handlers;
  const compares = settings.second !== null;
  return section(
    'Layout',
    html`<div class="row">
        ${
          compares
            ? html`<span>PCA</span>`
            : segmented({
                label: 'Method',
                choices: [
                  { value: 'pca', label: 'PCA' },
                  { value: 'umap', label: 'UMAP' },
                ],
                value: settings.method,
                onChange: (method) => onSettings({ method }),
              })
        }
        ${segmented({
          label: 'Dimensions',
          choices: [
            { value: '2', label: '2D' },
            { value: '3', label: '3D' },
          ],
          value: String(settings.dimensions) as '2' | '3',
          onChange: (dimensions) => onSettings({ dimensions: dimensions === '2' ? 2 : 3 }),
        })}
      </div>
      ${compares ? html`<p class="muted">Comparisons use PCA, so that both maps have the same axes.</p>` : nothing}
      ${shownMethod(settings) === 'pca' ? pcaControls(state, handlers) : umapControls(state, handlers)}`,
  );
}

function pcaControls(
  { settings, resources }: ProjectionState,
  { onSettings }: ProjectionHandlers,
): TemplateResult {
  const explained = resources.pca?.value?.explained ?? new Float32Array(0);
  const highest = explained[0] ?? 1;
  const shown = settings.components.slice(0, settings.dimensions);
  return html`<p class="bars-title muted small">explained variance by component</p>
    <div
      class="bars"
      role="img"
      aria-label=${`Share of the variance: ${[...explained.slice(0, 3)].map((share, i) => `component ${i + 1} ${percent(share)}`).join(', ')}`}
    >
      ${Array.from({ length: Math.min(MAX_BARS, Math.max(explained.length, 8)) }, (_, component) => {
        const share = explained[component] ?? 0;
        return html`<span
          class=${shown.includes(component) ? 'bar shown' : 'bar'}
          title=${`Component ${component + 1}: ${percent(share)} of the variance`}
          ><i .style=${`height: ${highest > 0 ? Math.max(2, (100 * share) / highest) : 2}%`}></i
        ></span>`;
      })}
    </div>
    <div class="components">
      ${shown.map((component, axis) =>
        numberField({
          label: ['x', 'y', 'z'][axis]!,
          title: `Component along ${['x', 'y', 'z'][axis]!}${explained[component] === undefined ? '' : `: ${percent(explained[component])} of the variance`}`,
          min: 1,
          max: Math.max(explained.length, settings.dimensions),
          value: component + 1,
          onChange: (value) =>
            onSettings({ components: withComponent(settings.components, axis, value - 1) }),
        }),
      )}
    </div>`;
}

/** A component is on one axis only: the one that had it takes what this axis had. */
function withComponent(components: readonly number[], axis: number, component: number): number[] {
  const changed = [...components];
  const other = changed.indexOf(component);
  if (other >= 0) changed[other] = changed[axis]!;
  changed[axis] = component;
  return changed;
}

function umapControls(state: ProjectionState, handlers: ProjectionHandlers): TemplateResult {
  const { settings, draft, resources, progress } = state;
  const { onDraft, onSettings } = handlers;
  const running = isUmapRunning(state);
  const result = current(resources.umap);
  const failed = resources.umap?.status === 'failed' ? resources.umap.error : null;
  const canceled = failed?.code === 'inspection/canceled';
  const changed = (Object.keys(DEFAULT_UMAP) as (keyof UmapSettings)[]).some(
    (name) => draft[name] !== settings.umap[name],
  );
  return html`<div class="fields">
      ${numberField({
        label: 'neighbors',
        title: 'Small values show local detail, large values global structure',
        min: 2,
        max: 200,
        value: draft.numNeighbors,
        onChange: (numNeighbors) => onDraft({ numNeighbors }),
      })}
      ${numberField({
        label: 'minimum distance',
        title: 'Minimum spacing of points',
        min: 0,
        max: 1,
        step: 0.05,
        value: draft.minDistance,
        onChange: (minDistance) => onDraft({ minDistance }),
      })}
      ${numberField({
        label: 'seed',
        min: 0,
        max: 4_294_967_295,
        value: draft.seed,
        onChange: (seed) => onDraft({ seed }),
      })}
      ${segmented({
        label: 'UMAP metric',
        choices: [
          { value: 'cosine', label: 'cosine' },
          { value: 'euclidean', label: 'Euclidean' },
        ],
        value: draft.metric,
        onChange: (metric) => onDraft({ metric }),
      })}
    </div>
    ${
      running
        ? progressBlock('UMAP', progress[resources.umap!.key], handlers.onCancelUmap)
        : html`${
            failed
              ? html`<p class="muted" role="status">
                  ${canceled ? 'UMAP was canceled; PCA is shown.' : html`${icon('error')} ${messageContent(failed.message)}`}
                </p>`
              : result
                ? html`<p class="muted">${umapQualityText(result)}</p>`
                : nothing
          }
          ${
            changed || failed
              ? button({
                  label: 'Run UMAP',
                  icon: 'play',
                  primary: true,
                  onClick: () => (failed && !changed ? handlers.onRetry() : onSettings({ umap: draft })),
                })
              : nothing
          }`
    }`;
}
