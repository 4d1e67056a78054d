import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ComparisonHost, ComparisonPages, EvaluationHost } from './comparisonPage';
import { settled } from './pageSuite';
import { THEMES, type ThemeName } from './webviewPages';

/*
 * Pictures of the comparison and the evaluation for human eyes, in test/screenshots/:
 *   SCREENSHOTS=1 npx vitest run --project webview comparisonScreenshots
 */

const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));

const hosts = { comparison: ComparisonHost, evaluation: EvaluationHost };

describe.skipIf(!process.env.SCREENSHOTS).each(['comparison', 'evaluation'] as const)('%s', (panel) => {
  let pages: ComparisonPages;
  beforeAll(async () => {
    pages = await ComparisonPages.start(panel);
  });
  afterAll(() => pages.stop());

  const themes = Object.keys(THEMES) as ThemeName[];
  test.each(themes.flatMap((theme) => [480, 1280].map((width) => ({ theme, width }))))(
    '$theme at $width',
    async ({ theme, width }) => {
      const { page } = await pages.open(new hosts[panel](), { theme, width, height: 900 });
      await page.locator('recsight-picture canvas').first().waitFor();
      await page
        .locator(panel === 'comparison' ? '.people summary' : '.figure summary')
        .first()
        .click();
      await settled(page);
      await page.screenshot({ path: `${folder}${panel}-${theme}-${width}.png`, fullPage: true });
      await page.close();
    },
  );
});
