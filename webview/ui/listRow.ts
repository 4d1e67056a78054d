import { html, nothing, type TemplateResult } from 'lit';
import './listRow.css';

export interface ListRowOptions {
  label: unknown;
  /** Before the label. */
  icon?: TemplateResult;
  /** Behind the label, such as a figure. */
  aside?: unknown;
  /** Length of the bar below, 0 to 1; no bar where it is left out. */
  share?: number;
  title?: string;
  /** It is the one that the rest of the page is about. */
  isCurrent?: boolean;
  disabled?: boolean;
  onClick: () => void;
  /** Called while the pointer is over it or it has the focus, and when that ends. */
  onHover?: (on: boolean) => void;
}

/** A row of a list, which does something when it is clicked. */
export function listRow(options: ListRowOptions): TemplateResult {
  const { label, icon, aside, share, title, isCurrent = false, disabled = false, onClick, onHover } = options;
  const hovered = onHover && (() => onHover(true));
  const left = onHover && (() => onHover(false));
  return html`<button
    type="button"
    class="list-row"
    title=${title ?? nothing}
    ?disabled=${disabled}
    aria-current=${isCurrent ? 'true' : nothing}
    @click=${onClick}
    @pointerenter=${hovered}
    @pointerleave=${left}
    @focus=${hovered}
    @blur=${left}
  >
    ${icon ?? nothing} <span class="label">${label}</span> ${aside ?? nothing} ${bar(share)}
  </button>`;
}

/** A row that only tells something. */
export function plainRow({
  label,
  aside,
  share,
}: Pick<ListRowOptions, 'label' | 'aside' | 'share'>): TemplateResult {
  return html`<div class="list-row plain">
    <span class="label">${label}</span> ${aside ?? nothing} ${bar(share)}
  </div>`;
}

/** Rows below one another; arrow keys go from one to the next. */
export function rowList(rows: readonly TemplateResult[]): TemplateResult {
  return html`<ol class="row-list" @keydown=${moveInList}>
    ${rows.map((row) => html`<li>${row}</li>`)}
  </ol>`;
}

function bar(share: number | undefined): TemplateResult | typeof nothing {
  if (share === undefined) return nothing;
  return html`<i class="share" .style=${`width: calc((100% - 16px) * ${share.toFixed(3)})`}></i>`;
}

function moveInList(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.list-row')];
  const next = buttons[buttons.indexOf(document.activeElement as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
