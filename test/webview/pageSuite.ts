import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { OpenWebview } from './webviewPages';

type AnyWebview = Pick<OpenWebview<object, object>, 'page' | 'complaints' | 'violations' | 'close'>;

/**
 * Starts a browser for the tests of a file and ends it with them. After each test the pages that it opened are closed:
 * whatever it did, they must not have broken their policy or complained.
 *
 * @param harmless part of a complaint that is about the test and not about the page
 * @returns opens a page
 */
export function usePages<Pages extends { stop(): Promise<void> }>(
  start: () => Promise<Pages>,
  harmless?: string,
): <Open extends AnyWebview>(open: (pages: Pages) => Promise<Open>) => Promise<Open> {
  let pages: Pages;
  let opened: AnyWebview[] = [];
  beforeAll(async () => {
    pages = await start();
  }, 120_000);
  afterAll(() => pages.stop());
  afterEach(async ({ task }) => {
    const all = opened;
    opened = [];
    for (const { page, complaints, violations, close } of all) {
      expect(await violations()).toEqual([]);
      expect(complaints.filter((text) => harmless === undefined || !text.includes(harmless))).toEqual([]);
      // Nobody knows what a test that failed has left there.
      await (task.result?.state === 'fail' ? page.close() : close());
    }
  });
  return async (open) => {
    const page = await open(pages);
    opened.push(page);
    return page;
  };
}

/** A page, or something on one, in which code is run. */
export interface Evaluated {
  evaluate(code: string): Promise<unknown>;
}

/** Until all that was asked for is drawn. */
export const settled = (page: Evaluated): Promise<unknown> =>
  page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))',
  );

/** Chooses an entry of a list that is named by its label. */
export async function choose(page: Page, label: string, entry: string): Promise<void> {
  const list = page.locator(`vscode-dropdown[aria-label="${label}"]`);
  await list.click();
  await list.locator('vscode-option', { hasText: entry }).first().click();
}

/**
 * Presses Tab until something has the focus that a condition of the page, in JavaScript, holds for.
 * @returns the beginnings of the labels of all that had the focus
 */
export async function tabUntil(page: Page, condition: string): Promise<string[]> {
  const reached: string[] = [];
  for (let step = 0; step < 40; step++) {
    await page.keyboard.press('Tab');
    reached.push(
      await page.evaluate(
        "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent ?? '').trim().slice(0, 40)",
      ),
    );
    if (await page.evaluate(condition)) return reached;
  }
  throw new Error(`The Tab key reaches nothing with ${condition}, but ${reached.join(', ')}.`);
}
