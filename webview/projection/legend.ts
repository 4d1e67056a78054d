import { html, nothing, type TemplateResult } from 'lit';
import { countOf } from '../../src/protocol/countOf';
import type { PointColumn } from '../../src/protocol/projection';
import { formatCount } from '../../src/series/format';
import { icon, iconButton } from '../ui/controls';
import type { ColorBytes } from '../ui/colorModel';
import { listRow } from '../ui/listRow';
import type { SearchBoxModel } from '../ui/searchBox';
import {
  nextReplaced,
  withColor,
  withoutColor,
  type CategoryLegend,
  type ColoredCategories,
} from './categoryColors';
import { classColor, OTHERS, type Legend } from './coloring';
import type { ProjectionHandlers } from './handlers';
import type { SceneLook } from './mapModels';
import type { Palette } from './palette';
import { colorLabel, formatNumber } from './projectionText';
import { chosenColors, type ProjectionSettings } from './settings';
import './legend.css';

/** Categories without a color that are listed; more are searched. */
const MAX_LISTED = 50;

/** What colors mean. A click on a class shows it among the others; which categories have a color can be chosen. */
export function legend(
  look: SceneLook,
  settings: ProjectionSettings,
  handlers: ProjectionHandlers,
): TemplateResult | typeof nothing {
  const shown = look.coloring.legend;
  if (shown.kind === 'plain') return nothing;
  if (shown.kind === 'numbers') {
    return html`<div class="legend" role="group" aria-label="Colors">
      ${scale(shown, look.palette)}
      ${
        shown.numUnknown > 0
          ? html`<ul>
              <li>${entry(unknownOf(shown), look, settings, handlers)}</li>
            </ul>`
          : nothing
      }
    </div>`;
  }
  const choosable = !shown.ordered && (shown.others.length > 0 || chosenColors(settings) !== null);
  return html`<ul class="legend" aria-label="Colors">
      ${entriesOf(shown).map(
        (one) =>
          html`<li class="legend-row">
            ${entry(one, look, settings, handlers)}
            ${
              choosable && one.index >= 0 && one.index < OTHERS
                ? iconButton('circle-slash', `Remove the color of ${one.label}`, () =>
                    recolor(withoutColor(shown, one.label), settings, handlers),
                  )
                : nothing
            }
          </li>`,
      )}
    </ul>
    ${choosable ? colorChoice(shown, settings, handlers) : nothing}`;
}

/** The legend in a line or two over the map, where the rail is closed. */
export function legendStrip(
  look: SceneLook,
  columns: readonly PointColumn[],
  settings: ProjectionSettings,
  handlers: ProjectionHandlers,
): TemplateResult | typeof nothing {
  const shown = look.coloring.legend;
  if (shown.kind === 'plain') return nothing;
  return html`<details class="legend-strip" open>
    <summary>${colorLabel(settings.color, columns)}</summary>
    <div class="strip-entries">
      ${shown.kind === 'numbers' ? html`<div class="strip-scale">${scale(shown, look.palette)}</div>` : nothing}
      ${(shown.kind === 'numbers' ? (shown.numUnknown > 0 ? [unknownOf(shown)] : []) : entriesOf(shown)).map(
        (one) => entry(one, look, settings, handlers, 'strip-entry'),
      )}
    </div>
  </details>`;
}

interface Entry {
  index: number;
  label: string;
  count: number;
}

function unknownOf({ numUnknown }: { numUnknown: number }): Entry {
  return { index: -1, label: 'unknown', count: numUnknown };
}

function entriesOf(legend: CategoryLegend): Entry[] {
  const { entries, others } = legend;
  const rest = {
    index: OTHERS,
    label: countOf(others.length, 'other'),
    count: others.reduce((sum, { count }) => sum + count, 0),
  };
  return [
    ...entries,
    ...(others.length > 0 ? [rest] : []),
    ...(legend.numUnknown > 0 ? [unknownOf(legend)] : []),
  ];
}

