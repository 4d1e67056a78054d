import { html, nothing, type TemplateResult } from 'lit';
import type { RunSummary } from '../../src/protocol/run';
import { button } from '../ui/controls';
import { noticeBox, problemBox } from '../ui/problemBox';
import type { LiveHandlers } from './handlers';
import { trouble } from './runView';
import type { LiveState } from './state';

/** What went wrong with something that the user asked for here. */
export function askedProblem(
  { problem, run }: LiveState,
  handlers: LiveHandlers,
): TemplateResult | typeof nothing {
  if (problem === null) return nothing;
  return problemBox(
    problem,
    run
      ? button({ label: 'Dismiss', onClick: handlers.onDismissProblem })
      : button({ label: 'Try Again', icon: 'refresh', onClick: handlers.onRetry }),
  );
}

/** Why the run ended early. */
export function troubleBox(run: RunSummary, handlers: LiveHandlers): TemplateResult | typeof nothing {
  const found = trouble(run);
  if (!found) return nothing;
  return noticeBox({
    ...found,
    level: run.status === 'failed' ? 'error' : 'warning',
    buttons: html`${button({ label: 'Open Log', icon: 'output', onClick: handlers.onOpenLog })}
    ${button({ label: 'Open Config', icon: 'go-to-file', onClick: handlers.onOpenConfig })}`,
  });
}
