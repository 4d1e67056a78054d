import type { Page } from 'playwright-core';
import { exampleEvents, exampleRun } from './exampleRun';
import { LivePages, TestHost, type OpenPage } from './livePage';
import { usePages } from './pageSuite';
import type { PageOptions } from './webviewPages';

export { settled } from './pageSuite';

/**
 * Opens the live panel for the tests of a file. Whatever a test does, the page must not break its policy or complain.
 */
export function useLivePages(): {
  /** Opens a page, without waiting for what it shows. */
  openUnread: (host: TestHost, options?: PageOptions) => Promise<OpenPage>;
  /** Opens a page that shows its run. */
  open: (host: TestHost, options?: PageOptions) => Promise<OpenPage>;
} {
  const opened = usePages(() => LivePages.start());
  const openUnread = (host: TestHost, options: PageOptions = {}): Promise<OpenPage> =>
    opened((pages) => pages.open(host, options));
  const open = async (host: TestHost, options: PageOptions = {}): Promise<OpenPage> => {
    const page = await openUnread(host, options);
    await page.page.locator('h1', { hasText: host.run.manifest.name }).waitFor();
    return page;
  };
  return { openUnread, open };
}

export const runningHost = (): TestHost => new TestHost(exampleRun('running', 7), exampleEvents(7, 60, 20));

export const chart = (page: Page, title: string) => page.locator('recsight-line-chart', { hasText: title });

export const canvasOf = (page: Page, title: string) =>
  chart(page, title)
    .locator('canvas')
    .first()
    .evaluate((canvas: unknown) => (canvas as { toDataURL: () => string }).toDataURL());

export const summaryOf = (page: Page, title: string) =>
  chart(page, title).locator('.plot').getAttribute('aria-label');

/** How many times a chart was drawn. */
export const timesDrawn = (page: Page, title: string) =>
  chart(page, title).evaluate((element: unknown) => (element as { timesDrawn: number }).timesDrawn);
