import { html, type TemplateResult } from 'lit';
import { splitCode } from '../../src/series/messageText';

/** A message as it is shown: what it marks with backticks is code. */
export function messageContent(message: string): (string | TemplateResult)[] {
  return splitCode(message).map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}
