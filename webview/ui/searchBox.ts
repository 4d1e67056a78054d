import { html, nothing, render } from 'lit';
import { fittedTitle } from './fittedTitle';
import { messageContent } from './messageContent';
import { hintOfMore } from './scrollArea';
import './searchBox.css';

export interface SearchChoice {
  label: string;
  /** In muted type behind the label. */
  detail: string;
  choose: () => void;
  /** Called while the choice is the one that Enter would take or the pointer is over it, and when it is not any more. */
  preview?: (on: boolean) => void;
}

export interface SearchBoxModel {
  /** What is looked for; the name of the field. */
  label: string;
  placeholder: string;
  /** Of the field, where there is more to say than its name. */
  title?: string;
  search: (text: string) => Promise<SearchChoice[]>;
  /** Choices that take longer to find; they are put behind the others when they come. */
  searchFurther?: (text: string) => Promise<SearchChoice[]>;
  /** What to say when nothing is found. */
  empty: string;
  /** The text in the field, where the page keeps it: it stays when a choice is taken. */
  text?: string;
  /** At every key, where the page keeps the text. */
  onText?: (text: string) => void;
}

/** Time in ms after a key before it is searched. */
const PAUSE = 120;
/**
 * CSS pixels: of the list at most, of what it keeps from the window's edges, and between it and the field. With `enough` height
 * it stays below the field: above lie the field's name and how many were found.
 */
const LIST = { width: 400, height: 288, enough: 140, margin: 8, gap: 2 };

let counter = 0;

/**
 * A field that finds things as one types: `<recsight-search-box .model=${model}>`. Arrow keys choose in the list, Enter
 * takes, Escape closes.
 */
