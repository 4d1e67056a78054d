import { afterAll, beforeAll, test } from 'vitest';
import { LivePages } from './livePage';
import { longRun } from './liveStates';

/*
 * What the page of a run of 200,000 steps takes for its first charts, and for a step of the smoothing slider until that is
 * painted:
 *   BENCH=1 npx vitest run --project webview liveBench
 */

let pages: LivePages;
beforeAll(async () => {
  if (process.env.BENCH) pages = await LivePages.start();
}, 120_000);
afterAll(async () => {
  if (process.env.BENCH) await pages.stop();
});

test.skipIf(!process.env.BENCH)('200,000 steps', async () => {
  const host = longRun((reading) => (reading.reading = true));
  const { page, view } = await pages.open(host, { width: 1280, height: 860 });
  await page.locator('h1', { hasText: host.run.manifest.name }).waitFor();
  await page.evaluate(`addEventListener('message', () => { globalThis.received = performance.now(); })`);
  await view.historyRead(host.series.history());
  await page.locator('recsight-line-chart canvas').first().waitFor();
  const times = await page.evaluate<{ charts: number; steps: number[] }>(`(async () => {
    const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(null);
    }));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const charts = performance.getEntriesByName('recsight:charts').at(-1).startTime - received;
    const input = document.querySelector('.slider input');
    const steps = [];
    for (let i = 1; i <= 20; i++) {
      const start = performance.now();
      input.value = i / 25;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      await painted();
      steps.push(performance.now() - start);
    }
    return { charts, steps };
  })()`);
  const sorted = times.steps.toSorted((a, b) => a - b);
  console.log(
    `charts ${times.charts.toFixed(0)} ms after the history, a step of the slider ${sorted[10]!.toFixed(1)} ms (at most ${sorted.at(-1)!.toFixed(1)})`,
  );
  await page.context().close();
});
