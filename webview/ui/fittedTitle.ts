import { html, nothing, type TemplateResult } from 'lit';
import { titleParts } from '../../src/series/cutText';

/**
 * A title that takes the room there is: where that is too little it has an ellipsis before its end, which stays, and its
 * tooltip is the whole (ui.css).
 * @param tooltip null where something around it has a tooltip that says it
 */
export function fittedTitle(title: string, tooltip: string | null = title): TemplateResult {
  const [beginning, end] = titleParts(title);
  return html`<span class="fitted-title" title=${tooltip ?? nothing}
    ><span>${beginning}</span>${end === '' ? nothing : html`<span>${end}</span>`}</span
  >`;
}
