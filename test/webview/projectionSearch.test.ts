import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { ProjectionHost } from './projectionPage';
import { choose, pointSearch, settled, userSearch, useProjectionPages } from './projectionSteps';

const { open } = useProjectionPages();

const chosen = (page: Page): Promise<string | null> => page.locator('.chosen h2').textContent();

/** Names of the choices of the open list. */
const choices = (page: Page): Promise<string[]> =>
  page.locator('.search-list:popover-open [role=option]').allTextContents();

/** The choice that Enter would take. */
const active = (page: Page): Promise<string> =>
  page.locator('.search-list:popover-open [aria-selected=true]').innerText();

describe('a point', () => {
  test('is found by prefix, by letters, and by expression', async () => {
    const host = ProjectionHost.of(1_000);
    const { page } = await open(host);
    const field = pointSearch(page);
    const found = page.locator('[aria-label="Search"] [role="status"]');
    await page.keyboard.press('/');
    await expect.poll(() => page.locator('input:focus').getAttribute('aria-label')).toBe('Search points');
    await page.keyboard.type('the silent harb');
    await expect.poll(() => found.textContent()).toContain('10 points');
    await field.fill('slnthrbr');
    await expect.poll(() => found.textContent()).toContain('10 points');
    await field.fill('/^the (silent|last) harbour$/');
    await expect.poll(() => found.textContent()).toContain('2 points');
    await field.fill('/(/');
    await page.locator('.search-list', { hasText: 'Invalid regular expression' }).waitFor();
    await field.fill('m43');
    await field.press('Enter');
    await expect.poll(() => page.locator('.chosen h2').textContent()).toBe(host.first.title(42));
  });

  test('is picked by an Enter that comes before the page is drawn again', async () => {
    const host = ProjectionHost.of(1_000);
    const { page } = await open(host);
    await page.evaluate(`(() => {
      const field = document.querySelector('input[aria-label="Search points"]');
      field.value = 'm43';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    })()`);
    await expect.poll(() => page.locator('.chosen h2').textContent()).toBe(host.first.title(42));
  });

  test('that is not drawn is found all the same', async () => {
    const host = ProjectionHost.of(3_000);
    const { page } = await open(host);
    await choose(page, 'Number of points', '2,000 points');
    await pointSearch(page).fill('the silent harbour');
    await page.getByRole('option', { name: 'not drawn' }).first().click();
    await expect.poll(() => page.locator('.chosen').textContent()).toContain('not in the sample');
    await expect.poll(() => page.locator('.rail.right .row-list .label').count()).toBe(10);
  });

  test('is chosen in the list with the arrow keys, and shown on the map on the way', async () => {
    const host = ProjectionHost.of(1_000);
    const { page } = await open(host);
    await page.keyboard.press('/');
    await page.keyboard.type('the silent harbour');
    await expect.poll(async () => (await choices(page)).length).toBe(10);
    await page.locator('.scatter-card', { hasText: 'The Silent Harbour' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const third = (await active(page)).replace(/\s*m\d+$/, '');
    await expect.poll(() => page.locator('.scatter-card b').textContent()).toBe(third);
    await page.keyboard.press('Enter');
    await expect.poll(() => chosen(page)).toBe(third);
    expect(await choices(page)).toEqual([]);
    // The text stays, and with it the points that it raised.
    expect(await pointSearch(page).inputValue()).toBe('the silent harbour');
    await page.keyboard.press('ArrowDown');
    await expect.poll(async () => (await choices(page)).length).toBe(10);
    await page.keyboard.press('Escape');
    await expect.poll(() => choices(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => pointSearch(page).inputValue()).toBe('');
    expect(await chosen(page)).toBe(third);
  });

  test('stands out on the map as its name is typed, also by an expression', async () => {
    const { page } = await open(ProjectionHost.of(1_000));
    const before = await page.locator('.scatter-points').screenshot();
    await pointSearch(page).fill('/harbour$/');
    await page.locator('[aria-label="Search"] [role="status"]', { hasText: '10 points' }).waitFor();
    await settled(page);
    expect((await page.locator('.scatter-points').screenshot()).equals(before)).toBe(false);
    await pointSearch(page).press('Escape');
    await pointSearch(page).press('Escape');
    await expect.poll(() => pointSearch(page).inputValue()).toBe('');
    await settled(page);
    expect((await page.locator('.scatter-points').screenshot()).equals(before)).toBe(true);
  });
});

describe('a user', () => {
  test('is chosen with the keyboard: the first by Enter, another by the arrows', async () => {
    const host = ProjectionHost.of(1_000);
    const { page } = await open(host);
    await page.keyboard.press('u');
    // Some are offered before anything is typed.
    await expect.poll(async () => (await choices(page)).length).toBe(20);
    await page.keyboard.type('u12');
    await page.keyboard.press('Enter');
    await expect.poll(() => chosen(page)).toBe('User u12');
    await page.keyboard.type('u20');
    await expect.poll(() => active(page)).toMatch(/^u20\s/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => active(page)).toMatch(/^u201\s/);
    await page.keyboard.press('Enter');
    await expect.poll(() => chosen(page)).toBe('User u201');
  });

  test('who does not exist is said not to', async () => {
    const { page } = await open(ProjectionHost.of(300));
    await userSearch(page).fill('nobody');
    await page.locator('.search-list', { hasText: 'No user matches.' }).waitFor();
  });
});

test('the field comes with room below for its list', async () => {
  const { page } = await open(ProjectionHost.of(1_000), { width: 480, height: 820 });
  await page.keyboard.press('/');
  await page.keyboard.type('the silent harbour');
  await page.locator('.search-list:popover-open [role=option]').nth(5).waitFor();
  const list = (await page.locator('.search-list:popover-open').boundingBox())!;
  expect(list.y).toBeGreaterThan((await pointSearch(page).boundingBox())!.y);
});

describe.each([
  [1280, 900],
  [1280, 420],
  [480, 820],
])('at %i × %i', (width, height) => {
  test('lists lie within the window and over everything', async () => {
    const { page } = await open(ProjectionHost.of(1_000), { width, height });
    if (width < 760) await page.getByRole('button', { name: 'Layout and Colors' }).click();
    for (const [field, text] of [
      [pointSearch(page), 'the'],
      [userSearch(page), 'u'],
    ] as const) {
      await field.fill(text);
      await page.locator('.search-list:popover-open [role=option]').nth(5).waitFor();
      // Every choice can be brought into sight, and is what a pointer finds there.
      const hidden = await page.evaluate(`(() => {
        const list = document.querySelector('.search-list:popover-open');
        const { left, top, right, bottom } = list.getBoundingClientRect();
        const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
        const covered = [...list.querySelectorAll('[role=option]')].filter((option) => {
          option.scrollIntoView({ block: 'nearest' });
          const box = option.getBoundingClientRect();
          const on = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
          return on?.closest('[role=option]') !== option;
        });
        return { inside, height: list.clientHeight >= 66, covered: covered.length };
      })()`);
      expect(hidden).toEqual({ inside: true, height: true, covered: 0 });
      // The heading with the number of results stays in sight where there is room below.
      const list = (await page.locator('.search-list:popover-open').boundingBox())!;
      const input = (await field.boundingBox())!;
      if (height - input.y - input.height > 160) expect(list.y).toBeGreaterThan(input.y);
      await expect
        .poll(() => page.locator('.search-list:popover-open .scroll-hint').textContent())
        .toContain('More');
      await field.press('Escape');
    }
  });
});
