import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import type { InspectionPanelView, PlaygroundPanelHost } from '../../src/protocol/inspectionPanel';
import { ExampleInspector } from './attentionExample';
import { ExampleCatalog } from './exampleCatalog';
import { choose } from './pageSuite';
import { PlaygroundHost } from './playgroundPage';
import { THEMES, WebviewPages, type ThemeName } from './webviewPages';

/*
 * Pictures of the playground for human eyes, in test/screenshots/:
 *   SCREENSHOTS=1 npx vitest run --project webview playgroundScreenshots
 */

const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));

interface Scene {
  host: () => PlaygroundHost;
  act?: (page: Page) => Promise<void>;
}

const SCENES: Record<string, Scene> = {
  sasrec: { host: () => PlaygroundHost.of('sasrec') },
  din: {
    host: () => PlaygroundHost.of('twotower'),
    act: (page) => page.locator('.recommendations .link').nth(3).click(),
  },
  compared: {
    host: () => PlaygroundHost.withBaseline(),
    act: async (page) => {
      await choose(page, 'Compare with', 'ease-movies');
      await page.locator('.compared').waitFor();
    },
  },
  composed: {
    host: () => PlaygroundHost.of('sasrec'),
    act: async (page) => {
      await page.getByText('Compose', { exact: true }).click();
      await page.getByRole('heading', { name: 'Composed history' }).waitFor();
      await page.locator('.history .line').last().hover();
    },
  },
  'new-history': {
    host: () => PlaygroundHost.of('sasrec'),
    act: async (page) => {
      await page.getByText('New History', { exact: true }).click();
      await page.getByRole('heading', { name: 'New history' }).waitFor();
    },
  },
  titles: {
    host: () =>
      new PlaygroundHost(
        ['sasrec', 'sasrec-movies-d32'].map(
          (name, seed) =>
            new ExampleInspector({ model: 'sasrec', name, seed, catalog: ExampleCatalog.products() }),
        ),
      ),
    act: async (page) => {
      await choose(page, 'Compare with', 'sasrec-movies-d32');
      await page.locator('.compared').waitFor();
    },
  },
  'no-checkpoint': { host: () => PlaygroundHost.of('sasrec', { checkpoints: [] }) },
  error: {
    host: () => {
      const host = PlaygroundHost.of('sasrec');
      host.failure = new Error(
        'The checkpoint best of sasrec-movies cannot be read: weights.safetensors is cut after 1,024 bytes. Choose another checkpoint.',
      );
      return host;
    },
  },
};

let pages: WebviewPages;
beforeAll(async () => {
  if (process.env.SCREENSHOTS) pages = await WebviewPages.start('playground');
}, 60_000);
afterAll(async () => {
  if (process.env.SCREENSHOTS) await pages.stop();
});

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  for (const width of [480, 1280]) {
    for (const [name, { host: makeHost, act }] of Object.entries(SCENES)) {
      test.skipIf(!process.env.SCREENSHOTS)(`${name}, ${theme} at ${width}`, async () => {
        const { page } = await pages.open<InspectionPanelView, PlaygroundPanelHost>(
          makeHost().functions,
          ['progress', 'runsChanged', 'focus'],
          { theme, width, height: 900 },
        );
        await page.locator('h1, .box').first().waitFor();
        await page.waitForTimeout(300);
        await act?.(page);
        await page.waitForTimeout(300);
        await page.screenshot({ path: `${folder}playground-${name}-${theme}-${width}.png`, fullPage: true });
        await page.close();
      });
    }
  }
}
