import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { LivePages } from './livePage';
import { LIVE_STATES } from './liveStates';
import { THEMES, type ThemeName } from './webviewPages';

/*
 * Pictures of the panel for human eyes, in test/screenshots/:
 *   SCREENSHOTS=1 npx vitest run --project webview screenshots
 *
 * or only some states: SCREENSHOTS=diverged,lost
 */

const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));

/** Those whose details are shown. */
const OPENED: ReadonlySet<string> = new Set(['finished', 'baseline']);

function isChosen(name: string): boolean {
  const { SCREENSHOTS = '1' } = process.env;
  return SCREENSHOTS === '1' || SCREENSHOTS.split(',').includes(name);
}

let pages: LivePages;
beforeAll(async () => {
  if (process.env.SCREENSHOTS) pages = await LivePages.start();
});
afterAll(async () => {
  if (process.env.SCREENSHOTS) await pages.stop();
});

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  for (const width of [480, 1280]) {
    test.skipIf(!process.env.SCREENSHOTS)(`${theme} at ${width}`, async () => {
      for (const [name, makeHost] of Object.entries(LIVE_STATES)) {
        if (!isChosen(name)) continue;
        const host = makeHost();
        const { page } = await pages.open(host, { theme, width, height: 860 });
        await page.locator('h1', { hasText: host.run.manifest.name }).waitFor();
        await page.waitForTimeout(500);
        if (OPENED.has(name)) {
          await page.locator('details > summary').first().click();
          await page.locator('.settings').waitFor();
        }
        await page.screenshot({ path: `${folder}live-${name}-${theme}-${width}.png`, fullPage: true });
        await page.close();
      }
    });
  }
}
