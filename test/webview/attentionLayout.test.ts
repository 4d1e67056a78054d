import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { accessibilityFaults, accessibilityFaultsInAllThemes } from './accessibility';
import { ExampleInspector, type ExampleModel } from './attentionExample';
import { AttentionHost, choose, settled, useAttention } from './attentionPage';
import { ExampleCatalog } from './exampleCatalog';

/* Where things are, at every width, for every model. */

const { open, openAtOnce } = useAttention();
const MODELS: ExampleModel[] = ['sasrec', 'sum', 'din', 'dien', 'twotower'];

const boxOf = async (page: Page, selector: string) => (await page.locator(selector).first().boundingBox())!;

async function resize(page: Page, width: number, height = 900): Promise<void> {
  await page.setViewportSize({ width, height });
  await settled(page);
}

describe('recommendations', () => {
  test.each(MODELS)(
    '%s: beside the bars, above the fold; where that is narrow, beside the history',
    async (model) => {
      const page = await open(AttentionHost.of(model), { width: 1280, height: 800 });
      for (const width of [1280, 1000, 900]) {
        await resize(page, width, 800);
        const lists = await boxOf(page, '.recommendations tbody tr');
        const bars = await boxOf(page, model === 'twotower' ? '.diverging' : '.decision .lines');
        expect(lists.x, `${width}`).toBeGreaterThanOrEqual(bars.x + bars.width);
        expect(lists.y, `${width}`).toBeLessThan(450);
        expect(lists.x + lists.width, `${width}`).toBeLessThanOrEqual(width);
      }
      await resize(page, 600, 800);
      const [lists, history] = [await boxOf(page, '.recommendations'), await boxOf(page, '.history')];
      expect(lists.x).toBeGreaterThanOrEqual(history.x + history.width);
      expect(Math.abs(lists.y - history.y)).toBeLessThan(40);
    },
  );
});

describe('below the map', () => {
  test.each(['dien', 'sum'] as const)('%s: two in a row where there is room', async (model) => {
    const page = await open(AttentionHost.of(model), { width: 1280 });
    const boxes = await Promise.all(
      (await page.locator('.companion').all()).map(async (one) => (await one.boundingBox())!),
    );
    expect(boxes).toHaveLength(2);
    expect(boxes[1]!.y).toBe(boxes[0]!.y);
    expect(boxes[1]!.x).toBeGreaterThan(boxes[0]!.x + boxes[0]!.width);
  });
});

describe('a table', () => {
  test.each(['sasrec', 'din'] as const)('%s: its rows stand beside their items', async (model) => {
    const page = await open(AttentionHost.of(model), { width: 1280 });
    await page.getByText('table', { exact: true }).click();
    await page.locator('table.weights').waitFor();
    for (const index of [0, 18]) {
      const row = await boxOf(page, `table.weights tbody tr:nth-child(${index + 1})`);
      const line = await boxOf(page, `.history [data-line="${index}"]`);
      expect(Math.abs(row.y - line.y), `row ${index}`).toBeLessThan(2);
    }
    const [name, head] = [await boxOf(page, 'tbody .parts'), await boxOf(page, 'table.weights tbody th')];
    expect(name.x - head.x).toBeLessThan(2);
  });
});

describe('a title that is longer than its place', () => {
  test.each(['sasrec', 'twotower'] as const)('%s: hides nothing above it', async (model) => {
    const titles = new ExampleCatalog().titles.map(
      (title) => `${title} ${'and what came after it '.repeat(20)}`,
    );
    const host = AttentionHost.of(model, { catalog: new ExampleCatalog(titles) });
    const page = await open(host, { width: 1280 });
    const [pane, heading] = [
      await boxOf(page, '.recommendations .pane-head'),
      await boxOf(page, '.recommendations h2'),
    ];
    expect(heading.y).toBeGreaterThanOrEqual(pane.y);
    await page.locator('.recommendations .pane-head', { hasText: /Rank\s+\d+/ }).waitFor();
  });
});

