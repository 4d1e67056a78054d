import { html, nothing, render } from 'lit';
import { messageContent } from './messageContent';

export interface SearchChoice {
  label: string;
  /** In muted type behind the label. */
  detail: string;
  choose: () => void;
}

export interface SearchBoxModel {
  /** What is looked for; the name of the field. */
  label: string;
  placeholder: string;
  search: (text: string) => Promise<SearchChoice[]>;
  /** What to say when nothing is found. */
  empty: string;
}

/** Time in ms after a key before it is searched. */
const PAUSE = 120;

let counter = 0;

/**
 * A field that finds things as one types: `<recsight-search-box .model=${model}>`. Arrow keys choose in the list, Enter
 * takes, Escape closes.
 */
export class SearchBox extends HTMLElement {
  #model: SearchBoxModel | null = null;
  #choices: readonly SearchChoice[] = [];
  #active = -1;
  #open = false;
  #message = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Of the newest search: an answer to an older one is of no use any more. */
  #turn = 0;
  /** Typed and not searched yet. */
  #pending = false;
  /** Enter was pressed before the answer: its first choice is taken. */
  #takesFirst = false;
  readonly #id = `search-${(counter += 1)}`;

  set model(model: SearchBoxModel) {
    this.#model = model;
    if (this.isConnected) this.#render();
  }

  connectedCallback(): void {
    this.#render();
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
    this.#turn++;
  }

  override focus(): void {
    this.querySelector('input')?.focus();
  }

  #render(): void {
    const model = this.#model;
    if (!model) return;
    const { label, placeholder, empty } = model;
    const option = (index: number): string => `${this.#id}-${index}`;
    render(
      html`<input
          type="text"
          role="combobox"
          class="search-input"
          aria-label=${label}
          title=${label}
          placeholder=${placeholder}
          autocomplete="off"
          spellcheck="false"
          aria-autocomplete="list"
          aria-controls=${this.#id}
          aria-expanded=${String(this.#open)}
          aria-activedescendant=${this.#active < 0 ? nothing : option(this.#active)}
          @input=${() => this.#typed()}
          @focus=${() => this.#typed(0)}
          @blur=${() => this.#close()}
          @keydown=${(event: KeyboardEvent) => this.#keyPressed(event)}
        />
        <div class="search-list" id=${this.#id} role="listbox" aria-label=${label} ?hidden=${!this.#open}>
          ${this.#choices.map(
            (choice, index) =>
              html`<div
                role="option"
                id=${option(index)}
                aria-selected=${String(index === this.#active)}
                @pointerdown=${(event: PointerEvent) => {
                  event.preventDefault();
                  this.#take(index);
                }}
              >
                <span>${choice.label}</span> <span class="muted">${choice.detail}</span>
              </div>`,
          )}
          ${
            this.#choices.length > 0
              ? nothing
              : html`<p class="muted">${this.#message === '' ? empty : messageContent(this.#message)}</p>`
          }
        </div>`,
      this,
    );
  }

  #typed(pause = PAUSE): void {
    clearTimeout(this.#timer);
    this.#pending = true;
    this.#timer = setTimeout(() => void this.#search(), pause);
  }

  async #search(): Promise<void> {
    const input = this.querySelector('input');
    if (!this.#model || !input) return;
    const turn = ++this.#turn;
    let choices: SearchChoice[] = [];
    let message = '';
    try {
      choices = await this.#model.search(input.value);
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
    }
    if (turn !== this.#turn || document.activeElement !== input) return;
    this.#pending = false;
    this.#choices = choices;
    this.#message = message;
    this.#open = true;
    this.#active = choices.length > 0 && input.value !== '' ? 0 : -1;
    this.#render();
    if (this.#takesFirst) this.#take(this.#active);
    this.#takesFirst = false;
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#turn++;
    this.#pending = this.#takesFirst = false;
    this.#open = false;
    this.#active = -1;
    this.#render();
  }

  #take(index: number): void {
    const choice = this.#choices[index];
    if (!choice) return;
    const input = this.querySelector('input')!;
    input.value = '';
    this.#close();
    choice.choose();
  }

  #keyPressed(event: KeyboardEvent): void {
    const last = this.#choices.length - 1;
    if (event.key === 'Enter') {
      if (this.#pending) this.#takesFirst = true;
      else this.#take(this.#active);
    } else if (event.key === 'Escape') {
      if (!this.#open) return;
      this.#close();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!this.#open) this.#typed(0);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      // From the field itself, up leads to the last one.
      const from = this.#active < 0 && step < 0 ? 0 : this.#active;
      this.#active = last < 0 ? -1 : (from + step + last + 1) % (last + 1);
      this.#render();
      this.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
