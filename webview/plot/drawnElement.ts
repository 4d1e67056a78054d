import { onThemeChange } from '../ui/theme';

/** An element that is drawn anew when its size or the theme changes, or when it asks for that: once a frame at most. */
export abstract class DrawnElement extends HTMLElement {
  #scheduled = false;
  #disconnect: () => void = () => undefined;

  connectedCallback(): void {
    const size = new ResizeObserver(() => {
      this.resized();
      this.schedule();
    });
    size.observe(this);
    const endTheme = onThemeChange(() => {
      this.themeChanged();
      this.schedule();
    });
    this.#disconnect = () => {
      size.disconnect();
      endTheme();
    };
    this.schedule();
  }

  disconnectedCallback(): void {
    this.#disconnect();
  }

  protected schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#drawScheduled());
  }

  /** Draws as soon as the code that runs is done: for pages that render in a frame, in the same one. */
  protected scheduleAtOnce(): void {
    this.#scheduled = true;
    queueMicrotask(() => this.#drawScheduled());
  }

  #drawScheduled(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    if (this.isConnected) this.draw();
  }

  /** Lets go of what was measured. */
  protected resized(): void {
    // Most measure whenever they draw.
  }

  /** Draws what there is to draw; called in a frame, while the element is in the page. */
  protected abstract draw(): void;

  /** Lets go of what was read out of the theme. */
  protected themeChanged(): void {
    // Most read it whenever they draw.
  }
}