describe('what if', () => {
  test.each([1280, 1000, 760, 480])(
    'bars at %i pixels keep one scale, and their changes are whole',
    async (width) => {
      const page = await open(AttentionHost.of('sasrec'), { width });
      await page.locator('.history [data-line="9"]').focus();
      await page.keyboard.press('Delete');
      await page.getByText('1 left out').waitFor();
      await page.locator('.delta', { hasText: '▲' }).first().waitFor();
      await page.mouse.move(2, 2);
      const lines = width < 760 ? '.history .line' : '.decision .line';
      const boxes = (selector: string): Promise<{ at: string; isWhole: boolean }[]> =>
        page.evaluate(`[...document.querySelectorAll('${lines} ${selector}')].map((one) => {
        const { x, width, right } = one.getBoundingClientRect();
        const line = one.closest('.line').getBoundingClientRect();
        const isWhole = right <= line.right && one.scrollWidth <= one.clientWidth;
        return { at: Math.round(x) + ' ' + Math.round(width), isWhole };
      })`);
      for (const selector of ['.bar', '.delta']) {
        const found = await boxes(selector);
        expect(found.length).toBeGreaterThan(5);
        expect(new Set(found.map(({ at }) => at)).size).toBe(1);
        if (selector === '.delta') expect(found.every(({ isWhole }) => isWhole)).toBe(true);
      }
    },
  );

  test('items that may come in the place of one left out are not struck through', async () => {
    const page = await open(AttentionHost.of('sasrec'), {});
    await page.locator('.history [data-line="9"]').focus();
    await page.keyboard.press('Delete');
    await page.getByText('1 left out').waitFor();
    await page.keyboard.press('s');
    await page.keyboard.type('Psycho');
    const option = page.locator('.history [role=option]').first();
    await option.waitFor();
    const decorations = await page.evaluate<string[]>(`(() => {
      const found = [];
      const add = (element) => found.push(getComputedStyle(element).textDecorationLine);
      const option = document.querySelector('.history [role=option]');
      for (let one = option; one !== null; one = one.parentElement) add(one);
      for (const one of option.querySelectorAll('*')) add(one);
      return found;
    })()`);
    expect(new Set(decorations)).toEqual(new Set(['none']));
  });
});

test('the weights of two runs are whole', async () => {
  const host = new AttentionHost(
    new ExampleInspector({ model: 'sasrec' }),
    new ExampleInspector({ model: 'sasrec', name: 'sasrec-wide', seed: 5 }),
  );
  const page = await open(host);
  await choose(page, 'Compare with', 'sasrec-wide');
  await page.locator('.attention.compared').waitFor();
  for (const width of [1280, 1000, 800]) {
    await resize(page, width);
    const ends = await page.evaluate<{ weight: number; line: number }[]>(
      `[...document.querySelectorAll('.decision .weight')].map((one) => ({
        weight: one.getBoundingClientRect().right,
        line: one.closest('.decision').getBoundingClientRect().right,
      }))`,
    );
    expect(ends.length, `${width}`).toBeGreaterThan(10);
    for (const { weight, line } of ends) expect(weight, `${width}`).toBeLessThanOrEqual(line);
  }
});

describe('lines', () => {
  test('begin and end with the history beside them, however long it is', async () => {
    // 30 items: more than a list shows that scrolls.
    const catalog = new ExampleCatalog(undefined, [31]);
    const page = await open(AttentionHost.of('sasrec', { catalog }), { height: 700 });
    expect(await page.locator('.history [data-line="0"]').count()).toBe(0);
    await page.getByText('lines', { exact: true }).click();
    const picture = page.locator('.joins recsight-picture');
    await picture.locator('canvas').waitFor();
    await settled(page);
    for (const [index, edge] of [
      [0, 'top'],
      [29, 'bottom'],
    ] as const) {
      const line = (await page.locator(`.history [data-line="${index}"]`).boundingBox())!;
      const drawn = (await picture.boundingBox())!;
      if (edge === 'top') expect(line.y).toBeCloseTo(drawn.y, 0);
      else expect(line.y + line.height).toBeCloseTo(drawn.y + drawn.height, 0);
    }
  });
});

describe('a model without attention', () => {
  const inHistory = (page: Page): Promise<string[]> =>
    page
      .locator('.history .line:not(.dropped)')
      .evaluateAll((all: unknown[]) =>
        all.map((line) => (line as { getAttribute: (name: string) => string }).getAttribute('aria-label')),
      );
  const rows = (page: Page) =>
    page.locator('.diverging tbody tr').filter({ has: page.locator('.kind', { hasText: 'history' }) });
  const contributing = async (page: Page): Promise<string[]> =>
    (await rows(page).locator('th').allTextContents()).map((text) => text.trim());

  test('numbers its items as the history beside does, and speaks of no map', async () => {
    const page = await open(AttentionHost.of('twotower', { maxLength: 12 }));
    await page.getByText('reads the newest 12 of 19 items').waitFor();
    expect(await contributing(page)).toHaveLength(12);
    expect((await contributing(page)).sort()).toEqual((await inHistory(page)).sort());
    // Pointing at one marks the other.
    await rows(page).filter({ hasText: '19. ' }).hover();
    await expect
      .poll(() => page.locator('.history .line.focus').getAttribute('aria-label'))
      .toMatch(/^19\. /);
    expect(await page.locator('body').innerText()).not.toMatch(/\bmap\b/i);
  });

  test('in one column what contributes is first, and the history has its times', async () => {
    const page = await open(AttentionHost.of('twotower'), { width: 480 });
    const [contributions, history] = [await boxOf(page, '.contributions'), await boxOf(page, '.history')];
    expect(contributions.y + contributions.height).toBeLessThanOrEqual(history.y);
    expect(await page.locator('.history .gap').allTextContents()).toContain('7 d');
  });

  test('a number stands before its title, whichever way this is written', async () => {
    const page = await open(AttentionHost.of('twotower', { catalog: ExampleCatalog.products() }));
    const row = rows(page).filter({ hasText: 'سماعات' }).first();
    const [number, title] = [
      (await row.locator('th .number').boundingBox())!,
      (await row.locator('th .fitted-title').boundingBox())!,
    ];
    expect(number.x + number.width).toBeLessThanOrEqual(title.x);
  });

  test('the numbers stay when an item is left out', async () => {
    const page = await open(AttentionHost.of('twotower'));
    await page.locator('.history [data-line="3"]').focus();
    await page.keyboard.press('Delete');
    await expect.poll(() => rows(page).count()).toBe(18);
    expect((await contributing(page)).sort()).toEqual((await inHistory(page)).sort());
  });
});

