import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../src/protocol/run';
import { exampleBaseline, exampleEvents, exampleRun, exampleTest } from './exampleRun';
import { LivePages, TestHost, type OpenPage } from './livePage';
import { changeTheme, THEMES, type PageOptions, type ThemeName } from './webviewPages';

let pages: LivePages;
let opened: OpenPage[] = [];

beforeAll(async () => {
  pages = await LivePages.start();
}, 60_000);
afterAll(() => pages.stop());

/** Whatever a test does, the page must not break its policy or complain. */
afterEach(async () => {
  const all = opened;
  opened = [];
  for (const { page, complaints, violations } of all) {
    expect(await violations()).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  }
});

async function open(host: TestHost, options: PageOptions = {}): Promise<OpenPage> {
  const page = await pages.open(host, options);
  opened.push(page);
  await page.page.locator('h1', { hasText: host.run.manifest.name }).waitFor();
  return page;
}

const runningHost = (): TestHost => new TestHost(exampleRun('running', 7), exampleEvents(7, 60, 20));
const chart = (page: Page, title: string) => page.locator('recsight-line-chart', { hasText: title });
const canvasOf = (page: Page, title: string) =>
  chart(page, title)
    .locator('canvas')
    .first()
    .evaluate((canvas: unknown) => (canvas as { toDataURL: () => string }).toDataURL());
const drawnPoints = (page: Page, title: string) =>
  chart(page, title).evaluate((element: unknown) => (element as { drawnPoints: number }).drawnPoints);
const summaryOf = (page: Page, title: string) =>
  chart(page, title).locator('.plot').getAttribute('aria-label');
/** Until all that was asked for is drawn. */
const settled = (page: Page): Promise<unknown> =>
  page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))',
  );

