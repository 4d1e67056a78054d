import { html, nothing, type TemplateResult } from 'lit';
import { formatCount } from '../../src/series/format';
import type { ColorBytes } from '../plot/colorModel';
import { classColor } from './coloring';
import type { SceneLook } from './mapModels';
import { formatNumber } from './projectionText';

/** What colours mean; a click on a class shows it among the others. */
export function legend(
  { coloring, palette }: SceneLook,
  raised: number | null,
  onRaise: (index: number | null) => void,
): TemplateResult | typeof nothing {
  const shown = coloring.legend;
  if (shown.kind === 'plain') return nothing;
  const entry = (index: number, label: string, count: number): TemplateResult => {
    const pressed = raised === index;
    return html`<li>
      <button
        type="button"
        class="legend-entry"
        aria-pressed=${String(pressed)}
        title=${pressed ? 'Show all alike' : `Show ${label} among the others`}
        @click=${() => onRaise(pressed ? null : index)}
      >
        <i .style=${`background-color: ${css(classColor(shown, index, palette))}`}></i>
        <span class="label">${label}</span><span class="number muted">${formatCount(count)}</span>
      </button>
    </li>`;
  };
  const unknown = shown.numUnknown > 0 ? entry(-1, 'unknown', shown.numUnknown) : nothing;
  if (shown.kind === 'categories') {
    return html`<ul class="legend" aria-label="Colours">
      ${shown.entries.map(({ label, count }, index) => entry(index, label, count))} ${unknown}
    </ul>`;
  }
  const stops = palette.scale.filter((_, step) => step % 7 === 0).map(css);
  return html`<div class="legend" role="group" aria-label="Colours">
    <div class="scale" .style=${`background-image: linear-gradient(to right, ${stops.join(',')})`}></div>
    <p class="scale-ends number muted">
      <span>${formatNumber(shown.min)}</span>
      ${shown.log ? html`<span>logarithmic</span>` : nothing}
      <span>${formatNumber(shown.max)}</span>
    </p>
    ${
      unknown === nothing
        ? nothing
        : html`<ul>
            ${unknown}
          </ul>`
    }
  </div>`;
}

function css([red, green, blue]: ColorBytes): string {
  return `rgb(${red}, ${green}, ${blue})`;
}