export class SearchBox extends HTMLElement {
  #model: SearchBoxModel | null = null;
  #choices: readonly SearchChoice[] = [];
  #active = -1;
  #previewed: SearchChoice | null = null;
  #open = false;
  #message = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Of the newest search: an answer to an older one is of no use any more. */
  #turn = 0;
  /** Typed and not searched yet. */
  #pending = false;
  /** The page gives the field the focus, not its user. */
  #focusing = false;
  /** Enter was pressed before the answer: its first choice is taken. */
  #takesFirst = false;
  readonly #id = `search-${(counter += 1)}`;
  readonly #place = (): void => this.#placeList();

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
    this.#follow(false);
  }

  /** Leads to the field. Its list stays closed until one types or clicks: it would lie over what the page just showed. */
  override focus(): void {
    this.#focusing = true;
    this.querySelector('input')?.focus();
    this.#focusing = false;
  }

  #render(): void {
    const model = this.#model;
    if (!model) return;
    const { label, placeholder, title = label, empty } = model;
    const option = (index: number): string => `${this.#id}-${index}`;
    render(
      html`<input
          type="search"
          role="combobox"
          class="search-input"
          aria-label=${label}
          title=${title}
          placeholder=${placeholder}
          autocomplete="off"
          spellcheck="false"
          aria-autocomplete="list"
          aria-controls=${this.#id}
          aria-expanded=${String(this.#open)}
          aria-activedescendant=${this.#active < 0 ? nothing : option(this.#active)}
          @input=${(event: Event) => {
            this.#model?.onText?.((event.currentTarget as HTMLInputElement).value);
            this.#typed();
          }}
          @focus=${() => this.#focusing || this.#typed(0)}
          @click=${() => this.#open || this.#pending || this.#typed(0)}
          @blur=${() => this.#close()}
          @keydown=${(event: KeyboardEvent) => this.#keyPressed(event)}
        />
        <div class="search-list" popover="manual">
          <div class="scroll-area">
            <div
              class="search-choices scroll-content"
              id=${this.#id}
              role="listbox"
              aria-label=${label}
              ${hintOfMore(true)}
            >
              ${this.#choices.map(
                (choice, index) =>
                  html`<div
                    role="option"
                    id=${option(index)}
                    title=${choice.detail === '' ? choice.label : `${choice.label} · ${choice.detail}`}
                    aria-selected=${String(index === this.#active)}
                    @pointerenter=${() => this.#preview(choice)}
                    @pointerleave=${() => this.#preview(this.#choices[this.#active])}
                    @pointerdown=${(event: PointerEvent) => {
                      event.preventDefault();
                      this.#take(index);
                    }}
                  >
                    ${fittedTitle(choice.label, null)} <span class="muted">${choice.detail}</span>
                  </div>`,
              )}
              ${
                this.#choices.length > 0
                  ? nothing
                  : html`<p class="muted">${this.#message === '' ? empty : messageContent(this.#message)}</p>`
              }
            </div>
            <p class="scroll-hint" aria-hidden="true" hidden></p>
          </div>
        </div>`,
      this,
    );
    const input = this.#input;
    if (model.text !== undefined && input.value !== model.text) input.value = model.text;
    if (!this.isConnected) return;
    this.#list.togglePopover(this.#open);
    this.#follow(this.#open);
    if (this.#open) this.#placeList();
    this.#preview(this.#choices[this.#active]);
  }

  get #input(): HTMLInputElement {
    return this.querySelector('input')!;
  }

  get #list(): HTMLElement {
    return this.querySelector<HTMLElement>('.search-list')!;
  }

  /** Keeps the list at the field while the page scrolls below it. */
  #follow(open: boolean): void {
    const change = open ? 'addEventListener' : 'removeEventListener';
    window[change]('scroll', this.#place, { capture: true, passive: true });
    window[change]('resize', this.#place);
  }

  /** Below the field, or above it where there is too little room below and more above, and never out of the window. */
  #placeList(): void {
    const { left, right, top, bottom } = this.#input.getBoundingClientRect();
    const { style } = this.#list;
    const { margin, gap } = LIST;
    const below = innerHeight - bottom - gap - margin;
    const above = top - gap - margin;
    const height = this.querySelector('.search-choices')!.scrollHeight;
    const upwards = below < Math.min(LIST.enough, height) && above > below;
    style.minWidth = `${Math.min(right - left, innerWidth - 2 * margin)}px`;
    style.maxWidth = `${Math.min(LIST.width, innerWidth - 2 * margin)}px`;
    style.maxHeight = `${Math.max(0, Math.min(LIST.height, upwards ? above : below))}px`;
    style.top = upwards ? 'auto' : `${bottom + gap}px`;
    style.bottom = upwards ? `${innerHeight - top + gap}px` : 'auto';
    style.left = `${Math.max(margin, Math.min(left, innerWidth - margin - this.#list.offsetWidth))}px`;
  }

  #preview(choice: SearchChoice | undefined): void {
    const shown = this.#open ? (choice ?? null) : null;
    if (shown === this.#previewed) return;
    this.#previewed?.preview?.(false);
    this.#previewed = shown;
    shown?.preview?.(true);
  }

  #typed(pause = PAUSE): void {
    clearTimeout(this.#timer);
    this.#takesFirst = false;
    this.#pending = true;
    this.#timer = setTimeout(() => void this.#search(), pause);
  }

  async #search(): Promise<void> {
    if (!this.#model || !this.isConnected) return;
    const turn = ++this.#turn;
    const text = this.#input.value;
    const { search, searchFurther } = this.#model;
    let choices: SearchChoice[] = [];
    let message = '';
    try {
      choices = await search(text);
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
    }
    if (turn !== this.#turn) return;
    this.#pending = false;
    this.#show(choices, message);
    if (!searchFurther || message !== '' || (this.#takesFirst && choices.length > 0)) {
      this.#takeIfAsked();
      return;
    }
    let further: SearchChoice[] = [];
    try {
      further = await searchFurther(text);
    } catch (error) {
      if (choices.length === 0) message = error instanceof Error ? error.message : String(error);
    }
    if (turn !== this.#turn) return;
    if (further.length > 0 || message !== '') this.#show([...choices, ...further], message, this.#active);
    this.#takeIfAsked();
  }

  #show(choices: readonly SearchChoice[], message: string, active = -1): void {
    const typed = this.#input.value !== '';
    this.#active = Math.max(active, choices.length > 0 && typed ? 0 : -1);
    this.#choices = choices;
    this.#message = message;
    this.#open = choices.length > 0 || typed || message !== '';
    this.#render();
  }

  #takeIfAsked(): void {
    const asked = this.#takesFirst;
    this.#takesFirst = false;
    if (asked) this.#take(this.#active);
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
    if (this.#model?.text === undefined) this.#input.value = '';
    this.#close();
    choice.choose();
  }

  #keyPressed(event: KeyboardEvent): void {
    const last = this.#choices.length - 1;
    if (event.key === 'Enter') {
      if (this.#pending) {
        // Of the text as it is now, whatever is typed next.
        clearTimeout(this.#timer);
        this.#takesFirst = true;
        void this.#search();
      } else if (this.#open) {
        this.#take(this.#active);
      } else {
        this.#typed(0);
      }
    } else if (event.key === 'Escape') {
      if (!this.#open) return;
      this.#close();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      // From the field itself, up leads to the last one.
      const from = this.#active < 0 && step < 0 ? 0 : this.#active;
      if (this.#open) this.#active = last < 0 ? -1 : (from + step + last + 1) % (last + 1);
      else this.#typed(0);
      this.#render();
      this.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