describe('what is shown', () => {
  const views = ['Projection', 'Attention'];
  const buttons: Record<RunStatus, string[]> = {
    preparing: ['Stop'],
    running: [...views, 'Stop'],
    evaluating: [...views, 'Stop'],
    stopping: [...views, 'Stop'],
    stopped: [...views, 'Evaluate', 'Resume'],
    failed: [...views, 'Evaluate', 'Resume'],
    lost: [...views, 'Evaluate', 'Resume'],
    finished: [...views, 'Evaluate'],
  };
  test.each(Object.entries(buttons))('%s, with what can be done about it', async (status, expected) => {
    const epochs = status === 'preparing' ? 0 : 3;
    const host = new TestHost(
      exampleRun(status as RunStatus, epochs),
      epochs === 0 ? [] : exampleEvents(epochs),
    );
    const { page } = await open(host);
    expect(await page.getByRole('status').textContent()).toBe(status);
    expect(await page.locator('.actions vscode-button').allTextContents()).toEqual(expected);
    expect(await page.locator('.actions vscode-button[appearance=primary]').count()).toBe(1);
    expect(await page.locator('.actions vscode-button[disabled]').count()).toBe(
      status === 'stopping' ? 1 : 0,
    );
    expect(await page.locator('recsight-line-chart').count()).toBe(4);
    await settled(page);
    expect(await page.locator('recsight-line-chart canvas').count()).toBe(epochs === 0 ? 0 : 4);
  });

  test('the frame is there before the data', async () => {
    const host = runningHost();
    let answer = (): void => undefined;
    host.held = new Promise((resolve) => (answer = resolve));
    const opening = await pages.open(host);
    opened.push(opening);
    const titles = opening.page.locator('recsight-line-chart h2');
    await titles.first().waitFor();
    const before = await titles.count();
    expect(await opening.page.getByRole('status').textContent()).toBe('loading');
    answer();
    await opening.page.locator('h1', { hasText: 'sasrec' }).waitFor();
    expect([before, await titles.count()]).toEqual([4, 4]);
  });

  test('the facts and the progress', async () => {
    const { page } = await open(runningHost());
    expect((await page.locator('.facts').innerText()).replace(/\s+/g, ' ')).toMatch(
      /^NDCG@10 0\.1033 best e7 HR@10 0\.1921 loss 4\.631 3,\d{3} sequences\/s 4,096 users · 3,629 items wasm · 2 threads$/,
    );
    expect(await page.locator('.progress').innerText()).toMatch(/epoch 7\/20\s*35%\s*1 min 12 s left/);
    expect(await chart(page, 'Validation NDCG@10').locator('.badge').textContent()).toBe(
      'full · LOO · seen filtered',
    );
  });

  test('a warning for a run whose numbers are to be doubted, in the colour of warnings', async () => {
    const warnings = [{ code: 'training/diverging', message: 'Training diverges.' }] as const;
    const doubtful = exampleRun('finished', 20, { warnings: [...warnings] });
    const { page } = await open(new TestHost(doubtful, exampleEvents(20)));
    expect(await page.getByLabel('Loss diverged').innerText()).toContain('Training diverges.');
    const colorOf = (selector: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).color`);
    expect(await colorOf('.status .codicon-warning')).toBe(await colorOf('.box.warning > .codicon-warning'));
  });

  test('the details, with what the training takes in memory', async () => {
    const { page } = await open(runningHost());
    await page.getByText('Details', { exact: true }).click();
    const details = page.locator('.details dl');
    await expect
      .poll(() => details.textContent())
      .toContain('about 277 MB (61.0 MB activations), 20.1 GB were free');
  });

  test('the test table: best in bold, differences with sign and arrow, and a plain word when below a baseline', async () => {
    const good = await open(new TestHost(exampleRun('finished', 20, { test: exampleTest() }), []));
    expect(await good.page.locator('.verdict').textContent()).toContain('At least as good as every baseline');
    expect(await good.page.locator('.test tbody tr').first().locator('th, td').allInnerTexts()).toEqual([
      'NDCG@10',
      '0.1213',
      '0.07900',
      '0.09400',
      '0.1080',
      '▲ +0.0133',
    ]);
    expect(await good.page.locator('.test b').first().textContent()).toBe('0.1213');
    const bad = await open(new TestHost(exampleRun('finished', 20, { test: exampleTest(0.8) }), []));
    expect(await bad.page.locator('.verdict').textContent()).toContain('Below Markov on every metric.');
    expect(await bad.page.locator('.test b').first().textContent()).toBe('0.1080');
  });

  test('a model without training: its test, and no curve that would never come', async () => {
    const { page } = await open(new TestHost(exampleBaseline(), []));
    await page.getByText('fitted without epochs').waitFor();
    expect(await page.locator('section.test table').count()).toBe(1);
    expect(await page.locator('recsight-line-chart').count()).toBe(0);
  });

  test('an error: what happened, what to do, and buttons that do it', async () => {
    const error = { code: 'training/diverged', message: 'The loss is NaN at step 143.' };
    const host = new TestHost(exampleRun('failed', 2, { error }), exampleEvents(2));
    const { page } = await open(host);
    const box = page.locator('.box.error');
    expect(await box.textContent()).toContain('The loss is NaN at step 143.');
    expect(await box.textContent()).toContain('Resume goes on from the last checkpoint, after epoch 2.');
    await box.getByText('Open Log').click();
    await box.getByText('Open Config').click();
    expect(host.calls).toEqual(['hydrate', 'openLog', 'openConfig']);
  });

  test('an error before the first checkpoint: the way on is the config as it is now', async () => {
    const error = { code: 'dataset/missing-file', message: 'ratings.csv does not exist.' };
    const host = new TestHost(exampleRun('failed', 0, { error }), []);
    const { page } = await open(host);
    expect(await page.locator('.actions vscode-button').allTextContents()).toEqual(['Train Again']);
    expect(await page.locator('.box.error').textContent()).toContain('what the config file says now');
    await page.locator('.actions vscode-button[appearance=primary]').click();
    expect(host.calls).toEqual(['hydrate', 'trainAgain']);
  });

  test('names and messages are text, whatever they hold', async () => {
    const nasty = '<img src=x onerror="document.title=`owned`"><b>bold</b>';
    const error = { code: 'x', message: nasty };
    const host = new TestHost(exampleRun('failed', 2, { name: nasty, error, test: exampleTest() }), []);
    host.series.fold([{ v: 1, seq: 0, time: 0, kind: 'log', level: 'warning', message: nasty }]);
    const { page } = await open(host);
    expect(await page.locator('h1').textContent()).toBe(nasty);
    expect(await page.locator('.messages .message').textContent()).toBe(nasty);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('RecSight');
  });

  test('how runs are followed, when it is not by watching', async () => {
    const host = runningHost();
    host.notice = 'No file watchers are left: the run is read every second.';
    const { page } = await open(host);
    expect(await page.locator('.notice').textContent()).toContain('No file watchers are left');
  });
});

describe('what comes later', () => {
  test('events join the curves', async () => {
    const host = runningHost();
    const { page, view } = await open(host);
    await settled(page);
    expect(await summaryOf(page, 'Training loss')).toContain('440 points');
    const more = exampleEvents(7, 60, 50).filter(({ seq }) => seq >= host.series.cursor);
    const picture = await canvasOf(page, 'Training loss');
    await view.append(more);
    await settled(page);
    expect(await summaryOf(page, 'Training loss')).toContain('470 points');
    expect(await canvasOf(page, 'Training loss')).not.toBe(picture);
    expect(host.calls).toEqual(['hydrate']);
  });

  test('lost events are noticed, and the whole history asked for again', async () => {
    const host = runningHost();
    const { page, view } = await open(host);
    const more = exampleEvents(7, 60, 50).filter(({ seq }) => seq >= host.series.cursor);
    host.series.fold(more);
    await view.append(more.slice(5));
    await expect.poll(() => summaryOf(page, 'Training loss')).toContain('470 points');
    expect(host.calls).toEqual(['hydrate', 'hydrate']);
  });

  test('the run changes: status, progress and what can be done', async () => {
    const host = runningHost();
    const { page, view } = await open(host);
    await view.runChanged(exampleRun('stopped', 8));
    await expect.poll(() => page.getByRole('status').textContent()).toBe('stopped');
    expect(await page.locator('.actions vscode-button').allTextContents()).toEqual([
      'Projection',
      'Attention',
      'Evaluate',
      'Resume',
    ]);
    expect(await page.locator('[aria-live], [role=status], [role=alert]').count()).toBe(1);
  });
});

describe('what is asked', () => {
  test('stop, once', async () => {
    const host = runningHost();
    const { page } = await open(host);
    await page.getByText('Stop', { exact: true }).click();
    await expect.poll(() => host.calls).toEqual(['hydrate', 'stop']);
  });

  test('resume and evaluate', async () => {
    const host = new TestHost(exampleRun('stopped', 7), exampleEvents(7));
    const { page } = await open(host);
    await page.getByText('Resume', { exact: true }).click();
    await page.getByText('Evaluate', { exact: true }).click();
    await expect.poll(() => host.calls).toEqual(['hydrate', 'resume', 'evaluate']);
  });

  test('the views of the model', async () => {
    const host = runningHost();
    const { page } = await open(host);
    await page.getByText('Projection', { exact: true }).click();
    await page.getByText('Attention', { exact: true }).click();
    await expect.poll(() => host.calls).toEqual(['hydrate', 'openView projection', 'openView attention']);
  });

  test('a refusal is shown with its reason, and can be dismissed', async () => {
    const host = new TestHost(exampleRun('stopped', 7), exampleEvents(7));
    host.failure = new Error('Process 4711 trains this run already.');
    const { page } = await open(host);
    await page.getByText('Resume', { exact: true }).click();
    const box = page.getByRole('alert');
    await box.waitFor();
    expect(await box.textContent()).toContain('Process 4711 trains this run already.');
    await box.getByText('Dismiss').click();
    await box.waitFor({ state: 'detached' });
  });

  test('the menu, with the keyboard', async () => {
    const host = runningHost();
    const { page } = await open(host);
    await page.getByRole('button', { name: 'More Actions' }).focus();
    await page.keyboard.press('Enter');
    const focused = (name: string) =>
      expect.poll(() => page.locator('[role=menuitem]:focus').textContent()).toContain(name);
    await focused('Open Config');
    await page.keyboard.press('ArrowDown');
    await focused('Open Log');
    await page.keyboard.press('Enter');
    await expect.poll(() => host.calls).toEqual(['hydrate', 'openLog']);
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Open Config' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem', { name: 'Open Config' }).waitFor({ state: 'hidden' });
  });
});

describe('charts', () => {
  test('smoothing, axes and metric act, and are kept over a reload', async () => {
    const { page } = await open(runningHost());
    await settled(page);
    const before = await canvasOf(page, 'Training loss');
    await page.getByLabel('smoothing').fill('0.95');
    await settled(page);
    expect(await canvasOf(page, 'Training loss')).not.toBe(before);
    await page.getByText('epoch', { exact: true }).last().click();
    await page.getByText('log', { exact: true }).click();
    await settled(page);
    expect(await summaryOf(page, 'Training loss')).toContain('line chart by epoch');
    expect(await summaryOf(page, 'Training loss')).toMatch(/at epoch 7\.33/);
    await page.getByLabel('Validation metric').click();
    await page.getByRole('option', { name: 'HR@10' }).click();
    await chart(page, 'Validation HR@10').waitFor();
    await settled(page);

    await page.reload();
    await chart(page, 'Validation HR@10').waitFor();
    expect(await page.getByLabel('smoothing').inputValue()).toBe('0.95');
    expect(await page.getByRole('radio', { name: 'epoch' }).isChecked()).toBe(true);
    expect(await page.getByRole('radio', { name: 'log' }).isChecked()).toBe(true);
  });

  test('drag zooms all charts, a double click ends it', async () => {
    const { page } = await open(new TestHost(exampleRun('running', 7), exampleEvents(7, 60)));
    await settled(page);
    const all = await drawnPoints(page, 'Training loss');
    const area = (await chart(page, 'Training loss').locator('.u-over').boundingBox())!;
    const throughput = await drawnPoints(page, 'Throughput');
    await page.mouse.move(area.x + area.width * 0.25, area.y + 50);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width * 0.5, area.y + 60, { steps: 4 });
    await page.mouse.up();
    await settled(page);
    expect(await drawnPoints(page, 'Training loss')).toBeLessThan(all / 3);
    expect(await drawnPoints(page, 'Throughput')).toBeLessThan(throughput / 3);
    await page.mouse.dblclick(area.x + 40, area.y + 50);
    await settled(page);
    expect(await drawnPoints(page, 'Training loss')).toBe(all);
  });

  test('the keyboard moves the crosshair, zooms, and hears the values', async () => {
    const { page } = await open(runningHost());
    await settled(page);
    const plot = chart(page, 'Training loss').getByRole('slider');
    await plot.focus();
    await page.keyboard.press('Home');
    expect(await plot.getAttribute('aria-valuetext')).toMatch(/^step 1: loss 7\.\d+ raw 7\.\d+$/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await plot.getAttribute('aria-valuetext')).toMatch(/^step 12: /);
    const all = await drawnPoints(page, 'Training loss');
    await page.keyboard.press('+');
    await settled(page);
    expect(await drawnPoints(page, 'Training loss')).toBeLessThan(all);
    await page.keyboard.press('Escape');
    await settled(page);
    expect(await drawnPoints(page, 'Training loss')).toBe(all);
  });

  test('the crosshair shows the values, and says when they are of a bucket', async () => {
    const { page } = await open(new TestHost(exampleRun('running', 7), exampleEvents(7, 2000)));
    await settled(page);
    const area = (await chart(page, 'Training loss').locator('.u-over').boundingBox())!;
    await page.mouse.move(area.x + area.width / 2, area.y + 40);
    const tooltip = chart(page, 'Training loss').locator('.chart-tooltip');
    await tooltip.waitFor();
    expect(await tooltip.innerText()).toMatch(
      /step \d,\d{3}\s+loss \d\.\d+ raw \d\.\d+\s+bucket of \d+: \d\.\d+ to \d\.\d+/,
    );
    expect(await chart(page, 'Throughput').locator('.chart-tooltip:visible').count()).toBe(0);
  });

  test('a hundred thousand points: no more are drawn than there are pixels', async () => {
    const host = new TestHost(exampleRun('running', 10), exampleEvents(10, 10_000));
    const { page } = await open(host, { width: 1280, pixelRatio: 2 });
    await settled(page);
    expect(await summaryOf(page, 'Training loss')).toContain('100,000 points');
    const { width } = (await chart(page, 'Training loss').locator('canvas').first().boundingBox())!;
    const drawn = await drawnPoints(page, 'Training loss');
    expect(drawn).toBeGreaterThan(width / 4);
    // Both edges of the band together: at most two points a pixel.
    expect(2 * drawn).toBeLessThanOrEqual(2 * width);
  });

  test('a table in place of the picture, with the same values', async () => {
    const { page } = await open(runningHost());
    await chart(page, 'Validation').getByRole('button', { name: 'View as Table' }).click();
    const rows = chart(page, 'Validation').locator('tbody tr');
    expect(await rows.count()).toBe(7);
    expect(await rows.first().locator('td').allTextContents()).toMatchObject([
      '420',
      '7',
      expect.stringMatching(/^\d\d:\d\d:\d\d$/),
      expect.stringMatching(/^0\.10\d\d$/),
    ]);
    await chart(page, 'Validation').getByRole('button', { name: 'View as Chart' }).click();
    await settled(page);
    expect(await chart(page, 'Validation').locator('canvas').count()).toBe(1);
  });

  test('a chart is saved as CSV and as PNG', async () => {
    const host = runningHost();
    const { page } = await open(host);
    for (const item of ['Save as CSV…', 'Save as PNG…']) {
      await page.getByRole('button', { name: 'More for Training loss' }).click();
      await page.getByRole('menuitem', { name: item }).locator('visible=true').click();
    }
    await expect.poll(() => host.saved.length).toBe(2);
    const [csv, png] = host.saved;
    expect(csv!.fileName).toBe('sasrec-movietweetings-loss.csv');
    expect((csv!.content as string).split('\n')).toHaveLength(1 + 440 + 1);
    expect(png!.fileName).toBe('sasrec-movietweetings-loss.png');
    expect(
      Buffer.from(png!.content as ArrayBuffer)
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  test('a loss that diverged leaves a gap and a note', async () => {
    const events = exampleEvents(2).map((event) =>
      event.kind === 'step' && event.step > 100 ? { ...event, loss: NaN } : event,
    );
    const { page } = await open(new TestHost(exampleRun('failed', 2), events));
    await settled(page);
    expect(await chart(page, 'Training loss').locator('.chart-notes').textContent()).toContain(
      '20 values not finite.',
    );
  });
});

describe('themes and sizes', () => {
  test('a new theme recolours the canvas', async () => {
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

  test('a chart follows the width of its panel', async () => {
    const { page } = await open(runningHost(), { width: 1280 });
    await settled(page);
    await page.setViewportSize({ width: 600, height: 900 });
    await settled(page);
    const { width } = (await chart(page, 'Training loss').locator('.uplot').boundingBox())!;
    expect(width).toBeGreaterThan(540);
    expect(width).toBeLessThanOrEqual(600);
  });

  test.each(Object.keys(THEMES) as ThemeName[])('%s: no serious accessibility problem', async (theme) => {
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    const error = { code: 'x', message: 'The loss is NaN.' };
    const hosts = [
      runningHost(),
      new TestHost(exampleRun('failed', 7, { error, test: exampleTest(0.8) }), exampleEvents(7)),
    ];
    for (const host of hosts) {
      host.series.fold([
        { v: 1, seq: host.series.cursor, time: 0, kind: 'log', level: 'warning', message: 'Slow disk' },
      ]);
      const { page } = await open(host, { theme });
      await chart(page, 'Throughput').getByRole('button', { name: 'View as Table' }).click();
      await page.evaluate(await readFile(axe, 'utf8'));
      const { violations } = await page.evaluate<{
        violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
      }>("axe.run({ resultTypes: ['violations'], preload: false })");
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => ({
          id,
          nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
        }));
      expect(serious).toEqual([]);
    }
  });

  test('nothing spins for those who asked for less motion', async () => {
    const { page } = await open(new TestHost(exampleRun('preparing', 0), []), { reducedMotion: true });
    await page.locator('.status .codicon').waitFor();
    expect(
      await page.evaluate(`getComputedStyle(document.querySelector('.status .codicon')).animationName`),
    ).toBe('none');
  });
});
