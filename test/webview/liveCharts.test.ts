import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { exampleEvents, exampleRun } from './exampleRun';
import { TestHost } from './livePage';
import { canvasOf, chart, runningHost, settled, summaryOf, useLivePages } from './liveSuite';

const { open } = useLivePages();

const drawnPoints = (page: Page, title: string) =>
  chart(page, title).evaluate((element: unknown) => (element as { drawnPoints: number }).drawnPoints);

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
      /step \d,\d{3}\s+loss \d\.\d+ raw \d\.\d+\s+\d+ values: \d\.\d+ to \d\.\d+/,
    );
    expect(await chart(page, 'Throughput').locator('.chart-tooltip:visible').count()).toBe(0);
  });

  test('a hundred thousand points: no more are drawn than there are pixels', async () => {
    const host = new TestHost(exampleRun('running', 10), exampleEvents(10, 10_000));
    const { page } = await open(host, { width: 1280, pixelRatio: 2 });
    // The outline comes first.
    await expect
      .poll(() => summaryOf(page, 'Training loss'), { timeout: 60_000 })
      .toContain('100,000 points');
    await settled(page);
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
