import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { exampleEvents, exampleRun } from './exampleRun';
import { TestHost } from './livePage';
import { longRun } from './liveStates';
import { chart, runningHost, settled, summaryOf, timesDrawn, useLivePages } from './liveSuite';

/*
 * What the page does for what it shows: how much is drawn, sent and computed, which does not depend on the machine as times do.
 */

const { open } = useLivePages();

const TITLES = ['Validation', 'Training loss', 'Throughput', 'Memory'];
const drawings = (page: Page) => Promise.all(TITLES.map((title) => timesDrawn(page, title)));

/** How often each chart is drawn for something. */
async function drawnFor(page: Page, act: () => Promise<unknown>): Promise<number[]> {
  await settled(page);
  const before = await drawings(page);
  await act();
  await settled(page);
  return (await drawings(page)).map((times, i) => times - before[i]!);
}

/** Until the points behind an outline have come and are drawn. */
async function whole(page: Page): Promise<void> {
  await expect.poll(() => summaryOf(page, 'Training loss'), { timeout: 60_000 }).toContain('200,000 points');
  await settled(page);
}

test('a step of the smoothing draws once what it smooths, and nothing else', async () => {
  const { page } = await open(longRun());
  await whole(page);
  expect(await drawnFor(page, () => page.getByLabel('smoothing').fill('0.9'))).toEqual([0, 1, 1, 0]);
});

test('steps of a slider that come faster than frames are drawn once', async () => {
  const { page } = await open(runningHost());
  const drag = `{
    const input = document.querySelector('.slider input');
    for (const value of [0.1, 0.2, 0.3, 0.4, 0.5]) {
      input.value = value;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }
  }`;
  expect(await drawnFor(page, () => page.evaluate(drag))).toEqual([0, 1, 1, 0]);
});

test('news of the run draw no curve, and a step draws those that it changes', async () => {
  const host = runningHost();
  const { page, view } = await open(host);
  const later = exampleRun('running', 7);
  later.manifest.progress = { ...later.manifest.progress, remainingMs: 60_000 };
  expect(await drawnFor(page, () => view.runChanged(later))).toEqual([0, 0, 0, 0]);
  const more = exampleEvents(7, 60, 21).filter(({ seq }) => seq >= host.series.cursor);
  expect(more.map(({ kind }) => kind)).toEqual(['step']);
  expect(await drawnFor(page, () => view.append(more))).toEqual([0, 1, 1, 0]);
});

test('a smoothing does not make the browser lay out the page for each chart', async () => {
  const { page } = await open(runningHost());
  await settled(page);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const layouts = async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'LayoutCount')!.value;
  const before = await layouts();
  await page.evaluate(`{
    const input = document.querySelector('.slider input');
    input.value = 0.9;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }`);
  await settled(page);
  expect((await layouts()) - before).toBeLessThanOrEqual(4);
});

test('a log that is still being read: the run and what is happening, then its curves, drawn once', async () => {
  const host = longRun((reading) => (reading.reading = true));
  const { page, view } = await open(host);
  await settled(page);
  for (const title of TITLES) {
    expect(await chart(page, title).locator('.chart-empty').innerText()).toBe('Reading 200,000 steps…');
  }
  expect(await page.locator('section.test tbody tr').count()).toBeGreaterThan(0);
  const places = () =>
    page.evaluate<number[]>(
      "[...document.querySelectorAll('recsight-line-chart')].map((chart) => chart.getBoundingClientRect().top)",
    );
  const before = await places();
  let send = (): void => undefined;
  host.heldHistory = new Promise((resolve) => (send = resolve));
  expect(await drawnFor(page, () => view.historyRead(host.series.outline()))).toEqual([1, 1, 1, 1]);
  expect(await page.locator('.chart-empty').count()).toBe(0);
  // The outline has no more points than can be seen, and the same extremes at the same places.
  const bounds = async () => /from .* to .*?[,.]/.exec((await summaryOf(page, 'Training loss'))!)?.[0];
  const outlined = await bounds();
  expect(await summaryOf(page, 'Training loss')).toContain('loss: an outline between');
  const notes = chart(page, 'Training loss').locator('.chart-notes');
  expect(await notes.textContent()).toContain('Reading all steps…');
  await expect.poll(() => host.calls.filter((call) => call === 'history').length).toBe(1);
  send();
  await whole(page);
  expect(await bounds()).toBe(outlined);
  expect(await notes.textContent()).toContain('Each point averages up to');
  expect(host.calls.filter((call) => call === 'history').length).toBe(1);
  // Nothing jumps.
  expect(await places()).toEqual(before);
});

describe('a run that ended before its first step', () => {
  const charts = (page: Page) => page.locator('recsight-line-chart').count();
  const controls = (page: Page) => page.getByRole('region', { name: 'Charts' }).count();

  test('failed: what went wrong, without frames that stay empty and controls that do nothing', async () => {
    const error = { code: 'dataset/missing-column', message: 'ratings.csv has no column user_id.' };
    const { page } = await open(new TestHost(exampleRun('failed', 0, { error }), []));
    await settled(page);
    expect(await page.locator('section.box').innerText()).toContain(error.message);
    expect([await charts(page), await controls(page)]).toEqual([0, 0]);
    expect(await page.locator('.body > p').count()).toBe(0);
  });

  test('stopped: a sentence instead', async () => {
    const { page } = await open(new TestHost(exampleRun('stopped', 0), []));
    await settled(page);
    expect(await page.locator('.body > p').allInnerTexts()).toEqual([
      'Training was stopped before the first step.',
    ]);
    expect([await charts(page), await controls(page)]).toEqual([0, 0]);
  });

  test('once it goes on, there are curves to wait for', async () => {
    const { page, view } = await open(new TestHost(exampleRun('stopped', 0), []));
    await view.runChanged(exampleRun('preparing', 0));
    await expect.poll(() => charts(page)).toBe(4);
    expect(await controls(page)).toBe(1);
  });
});
