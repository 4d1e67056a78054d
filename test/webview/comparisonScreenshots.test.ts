import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { ComparisonHost, ComparisonPages } from './comparisonPage';
import { THEMES, type ThemeName } from './webviewPages';

/*
 * Pictures of the comparison for human eyes, in test/screenshots/:
 *   SCREENSHOTS=1 npx vitest run --project webview comparisonScreenshots
 */

const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));

let pages: ComparisonPages;
beforeAll(async () => {
  if (process.env.SCREENSHOTS) pages = await ComparisonPages.start();
});
afterAll(async () => {
  if (process.env.SCREENSHOTS) await pages.stop();
});

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  for (const width of [480, 1280]) {
    test.skipIf(!process.env.SCREENSHOTS)(`${theme} at ${width}`, async () => {
      const { page } = await pages.open(new ComparisonHost(), { theme, width, height: 900 });
      await page.getByRole('heading', { name: 'Users' }).waitFor();
      await page.locator('.people summary').first().click();
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${folder}comparison-${theme}-${width}.png`, fullPage: true });
      await page.close();
    });
  }
}
