import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { accessibilityFaults, accessibilityFaultsInAllThemes } from './accessibility';
import { exampleEvents, exampleRun, exampleTest } from './exampleRun';
import { TestHost } from './livePage';
import { LIVE_STATES } from './liveStates';
import { canvasOf, chart, runningHost, settled, useLivePages } from './liveSuite';
import { changeTheme } from './webviewPages';

const { open } = useLivePages();

describe('themes and sizes', () => {
  test('a new theme recolors the canvas', async () => {
    const { page } = await open(runningHost(), { theme: 'dark-modern' });
    await settled(page);
    const dark = await canvasOf(page, 'Training loss');
    await changeTheme(page, 'light-modern');
    await settled(page);
    const light = await canvasOf(page, 'Training loss');
    expect(light).not.toBe(dark);
    await changeTheme(page, 'dark-modern');
    await settled(page);
    expect(await canvasOf(page, 'Training loss')).toBe(dark);
  });

  test('another pixel density redraws the canvas', async () => {
    const { page } = await open(runningHost(), { pixelRatio: 2 });
    await settled(page);
    const canvas = chart(page, 'Training loss').locator('canvas').first();
    const { width } = (await canvas.boundingBox())!;
    expect(await canvas.evaluate((element: unknown) => (element as { width: number }).width)).toBeCloseTo(
      2 * width,
      -1,
    );
  });

  test.each([320, 380, 720, 1280, 2560])('%i pixels wide: nothing sticks out', async (width) => {
    const host = new TestHost(exampleRun('finished', 20, { test: exampleTest() }), exampleEvents(20));
    const { page } = await open(host, { width });
    await settled(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    for (const box of await page.locator('recsight-line-chart canvas').all()) {
      expect((await box.boundingBox())!.width).toBeGreaterThan(250);
    }
  });

  test.each([320, 480])('%i pixels wide: the menu is in line with the first button', async (width) => {
    const { page } = await open(LIVE_STATES.stopped!(), { width });
    const topOf = async (selector: string) => (await page.locator(selector).first().boundingBox())!;
    const first = await topOf('.actions vscode-button');
    const menu = await topOf('.actions recsight-menu');
    expect(menu.y).toBeLessThan(first.y + first.height);
  });

  test('a chart follows the width of its panel', async () => {
    const { page } = await open(runningHost(), { width: 1280 });
    await settled(page);
    await page.setViewportSize({ width: 600, height: 900 });
    await settled(page);
    const { width } = (await chart(page, 'Training loss').locator('.uplot').boundingBox())!;
    expect(width).toBeGreaterThan(540);
    expect(width).toBeLessThanOrEqual(600);
  });

  test('no accessibility problem while it runs, and after it failed', async () => {
    const error = { code: 'x', message: 'The loss is NaN.' };
    const hosts = [
      runningHost(),
      new TestHost(exampleRun('failed', 7, { error, test: exampleTest(0.8) }), exampleEvents(7)),
    ];
    for (const host of hosts) {
      host.series.fold([
        { v: 1, seq: host.series.cursor, time: 0, kind: 'log', level: 'warning', message: 'Slow disk' },
      ]);
      const { page } = await open(host);
      await chart(page, 'Throughput').getByRole('button', { name: 'View as Table' }).click();
      expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
    }
  });

  test.each(Object.keys(LIVE_STATES))('%s: no accessibility problem in this state', async (state) => {
    const { page } = await open(LIVE_STATES[state]!(), { width: 480 });
    await settled(page);
    await page.getByText('Details', { exact: true }).click();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  test('nothing spins for those who asked for less motion', async () => {
    const { page } = await open(new TestHost(exampleRun('preparing', 0), []), { reducedMotion: true });
    await page.locator('.status .codicon').waitFor();
    expect(
      await page.evaluate(`getComputedStyle(document.querySelector('.status .codicon')).animationName`),
    ).toBe('none');
  });
});

describe('what is wider or higher than its place', () => {
  const finished = () => new TestHost(exampleRun('finished', 20, { test: exampleTest() }), exampleEvents(20));
  const areaOf = (page: Page, name: string) => {
    const content = page.getByRole('group', { name, exact: true });
    return { content, hint: content.locator('xpath=following-sibling::*[@class="scroll-hint"]') };
  };
  const scrolledBy = (content: Locator) =>
    content.evaluate((element: unknown) => {
      const { scrollLeft, scrollTop } = element as { scrollLeft: number; scrollTop: number };
      return [scrollLeft > 0, scrollTop > 0];
    });

  test('a table that is cut says where it goes on, and the keyboard goes there', async () => {
    const { page } = await open(finished(), { width: 480 });
    const { content, hint } = areaOf(page, 'Test');
    await expect.poll(() => hint.innerText()).toBe('→ More to the right');
    const edge = (side: string) =>
      page.evaluate<string>(
        `getComputedStyle(document.querySelector('.test .scroll-content')).border${side}Color`,
      );
    expect(await edge('Left')).not.toBe(await edge('Right'));
    await content.focus();
    for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight');
    await expect.poll(() => hint.innerText()).toBe('← More to the left');
    // The rows keep their names in sight.
    const name = (await content.locator('tbody th').first().boundingBox())!;
    const place = (await content.boundingBox())!;
    expect(Math.abs(name.x - place.x)).toBeLessThanOrEqual(1);
  });

  test('a table that has room is no stop of the keyboard, and says nothing', async () => {
    const { page } = await open(finished(), { width: 480 });
    const { content, hint } = areaOf(page, 'Test');
    await expect.poll(() => content.getAttribute('tabindex')).toBe('0');
    await page.setViewportSize({ width: 1280, height: 900 });
    await expect.poll(() => content.getAttribute('tabindex')).toBeNull();
    expect(await hint.isVisible()).toBe(false);
  });

  test('lists and the tables of charts do the same downwards', async () => {
    const host = runningHost();
    host.series.fold(
      Array.from({ length: 30 }, (_, i) => ({
        v: 1 as const,
        seq: host.series.cursor + i,
        time: 0,
        kind: 'log' as const,
        level: 'info' as const,
        message: `Message ${i}`,
      })),
    );
    const { page } = await open(host, { width: 480 });
    await chart(page, 'Training loss').getByRole('button', { name: 'View as Table' }).click();
    for (const name of ['Messages 30', 'Training loss, table']) {
      const { content, hint } = areaOf(page, name);
      await expect.poll(() => hint.innerText()).toBe('↓ More below');
      await content.focus();
      await page.keyboard.press('PageDown');
      await expect.poll(() => scrolledBy(content)).toEqual([false, true]);
      await expect.poll(() => hint.innerText()).toBe('↑ ↓ More above and below');
    }
  });
});
