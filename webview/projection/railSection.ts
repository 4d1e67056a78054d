import { html, nothing, type TemplateResult } from 'lit';
import { button } from '../ui/controls';
import { problemBox } from '../ui/problemBox';
import type { Resource } from '../ui/resources';
import type { ProjectionHandlers } from './handlers';
import './railSection.css';

/** A part of a rail under its title. */
export function section(title: string, content: unknown, aside: unknown = nothing): TemplateResult {
  return html`<section class="rail-section" aria-label=${title}>
    <h2>${title}${aside}</h2>
    ${content}
  </section>`;
}

/** What went wrong where an answer is missing. */
export function failure(
  resource: Resource<unknown> | null,
  { onRetry }: Pick<ProjectionHandlers, 'onRetry'>,
): TemplateResult | typeof nothing {
  if (resource?.status !== 'failed') return nothing;
  return problemBox(
    resource.error?.message ?? '',
    button({ label: 'Try Again', icon: 'refresh', onClick: onRetry }),
  );
}
