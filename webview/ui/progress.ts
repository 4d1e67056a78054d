import { html, type TemplateResult } from 'lit';
import type { TaskProgress } from '../../src/protocol/inspection';
import { formatCount, formatPercent } from '../../src/series/format';
import { button } from './controls';
import './progress.css';

/** Of a task that has said nothing yet. */
const STARTING: TaskProgress = { phase: 'Starting', done: 0, of: 0 };

/** @param share of the work that is done, 0 to 1 */
export function progressBar(label: string, share: number): TemplateResult {
  return html`<progress max="1" .value=${share} aria-label=${label}></progress>`;
}

/** A task under way, in one line. */
export function progressLine(progress: TaskProgress | null): TemplateResult {
  const { phase, done, of } = progress ?? STARTING;
  return html`<p class="progress-line number">
    <span>${phase}</span>
    ${progressBar(phase, of > 0 ? done / of : 0)}
    <span>${of > 0 ? formatPercent(done / of) : ''}</span>
    <span class="muted">${of > 0 ? `${formatCount(done)} of ${formatCount(of)}` : ''}</span>
  </p>`;
}

/** A task under way, in a narrow column, with a way to end it. */
export function progressBlock(
  name: string,
  progress: TaskProgress | undefined,
  onCancel: () => void,
): TemplateResult {
  const { phase, done, of } = progress ?? STARTING;
  return html`<div class="progress-block">
    <p>
      <span>${phase}</span>
      <span class="number muted">${of > 0 ? `${formatCount(done)}/${formatCount(of)}` : ''}</span>
    </p>
    ${progressBar(`Progress of ${name}`, of > 0 ? done / of : 0)}
    ${button({ label: 'Cancel', onClick: onCancel })}
  </div>`;
}
