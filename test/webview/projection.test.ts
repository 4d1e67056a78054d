import type { Page } from 'playwright-core';
import { rowIndex } from '../../src/protocol/projection';
import { describe, expect, test } from 'vitest';
import { accessibilityFaultsInAllThemes } from './accessibility';
import { changeTheme, THEMES, type ThemeName } from './webviewPages';
import { ExampleRun } from './projectionExample';
import { ProjectionHost } from './projectionPage';
import { choose, plot, pointSearch, settled, userSearch, useProjectionPages } from './projectionSteps';

const { open, openWithoutMap } = useProjectionPages();

/** How many pixels of the points' canvas are not empty. */
const drawnPixels = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    const from = document.querySelector('recsight-scatter .scatter-points');
    const canvas = document.createElement('canvas');
    canvas.width = from.width;
    canvas.height = from.height;
    const context = canvas.getContext('2d');
    context.drawImage(from, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count++;
    return count;
  })()`);

/** The pixel of a point of the n-th map, in the page. */
async function pixelOf(page: Page, point: number, place = 0): Promise<{ x: number; y: number }> {
  const at = await plot<{ x: number; y: number }>(page, `placeOf(${point})`, place);
  const box = (await page.locator('.scatter-surface').nth(place).boundingBox())!;
  return { x: box.x + Math.round(at.x), y: box.y + Math.round(at.y) };
}

const neighborNames = (page: Page): Promise<string[]> =>
  page.locator('.rail.right [aria-label="Nearest neighbors"] .row-list .label').allTextContents();

describe('the map', () => {
  test('says what, of which run and epoch, how it was laid out, and how many points are drawn', async () => {
    const host = ProjectionHost.of(3_000);
    const { page } = await open(host);
    expect(await page.locator('h1').textContent()).toBe('Items of sasrec-movies, epoch 12 (best)');
    const lines = await page.locator('.stage-title p').allTextContents();
    expect(lines[0]).toMatch(/^PCA · components 1 and 2 · \d\d\.\d% of the variance$/);
    expect(lines[1]).toBe('3,000 points, all rows · 16 dimensions');
    await choose(page, 'Number of points', '2,000 points');
    await expect
      .poll(() => page.locator('.stage-title p').last().textContent())
      .toBe('2,000 of 3,000 points, stratified by popularity, seed 42 · 16 dimensions');
  });

  test.each([
    ['also in software', 'webgl'],
    ['none', 'canvas'],
  ] as const)('is drawn with WebGL2, %s', async (webGl, painter) => {
    const { page } = await open(ProjectionHost.of(2_000), { webGl });
    expect(await plot(page, 'painter')).toBe(painter);
    await expect.poll(() => drawnPixels(page)).toBeGreaterThan(5_000);
    await page.getByText('3D', { exact: true }).click();
    await expect.poll(() => plot(page, 'camera.tilt')).toBe(25);
    await expect.poll(() => drawnPixels(page)).toBeGreaterThan(5_000);
  });

  test('is not drawn by a GPU that the processor imitates', async () => {
    const { page } = await open(ProjectionHost.of(200), { webGl: 'as it is' });
    const renderer = await page.evaluate<string>(`(() => {
      const gl = document.createElement('canvas').getContext('webgl2');
      const info = gl?.getExtension('WEBGL_debug_renderer_info');
      return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : 'none';
    })()`);
    expect(await plot(page, 'painter')).toBe(/SwiftShader|none/.test(renderer) ? 'canvas' : 'webgl');
  });

  test('a lost WebGL context comes back', async () => {
    const { page } = await open(ProjectionHost.of(2_000), { webGl: 'also in software' });
    await expect.poll(() => drawnPixels(page)).toBeGreaterThan(5_000);
    const before = await drawnPixels(page);
    for (let time = 0; time < 2; time++) {
      await page.evaluate(`(() => {
        const canvas = document.querySelector('.scatter-points');
        canvas.dataset.lost = 'true';
        canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext();
      })()`);
      await page.locator('.scatter-points:not([data-lost])').waitFor({ state: 'attached' });
      await expect.poll(() => drawnPixels(page)).toBe(before);
      expect(await plot(page, 'painter')).toBe('webgl');
    }
  });

  test.each([2, 3])(
    'in %i dimensions, a pointer finds the nearest of 100,000 points',
    async (dimensions) => {
      const host = ProjectionHost.of(100_000);
      const { page } = await open(host);
      await choose(page, 'Number of points', 'all 100,000 points');
      await expect
        .poll(() => page.locator('.stage-title p').last().textContent(), { timeout: 120_000 })
        .toContain('100,000 points, all rows');
      await page.locator('.rail.left').getByText(`${dimensions}D`, { exact: true }).click();
      await expect
        .poll(() => page.locator('.stage-title p').first().textContent(), { timeout: 60_000 })
        .toContain(dimensions === 2 ? 'components 1 and 2 ' : 'components 1, 2 and 3 ');
      await settled(page);
      const wrong = await page.evaluate(`(() => {
      const scatter = document.querySelector('recsight-scatter');
      const places = Array.from({ length: 100000 }, (_, point) => scatter.placeOf(point));
      const wrong = [];
      let found = 0;
      for (let query = 0; query < 40; query++) {
        const [x, y] = [120 + ((query * 97) % 800), 80 + ((query * 61) % 600)];
        let best = null;
        let bestDistance = 12;
        places.forEach((place, point) => {
          if (place === null) return;
          const distance = Math.hypot(place.x - x, place.y - y);
          if (distance < bestDistance) [best, bestDistance] = [point, distance];
        });
        const picked = scatter.pointAt(x, y);
        if (picked !== best) wrong.push([x, y, picked, best]);
        if (picked !== null) found++;
      }
      return found < 10 ? 'too few points under the pointer: ' + found : wrong;
    })()`);
      expect(wrong).toEqual([]);
    },
    240_000,
  );

  test('labels, density and colors act; a class of the legend is shown among the others', async () => {
    const { page } = await open(ProjectionHost.of(2_000));
    expect(await plot<unknown[]>(page, 'labels.length')).toBeGreaterThan(8);
    await page.keyboard.press('t');
    await expect.poll(() => plot(page, 'labels.length')).toBe(0);
    await choose(page, 'Color by', 'genre');
    const entries = page.locator('.legend-entry');
    await expect.poll(() => entries.count()).toBe(11);
    const before = await page.locator('.scatter-points').screenshot();
    await entries.first().click();
    await expect.poll(() => entries.first().getAttribute('aria-pressed')).toBe('true');
    await settled(page);
    expect((await page.locator('.scatter-points').screenshot()).equals(before)).toBe(false);
    await choose(page, 'Color by', 'cluster (k-means)');
    await expect
      .poll(() => page.locator('.legend-entry').allTextContents())
      .toContainEqual(expect.stringContaining('cluster 8'));
    await choose(page, 'Color by', 'recommended in top-10 (count)');
    await expect.poll(() => page.locator('.rail .scale-ends').count()).toBe(1);
    await page.locator('.scatter-surface').focus();
    await page.keyboard.press('d');
    await expect.poll(() => page.getByLabel('density').isChecked()).toBe(true);
  });
});

describe('a point', () => {
  test('a click shows its neighbors in the original space; a click on one goes there', async () => {
    const host = ProjectionHost.of(1_000);
    const { page } = await open(host);
    // A point that no other hides.
    const point =
      await page.evaluate<number>(`Array.from({ length: 1000 }, (_, point) => point).find((point) => {
      const scatter = document.querySelector('recsight-scatter');
      const { x, y } = scatter.placeOf(point);
      return y > 120 && x > 50 && scatter.pointAt(Math.round(x), Math.round(y)) === point;
    })`);
    const { x, y } = await pixelOf(page, point);
    await page.mouse.move(x, y);
    await page.locator('.scatter-card', { hasText: host.first.title(point) }).waitFor();
    await page.mouse.click(x, y);
    const source = { run: host.first.run.run, checkpoint: 'best' };
    const names = (metric: 'cosine' | 'euclidean', k: number, row = point) =>
      host.first.neighbors(source, { row: rowIndex(row) }, metric, k).map(({ label }) => label);
    await expect.poll(() => neighborNames(page)).toEqual(names('cosine', 10));
    await choose(page, 'Metric', 'Euclidean distance');
    await expect.poll(() => neighborNames(page)).toEqual(names('euclidean', 10));
    await choose(page, 'Number of neighbors', '100');
    await expect.poll(() => neighborNames(page)).toEqual(names('euclidean', 100));
    const [next] = host.first.neighbors(source, { row: rowIndex(point) }, 'euclidean', 1);
    await page.locator('.rail.right .row-list .list-row').first().click();
    await expect.poll(() => page.locator('.chosen h2').textContent()).toBe(next!.label);
    await expect.poll(() => neighborNames(page)).toEqual(names('euclidean', 100, next!.row));
  });
});

test('a rectangle and a lasso select exactly the points inside; they can be isolated and exported', async () => {
  const host = ProjectionHost.of(2_000);
  const { page } = await open(host);
  const box = (await page.locator('.scatter-surface').boundingBox())!;
  const inside = (left: number, top: number, right: number, bottom: number) =>
    page.evaluate<number>(`Array.from({ length: 2000 }, (_, point) => document.querySelector('recsight-scatter').placeOf(point))
      .filter(({ x, y }) => x >= ${left} && x <= ${right} && y >= ${top} && y <= ${bottom}).length`);
  const drag = async (corners: [number, number][]): Promise<void> => {
    await page.mouse.move(box.x + corners[0]![0], box.y + corners[0]![1]);
    await page.mouse.down();
    for (const [x, y] of corners.slice(1)) await page.mouse.move(box.x + x, box.y + y);
    await page.mouse.up();
  };
  const heading = page.locator('.rail.right .chosen h2');
  await page.keyboard.press('r');
  const expected = await inside(300, 250, 620, 520);
  expect(expected).toBeGreaterThan(50);
  await drag([
    [300, 250],
    [500, 400],
    [620, 520],
  ]);
  await expect.poll(() => heading.textContent()).toBe(`${expected} points`);
  await expect.poll(() => page.locator('.chosen').textContent()).toMatch(/coherence 0\.\d+/);
  await expect.poll(() => page.getByRole('status').last().textContent()).not.toBe('');
  expect(await page.locator('[aria-label="Most typical points"] .list-row').count()).toBe(10);
  await expect
    .poll(() => page.locator('[aria-label="Nearest to the mean, all rows"] .list-row').count())
    .toBe(10);

  await page.getByRole('button', { name: 'Export Selection' }).click();
  await page.getByRole('menuitem', { name: 'CSV' }).locator('visible=true').click();
  await expect.poll(() => host.exported.length).toBe(1);
  expect(host.exported[0]!.rows).toHaveLength(expected);
  expect(host.exported[0]!.coordinates).toHaveLength(2 * expected);

  await page.getByText('Isolate', { exact: true }).click();
  await expect
    .poll(() => page.locator('.stage-title p').last().textContent())
    .toContain(`${expected} isolated`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('i');
  await page.keyboard.press('l');
  await settled(page);
  const lasso = await inside(200, 150, 500, 400);
  await drag([
    [200, 150],
    [500, 150],
    [500, 400],
    [200, 400],
  ]);
  await expect.poll(() => heading.textContent()).toBe(`${lasso} points`);
});

test('a user’s history is drawn with what is recommended after it, and leads to the attention', async () => {
  const host = ProjectionHost.of(1_000);
  const { page } = await open(host);
  const before = await page.locator('.scatter-overlay').screenshot();
  await userSearch(page).fill('u12');
  await page.getByRole('option', { name: 'u12 ' }).first().click();
  const path = host.first.userPath(12, 10);
  await expect
    .poll(() => page.locator('[aria-label="History"] .label').allTextContents())
    .toEqual(path.items.toReversed().map(({ title }) => title));
  expect(await page.locator('[aria-label="Recommended"] .label').allTextContents()).toEqual(
    path.recommended.map(({ title }) => title),
  );
  expect(await page.getByRole('img', { name: 'Actual next item' }).count()).toBe(1);
  await settled(page);
  expect((await page.locator('.scatter-overlay').screenshot()).equals(before)).toBe(false);
  await page.getByText('Show Attention', { exact: true }).click();
  await expect
    .poll(() => host.opened)
    .toEqual([{ view: 'attention', run: host.first.run.run, focus: { user: 12 } }]);
});

test('another run beside it, aligned: one camera, one hover, and what moved most', async () => {
  const host = new ProjectionHost(
    new ExampleRun('/runs/a', 'sasrec-a', 600, 3),
    new ExampleRun('/runs/b', 'sasrec-b', 600, 3),
  );
  const { page } = await open(host);
  await choose(page, 'Compare with', 'another epoch');
  await expect.poll(() => page.locator('recsight-scatter').count(), { timeout: 30_000 }).toBe(2);
  await expect.poll(() => page.locator('[aria-label="Largest moves"] .list-row').count()).toBe(100);
  expect(await page.locator('.caption').allTextContents()).toEqual([
    'epoch 12 (best) of sasrec-a',
    'epoch 1 of sasrec-a, aligned',
  ]);
  await page.mouse.move(500, 400);
  await page.mouse.wheel(0, -400);
  await settled(page);
  expect(await plot(page, 'camera', 1)).toEqual(await plot(page, 'camera', 0));
  const moved = page.locator('[aria-label="Largest moves"] .list-row').first();
  await moved.hover();
  await expect.poll(() => page.locator('.scatter-card:visible').count()).toBe(2);
  await page.getByText('Color by Distance', { exact: true }).click();
  await expect.poll(() => page.locator('.rail .scale-ends').count()).toBe(1);
  // The same table under another name has not moved.
  await choose(page, 'Compare with', 'sasrec-b');
  await expect
    .poll(() => page.locator('.rail.right .metadata').textContent(), { timeout: 30_000 })
    .toMatch(/residual variance\s+0\.0%/);
});

test('the list of runs shows the ends of long titles, which tell them apart', async () => {
  const host = new ProjectionHost(
    new ExampleRun('/runs/a', 'sasrec', 600, 3),
    new ExampleRun('/runs/b', 'sasrec', 600, 4),
  );
  const name = 'sasrec-with-a-name-that-is-longer-than-any-list-is-wide';
  host.titles = { '/runs/a': `${name} · 14:05`, '/runs/b': `${name} · 14:20` };
  const { page } = await open(host, { width: 480 });
  await page.locator('vscode-dropdown[aria-label="Compare with"]').click();
  const option = page.locator('vscode-option', { hasText: '14:20' });
  await option.waitFor();
  const overflow = await option.evaluate<number, unknown>((element) => {
    const { shadowRoot } = element as { shadowRoot: { querySelector: (selector: string) => unknown } };
    const content = shadowRoot.querySelector('.content') as { scrollWidth: number; clientWidth: number };
    return content.scrollWidth - content.clientWidth;
  });
  expect(overflow).toBeLessThanOrEqual(0);
  const box = (await option.boundingBox())!;
  expect(box.x).toBeGreaterThanOrEqual(0);
  expect(box.x + box.width).toBeLessThanOrEqual(480);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(480);
  expect(await page.evaluate('document.documentElement.scrollLeft + document.body.scrollLeft')).toBe(0);
});

test('two runs of one name are told apart above their maps', async () => {
  const host = new ProjectionHost(
    new ExampleRun('/runs/a', 'sasrec', 600, 3),
    new ExampleRun('/runs/b', 'sasrec', 600, 4),
  );
  host.titles = { '/runs/a': 'sasrec · 14:05', '/runs/b': 'sasrec · 14:20' };
  const { page } = await open(host);
  await choose(page, 'Compare with', 'sasrec · 14:20');
  await expect
    .poll(() => page.locator('.caption').allTextContents(), { timeout: 30_000 })
    .toEqual(['epoch 12 (best) of sasrec · 14:05', 'epoch 12 (best) of sasrec · 14:20, aligned']);
});

/** Lets UMAP make as many steps as are allowed, and no more. */
function stepByStep(host: ProjectionHost): { allow: (more: number) => void } {
  let allowed = 0;
  let wake: () => void = () => undefined;
  host.beforeUmapStep = async () => {
    while (allowed <= 0) await new Promise<void>((resolve) => (wake = resolve));
    allowed -= 1;
  };
  return {
    allow(more) {
      allowed += more;
      wake();
    },
  };
}

describe('UMAP', () => {
  test('moves the points while it works, and says how good it is', async () => {
    const host = ProjectionHost.of(500);
    const steps = stepByStep(host);
    const { page } = await open(host);
    const placeOf = () => plot<{ x: number; y: number }>(page, 'placeOf(3)');
    await page.getByText('UMAP', { exact: true }).click();
    await page.locator('.progress-block').waitFor();
    steps.allow(1);
    await expect.poll(() => page.locator('.progress-block .number').textContent()).toMatch(/1\/10/);
    const first = await placeOf();
    steps.allow(1);
    await expect.poll(placeOf).not.toEqual(first);
    expect(await page.locator('.stage-title p').first().textContent()).toContain('still moving');
    steps.allow(Infinity);
    await page.getByText('trustworthiness 0.981').waitFor();
    expect(await page.locator('.stage-title p').first().textContent()).toBe(
      'UMAP · 15 neighbors · minimum distance 0.1 · cosine · seed 42',
    );
  });

  test('is canceled, and started again with other parameters', async () => {
    const host = ProjectionHost.of(300);
    const steps = stepByStep(host);
    const { page } = await open(host);
    await page.getByText('UMAP', { exact: true }).click();
    await page.locator('.progress-block').getByText('Cancel', { exact: true }).click();
    await expect.poll(() => host.calls).toContain('cancel');
    steps.allow(Infinity);
    await page.getByText('UMAP was canceled').waitFor();
    await expect.poll(() => page.locator('.stage-title p').first().textContent()).toContain('PCA');
    await page.getByLabel('seed').fill('11');
    await page.getByLabel('seed').press('Tab');
    await page.getByText('Run UMAP', { exact: true }).click();
    await expect.poll(() => page.locator('.stage-title p').first().textContent()).toContain('seed 11');
    await page.getByText('trustworthiness 0.981').waitFor();
  });
});

test('a reload brings back what was chosen, looked at and set', async () => {
  const host = ProjectionHost.of(800);
  const { page } = await open(host);
  await choose(page, 'Color by', 'genre');
  await pointSearch(page).fill('m43');
  await pointSearch(page).press('Enter');
  await pointSearch(page).fill('');
  await page.mouse.move(600, 400);
  await page.mouse.wheel(0, -500);
  await settled(page);
  const camera = await plot(page, 'camera');
  // A camera is kept when it has come to rest.
  await expect
    .poll(() => page.evaluate("JSON.parse(sessionStorage.getItem('kept state')).camera"))
    .toEqual(camera);
  const calls = host.calls.length;
  await page.reload();
  await page.locator('recsight-scatter').waitFor();
  await expect.poll(() => page.locator('.chosen h2').textContent()).toBe(host.first.title(42));
  await settled(page);
  expect(await plot(page, 'camera')).toEqual(camera);
  expect(await page.locator('.legend-entry').count()).toBe(11);
  // The map does not wait for the list of tables.
  expect(host.calls.slice(calls, calls + 6).sort()).toEqual(
    ['hydrate', 'describeRun', 'bookmarks', 'embeddingTables', 'points', 'pca'].sort(),
  );
});

test('bookmarks are saved, opened and deleted', async () => {
  const host = ProjectionHost.of(500);
  const { page } = await open(host);
  await choose(page, 'Color by', 'genre');
  await page.getByLabel('Bookmark name').fill('genres');
  await page.getByRole('button', { name: 'Save Bookmark' }).click();
  await expect.poll(() => host.bookmarks.map(({ name }) => name)).toEqual(['genres']);
  await choose(page, 'Color by', 'year');
  await expect.poll(() => page.locator('.rail .scale-ends').count()).toBe(1);
  await page.getByText('genres', { exact: true }).click();
  await expect.poll(() => page.locator('.legend-entry').count()).toBe(11);
  await page.getByRole('button', { name: 'Delete genres' }).click();
  await expect.poll(() => host.bookmarks).toEqual([]);
});

test('statistics, with dead and duplicate rows on the map', async () => {
  const { page } = await open(ProjectionHost.of(800));
  await page.keyboard.press('s');
  const rows = page.locator('.rail.right .metadata');
  await expect.poll(() => rows.textContent()).toMatch(/effective dimensions\s+\d+\.\d of 16/);
  const norms = page.getByLabel('Mean norm by popularity decile').locator('.list-row');
  expect(await norms.first().textContent()).toMatch(/1 \(most popular\)\s+\d\.\d+/);
  await page.getByRole('button', { name: 'Show duplicate rows' }).click();
  await expect.poll(() => page.locator('.chosen h2').textContent()).toBe('2 points');
});

test('another epoch by slider and by key; the old map stays until the new one has come', async () => {
  const host = ProjectionHost.of(500);
  const { page } = await open(host);
  await page.keyboard.press('[');
  await expect.poll(() => page.locator('h1').textContent()).toBe('Items of sasrec-movies, epoch 9');
  expect(await page.locator('recsight-scatter').count()).toBe(1);
  await page.getByRole('slider', { name: /^epoch/ }).fill('0');
  await expect.poll(() => page.locator('h1').textContent()).toBe('Items of sasrec-movies, epoch 1');
});

describe('with the keyboard', () => {
  test('from point to point, choose, along the neighbors, and out', async () => {
    const { page } = await open(ProjectionHost.of(400));
    await page.locator('.scatter-surface').focus();
    await page.keyboard.press('ArrowRight');
    const card = page.locator('.scatter-card b');
    await expect.poll(() => card.textContent()).not.toBe('');
    const first = await card.textContent();
    expect(await page.locator('p.unseen').textContent()).toBe(first);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => card.textContent()).not.toBe(first);
    const second = await card.textContent();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.chosen h2').textContent()).toBe(second);
    await page.locator('.row-list .list-row').first().focus();
    await page.keyboard.press('ArrowDown');
    const third = await page.locator('.row-list .list-row:focus .label').textContent();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.chosen h2').textContent()).toBe(third);
    await page.keyboard.press('Escape');
    await page.locator('.rail.right').waitFor({ state: 'detached' });
  });

  test('the picture moves, grows and fits', async () => {
    const { page } = await open(ProjectionHost.of(400));
    const fitted = await plot<{ zoom: number; target: number[] }>(page, 'camera');
    await page.locator('.scatter-surface').focus();
    await page.keyboard.press('+');
    await page.keyboard.press('Shift+ArrowLeft');
    const moved = await plot<{ zoom: number; target: number[] }>(page, 'camera');
    expect(moved.zoom).toBeCloseTo(fitted.zoom + 0.5);
    expect(moved.target[0]).toBeLessThan(fitted.target[0]!);
    await page.keyboard.press('0');
    await expect.poll(() => plot(page, 'camera')).toEqual(fitted);
  });
});

test('a table in place of the map: only rows in sight, sorted, announced, with the keyboard', async () => {
  const host = ProjectionHost.of(3_000);
  const { page } = await open(host);
  await page.keyboard.press('v');
  const grid = page.getByRole('grid');
  await grid.waitFor();
  expect(await grid.getAttribute('aria-rowcount')).toBe('3001');
  expect(await page.locator('recsight-point-table tbody tr').count()).toBeLessThan(120);
  await page.getByRole('button', { name: 'training interactions' }).click();
  const values = async () =>
    (await page.locator('recsight-point-table tbody tr:not(.spacer) td:nth-child(4)').allTextContents()).map(
      (text) => Number(text.replace(/[\s,]/g, '')),
    );
  await expect.poll(async () => (await values())[0]).toBe(Math.max(...host.first.popularity));
  const shown = await values();
  expect(shown).toEqual([...shown].sort((a, b) => b - a));
  expect(await page.locator('p.unseen').textContent()).toBe('Sorted by training interactions, descending.');
  await grid.focus();
  await page.keyboard.press('End');
  await expect.poll(async () => (await values()).at(-1)).toBe(Math.min(...host.first.popularity));
  await page.keyboard.press('Enter');
  await page.locator('.chosen h2').waitFor();
});

describe('files', () => {
  test('the map as PNG and SVG, the table in three formats', async () => {
    const host = ProjectionHost.of(300);
    const { page } = await open(host);
    const items = [
      'Save as PNG…',
      'Save as SVG…',
      'Export Table as CSV…',
      'Export Table as TensorBoard TSV…',
      'Export Table as NPY…',
    ];
    for (const item of items) {
      await page.getByRole('button', { name: 'Save and Export' }).click();
      await page.getByRole('menuitem', { name: item }).locator('visible=true').click();
    }
    await expect.poll(() => [host.saved.length, host.exported.length]).toEqual([2, 3]);
    const [png, svg] = host.saved;
    expect(png!.fileName).toBe('sasrec-movies-itemEmbedding-pca.png');
    expect(
      Buffer.from(png!.content as ArrayBuffer)
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect((svg!.content as string).match(/<circle/g)!.length).toBeGreaterThanOrEqual(300);
    expect(svg!.content).toContain('Items of sasrec-movies, epoch 12 (best)');
    expect(svg!.content).not.toContain('NaN');
    expect(host.exported.map(({ format, rows }) => [format, rows])).toEqual([
      ['csv', null],
      ['tensorboard', null],
      ['npy', null],
    ]);
    expect(host.exported[0]!.coordinates).toHaveLength(600);
  });
});

describe('when something is missing', () => {
  test('a run without checkpoints says when there will be a map', async () => {
    const host = ProjectionHost.of(100);
    host.first.run.checkpoints = [];
    const { page } = await openWithoutMap(host);
    await page.getByText('This run has no checkpoint yet').waitFor();
    expect(await page.locator('.rail.left h2').allTextContents()).toEqual(['Table']);
    expect(await page.getByLabel('Compare with').count()).toBe(0);
    await page.getByText('none yet', { exact: true }).waitFor();
    expect(await page.getByText('loading', { exact: true }).count()).toBe(0);
  });

  test('what has its first checkpoint meanwhile is shown without opening the panel again', async () => {
    const host = ProjectionHost.of(100);
    const { checkpoints } = host.first.run;
    host.first.run.checkpoints = [];
    const { page } = await openWithoutMap(host);
    const refresh = page.getByRole('button', { name: 'Refresh' });
    await refresh.waitFor();
    host.first.run.checkpoints = checkpoints;
    await refresh.click();
    await page.locator('recsight-scatter').waitFor();
    expect(await refresh.count()).toBe(0);
  });

  test('an error says why, and can be tried again', async () => {
    const host = ProjectionHost.of(100);
    host.failures.points = new Error('The weights of `epoch-12` are cut off.');
    const { page } = await openWithoutMap(host);
    await page.getByText('The weights of epoch-12 are cut off.').waitFor();
    host.failures = {};
    await page.getByText('Try Again', { exact: true }).click();
    await page.locator('recsight-scatter').waitFor();
  });
});

describe('themes and sizes', () => {
  test('axe finds nothing in map and table', async () => {
    const { page } = await open(ProjectionHost.of(400));
    await choose(page, 'Color by', 'genre');
    await pointSearch(page).fill('m43');
    await pointSearch(page).press('Enter');
    await page.locator('.row-list .list-row').first().waitFor();
    for (const asTable of [false, true]) {
      if (asTable) await page.getByRole('button', { name: 'View as Table' }).click();
      await settled(page);
      expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
    }
  });

  test('the map takes the colors of every theme', async () => {
    const { page } = await open(ProjectionHost.of(400));
    await choose(page, 'Color by', 'genre');
    const pictures = new Set<string>();
    const [own, ...others] = Object.keys(THEMES) as ThemeName[];
    for (const theme of [...others, own!]) {
      await changeTheme(page, theme);
      await settled(page);
      pictures.add((await page.locator('.scatter-points').screenshot()).toString('base64'));
    }
    expect(pictures.size).toBe(Object.keys(THEMES).length);
  });

  test.each(Object.keys(THEMES) as ThemeName[])('%s: a checkbox is a box in its colors', async (theme) => {
    const { page } = await open(ProjectionHost.of(100), { theme });
    const boxes = await page.evaluate<Record<string, string>[]>(`(() => {
      const colors = getComputedStyle(document.querySelector('.search-input'));
      return [...document.querySelectorAll('.checkbox input')].map((box) => {
        const { backgroundColor, borderStyle, borderColor } = getComputedStyle(box);
        return {
          tick: String(getComputedStyle(box, '::before').content !== 'none'),
          border: borderStyle,
          bounded: String(borderColor !== backgroundColor),
          field: String(backgroundColor === colors.backgroundColor),
        };
      });
    })()`);
    const box = { border: 'solid', bounded: 'true', field: 'true' };
    expect(boxes).toEqual([
      { ...box, tick: 'true' },
      { ...box, tick: 'false' },
    ]);
  });

  test.each([320, 380, 720, 1280, 2560])('%i pixels wide: nothing sticks out', async (width) => {
    const { page } = await open(ProjectionHost.of(400), { width });
    const { scrollWidth, map } = await page.evaluate<{ scrollWidth: number; map: number }>(`({
      scrollWidth: document.documentElement.scrollWidth,
      map: document.querySelector('recsight-scatter').clientWidth,
    })`);
    expect(scrollWidth).toBe(width);
    expect(map).toBeGreaterThan(width < 760 ? width - 8 : width / 2);
    if (width < 760) {
      await page.getByRole('button', { name: 'Layout and Colors' }).click();
      await page.getByLabel('Color by').waitFor();
      await page.keyboard.press('Escape');
      await page.getByLabel('Color by').waitFor({ state: 'hidden' });
    }
  });
});
