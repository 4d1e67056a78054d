import type { Browser, BrowserContext, Page } from 'playwright-core';

/** What a tab has from its beginning to its end. */
export interface TabOptions {
  pixelRatio: number;
  reducedMotion: boolean;
  /** Run in each document of the tab before its own. */
  scripts: readonly string[];
}

/** One tab of the browser, with one document after the other. */
export class BrowserTab {
  /** What the document wrote to its console as a warning or worse, and what broke in it. */
  complaints: string[] = [];
  /** Takes what the document posts to the test. */
  receive: (message: string) => void = () => undefined;

  private constructor(
    readonly page: Page,
    readonly options: TabOptions,
  ) {}

  static async open(context: BrowserContext, options: TabOptions): Promise<BrowserTab> {
    const page = await context.newPage();
    const tab = new BrowserTab(page, options);
    page.on('console', (message) => {
      if (['warning', 'error'].includes(message.type())) tab.complaints.push(message.text());
    });
    page.on('pageerror', (error) => tab.complaints.push(String(error)));
    await page.exposeFunction('postToTest', (message: string) => tab.receive(message));
    for (const content of options.scripts) await page.addInitScript({ content });
    return tab;
  }

  /** Forgets the document and all that it kept. */
  async clear(blankUrl: string): Promise<void> {
    this.receive = () => undefined;
    await this.page.mouse.move(-1, -1);
    await this.page.goto(blankUrl);
    // Not before: a document may keep something when it is left.
    await this.page.evaluate('sessionStorage.clear()');
    this.complaints = [];
  }
}

/**
 * The tabs of a browser. A tab that a test has left is used for the next one: Chromium takes longer to make a tab, and much
 * longer to make a context, which is a window, than to load a document, whose scripts it then also has compiled already.
 */
export class BrowserTabs {
  readonly #contexts = new Map<string, Promise<BrowserContext>>();
  readonly #free = new Map<string, BrowserTab[]>();

  /** @param blankUrl a document without scripts, from where those of the tests come */
  constructor(
    readonly browser: Browser,
    readonly blankUrl: string,
  ) {}

  async take(options: TabOptions): Promise<BrowserTab> {
    const free = this.#free.get(JSON.stringify(options))?.pop();
    if (free === undefined) return BrowserTab.open(await this.#contextFor(options), options);
    // Another may have been opened in front of it, and what cannot be seen is not drawn.
    await free.page.bringToFront();
    return free;
  }

  /** Gives a tab back that is as it was, but for its document and its size. */
  async giveBack(tab: BrowserTab): Promise<void> {
    if (tab.page.isClosed()) return;
    await tab.clear(this.blankUrl);
    const key = JSON.stringify(tab.options);
    this.#free.set(key, [...(this.#free.get(key) ?? []), tab]);
  }

  #contextFor({ pixelRatio, reducedMotion }: TabOptions): Promise<BrowserContext> {
    const key = `${pixelRatio} ${reducedMotion}`;
    const context =
      this.#contexts.get(key) ??
      this.browser.newContext({
        deviceScaleFactor: pixelRatio,
        reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
      });
    this.#contexts.set(key, context);
    return context;
  }
}
