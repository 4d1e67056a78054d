import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { THEMES, type ThemeName } from './webviewPages';
import { ExampleRun } from './projectionExample';
import { ProjectionHost, ProjectionPages } from './projectionPage';
import { choose, pointSearch, userSearch } from './projectionSteps';

/*
 * Pictures of the panel for human eyes, in test/screenshots/:
 *   SCREENSHOTS=1 npx vitest run --project webview projectionScreenshots
 */

const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));

interface Scenario {
  host?: () => ProjectionHost;
  act?: (page: Page) => Promise<void>;
}

const twoRuns = (): ProjectionHost =>
  new ProjectionHost(
    new ExampleRun('/runs/sasrec-movies', 'sasrec-movies', 2_000, 3),
    new ExampleRun('/runs/gru4rec-movies', 'gru4rec-movies', 2_000, 3),
  );

const SCENARIOS: Record<string, Scenario> = {
  map: {},
  genre: { act: (page) => choose(page, 'Color by', 'genre') },
  point: {
    act: async (page) => {
      await choose(page, 'Color by', 'genre');
      await pointSearch(page).fill('silent harbour');
      await pointSearch(page).press('Enter');
      await pointSearch(page).fill('');
    },
  },
  selection: {
    act: async (page) => {
      await page.keyboard.press('r');
      const { x, y, width, height } = (await page.locator('.scatter-surface').first().boundingBox())!;
      await page.mouse.move(x + width * 0.3, y + height * 0.35);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.62, y + height * 0.66, { steps: 4 });
      await page.mouse.up();
      await page.keyboard.press('m');
    },
  },
  user: {
    act: async (page) => {
      await userSearch(page).fill('u12');
      await page.getByRole('option', { name: 'u12 ' }).first().click();
    },
  },
  users: { act: (page) => userSearch(page).focus() },
  search: { act: (page) => pointSearch(page).fill('the silent harbour') },
  choice: {
    act: async (page) => {
      await choose(page, 'Color by', 'genre');
      await page.getByText('Choose colors', { exact: true }).click();
    },
  },
  comparison: { host: twoRuns, act: (page) => choose(page, 'Compare with', 'another epoch') },
  genres: {
    host: twoRuns,
    act: async (page) => {
      await choose(page, 'Color by', 'genre');
      await choose(page, 'Compare with', 'another epoch');
      await page.getByText('3D', { exact: true }).click();
    },
  },
  umap: {
    act: async (page) => {
      await choose(page, 'Color by', 'genre');
      await page.getByText('UMAP', { exact: true }).click();
      await page.getByText('density', { exact: true }).click();
    },
  },
  orbit: {
    act: async (page) => {
      await choose(page, 'Color by', 'genre');
      await page.getByText('3D', { exact: true }).click();
    },
  },
  statistics: { act: (page) => page.keyboard.press('s') },
  table: { act: (page) => page.keyboard.press('v') },
  many: {
    host: () => ProjectionHost.of(60_000),
    act: (page) => choose(page, 'Color by', 'training interactions'),
  },
  empty: {
    host: () => {
      const host = ProjectionHost.of(100);
      host.first.run.checkpoints = [];
      return host;
    },
  },
  error: {
    host: () => {
      const host = ProjectionHost.of(100);
      host.failures.points = new Error(
        'The weights of epoch 12 are cut off: model.safetensors has 1,024 bytes where 8,192 are expected. Train the run again, or choose another epoch.',
      );
      return host;
    },
  },
};

let pages: ProjectionPages;
beforeAll(async () => {
  if (process.env.SCREENSHOTS) pages = await ProjectionPages.start();
}, 120_000);
afterAll(async () => {
  if (process.env.SCREENSHOTS) await pages.stop();
});

/** What is done without opening a rail first, where the rails are drawers. */
const WITHOUT_RAIL = new Set(['comparison', 'selection', 'statistics', 'table']);
/** What is looked at in the right rail. */
const DETAILS = new Set(['point', 'selection', 'user', 'statistics']);
/** What is looked at in the left rail. */
const OPEN = new Set(['users', 'search', 'choice']);
const only = process.env.SCREENSHOTS?.split(',').filter((name) => name in SCENARIOS) ?? [];

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  for (const width of [1280, 480]) {
    test.skipIf(!process.env.SCREENSHOTS)(
      `${theme} at ${width}`,
      async () => {
        for (const [name, { host = () => ProjectionHost.of(3_000), act }] of Object.entries(SCENARIOS)) {
          if (only.length > 0 && !only.includes(name)) continue;
          const narrow = width < 760;
          const { page } = await pages.open(host(), {
            theme,
            width,
            height: 820,
            reducedMotion: true,
            webGl: 'also in software',
          });
          await page.locator('recsight-scatter, .stage-message').first().waitFor();
          await page.waitForTimeout(500);
          const left = page.getByRole('button', { name: 'Layout and Colors' });
          const opensLeft = narrow && act !== undefined && !WITHOUT_RAIL.has(name);
          if (opensLeft) await left.click();
          if (act) await act(page);
          if (opensLeft && !OPEN.has(name)) await left.click();
          if (narrow && DETAILS.has(name)) await page.getByRole('button', { name: 'Details' }).click();
          await page.mouse.move(4, 4);
          await page.waitForTimeout(1500);
          await page.screenshot({ path: `${folder}projection-${name}-${theme}-${width}.png` });
          await page.close();
        }
      },
      600_000,
    );
  }
}
