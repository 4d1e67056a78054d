import type { Locator, Page } from 'playwright-core';
import { choose, settled, usePages } from './pageSuite';
import {
  ProjectionPages,
  type OpenProjection,
  type ProjectionHost,
  type ProjectionOptions,
} from './projectionPage';

export { choose, settled };

/*
 * What tests of the projection do again and again.
 */

/**
 * Starts a browser for the tests of a file and ends it with them. Whatever a test does, the page must not break its policy
 * or complain.
 */
export function useProjectionPages(): {
  /** Opens a page and waits until its map is drawn. */
  open: (host: ProjectionHost, options?: ProjectionOptions) => Promise<OpenProjection>;
  /** Opens a page that may have no map. */
  openWithoutMap: (host: ProjectionHost, options?: ProjectionOptions) => Promise<OpenProjection>;
} {
  // What Chromium says of reading pictures back without a GPU.
  const opened = usePages(() => ProjectionPages.start(), 'GPU stall due to ReadPixels');
  const openWithoutMap = (host: ProjectionHost, options: ProjectionOptions = {}): Promise<OpenProjection> =>
    opened((pages) => pages.open(host, { reducedMotion: true, ...options }));
  return {
    openWithoutMap,
    async open(host, options) {
      const page = await openWithoutMap(host, options);
      await page.page.locator('recsight-scatter, recsight-point-table').first().waitFor({ timeout: 60_000 });
      await settled(page.page);
      return page;
    },
  };
}

/** An expression about the n-th plot of the page. */
export function plot<Value>(page: Page, expression: string, place = 0): Promise<Value> {
  return page.evaluate(`(document.querySelectorAll('recsight-scatter')[${place}]).${expression}`);
}

/** The field that finds points. */
export function pointSearch(page: Page): Locator {
  return page.getByRole('combobox', { name: 'Search points' });
}

/** The field that finds users. */
export function userSearch(page: Page): Locator {
  return page.getByRole('combobox', { name: 'Find a user' });
}
