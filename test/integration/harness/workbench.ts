import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Browser, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { chromiumArguments, findChromium } from '../../../scripts/lib/chromium.mjs';
import { startCodeServer } from '../../../scripts/lib/codeServer.mjs';
import { root } from '../../../scripts/lib/toolchain.mjs';
import { until } from '../../until';

type ServerOptions = NonNullable<Parameters<typeof startCodeServer>[0]>;
type CodeServer = Awaited<ReturnType<typeof startCodeServer>>;

/** Lets Chromium draw WebGL where there is no GPU. */
export const SOFTWARE_WEBGL = '--enable-unsafe-swiftshader';

export const screenshotDirectory = path.join(root, 'test/screenshots');

/** A VS Code workbench in a real browser, driven the way a user would. */
export class Workbench {
  /** Content Security Policy violations that the browser has reported, in whatever frame. */
  readonly policyViolations: string[] = [];

  private constructor(
    readonly server: CodeServer,
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (!message.text().includes('Content Security Policy')) return;
      const { url, lineNumber, columnNumber } = message.location();
      this.policyViolations.push(`${message.text()} (${url}:${lineNumber + 1}:${columnNumber + 1})`);
    });
  }

  /**
   * Starts code-server with `options.extension` or `options.vsix` and opens a folder or a `.code-workspace` file in it.
   * @param browserArguments more of Chromium's switches, such as SOFTWARE_WEBGL
   * @param prepare is given the page while it is still empty
   */
  static async open(
    folder: string,
    options: ServerOptions,
    browserArguments: readonly string[] = [],
    prepare: (page: Page) => Promise<void> = () => Promise.resolve(),
  ): Promise<Workbench> {
    const server = await startCodeServer(options);
    let browser: Browser | undefined;
    try {
      const args = [...chromiumArguments, ...browserArguments];
      browser = await chromium.launch({ executablePath: await findChromium(), args });
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      const workbench = new Workbench(server, browser, page);
      await prepare(page);
      const kind = folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
      await page.goto(`${server.url}?${kind}=${encodeURIComponent(folder)}`);
      await workbench.ready();
      return workbench;
    } catch (error) {
      await browser?.close();
      await server.stop();
      throw error;
    }
  }

  /** Of Chromium. */
  get browserVersion(): string {
    return this.browser.version();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  /** Reloads the window by VS Code's own command: a new page and a new extension host, with the kept state. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('domcontentloaded', { timeout: 60_000 });
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.ready();
  }

  /**
   * Chooses a command in the palette. Its list is a snapshot of the commands that were registered when it opened, so
   * it is opened again until the command is there.
   */
  async runCommand(title: string): Promise<void> {
    await this.choose(`>${title}`, title);
  }

  /** Opens the palette with a command in it; fails when the palette does not offer it within a minute. */
  async findCommand(title: string): Promise<void> {
    await retry(60_000, async () => {
      await this.openPalette(`>${title}`);
      await this.quickPickRow(title).waitFor({ timeout: 1500 });
    });
  }

  /** Opens a file of the workspace by its name, in the editor group that is in front. */
  async openFile(name: string): Promise<void> {
    await this.choose(name, name);
    await this.tab(name).waitFor();
  }

  /** A link above a line of the editor. */
  codeLens(title: string): Locator {
    return this.page.locator('.codelens-decoration a', { hasText: title });
  }

  /** A question that has to be answered first. */
  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box', { hasText: text });
  }

  /** Runs a command of the palette by keyboard alone. */
  async typeCommand(title: string): Promise<void> {
    await this.findCommand(title);
    const focused = this.page.locator('.quick-input-list .monaco-list-row.focused');
    const wanted = focused.filter({
      has: this.page.locator('.label-name').getByText(title, { exact: true }),
    });
    for (let steps = 0; steps < 30 && (await wanted.count()) === 0; steps++)
      await this.page.keyboard.press('ArrowDown');
    await this.page.keyboard.press('Enter');
  }

  /** Picks the first row that a text leaves in the quick pick that is open, by keyboard alone. */
  async typePick(placeholder: string, text: string): Promise<void> {
    const input = this.page.getByPlaceholder(placeholder);
    await input.waitFor();
    await this.page.keyboard.type(text);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text }).waitFor();
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** Presses Tab until something of the page of a panel has the focus. */
  async tabTo(panel: FrameLocator, selector: string): Promise<void> {
    await panel.locator(selector).first().waitFor({ timeout: 5000 });
    for (let steps = 0; steps < 80; steps++) {
      if ((await panel.locator(`${selector}:focus-within`).count()) > 0) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`The Tab key does not reach ${selector}.`);
  }

  /** Picks a row of the quick pick that is open. */
  async pick(label: string): Promise<void> {
    await this.quickPickRow(label).click();
  }

  /** Picks the first row whose label begins so. */
  async pickStarting(label: string): Promise<void> {
    const name = this.page.locator('.label-name').getByText(new RegExp(`^${label}`));
    await this.page.locator('.quick-input-list .monaco-list-row').filter({ has: name }).first().click();
  }

  /** Agrees to what the dialog for saving a file proposes. Resolves with the file's path. */
  async acceptSaveDialog(): Promise<string> {
    const input = this.page.locator('.quick-input-widget:visible input.input');
    const file = await retry(10_000, async () => {
      const value = await input.inputValue({ timeout: 1000 });
      if (!path.isAbsolute(value) || path.extname(value) === '') throw new Error('No file is proposed.');
      return value;
    });
    await input.press('Enter');
    await input.waitFor({ state: 'hidden' });
    return file;
  }

  /** The tab of an editor or panel. */
  tab(title: string): Locator {
    return this.page.getByRole('tab', { name: title });
  }

  /** The row of the open quick pick that has exactly this label. */
  quickPickRow(label: string): Locator {
    const name = this.page.locator('.label-name').getByText(label, { exact: true });
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ has: name }).first();
  }

  /** The page inside the visible webview of an extension. @param nth which one, where several are visible */
  webview(extensionId: string, nth?: number): FrameLocator {
    const visible = this.page.locator(`iframe.webview.ready[src*="extensionId=${extensionId}"]:visible`);
    return (nth === undefined ? visible : visible.nth(nth))
      .contentFrame()
      .frameLocator('iframe#active-frame');
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.part.statusbar .statusbar-item', { hasText: text });
  }

  treeRow(text: string | RegExp): Locator {
    return this.page.locator('.part.sidebar .monaco-list-row', { hasText: text });
  }

  /** A row of the tree by what a screen reader says. */
  spokenTreeRow(label: RegExp): Locator {
    return this.page.getByRole('treeitem', { name: label });
  }

  /** Chooses from the context menu of a row. A menu that has just opened ignores the mouse for a moment. */
  async chooseFromMenu(row: Locator, title: string): Promise<void> {
    await row.click({ button: 'right' });
    const item = this.page.getByRole('menuitem', { name: title });
    await item.waitFor();
    await retry(10_000, async () => {
      if (await item.isVisible()) await item.click({ timeout: 1000 });
      await item.waitFor({ state: 'hidden', timeout: 1000 });
    });
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-list-item', { hasText: text });
  }

  /**
   * Changes the color theme, as a user does.
   *
   * @param kind the workbench's class for such themes: `vs`, `vs-dark`, `hc-black` or `hc-light`
   */
  async setTheme(label: string, kind: string): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    const input = this.page.getByPlaceholder('Select Color Theme');
    await input.fill(label);
    await this.pick(label);
    await this.page.locator(`.monaco-workbench.${kind}`).waitFor();
    await input.waitFor({ state: 'hidden' });
  }

  /** Saves a picture for people to look at, as test/screenshots/<name>.png. */
  async screenshot(name: string): Promise<void> {
    await mkdir(screenshotDirectory, { recursive: true });
    await this.page.screenshot({ path: path.join(screenshotDirectory, `${name}.png`) });
  }

  private ready(): Promise<void> {
    return this.page.locator('.part.statusbar').waitFor({ timeout: 60_000 });
  }

  /** Opens the palette again where something else has taken the focus, and so closed it, before the click. */
  private async choose(text: string, label: string): Promise<void> {
    await retry(60_000, async () => {
      await this.openPalette(text);
      await this.quickPickRow(label).click({ timeout: 1500 });
    });
  }

  private async openPalette(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    // In a list, Escape takes the focus and the selection away.
    if (await input.isVisible()) await this.page.keyboard.press('Escape');
    await this.page.keyboard.press('F1');
    await input.waitFor({ timeout: 5000 });
    await input.fill(text, { timeout: 2000 });
  }
}

/** Tries until it succeeds; after `timeoutMs` the last error is thrown. */
export async function retry<T>(timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
  let lastError: unknown;
  const look = () =>
    attempt().then(
      (value) => ({ value }),
      (error: unknown) => {
        lastError = error;
        return null;
      },
    );
  try {
    return (await until('an attempt that succeeds', look, timeoutMs)).value;
  } catch {
    throw lastError;
  }
}
