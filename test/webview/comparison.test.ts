import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { until } from '../until';
import { accessibilityFaultsInAllThemes } from './accessibility';
import { ComparisonHost, ComparisonPages, type OpenComparison } from './comparisonPage';
import { choose, settled, tabUntil, usePages } from './pageSuite';
import type { PageOptions } from './webviewPages';

const openWith = usePages(() => ComparisonPages.start());

async function open(host = new ComparisonHost(), options: PageOptions = {}): Promise<OpenComparison> {
  const opened = await openWith((pages) => pages.open(host, options));
  await opened.page.locator('recsight-line-chart canvas, .box').first().waitFor();
  return opened;
}

const tableTexts = (page: Page): Promise<string[]> =>
  page.locator('table.values').first().locator('tbody tr').first().locator('td').allInnerTexts();

describe('a comparison', () => {
  test('shows metrics with intervals, differences with marks, and the protocol', async () => {
    const { page } = await open();
    expect(await page.locator('h1').innerText()).toBe('A itemKnn · B bprMf (2 seeds) · C sasrec');
    const [a, b, c, bMinusA, cMinusA] = await tableTexts(page);
    expect(a).toBe('0.09800\n0.0911 to 0.1049');
    expect(b).toMatch(/^0\.07900 ± 0\.00095\n/);
    expect(await page.getByText(/No interval for Coverage@10: one value for all lists/).count()).toBe(1);
    expect(bMinusA).toBe('▼ −0.0190 *\n−0.0240 to −0.0140 · p < 0.001');
    expect(cMinusA).toBe('▲ +0.0040\n−0.0010 to 0.0090 · p 1.00');
    expect(await page.locator('td.best').first().innerText()).toBe(c);
    expect(await page.getByTitle(/Student’s t over users and seeds.*\nBetter for 395 users/).count()).toBe(5);
    expect(await page.locator('section .badge').first().innerText()).toBe('full · LOO · seen filtered');
    // Options that only some models have are counted, not listed.
    expect(await page.locator('table.settings tbody tr').count()).toBe(3);
    expect(await page.getByText('Also: 1 setting that only some of these runs have.').count()).toBe(1);
  });

  test('asks anew for another metric or slice, and keeps what is shown meanwhile', async () => {
    const host = new ComparisonHost();
    const { page } = await open(host);
    expect(host.asked).toEqual([{ metrics: null, slices: null, baselines: false }]);
    let release: () => void = () => undefined;
    host.held = new Promise((resolve) => (release = resolve));
    await choose(page, 'Metric', 'HR@10');
    await page.locator('.progress-line').waitFor();
    expect(await tableTexts(page)).toHaveLength(5);
    expect(host.asked.at(-1)!.metrics!.slice(0, 2)).toEqual(['hr@10', 'ndcg@10']);
    release();
    await page.locator('.progress-line').waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: 'Held-out item: genre' }).check();
    await until('the request', () => Promise.resolve(host.asked.length === 3));
    expect(host.asked.at(-1)!.slices).toEqual(['historyLength', 'popularity', 'item.genre']);
    await page.getByRole('checkbox', { name: 'Baselines of A' }).check();
    await until('the request', () => Promise.resolve(host.asked.length === 4));
    expect(host.asked.at(-1)!.baselines).toBe(true);
  });

  test('refuses other protocols in words, and marks the curves', async () => {
    const host = new ComparisonHost();
    host.failure = Object.assign(
      new Error('Runs A and B were evaluated by different protocols: the split is `leave-one-out` in A.'),
      { code: 'inspection/other-protocol' },
    );
    const [, first, second] = host.runs;
    host.runs = [first!, { ...second!, protocol: { ...second!.protocol!, filterSeen: false } }];
    const { page } = await open(host);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').locator('code').innerText()).toBe('leave-one-out');
    expect(await page.locator('table.values').count()).toBe(0);
    await page.locator('recsight-line-chart canvas').first().waitFor();
    expect(await page.locator('recsight-line-chart .badge').innerText()).toBe(
      'different protocols: not comparable',
    );
    host.failure = null;
    await page.getByRole('button', { name: 'Try Again' }).click();
    await page.locator('table.values').first().waitFor();
  });

  test('cancels, and compares again when a run has other results', async () => {
    const host = new ComparisonHost();
    let release: () => void = () => undefined;
    host.held = new Promise((resolve) => (release = resolve));
    const { page, view } = await open(host);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await until('the call', () => Promise.resolve(host.canceled.length === 1));
    release();
    await page.locator('table.values').first().waitFor();
    void view.runsChanged.asEvent();
    await until('the request', () => Promise.resolve(host.asked.length === 2));
  });

  test('saves tables as CSV and pictures as SVG and PNG', async () => {
    const host = new ComparisonHost();
    const { page } = await open(host);
    const save = async (menu: string, item: string): Promise<unknown> => {
      const before = host.saved.length;
      await page.getByRole('button', { name: menu, exact: true }).click();
      await page.getByRole('menuitem', { name: item }).click();
      await until('the file', () => Promise.resolve(host.saved.length > before));
      return host.saved.at(-1)!.content;
    };
    expect(await save('Save Tables', 'Save Metrics and Slices')).toMatch(
      /^slicing,slice,users,.*\n,,4333,4333,ndcg@10,A,itemknn-e57b,0.098,/,
    );
    expect(await save('Save Tables', 'Save Settings')).toMatch(/^setting,A,B,C\nseed,42,"1, 2",42\n/);
    expect(await save('Save Tables', 'Save Users')).toMatch(/\nB,gained,300,4,0,0\.8155,Iron Man 3/);
    const slices = (await save('Save NDCG@10 by history length', 'Save as SVG')) as string;
    expect(slices).toContain('>NDCG@10 by history length</text>');
    expect(slices).toContain('1 to 4 items');
    const places = (await save('Save Places of held-out items, A and B', 'Save as PNG')) as ArrayBuffer;
    expect([...new Uint8Array(places).subarray(1, 4)].map((code) => String.fromCharCode(code)).join('')).toBe(
      'PNG',
    );
    expect(host.saved.at(-1)!.fileName).toBe('comparison-places.png');
  });

  test('works by keyboard alone: a user opens, the table scrolls', async () => {
    const { page } = await open(undefined, { width: 480 });
    const reached = await tabUntil(page, "document.activeElement.matches('.people summary')");
    expect(reached).toEqual(
      expect.arrayContaining(['Metric', 'Save Tables', 'Test metrics', 'Table']) as string[],
    );
    await page.keyboard.press('Enter');
    await page.getByText('Recommended by B').first().waitFor();
  });
});

describe('themes and sizes', () => {
  test('no accessibility problem', async () => {
    const { page } = await open();
    await page.locator('.people summary').first().click();
    await page.locator('.figure summary').first().click();
    expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
  });

  test.each([320, 480, 1280])('%i pixels wide: nothing sticks out', async (width) => {
    const { page } = await open(undefined, { width });
    await settled(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    for (const box of await page.locator('recsight-picture canvas').all())
      expect((await box.boundingBox())!.width).toBeGreaterThan(250);
  });
});
