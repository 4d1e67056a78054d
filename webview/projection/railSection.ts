import { html, nothing, type TemplateResult } from 'lit';
import type { TaskProgress } from '../../src/protocol/inspection';
import { formatCount } from '../../src/series/format';
import { button } from '../ui/controls';

/** A part of a rail under its title. */
export function section(title: string, content: unknown, aside: unknown = nothing): TemplateResult {
  return html`<section class="rail-section" aria-label=${title}>
    <h2>${title}${aside}</h2>
    ${content}
  </section>`;
}

/** How far long work has got, with a way to end it. */
export function work(name: string, progress: TaskProgress | undefined, onCancel: () => void): TemplateResult {
  const { phase, done, of } = progress ?? { phase: 'Starting', done: 0, of: 0 };
  return html`<div class="work">
    <p class="row">
      <span>${phase}</span>
      <span class="number muted">${of > 0 ? `${formatCount(done)}/${formatCount(of)}` : ''}</span>
    </p>
    <progress max="1" .value=${of > 0 ? done / of : 0} aria-label=${`Progress of ${name}`}></progress>
    ${button({ label: 'Cancel', onClick: onCancel })}
  </div>`;
}
