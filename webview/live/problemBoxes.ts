import { html, nothing, type TemplateResult } from 'lit';
import { warningName, type RunSummary } from '../../src/protocol/run';
import { button, icon } from '../ui/controls';
import { messageContent } from '../ui/messageContent';
import { trouble } from './runView';
import type { LiveState } from './state';
import type { LiveHandlers } from './view';

/** What went wrong with something that the user asked for here. */
export function problemBox(
  { problem, run }: LiveState,
  handlers: LiveHandlers,
): TemplateResult | typeof nothing {
  if (problem === null) return nothing;
  return html`<section class="box error" role="alert">
    ${icon('error', 'Error')}
    <div>
      <p class="message">${messageContent(problem)}</p>
      <p class="buttons">
        ${
          run
            ? button({ label: 'Dismiss', onClick: handlers.onDismissProblem })
            : button({ label: 'Try Again', icon: 'refresh', onClick: handlers.onRetry })
        }
      </p>
    </div>
  </section>`;
}

/** Why the run ended early. */
export function troubleBox(run: RunSummary, handlers: LiveHandlers): TemplateResult | typeof nothing {
  const found = trouble(run);
  if (!found) return nothing;
  return html`<section class="box ${run.status === 'failed' ? 'error' : 'warning'}" aria-label=${found.title}>
    ${icon(run.status === 'failed' ? 'error' : 'warning')}
    <div>
      <h2>${found.title}</h2>
      <p class="message">${messageContent(found.message)}</p>
      <p class="muted">${found.advice}</p>
      <p class="buttons">
        ${button({ label: 'Open Log', icon: 'output', onClick: handlers.onOpenLog })}
        ${button({ label: 'Open Config', icon: 'go-to-file', onClick: handlers.onOpenConfig })}
      </p>
    </div>
  </section>`;
}

/** Why the run's numbers are to be doubted. */
export function warningBoxes({ manifest }: RunSummary): TemplateResult[] {
  return (manifest.warnings ?? []).map((warning) => {
    const name = warningName(warning);
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    return html`<section class="box warning" aria-label=${title}>
      ${icon('warning')}
      <div>
        <h2>${title}</h2>
        <p class="message">${messageContent(warning.message)}</p>
      </div>
    </section>`;
  });
}
