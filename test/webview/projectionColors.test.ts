import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { colorDistance, contrast, VISIONS } from '../../webview/ui/colorDistance';
import type { ColorBytes } from '../../webview/ui/colorModel';
import { THEMES, type ThemeName } from './webviewPages';
import { ProjectionHost } from './projectionPage';
import { choose, settled, useProjectionPages } from './projectionSteps';

const { open } = useProjectionPages();

const entries = (page: Page): Promise<string[]> => page.locator('.legend-entry .label').allTextContents();

const bytes = (color: string): ColorBytes => {
  const [red, green, blue] = color.match(/[\d.]+/g)!.map(Number);
  return [red!, green!, blue!, 255];
};

/** Colors of the legend by their names. */
async function legendColors(page: Page): Promise<Map<string, ColorBytes>> {
  const found = await page.evaluate<
    [string, string][]
  >(`[...document.querySelectorAll('.legend-entry')].map((entry) => [
    entry.querySelector('.label').textContent,
    getComputedStyle(entry.querySelector('i')).backgroundColor,
  ])`);
  return new Map(found.map(([label, color]) => [label, bytes(color)]));
}

/** All pairs that look alike to one kind of eye. */
function alike(colors: Map<string, ColorBytes>, vision: (typeof VISIONS)[number], least: number): string[] {
  const list = [...colors];
  return list.flatMap(([label, color], place) =>
    list
      .slice(0, place)
      .filter(([, other]) => colorDistance(color, other, vision) < least)
      .map(
        ([other]) => `${label} and ${other}: ${colorDistance(color, colors.get(other)!, vision).toFixed(1)}`,
      ),
  );
}

describe.each(Object.keys(THEMES) as ThemeName[])('in %s', (theme) => {
  test('fourteen categories: ten colors, that of the others, and the background differ to all eyes', async () => {
    const { page } = await open(ProjectionHost.of(2_000), { theme });
    await choose(page, 'Color by', 'genre');
    await expect.poll(async () => (await entries(page)).at(-1)).toBe('4 others');
    const colors = await legendColors(page);
    expect(colors.size).toBe(11);
    const ground = bytes(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
    for (const [label, color] of colors) {
      expect([label, contrast(color, ground) >= 3]).toEqual([label, true]);
    }
    colors.set('background', ground);
    expect(alike(colors, 'usual', 12)).toEqual([]);
    for (const vision of VISIONS) expect(alike(colors, vision, 4.5)).toEqual([]);
  });
});

describe('categories with a color', () => {
  test('are chosen by a click, from a list of all with their counts', async () => {
    const { page } = await open(ProjectionHost.of(2_000));
    await choose(page, 'Color by', 'genre');
    await expect.poll(async () => (await entries(page)).length).toBe(11);
    const before = await entries(page);
    const colors = await legendColors(page);
    const replaced = before[9]!;
    await page.getByText('Choose colors', { exact: true }).click();
    const others = page.getByRole('list', { name: 'Categories without a color' }).getByRole('button');
    expect(await others.count()).toBe(4);
    const given = (await others.last().locator('.label').textContent())!;
    expect(Number(await others.last().locator('.number').textContent())).toBeGreaterThan(0);
    await others.last().click();
    await expect.poll(() => entries(page)).toEqual([...before.slice(0, 9), given, '4 others']);
    // It has the color that it took, and all others kept theirs.
    const after = await legendColors(page);
    expect(after.get(given)).toEqual(colors.get(replaced));
    for (const label of before.slice(0, 9)) expect(after.get(label)).toEqual(colors.get(label));
    expect(await page.locator('p.unseen').textContent()).toBe(`${given} has the color of ${replaced}.`);
    // The next one does not take the color that was just given.
    const second = (await others.last().locator('.label').textContent())!;
    await others.last().click();
    await expect.poll(() => entries(page)).toContain(second);
    expect(await entries(page)).toContain(given);
    await page.getByText('Color the Most Frequent', { exact: true }).click();
    await expect.poll(() => entries(page)).toEqual(before);
  });

  test('with the keyboard: one is taken away, and another one gets it; both outlast a reload and a bookmark', async () => {
    const host = ProjectionHost.of(2_000);
    const { page } = await open(host);
    await choose(page, 'Color by', 'genre');
    await expect.poll(async () => (await entries(page)).length).toBe(11);
    const before = await entries(page);
    const taken = page.getByRole('button', { name: `Remove the color of ${before[0]!}` });
    await taken.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => entries(page)).toEqual([...before.slice(1, 10), '5 others']);
    await page.getByText('Choose colors', { exact: true }).focus();
    await page.keyboard.press('Enter');
    const others = page.getByRole('list', { name: 'Categories without a color' }).getByRole('button');
    const given = (await others.last().locator('.label').textContent())!;
    await others.last().focus();
    await page.keyboard.press('Enter');
    const chosen = [given, ...before.slice(1, 10), '4 others'];
    await expect.poll(() => entries(page)).toEqual(chosen);
    await page.getByLabel('Bookmark name').fill('rare genres');
    await page.getByRole('button', { name: 'Save Bookmark' }).click();
    await expect.poll(() => host.bookmarks.length).toBe(1);
    await expect
      .poll(() =>
        page.evaluate("JSON.parse(sessionStorage.getItem('kept state')).colored['column:genre']?.[0]"),
      )
      .toBe(given);
    await page.reload();
    await page.locator('recsight-scatter').waitFor();
    await expect.poll(() => entries(page)).toEqual(chosen);
    await page.getByText('Color the Most Frequent', { exact: true }).click();
    await expect.poll(() => entries(page)).toEqual(before);
    await page.getByText('rare genres', { exact: true }).click();
    await expect.poll(() => entries(page)).toEqual(chosen);
    await settled(page);
  });
});
