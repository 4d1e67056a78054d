import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import {
  ProjectionPages,
  type OpenProjection,
  type ProjectionHost,
  type ProjectionOptions,
} from './projectionPage';

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
  let pages: ProjectionPages;
  let opened: OpenProjection[] = [];
  beforeAll(async () => {
    pages = await ProjectionPages.start();
  }, 120_000);
  afterAll(() => pages.stop());
  afterEach(async () => {
    const all = opened;
    opened = [];
    for (const { page, complaints, violations } of all) {
      expect(await violations()).toEqual([]);
      // What Chromium says of reading pictures back without a GPU.
      expect(complaints.filter((text) => !text.includes('GPU stall due to ReadPixels'))).toEqual([]);
      await page.context().close();
    }
  });
  const openWithoutMap = async (
    host: ProjectionHost,
    options: ProjectionOptions = {},
  ): Promise<OpenProjection> => {
    const page = await pages.open(host, { reducedMotion: true, ...options });
    opened.push(page);
    return page;
  };
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

/** Until all that was asked for is drawn. */
export function settled(page: Page): Promise<unknown> {
  return page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))',
  );
}

/** An expression about the n-th plot of the page. */
export function plot<Value>(page: Page, expression: string, place = 0): Promise<Value> {
  return page.evaluate(`(document.querySelectorAll('recsight-scatter')[${place}]).${expression}`);
}

export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).click();
  await page.getByRole('option', { name: option }).first().click();
}

/** The field that finds points. */
export function pointSearch(page: Page): Locator {
  return page.getByRole('combobox', { name: 'Search points' });
}

/** The field that finds users. */
export function userSearch(page: Page): Locator {
  return page.getByRole('combobox', { name: 'Find a user' });
}
