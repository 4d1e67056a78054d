import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { ExampleRun } from './projectionExample';
import { ProjectionHost } from './projectionPage';
import { choose, plot, pointSearch, settled, useProjectionPages } from './projectionSteps';

const { open } = useProjectionPages();

const twoRuns = (): ProjectionHost =>
  new ProjectionHost(
    new ExampleRun('/runs/a', 'sasrec-a', 600, 3),
    new ExampleRun('/runs/b', 'sasrec-b', 600, 3),
  );

/** Points of a map that are outside it, or over which something else lies. */
const hiddenPoints = (page: Page, place = 0): Promise<number[]> =>
  page.evaluate(`(() => {
    const scatter = document.querySelectorAll('recsight-scatter')[${place}];
    const { left, top, right, bottom } = scatter.getBoundingClientRect();
    const hidden = [];
    for (let point = 0; scatter.placeOf(point) && point < 400; point++) {
      const at = scatter.placeOf(point);
      const [x, y] = [left + at.x, top + at.y];
      const inside = x > left && x < right && y > top && y < bottom;
      if (!inside || !scatter.contains(document.elementFromPoint(x, y))) hidden.push(point);
    }
    return hidden;
  })()`);

/** How much of a map's narrower side its points take, from 0 to 1. */
const usedShare = (page: Page, place: number): Promise<number> =>
  page.evaluate(`(() => {
    const scatter = document.querySelectorAll('recsight-scatter')[${place}];
    const places = Array.from({ length: 600 }, (_, point) => scatter.placeOf(point));
    const across = places.map(({ x }) => x);
    const down = places.map(({ y }) => y);
    return Math.max(
      (Math.max(...across) - Math.min(...across)) / scatter.clientWidth,
      (Math.max(...down) - Math.min(...down)) / scatter.clientHeight,
    );
  })()`);

describe.each([
  [1280, 820],
  [480, 820],
  [1280, 420],
])('at %i × %i', (width, height) => {
  test.each(['2D', '3D'])('nothing lies over a fitted map in %s', async (dimensions) => {
    const { page } = await open(ProjectionHost.of(400), { width, height });
    if (dimensions === '3D') {
      if (width < 760) await page.getByRole('button', { name: 'Layout and Colors' }).click();
      await page.getByText('3D', { exact: true }).click();
      await expect.poll(() => plot(page, 'camera.tilt')).toBe(25);
      if (width < 760) await page.keyboard.press('Escape');
      await page.mouse.move(width / 2, height / 2);
    }
    await settled(page);
    expect(await hiddenPoints(page)).toEqual([]);
  });

  test('two compared maps use their room, and nothing lies over them', async () => {
    const { page } = await open(twoRuns(), { width, height });
    await choose(page, 'Compare with', 'another epoch');
    await expect.poll(() => page.locator('recsight-scatter').count(), { timeout: 30_000 }).toBe(2);
    await settled(page);
    for (const place of [0, 1]) expect(await hiddenPoints(page, place)).toEqual([]);
    // What both show together fills them up to their margins.
    const shares = [await usedShare(page, 0), await usedShare(page, 1)];
    expect(Math.max(...shares)).toBeGreaterThan(0.6);
    expect(Math.min(...shares)).toBeGreaterThan(0.4);
    // The other arrangement would not show them larger.
    const larger = await page.evaluate<boolean>(`(() => {
      const pair = document.querySelector('recsight-map-pair');
      const zoomOf = () => document.querySelector('recsight-scatter').camera.zoom;
      const own = zoomOf();
      const { arrangement } = pair.dataset;
      pair.dataset.arrangement = arrangement === 'beside' ? 'below' : 'beside';
      return new Promise((done) =>
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const other = zoomOf();
            pair.dataset.arrangement = arrangement;
            done(other > own + 0.1);
          }),
        ),
      );
    })()`);
    expect(larger).toBe(false);
  });
});

