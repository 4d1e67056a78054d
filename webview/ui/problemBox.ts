import { html, nothing, type TemplateResult } from 'lit';
import { warningName, type RunWarning } from '../../src/protocol/run';
import { icon } from './controls';
import { messageContent } from './messageContent';
import './problemBox.css';

/**
 * Something that the user asked for and that did not happen.
 * @param buttons what can be done about it
 */
export function problemBox(message: string, buttons: unknown): TemplateResult {
  return html`<section class="box error" role="alert">
    ${icon('error', 'Error')}
    <div>
      <p class="message">${messageContent(message)}</p>
      <p class="buttons">${buttons}</p>
    </div>
  </section>`;
}

export interface NoticeBoxOptions {
  level: 'error' | 'warning';
  title: string;
  message: string;
  /** What to do about it. */
  advice?: string;
  buttons?: unknown;
}

/** Something about a run that the user has to know. */
export function noticeBox({ level, title, message, advice, buttons }: NoticeBoxOptions): TemplateResult {
  return html`<section class="box ${level}" aria-label=${title}>
    ${icon(level)}
    <div>
      <h2>${title}</h2>
      <p class="message">${messageContent(message)}</p>
      ${advice === undefined ? nothing : html`<p class="muted">${advice}</p>`}
      ${buttons === undefined ? nothing : html`<p class="buttons">${buttons}</p>`}
    </div>
  </section>`;
}

/** Why the numbers of a run are to be doubted. */
export function warningBoxes(warnings: readonly RunWarning[]): TemplateResult[] {
  return warnings.map((warning) => {
    const name = warningName(warning);
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    return noticeBox({ level: 'warning', title, message: warning.message });
  });
}
