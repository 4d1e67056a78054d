import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { THEMES, type ThemeName } from './webviewPages';
import { ExampleRun } from './projectionExample';
import { ProjectionHost, ProjectionPages } from './projectionPage';

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

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).click();
  await page.getByRole('option', { name: option }).first().click();
}

const SCENARIOS: Record<string, Scenario> = {
  map: {},
  genre: { act: (page) => choose(page, 'Colour by', 'genre') },
  point: {
    act: async (page) => {
      await choose(page, 'Colour by', 'genre');
      await page.getByLabel('Search points').fill('silent harbour');
      await page.getByLabel('Search points').press('Enter');
      await page.getByLabel('Search points').fill('');
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
      await page.getByLabel('Find a user').fill('u12');
      await page.locator('.found .list-row', { hasText: 'u12' }).first().click();
    },
  },
  comparison: { host: twoRuns, act: (page) => choose(page, 'Compare with', 'another epoch') },
  umap: {
    act: async (page) => {
      await choose(page, 'Colour by', 'genre');
      await page.getByText('UMAP', { exact: true }).click();
      await page.getByText('density', { exact: true }).click();
    },
  },
  orbit: {
    act: async (page) => {
      await choose(page, 'Colour by', 'genre');
      await page.getByText('3D', { exact: true }).click();
    },
  },
  statistics: { act: (page) => page.keyboard.press('s') },
  table: { act: (page) => page.keyboard.press('v') },
  many: {
    host: () => ProjectionHost.of(60_000),
    act: (page) => choose(page, 'Colour by', 'training interactions'),
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

/** Of a narrow panel only some, whose rails are opened as a user would. */
const NARROW = new Set(['map', 'point', 'user', 'error', 'table']);
const only = process.env.SCREENSHOTS?.split(',').filter((name) => name in SCENARIOS) ?? [];

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  for (const width of [1280, 380]) {
    test.skipIf(!process.env.SCREENSHOTS)(
      `${theme} at ${width}`,
      async () => {
        for (const [name, { host = () => ProjectionHost.of(3_000), act }] of Object.entries(SCENARIOS)) {
          if ((only.length > 0 && !only.includes(name)) || (width < 760 && !NARROW.has(name))) continue;
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
          if (act && narrow && name !== 'table')
            await page.getByRole('button', { name: 'What is drawn' }).click();
          if (act) await act(page);
          if (narrow && (name === 'point' || name === 'user')) {
            await page.getByRole('button', { name: 'What is chosen' }).click();
          }
          await page.mouse.move(4, 4);
          await page.waitForTimeout(1500);
          await page.screenshot({ path: `${folder}projection-${name}-${theme}-${width}.png` });
          await page.context().close();
        }
      },
      600_000,
    );
  }
}