test('a comparison shows the controls of PCA alone, and UMAP comes back after it', async () => {
  const host = twoRuns();
  const { page } = await open(host);
  const method = page.locator('.stage-title p').first();
  await page.getByText('UMAP', { exact: true }).click();
  await expect.poll(() => method.textContent()).toContain('UMAP · 15 neighbors');
  await page.getByText('trustworthiness').waitFor();
  await page.mouse.move(600, 400);
  await page.mouse.wheel(0, -400);
  await choose(page, 'Compare with', 'another epoch');
  await expect.poll(() => method.textContent()).toContain('PCA · components 1 and 2');
  await page.getByText('Comparisons use PCA').waitFor();
  expect(await page.getByLabel('minimum distance').count()).toBe(0);
  expect(await page.getByText('UMAP', { exact: true }).count()).toBe(0);
  await expect.poll(() => page.locator('recsight-scatter').count(), { timeout: 30_000 }).toBe(2);
  await settled(page);
  // Where one looked on the other map says nothing here.
  expect(await hiddenPoints(page, 1)).toEqual([]);
  await choose(page, 'Compare with', 'None');
  await expect.poll(() => method.textContent()).toContain('UMAP · 15 neighbors');
  expect(await page.getByLabel('minimum distance').count()).toBe(1);
});

test('a panel is as high as its window, and no rail hides its edges beyond it', async () => {
  const { page } = await open(ProjectionHost.of(400), { width: 1280, height: 820 });
  const heights = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollHeight, document.body.scrollHeight]',
  );
  expect(heights).toEqual([820, 820]);
  const rail = (await page.locator('.rail.left .scroll-content').first().boundingBox())!;
  expect(rail.y).toBeGreaterThanOrEqual(0);
});

