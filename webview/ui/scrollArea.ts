import { html, noChange, nothing, type TemplateResult } from 'lit';
import { AsyncDirective, directive, type ElementPart } from 'lit/async-directive.js';
import './scrollArea.css';

export interface ScrollAreaOptions {
  /** Says what is in it; or `labelledBy`, the id of the element that does. */
  label?: string;
  labelledBy?: string;
  /** Classes of the element that scrolls. */
  className?: string;
  content: unknown;
}

/**
 * What may be wider or higher than its place. While it is, the cut edges are dashed, a line below says where there is more, and
 * the keyboard can scroll it.
 */
export function scrollArea({
  label,
  labelledBy,
  className = '',
  content,
}: ScrollAreaOptions): TemplateResult {
  // A group and not a region: within a section of the same name it would be a second landmark.
  return html`<div class="scroll-area">
    <div
      class="scroll-content ${className}"
      role="group"
      aria-label=${label ?? nothing}
      aria-labelledby=${labelledBy ?? nothing}
      ${hintOfMore()}
    >
      ${content}
    </div>
    <p class="scroll-hint" aria-hidden="true" hidden></p>
  </div>`;
}

const SIDES = {
  left: { arrow: '←', words: 'to the left' },
  right: { arrow: '→', words: 'to the right' },
  above: { arrow: '↑', words: 'above' },
  below: { arrow: '↓', words: 'below' },
};
type Side = keyof typeof SIDES;

/** The sides on which an element has more than it shows. A fraction of a pixel is nothing to scroll to. */
function hiddenSides(element: HTMLElement): Side[] {
  const { scrollLeft, scrollTop, scrollWidth, scrollHeight, clientWidth, clientHeight } = element;
  const hidden: Record<Side, number> = {
    left: scrollLeft,
    right: scrollWidth - clientWidth - scrollLeft,
    above: scrollTop,
    below: scrollHeight - clientHeight - scrollTop,
  };
  return (Object.keys(SIDES) as Side[]).filter((side) => hidden[side] >= 2);
}

/** Keeps the hint and the edges of the element it stands on as they are to be. */
class HintOfMore extends AsyncDirective {
  #element: HTMLElement | null = null;
  #hasFocus = false;
  readonly #sizes = new ResizeObserver(() => this.#show());
  readonly #scrolled = (): void => this.#show();

  /** @param hasFocus the element can have the focus whether or not it scrolls */
  override render(hasFocus = false): unknown {
    this.#hasFocus = hasFocus;
    return noChange;
  }

  override update(part: ElementPart, [hasFocus]: [boolean?]): unknown {
    this.render(hasFocus);
    this.#element = part.element as HTMLElement;
    this.#watch();
    return noChange;
  }

  protected override disconnected(): void {
    this.#sizes.disconnect();
    this.#element?.removeEventListener('scroll', this.#scrolled);
  }

  protected override reconnected(): void {
    this.#watch();
  }

  #watch(): void {
    const element = this.#element!;
    element.addEventListener('scroll', this.#scrolled, { passive: true });
    // What is in it may be other elements than at the last rendering; observing one again changes nothing.
    for (const child of [element, ...element.children]) this.#sizes.observe(child);
  }

  #show(): void {
    const element = this.#element!;
    const sides = hiddenSides(element);
    const area = element.parentElement!;
    const hint = area.querySelector<HTMLElement>(':scope > .scroll-hint')!;
    area.dataset.more = sides.join(' ');
    hint.hidden = sides.length === 0;
    const words = new Intl.ListFormat('en').format(sides.map((side) => SIDES[side].words));
    hint.textContent = `${sides.map((side) => SIDES[side].arrow).join(' ')} More ${words}`;
    if (this.#hasFocus) return;
    if (sides.length > 0) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  }
}

/** For an element with the class `scroll-content` in one of the class `scroll-area`, before one of the class `scroll-hint`. */
export const hintOfMore = directive(HintOfMore);