function entry(
  { index, label, count }: Entry,
  { coloring, palette }: SceneLook,
  { raised }: ProjectionSettings,
  { onSettings }: ProjectionHandlers,
  kind = 'legend-entry',
): TemplateResult {
  const pressed = raised === index;
  return html`<button
    type="button"
    class="list-row ${kind}"
    aria-pressed=${String(pressed)}
    title=${pressed ? `${label} · remove highlight` : `${label} · highlight`}
    @click=${() => onSettings({ raised: pressed ? null : index })}
  >
    ${swatch(classColor(coloring.legend, index, palette), index < 0)}
    <span class="label">${label}</span><span class="number muted">${formatCount(count)}</span>
  </button>`;
}

/** Points of unknown values are fainter than those of other categories. */
function swatch(color: ColorBytes, unknown: boolean): TemplateResult {
  return html`<i class=${unknown ? 'unknown' : ''} .style=${`background-color: ${css(color)}`}></i>`;
}

function scale(shown: Extract<Legend, { kind: 'numbers' }>, palette: Palette): TemplateResult {
  const stops = palette.scale.filter((_, step) => step % 7 === 0).map(css);
  return html`<div
      class="scale"
      .style=${`background-image: linear-gradient(to right, ${stops.join(',')})`}
    ></div>
    <p class="scale-ends number muted">
      <span>${formatNumber(shown.min)}</span>
      ${shown.log ? html`<span>logarithmic</span>` : nothing}
      <span>${formatNumber(shown.max)}</span>
    </p>`;
}

/** The categories without a color: a click gives one to them. */
function colorChoice(
  shown: CategoryLegend,
  settings: ProjectionSettings,
  handlers: ProjectionHandlers,
): TemplateResult {
  const { others } = shown;
  const replaced = nextReplaced(shown);
  const give = (label: string): void => {
    handlers.onAnnounce(
      replaced === null ? `${label} has a color.` : `${label} has the color of ${replaced}.`,
    );
    recolor(withColor(shown, label), settings, handlers);
  };
  const search: SearchBoxModel = {
    label: 'Find a category',
    placeholder: 'Find a category',
    empty: 'No uncolored category matches.',
    search: (text) =>
      Promise.resolve(
        others
          .filter(({ label }) => label.toLowerCase().includes(text.trim().toLowerCase()))
          .slice(0, MAX_LISTED)
          .map(({ label, count }) => ({ label, detail: formatCount(count), choose: () => give(label) })),
      ),
  };
  return html`<details class="color-choice" ?hidden=${others.length === 0}>
      <summary>Choose colors</summary>
      <p class="muted small">
        ${
          replaced === null
            ? 'Click a category to give it a free color.'
            : `Click a category to give it the color of ${replaced}.`
        }
      </p>
      ${others.length > MAX_LISTED ? html`<recsight-search-box .model=${search}></recsight-search-box>` : nothing}
      <ul aria-label="Categories without a color">
        ${others.slice(0, MAX_LISTED).map(
          ({ label, count }) =>
            html`<li>
              ${listRow({
                label,
                icon: icon('paintcan'),
                aside: html`<span class="number muted">${formatCount(count)}</span>`,
                title: replaced === null ? `Give ${label} a color` : `Give ${label} the color of ${replaced}`,
                onClick: () => give(label),
              })}
            </li>`,
        )}
      </ul>
    </details>
    ${
      chosenColors(settings) !== null
        ? html`<button type="button" class="link" @click=${() => recolor(null, settings, handlers)}>
            Color the Most Frequent
          </button>`
        : nothing
    }`;
}

/** @param colored null for the most frequent ones */
function recolor(
  colored: ColoredCategories | null,
  settings: ProjectionSettings,
  { onSettings }: ProjectionHandlers,
): void {
  const others = Object.entries(settings.colored).filter(([name]) => name !== settings.color);
  onSettings({
    colored: Object.fromEntries([
      ...others,
      ...(colored === null ? [] : [[settings.color, colored] as const]),
    ]),
  });
}

function css([red, green, blue]: ColorBytes): string {
  return `rgb(${red}, ${green}, ${blue})`;
}
