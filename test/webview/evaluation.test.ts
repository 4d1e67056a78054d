import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { until } from '../until';
import { accessibilityFaults, accessibilityFaultsInAllThemes } from './accessibility';
import { ComparisonPages, EvaluationHost, type OpenComparison } from './comparisonPage';
import { choose, settled, tabUntil, usePages } from './pageSuite';
import type { PageOptions } from './webviewPages';

const openWith = usePages(() => ComparisonPages.start('evaluation'));

async function open(host = new EvaluationHost(), options: PageOptions = {}): Promise<OpenComparison> {
  const opened = await openWith((pages) => pages.open(host, options));
  await opened.page.locator('recsight-picture canvas, .box, table.values').first().waitFor();
  return opened;
}

const firstRow = (page: Page): Promise<string[]> =>
  page.locator('table.values').first().locator('tbody tr').first().locator('td').allInnerTexts();

describe('an evaluation', () => {
  test('shows a run beside its baselines, with the difference to the best of them', async () => {
    const host = new EvaluationHost();
    const { page } = await open(host);
    expect(host.asked).toEqual([{ metrics: null, slices: null, baselines: true }]);
    expect(await page.locator('h1').innerText()).toBe('Evaluation of sasrec');
    expect(await page.locator('section .badge').first().innerText()).toBe('full · LOO · seen filtered');
    const heads = await page.locator('table.values').first().locator('thead th').allInnerTexts();
    expect(heads).toEqual(['Metric', 'A', 'B', 'C', 'A − B']);
    const row = await firstRow(page);
    expect(row[0]).toBe('0.1020\n0.0949 to 0.1091');
    // The run less the baseline: what the inspector answers, the other way round.
    expect(row[3]).toBe('▲ +0.0040\n−0.0010 to 0.0090 · p 1.00');
    const [tested] = await page.getByTitle(/Better for 550 users, the same for 3,388, worse for 395/).all();
    expect(tested).toBeDefined();
    expect(await page.getByText('Of 4,333 held-out items, 41 in A and 41 in B are tied').count()).toBe(1);
    const label = await page
      .getByRole('img', { name: /^Held-out items by place/ })
      .getAttribute('aria-label');
    expect(label).toMatch(/place 1: A \d+, B \d+\. place 2: .*places 1,001 to 2,000: /);
  });

  test('shows what to doubt, and another baseline', async () => {
    const host = new EvaluationHost();
    host.runs[0]!.warnings = [{ code: 'result/below-popularity', message: 'It is below `popularity`.' }];
    const { page } = await open(host);
    expect(await page.getByRole('region', { name: 'Below popularity' }).locator('code').innerText()).toBe(
      'popularity',
    );
    await choose(page, 'Compared group', 'C popularity');
    await page.getByRole('columnheader', { name: 'A − C' }).first().waitFor();
    await page.getByRole('img', { name: /C \d/ }).first().waitFor();
  });

  test('offers to evaluate a run without results of its users', async () => {
    const host = new EvaluationHost();
    host.failure = Object.assign(
      new Error('Run x has no stored test results of its users. `recsight evaluate x` makes them.'),
      { code: 'inspection/no-results' },
    );
    const { page, view } = await open(host);
    expect(await page.getByRole('alert').locator('code').innerText()).toBe('recsight evaluate x');
    await page.getByRole('button', { name: 'Evaluate Run' }).click();
    await until('the evaluation', () => Promise.resolve(host.evaluations === 1));
    host.failure = null;
    void view.runsChanged.asEvent();
    await page.locator('table.values').first().waitFor();
  });

  test('takes one user, one metric and no baseline', async () => {
    const host = new EvaluationHost();
    const { groups, values, histogram, places, slicings } = host.comparison;
    host.comparison = {
      ...host.comparison,
      ...{
        numUsers: 1,
        groups: groups.slice(0, 1),
        metrics: ['ndcg@10'],
        differences: [],
        withoutIntervals: {},
      },
      values: [[values[0]![0]!]],
      histogram: {
        limits: histogram.limits,
        counts: [histogram.limits.map((_, bar) => Number(bar === 3))],
        tied: [0],
      },
      places: [places[0]!.slice(0, 1)],
      slicings: slicings.slice(0, 1).map((slicing) => ({
        ...slicing,
        slices: slicing.slices
          .slice(0, 1)
          .map((slice) => ({ ...slice, values: slice.values.slice(0, 1), differences: [] })),
      })),
    };
    const { page } = await open(host);
    expect(await firstRow(page)).toHaveLength(1);
    expect(await page.getByText('bootstrap over 1 user,').count()).toBe(1);
    expect(await page.getByText('No baseline was measured with this run').count()).toBe(1);
    expect(await page.getByText(/tied/).count()).toBe(0);
  });

  test('draws the calibration of a run that was measured by labels', async () => {
    const host = new EvaluationHost();
    const points = (share: number) =>
      Array.from({ length: 10 }, (_, bin) => ({
        rows: 40,
        predicted: bin / 20,
        observed: (share * bin) / 20,
      }));
    host.comparison = {
      ...host.comparison,
      ...{ calibration: [points(1), points(0.7), []], places: [], slicings: [], sliceable: [] },
    };
    const { page } = await open(host);
    await page.getByRole('heading', { name: 'Calibration' }).waitFor();
    await page.getByRole('img', { name: /^Calibration\. A: 0\.000 predicted, 0\.000 observed; / }).waitFor();
    expect(await page.getByText('Each point is a tenth of the 400 rows').count()).toBe(1);
    expect(await page.getByRole('heading', { name: 'Places of held-out items' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Save Calibration' }).click();
    await page.getByRole('menuitem', { name: 'Save as CSV' }).click();
    await until('the file', () => Promise.resolve(host.saved.length === 1));
    expect(host.saved[0]!.content).toMatch(/^group,rows,predicted,observed\nA,40,0,0\n/);
    expect(await accessibilityFaults(page)).toEqual([]);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: 'test/screenshots/evaluation-labels.png' });
  });

  test('saves the table as CSV, and pictures as SVG and PNG', async () => {
    const host = new EvaluationHost();
    const { page } = await open(host);
    const save = async (menu: string, item: string): Promise<unknown> => {
      const before = host.saved.length;
      await page.getByRole('button', { name: menu, exact: true }).click();
      await page.getByRole('menuitem', { name: item }).click();
      await until('the file', () => Promise.resolve(host.saved.length > before));
      return host.saved.at(-1)!.content;
    };
    expect(await save('Save Tables', 'Save Metrics')).toContain(
      ',,4333,4333,ndcg@10,B,sasrec-b96d:itemKnn,0.098,',
    );
    expect(await save('Save Places of held-out items', 'Save as CSV')).toMatch(
      /^firstPlace,lastPlace,A,B,C\n1,1,\d+,/,
    );
    const svg = (await save('Save Places of held-out items', 'Save as SVG')) as string;
    expect(svg).toContain('>A sasrec · B item-kNN · test, full · LOO · seen filtered</text>');
    const png = (await save('Save NDCG@10 by history length', 'Save as PNG')) as ArrayBuffer;
    expect(String.fromCharCode(...new Uint8Array(png).subarray(1, 4))).toBe('PNG');
  });

  test('works by keyboard alone', async () => {
    const host = new EvaluationHost();
    const { page } = await open(host, { width: 480 });
    const reached = await tabUntil(page, "document.activeElement.closest('fieldset.slices') !== null");
    expect(reached).toEqual(
      expect.arrayContaining([
        'Metric',
        'Compared group',
        'Save Tables',
        'Test metrics',
        'Table',
      ]) as string[],
    );
    await page.keyboard.press('Space');
    await until('the request', () => Promise.resolve(host.asked.length === 2));
  });
});

describe('themes and sizes', () => {
  test('no accessibility problem', async () => {
    const { page } = await open();
    await page.locator('.figure summary').first().click();
    expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
  });

  test.each([320, 480, 1280])(
    '%i pixels wide, with 20 baselines and long titles: nothing sticks out',
    async (width) => {
      const host = new EvaluationHost();
      const long = `${'A title that goes on and on '.repeat(10)}${'x'.repeat(30)}`;
      host.titles = [long];
      const { comparison } = host;
      const many = <Of>(groups: readonly Of[]): Of[] => [
        groups[0]!,
        ...Array.from({ length: 20 }, (_, index) => groups[1 + (index % (groups.length - 1))]!),
      ];
      host.comparison = {
        ...comparison,
        groups: many(comparison.groups).map((group, index) => ({
          ...group,
          letter: String.fromCharCode(65 + index),
          title: index % 2 === 0 ? long : group.title,
        })),
        values: many(comparison.values),
        differences: many(comparison.differences).slice(0, 20),
        slicings: comparison.slicings.map((slicing) => ({
          ...slicing,
          slices: slicing.slices.map((slice) => ({
            ...slice,
            values: many(slice.values),
            differences: many(slice.differences).slice(0, 20),
          })),
        })),
        places: many(comparison.places),
        histogram: {
          ...comparison.histogram,
          counts: many(comparison.histogram.counts),
          tied: many(comparison.histogram.tied),
        },
      };
      const { page } = await open(host, { width });
      await settled(page);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      for (const box of await page.locator('recsight-picture canvas').all())
        expect((await box.boundingBox())!.width).toBeGreaterThan(250);
    },
  );
});