describe('at 480 pixels', () => {
  test('the legend is on the map while the rails are closed; a class is shown, and it can be folded', async () => {
    const { page } = await open(ProjectionHost.of(400), { width: 480 });
    const strip = page.locator('.legend-strip');
    await strip.getByText('popularity decile').waitFor();
    const entries = strip.getByRole('button');
    expect(await entries.count()).toBeGreaterThan(5);
    const before = await page.locator('.scatter-points').screenshot();
    await entries.first().click();
    await expect.poll(() => entries.first().getAttribute('aria-pressed')).toBe('true');
    await settled(page);
    expect((await page.locator('.scatter-points').screenshot()).equals(before)).toBe(false);
    const height = await plot<number>(page, 'clientHeight');
    await strip.locator('summary').click();
    await expect.poll(() => plot(page, 'clientHeight')).toBeGreaterThan(height);
    expect(await entries.count()).toBe(0);
  });

  test('an open rail covers neither the title nor the legend', async () => {
    const { page } = await open(ProjectionHost.of(400), { width: 480 });
    await page.keyboard.press('s');
    for (const name of ['Layout and Colors', 'Details']) {
      await page.getByRole('button', { name }).click();
      const rail = (await page.locator('.rail:visible').boundingBox())!;
      // The left one has the legend itself.
      const strip = page.locator('.legend-strip');
      expect(await strip.isVisible()).toBe(name === 'Details');
      for (const part of name === 'Details' ? ['.stage-header', '.legend-strip'] : ['.stage-header']) {
        const { y, height } = (await page.locator(part).boundingBox())!;
        expect(y + height).toBeLessThanOrEqual(rail.y);
      }
      await page.keyboard.press('Escape');
    }
  });

  test.each([
    ['/', 'Search points'],
    ['u', 'Find a user'],
  ])('what is typed right after %s goes into “%s”', async (key, label) => {
    const { page } = await open(ProjectionHost.of(400), { width: 480 });
    const focused = await page.evaluate<string>(`(() => {
      document.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}' }));
      return document.activeElement.getAttribute('aria-label');
    })()`);
    expect(focused).toBe(label);
  });

  test('what is shown on the map is not under the drawer that tells of it', async () => {
    const { page } = await open(ProjectionHost.of(400), { width: 480 });
    await page.keyboard.press('/');
    await page.keyboard.type('m43');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Details' }).click();
    await page.getByText('Show on Map', { exact: true }).click();
    await expect.poll(() => page.locator('.rail:visible').count()).toBe(0);
  });

  test('a rail says that it goes on below', async () => {
    const { page } = await open(ProjectionHost.of(400), { width: 480, height: 600 });
    await page.getByRole('button', { name: 'Layout and Colors' }).click();
    const hint = page.locator('.rail.left > .scroll-area > .scroll-hint');
    await expect.poll(() => hint.innerText()).toBe('↓ More below');
    await page.keyboard.press('s');
    await page.getByRole('button', { name: 'Details' }).click();
    const right = page.locator('.rail.right > .scroll-area > .scroll-hint');
    await expect.poll(() => right.innerText()).toBe('↓ More below');
  });

  test('no figure is cut', async () => {
    const { page } = await open(twoRuns(), { width: 480 });
    await choose(page, 'Compare with', 'another epoch');
    await page.getByRole('button', { name: 'Details' }).click();
    const cut = `[...document.querySelectorAll('.figures dd')].map((dd) => dd.scrollWidth > dd.clientWidth)`;
    await expect.poll(() => page.evaluate(cut)).toEqual([false, false, false]);
    await page.keyboard.press('s');
    await expect.poll(() => page.evaluate(cut)).toEqual(Array(7).fill(false));
  });

  test('a list of choices opens over an open rail', async () => {
    const { page } = await open(twoRuns(), { width: 480, height: 820 });
    await page.getByRole('button', { name: 'Layout and Colors' }).click();
    await choose(page, 'Color by', 'genre');
    // Below the rail, and its list opens upwards.
    await page.getByLabel('Compare with', { exact: true }).click();
    await page.getByRole('option', { name: 'another epoch' }).waitFor();
    await settled(page);
    const covered = await page.evaluate<string[]>(`(() => {
      const options = [...document.querySelectorAll("[aria-label='Compare with'] vscode-option")];
      return options
        .filter((option) => {
          const { x, y, width, height } = option.getBoundingClientRect();
          return !option.contains(document.elementFromPoint(x + width / 2, y + height / 2));
        })
        .map(({ textContent }) => textContent.trim());
    })()`);
    expect(covered).toEqual([]);
  });

  test('what stands above each other begins at one line', async () => {
    const { page } = await open(twoRuns(), { width: 480 });
    const textStart = (selector: string) =>
      page.evaluate<number>(`(() => {
        const element = document.querySelector('${selector}');
        return element.getBoundingClientRect().x + parseFloat(getComputedStyle(element).paddingInlineStart);
      })()`);
    const title = await textStart('.stage-title');
    await page.keyboard.press('v');
    await page.locator('recsight-point-table td').first().waitFor();
    expect(Math.abs((await textStart('recsight-point-table th')) - title)).toBeLessThanOrEqual(1);
    await page.keyboard.press('v');
    await choose(page, 'Compare with', 'another epoch');
    await page.locator('.caption').first().waitFor();
    for (const other of ['.caption', '.strip', '.strip-entry', '.legend-strip']) {
      expect([other, await textStart(other)]).toEqual([other, title]);
    }
  });

  test('what is told of a point does not lie under an open drawer', async () => {
    const { page } = await open(ProjectionHost.of(400), { width: 480 });
    await page.getByRole('button', { name: 'Layout and Colors' }).click();
    await pointSearch(page).fill('harbour');
    // It is told of the first that was found.
    await expect.poll(() => page.locator('.scatter-card').textContent()).toContain('Harbour');
    expect(await page.locator('.scatter-card:visible').count()).toBe(0);
  });

  test('the table says that it goes on to the right, until one is there', async () => {
    const { page } = await open(ProjectionHost.of(400), { width: 480 });
    await page.keyboard.press('v');
    const hint = page.locator('recsight-point-table .scroll-hint');
    await expect.poll(() => hint.textContent()).toContain('to the right');
    await page.evaluate("document.querySelector('.table-scroll').scrollTo({ left: 10_000 })");
    await expect.poll(() => hint.textContent()).not.toContain('to the right');
    expect(await hint.textContent()).toContain('to the left');
  });
});
