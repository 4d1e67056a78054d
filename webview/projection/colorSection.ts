import { html, nothing, type TemplateResult } from 'lit';
import { OWN_COLUMNS } from '../../src/protocol/projection';
import { button, checkbox, dropdown, slider } from '../ui/controls';
import { messageContent } from '../ui/messageContent';
import { progressBlock } from '../ui/progress';
import type { ProjectionHandlers } from './handlers';
import { legend } from './legend';
import type { SceneLook } from './mapModels';
import { colorLabel } from './projectionText';
import { section } from './railSection';
import { OWN_COLORS } from './settings';
import { tableOf, type ProjectionState } from './state';

/** What points are colored by, and what the colors mean. */
export function colorSection(
  state: ProjectionState,
  look: SceneLook | null,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { onSettings, onCancelCounting, onRetry } = handlers;
  const { settings, scene, resources, progress } = state;
  const items = tableOf(state)?.rows === 'items';
  const columns = scene?.points.columns ?? [];
  const colors = [
    ...columns.map(({ id }) => id),
    ...(items ? [OWN_COLORS.recommended] : []),
    OWN_COLORS.cluster,
    ...(settings.second === null ? [] : [OWN_COLORS.moved, OWN_COLORS.overlap]),
    OWN_COLORS.none,
  ];
  const value = colors.includes(settings.color) ? settings.color : OWN_COLORS.none;
  const computed = {
    [OWN_COLORS.recommended]: resources.recommended,
    [OWN_COLORS.cluster]: resources.clusters,
  }[value];
  const failed = computed?.status === 'failed' ? computed : null;
  return section(
    'Color',
    html`${dropdown({
        label: 'Color by',
        choices: colors.map((color) => ({ value: color, label: colorLabel(color, columns) })),
        value,
        onChange: (color) => onSettings({ color }),
      })}
      ${
        value === OWN_COLORS.cluster
          ? slider({
              label: 'k',
              title: 'Number of k-means clusters',
              min: 2,
              max: 20,
              step: 1,
              value: settings.clusters,
              format: String,
              onChange: (clusters) => onSettings({ clusters }),
            })
          : nothing
      }
      ${
        value === OWN_COLORS.recommended && resources.recommended?.status === 'loading'
          ? progressBlock('counting recommendations', progress[resources.recommended.key], onCancelCounting)
          : nothing
      }
      ${
        failed
          ? html`<p class="muted" role="status">${messageContent(failed.error?.message ?? '')}</p>
              ${button({ label: 'Try Again', icon: 'refresh', onClick: onRetry })}`
          : nothing
      }
      ${look ? legend(look, settings, handlers) : nothing}
      ${
        value === OWN_COLUMNS.popularityDecile && look && lacksDeciles(look)
          ? html`<p class="muted small">Items that occur equally often share a decile.</p>`
          : nothing
      }
      <div class="row toggles" ?hidden=${settings.asTable}>
        ${checkbox({
          label: 'labels',
          title: 'Labels of the most important points (T)',
          checked: settings.labels,
          onChange: (labels) => onSettings({ labels }),
        })}
        ${checkbox({
          label: 'density',
          title: settings.dimensions === 3 ? 'Contours need two dimensions' : 'Lines of equal density (D)',
          checked: settings.contours,
          disabled: settings.dimensions === 3,
          onChange: (contours) => onSettings({ contours }),
        })}
      </div>`,
  );
}

/** Whether the numbers in the legend jump. */
function lacksDeciles({ coloring: { legend: shown } }: SceneLook): boolean {
  return shown.kind === 'categories' && shown.entries.length < 10;
}