describe('480 pixels', () => {
  test.each([
    ['din', ['table', 'map', 'curves']],
    ['sasrec', ['table', 'map']],
    ['twotower', [null]],
  ] as const)('%s as %s: nothing is wider than the page, and what scrolls says so', async (model, views) => {
    const catalog = ExampleCatalog.products([200]);
    const page = await open(AttentionHost.of(model, { catalog }), { width: 480 });
    for (const view of views) {
      if (view !== null) await page.getByText(view, { exact: true }).click();
      await settled(page);
      expect(
        await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'),
      ).toBeLessThanOrEqual(0);
      // The history shows its newest items.
      expect(await page.locator('.history .scroll-area').textContent()).toContain('More above');
      if (view === 'table') {
        expect(await page.locator('.map .scroll-hint').textContent()).toMatch(/More (to the right|below)/);
      }
    }
  });
});

describe('a map in one column', () => {
  test.each([
    ['sasrec', 19],
    ['sasrec', 30],
    ['din', 19],
  ] as const)('%s, %i items: under its controls, with the numbers of its rows', async (model, items) => {
    const catalog = new ExampleCatalog(undefined, [items + 1]);
    const page = await open(AttentionHost.of(model, { catalog }), { width: 480, height: 1200 });
    const [map, history] = [await boxOf(page, 'recsight-heat-map'), await boxOf(page, '.history')];
    expect(map.y + map.height).toBeLessThanOrEqual(history.y);
    expect(map.x + map.width).toBeLessThanOrEqual(480);
    const names = page.locator('.numbered-map li');
    expect(await names.count()).toBe(items);
    expect((await names.last().textContent())!.trim()).toMatch(new RegExp(`^${items}\\b`));
    const [first, second, last] = await Promise.all(
      [0, 1, items - 1].map(async (index) => (await names.nth(index).boundingBox())!),
    );
    // Pointing in the middle of a name's line, over the map, is pointing at its row.
    for (const [box, index] of [
      [first!, 0],
      [second!, 1],
      [last!, items - 1],
    ] as const) {
      await page.mouse.move(map.x + 4, box.y + box.height / 2);
      await expect.poll(() => page.locator('.numbered-map li.focus').allTextContents()).toHaveLength(1);
      await expect
        .poll(async () => (await page.locator('.numbered-map li.focus').textContent())!.trim())
        .toMatch(new RegExp(`^${index + 1}\\b`));
    }
  });
});

describe('bars', () => {
  test('have titles only where these can be read', async () => {
    const page = await open(AttentionHost.of('sasrec'));
    for (const width of [1000, 1280, 1600]) {
      await resize(page, width);
      const titles = await page
        .locator('.decision .title')
        .evaluateAll((all: unknown[]) => all.map((title) => (title as { clientWidth: number }).clientWidth));
      expect(titles.length, `${width}`).toBeGreaterThan(0);
      for (const title of titles) expect(title === 0 || title >= 100, `${width}`).toBe(true);
      const [bar, weight] = [await boxOf(page, '.decision .bar'), await boxOf(page, '.decision .weight')];
      expect(bar.width, `${width}`).toBeGreaterThanOrEqual(72);
      expect(weight.x, `${width}`).toBeGreaterThanOrEqual(bar.x + bar.width);
    }
  });
});

describe('accessibility', () => {
  test.each(MODELS)('%s: axe finds nothing', async (model) => {
    const page = await open(AttentionHost.of(model));
    expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
  });

  test('axe finds nothing in tables and in charts of all users', async () => {
    const page = await open(AttentionHost.of('sasrec'), { width: 480 });
    await page.getByText('table', { exact: true }).click();
    expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
    await page.getByText('All users', { exact: true }).click();
    await page.locator('vscode-button', { hasText: 'Analyze Users' }).click();
    await page.getByText('8 users').waitFor();
    expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
  });

  test('axe finds nothing in what is composed, edited and empty', async () => {
    const catalog = new ExampleCatalog(undefined, [1, 20]);
    const { page } = await openAtOnce(AttentionHost.of('sasrec', { catalog }));
    await page.getByText('No items in this history').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel('Next User (Alt+Right)').click();
    await page.locator('.history [data-line="5"]').focus();
    await page.keyboard.press('Delete');
    await page.locator('.changes').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByText('Compose', { exact: true }).click();
    await page.locator('.composed .line').first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
