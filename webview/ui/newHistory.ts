import { html, type TemplateResult } from 'lit';
import { button, icon } from './controls';

/** Where a history is to be put together, before it has an item. @param onFindItem leads to the field in which items are found */
export function newHistory(onFindItem: () => void): TemplateResult {
  return html`<section class="empty" aria-labelledby="empty-title">
    ${icon('edit')}
    <h2 id="empty-title">New history</h2>
    <p>
      Add items in the order in which a user met them, from the oldest to the newest. The model then
      recommends what comes next.
    </p>
    <p>${button({ label: 'Add an Item', icon: 'add', primary: true, onClick: onFindItem })}</p>
  </section>`;
}
