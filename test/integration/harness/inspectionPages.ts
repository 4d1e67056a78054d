import type { FrameLocator, Locator } from 'playwright-core';
import type { Workbench } from './workbench';

/** What the page of the projection shows, read in the browser as a user would see it. */
export class ProjectionPage {
  private readonly page: FrameLocator;

  constructor(workbench: Workbench) {
    this.page = workbench.webview('recsight.recsight');
  }

  get root(): Locator {
    return this.page.locator('main');
  }

  /** What is drawn, as soon as it is: such as `Items of sasrec, epoch 1 (best)`, how it was laid out, and how many points. */
  async drawn(): Promise<{ title: string; layout: string; count: string }> {
    const facts = this.page.locator('.stage-title p');
    await facts.nth(1).waitFor({ timeout: 60_000 });
    const [layout, count] = await facts.allInnerTexts();
    return { title: await this.page.locator('.projection h1').innerText(), layout: layout!, count: count! };
  }

  get map(): Locator {
    return this.page.locator('recsight-scatter canvas').first();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name });
  }

  /** Chooses how to save or export what is shown. */
  async saveAs(name: string): Promise<void> {
    await this.button('Save and Export').click();
    await this.page.getByRole('menuitem', { name }).click();
  }

  /** The table's first rows, cell by cell, the head among them. */
  async tableRows(): Promise<string[][]> {
    const rows = this.page.locator('recsight-point-table').getByRole('row');
    await rows.nth(1).waitFor({ timeout: 5000 });
    return (await rows.allInnerTexts()).map((row) => row.split(/[\t\n]+/));
  }
}

/** What the page of the playground shows. */
export class PlaygroundPage {
  private readonly page: FrameLocator;

  constructor(workbench: Workbench) {
    this.page = workbench.webview('recsight.recsight');
  }

  /** Titles that one side lists, best first, with what came next; as soon as there are ten. */
  async recommendations(side = 0): Promise<string[]> {
    const links = this.page.locator(`.recommendations .link[data-side="${side}"]`);
    await links.nth(9).waitFor({ timeout: 60_000 });
    return links.allInnerTexts();
  }

  /** What the bars next to the history are, one for each run. */
  reasons(): Promise<string[]> {
    return this.page.locator('.history .reason').allInnerTexts();
  }

  /** Shows another run next to the panel's own. */
  async compareWith(run: string): Promise<void> {
    const list = this.page.locator('vscode-dropdown[aria-label="Compare with"]');
    await list.click();
    await list.locator('vscode-option', { hasText: run }).first().click();
  }
}

/** What the page of attention shows. */
export class AttentionPage {
  private readonly page: FrameLocator;

  constructor(workbench: Workbench) {
    this.page = workbench.webview('recsight.recsight');
  }

  get root(): Locator {
    return this.page.locator('main');
  }

  title(): Promise<string> {
    return this.page.locator('.panel-header h1').innerText({ timeout: 5000 });
  }

  /** Resolves when a user's recommendations are there and explained. */
  async explained(): Promise<void> {
    await this.recommended.nth(9).waitFor({ timeout: 60_000 });
  }

  /** Titles of the recommended items, best first, and of the one that came next where it is not among them. */
  recommendations(): Promise<string[]> {
    return this.recommended.allInnerTexts();
  }

  private get recommended(): Locator {
    return this.page.locator('.recommendations tbody tr:not(.gap-row) .name button.link');
  }

  get map(): Locator {
    return this.page.locator('recsight-heat-map canvas').first();
  }

  /** Rows of what decided the recommendation, of a model without attention. */
  get contributions(): Locator {
    return this.page.locator('.contributions tbody tr');
  }

  display(name: string): Locator {
    return this.page.locator('label', { hasText: name });
  }

  /** The weights as a table, row by row without the head; null for what is no number. */
  async weights(): Promise<{ title: string; values: number[] }[]> {
    const rows = this.page.locator('table.weights tbody tr');
    await rows.first().waitFor({ timeout: 5000 });
    return Promise.all(
      (await rows.all()).map(async (row) => ({
        title: await row.locator('th').innerText(),
        values: (await row.locator('td').allInnerTexts()).map(Number),
      })),
    );
  }
}
