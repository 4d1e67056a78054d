import type { FrameLocator, Locator } from 'playwright-core';
import type { Workbench } from './workbench';

/** What the page of the live panel shows, read in the browser as a user would see it. */
export class RunPanel {
  private readonly page: FrameLocator;

  constructor(workbench: Workbench) {
    this.page = workbench.webview('recsight.recsight');
  }

  get root(): Locator {
    return this.page.locator('main');
  }

  button(name: string): Locator {
    return this.page.locator('vscode-button', { hasText: name });
  }

  async status(): Promise<string> {
    return (await this.page.locator('header').getByRole('status').innerText({ timeout: 5000 })).trim();
  }

  /** Finished epochs, from the header. */
  async epoch(): Promise<number> {
    const text = await this.page.getByText(/^\d+\/\d+ epochs?$/).innerText({ timeout: 5000 });
    return Number(/^(\d+)/.exec(text)![1]);
  }

  /** The newest value of a metric in the line of facts. */
  async fact(name: string): Promise<number> {
    const item = this.page.getByRole('list', { name: 'Latest values' }).getByRole('listitem');
    const text = await item.filter({ hasText: name }).locator('b').innerText({ timeout: 5000 });
    return Number(text);
  }

  /** How many points a chart has drawn. */
  async drawnPoints(title: string): Promise<number> {
    const plot = this.page.getByRole('slider', { name: title });
    return Number(await plot.getAttribute('aria-valuemax', { timeout: 5000 })) + 1;
  }

  /** The table of test metrics, row by row. */
  async testTable(): Promise<string[][]> {
    const rows = this.page.getByRole('region', { name: 'Test' }).getByRole('row');
    const table: string[][] = [];
    for (const row of await rows.all()) table.push(await row.locator('th, td').allInnerTexts());
    return table;
  }
}
