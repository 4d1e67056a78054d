import { html, nothing, type TemplateResult } from 'lit';
import { fittedTitle } from '../ui/fittedTitle';
import { fullScale, weightScale } from '../plot/heatMapGeometry';
import type { HeatMapScale } from '../plot/heatMapModel';
import type { ThumbnailModel } from '../plot/heatMapThumbnail';
import type { AttentionHandlers } from './handlers';
import { chosenHeads, type ShownSide, type ViewMaps } from './shownAttention';
import { sideNames, type AttentionState } from './state';
import { meanMap, type WeightMap } from './weightMaps';
import './thumbnailsView.css';

/** CSS pixels of a thumbnail. */
const SIZE = 56;

/** Layers down, heads across: which of them is shown large. */
export function thumbnails(
  state: AttentionState,
  side: ShownSide,
  handlers: AttentionHandlers,
): TemplateResult | typeof nothing {
  const only = side.views.length === 1 && side.views[0]!.maps.length === 1;
  if (only) return nothing;
  const scaleFor = (views: ViewMaps): HeatMapScale => thumbnailScale(state, views);
  const names = sideNames(state);
  return html`<section class="thumbnails" aria-label="Layers and heads">
    ${names ? html`<p class="muted thumbnails-of">${fittedTitle(names.own)}</p>` : nothing}
    ${side.views.map((views) => {
      const { view, maps } = views;
      const isSelected = view.name === side.selection.view;
      const chosen = isSelected ? chosenHeads(views, side.selection) : [];
      const all = isSelected && chosen.length === maps.length;
      const scale = scaleFor(views);
      const toggle = (head: number, several: boolean): void => {
        const others = chosen.filter((other) => other !== head);
        const wanted =
          !several || !isSelected
            ? [head]
            : chosen.includes(head)
              ? others
              : [...others, head].sort((a, b) => a - b);
        handlers.onSettings({
          selection: { view: view.name, heads: wanted.length === maps.length ? [] : wanted },
        });
      };
      const selectAll = (): void => handlers.onSettings({ selection: { view: view.name, heads: [] } });
      return html`<div class="thumbnail-row">
        <span class="muted view-label">${fittedTitle(view.label)}</span>
        ${
          maps.length > 1
            ? html`${maps.map((map, head) =>
                thumbnail(map, scale, {
                  label: `${head + 1}`,
                  title: `${view.label}, head ${head + 1}. With Shift or Ctrl it joins the others in a mean.`,
                  pressed: !all && chosen.includes(head),
                  onClick: (event) => toggle(head, event.shiftKey || event.ctrlKey || event.metaKey),
                }),
              )}
              ${thumbnail(meanOf(maps), scale, {
                label: 'mean',
                title: `${view.label}, mean of all ${maps.length} heads`,
                pressed: all,
                onClick: selectAll,
              })}`
            : thumbnail(maps[0]!, scale, {
                label: '',
                title: view.label,
                pressed: isSelected,
                onClick: selectAll,
              })
        }
      </div>`;
    })}
  </section>`;
}

interface ThumbnailButton {
  label: string;
  title: string;
  pressed: boolean;
  onClick: (event: MouseEvent) => void;
}

function thumbnail(map: WeightMap, scale: HeatMapScale, button: ThumbnailButton): TemplateResult {
  const model: ThumbnailModel = { data: map, scale, width: SIZE, height: SIZE, window: null };
  return html`<button
    type="button"
    class="thumbnail"
    title=${button.title}
    aria-label=${button.title}
    aria-pressed=${String(button.pressed)}
    @click=${button.onClick}
  >
    <recsight-heat-thumbnail .model=${model}></recsight-heat-thumbnail>
    ${button.label === '' ? nothing : html`<span class="number">${button.label}</span>`}
  </button>`;
}

const means = new WeakMap<readonly WeightMap[], WeightMap>();

function meanOf(maps: readonly WeightMap[]): WeightMap {
  const known = means.get(maps) ?? meanMap(maps);
  means.set(maps, known);
  return known;
}

const scales = new WeakMap<ViewMaps, { full: HeatMapScale; auto: HeatMapScale }>();

/** Heads of one layer share a scale, so that they can be compared. */
function thumbnailScale({ settings }: AttentionState, views: ViewMaps): HeatMapScale {
  const known = scales.get(views) ?? { full: fullScale(views.maps), auto: weightScale(views.maps) };
  scales.set(views, known);
  return known[settings.scale];
}
