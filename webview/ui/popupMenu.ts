import { html, render } from 'lit';
import './popupMenu.css';

export interface MenuItem {
  label: string;
  icon: string;
  run: () => void;
}

/**
 * A button with a menu that opens below it: `<recsight-menu .items=… .label=…>`. Arrow keys, Home, End and Escape work
 * as in any menu; a click elsewhere closes it.
 */
export class PopupMenu extends HTMLElement {
  #items: readonly MenuItem[] = [];
  #label = '';
  #openAtPress = false;

  set items(items: readonly MenuItem[]) {
    this.#items = items;
    if (this.isConnected) this.#render();
  }

  /** What the menu is for, as the button's title. */
  set label(label: string) {
    this.#label = label;
    if (this.isConnected) this.#render();
  }

  connectedCallback(): void {
    this.#render();
  }

  #render(): void {
    render(
      html`<button
          type="button"
          class="icon-button"
          aria-haspopup="menu"
          aria-expanded="false"
          aria-label=${this.#label}
          title=${this.#label}
          @pointerdown=${() => (this.#openAtPress = this.#popup.matches(':popover-open'))}
          @click=${() => this.#clicked()}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === 'ArrowDown') this.#popup.showPopover();
          }}
        >
          <span class="codicon codicon-ellipsis" aria-hidden="true"></span>
        </button>
        <div
          popover
          role="menu"
          class="menu"
          aria-label=${this.#label}
          @toggle=${(event: ToggleEvent) => this.#toggled(event.newState === 'open')}
          @keydown=${(event: KeyboardEvent) => this.#keyPressed(event)}
        >
          ${this.#items.map(
            ({ label, icon, run }) =>
              html`<button
                type="button"
                role="menuitem"
                tabindex="-1"
                @click=${() => {
                  this.#popup.hidePopover();
                  run();
                }}
              >
                <span class="codicon codicon-${icon}" aria-hidden="true"></span>${label}
              </button>`,
          )}
        </div>`,
      this,
    );
  }

  /** A press outside an open menu closes it before the click arrives, so a click must know how it was before. */
  #clicked(): void {
    if (!this.#openAtPress) this.#popup.togglePopover();
    this.#openAtPress = false;
  }

  get #popup(): HTMLElement {
    return this.querySelector<HTMLElement>('[popover]')!;
  }

  #toggled(open: boolean): void {
    const opener = this.querySelector('button')!;
    opener.setAttribute('aria-expanded', String(open));
    if (!open) return;
    const anchor = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#popup;
    const below = anchor.bottom + 2;
    const fits = below + height <= window.innerHeight;
    this.#popup.style.left = `${Math.max(4, anchor.right - width)}px`;
    this.#popup.style.top = `${fits ? below : Math.max(4, anchor.top - height - 2)}px`;
    this.#popup.querySelector('button')?.focus();
  }

  #keyPressed(event: KeyboardEvent): void {
    const items = [...this.#popup.querySelectorAll('button')];
    const current = items.indexOf(document.activeElement as HTMLButtonElement);
    const next = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      items.at(next % items.length)?.focus();
    } else if (event.key === 'Tab') {
      this.#popup.hidePopover();
    }
  }
}
