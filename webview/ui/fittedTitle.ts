import { html, nothing, type TemplateResult } from 'lit';
import { titleParts } from '../../src/series/cutText';
import './fittedTitle.css';

/**
 * A title that takes the room there is: where that is too little it has an ellipsis before its end, which stays, and its
 * tooltip is the whole. What is drawn are two parts (fittedTitle.css); what is read, searched and copied is one text above them.
 * @param tooltip null where something around it has a tooltip that says it
 */
export function fittedTitle(title: string, tooltip: string | null = title): TemplateResult {
  const [beginning, end] = titleParts(title);
  return html`<span class="fitted-title" dir="auto" title=${tooltip ?? nothing}
    ><span class="whole">${title}</span
    ><span class="parts" aria-hidden="true" data-beginning=${beginning} data-end=${end}></span
  ></span>`;
}
