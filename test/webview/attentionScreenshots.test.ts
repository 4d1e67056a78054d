import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { ExampleInspector } from './attentionExample';
import { AttentionHost, AttentionPages, choose } from './attentionPage';
import { ExampleCatalog } from './exampleCatalog';
import { THEMES, type ThemeName } from './webviewPages';

/*
 * Pictures of the attention view for human eyes, in test/screenshots/:
 *   SCREENSHOTS=1 npx vitest run --project webview attentionScreenshots
 */

const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));

interface Scene {
  host: () => AttentionHost;
  act?: (page: Page, host: AttentionHost) => Promise<void>;
}

const line = (page: Page, index: number) => page.locator(`.history [data-line="${index}"]`);

const SCENES: Record<string, Scene> = {
  sasrec: {
    host: () => AttentionHost.of('sasrec'),
    act: (page) => line(page, 12).hover(),
  },
  hstu: {
    host: () => AttentionHost.of('hstu'),
    act: (page) => line(page, 12).hover(),
  },
  'sasrec-long': {
    host: () => AttentionHost.of('sasrec'),
    act: async (page) => {
      await page.getByLabel('Next User (Alt+Right)').click();
      await page.getByText('199 items').waitFor();
    },
  },
  'what-if': {
    host: () => AttentionHost.of('sasrec'),
    act: async (page) => {
      await line(page, 17).focus();
      await page.keyboard.press('Delete');
      await line(page, 15).focus();
      await page.keyboard.press('s');
      await page.keyboard.type('Psycho');
      await page.locator('.history [role=option]').first().waitFor();
      await page.keyboard.press('Enter');
      await page.getByText('1 left out, 1 replaced').waitFor();
      await page.getByText('change', { exact: true }).first().click();
    },
  },
  lines: {
    host: () => AttentionHost.of('sasrec'),
    act: async (page) => {
      await page.getByText('lines', { exact: true }).click();
      await line(page, 18).hover();
    },
  },
  compared: {
    host: () =>
      new AttentionHost(
        new ExampleInspector({ model: 'sasrec' }),
        new ExampleInspector({ model: 'sasrec', name: 'sasrec-movies-d32', seed: 5 }),
      ),
    act: async (page) => {
      await choose(page, 'Compare with', 'sasrec-movies-d32');
      await page.locator('.compared').waitFor();
    },
  },
  composed: {
    host: () => AttentionHost.of('sasrec'),
    act: async (page) => {
      await page.getByText('Compose', { exact: true }).click();
      await page.locator('.composed').waitFor();
    },
  },
  'new-history': {
    host: () => AttentionHost.of('sasrec'),
    act: async (page) => {
      await page.getByText('New History', { exact: true }).click();
      await page.getByRole('heading', { name: 'New history' }).waitFor();
    },
  },
  'no-items': { host: () => AttentionHost.of('sasrec', { catalog: new ExampleCatalog(undefined, [1]) }) },
  'one-item': { host: () => AttentionHost.of('dien', { catalog: new ExampleCatalog(undefined, [2]) }) },
  ...Object.fromEntries(
    (['sasrec', 'sum', 'din', 'dien', 'twotower'] as const).map((model): [string, Scene] => [
      `titles-${model}`,
      { host: () => AttentionHost.of(model, { catalog: ExampleCatalog.products() }) },
    ]),
  ),
  'titles-lines': {
    host: () => AttentionHost.of('sasrec', { catalog: ExampleCatalog.products() }),
    act: async (page) => {
      await page.getByText('lines', { exact: true }).click();
      await line(page, 18).hover();
    },
  },
  'titles-table': {
    host: () => AttentionHost.of('din', { catalog: ExampleCatalog.products() }),
    act: (page) => page.getByText('table', { exact: true }).click(),
  },
  'twotower-part': { host: () => AttentionHost.of('twotower', { maxLength: 12 }) },
  'users-sum': {
    host: () => AttentionHost.of('sum'),
    act: async (page) => {
      await page.getByText('All users', { exact: true }).click();
      await page.locator('vscode-button', { hasText: 'Analyze Users' }).click();
      await page.getByText('Attention by distance').waitFor();
    },
  },
  din: { host: () => AttentionHost.of('din') },
  dien: { host: () => AttentionHost.of('dien') },
  sum: { host: () => AttentionHost.of('sum') },
  twotower: { host: () => AttentionHost.of('twotower') },
  users: {
    host: () => AttentionHost.of('sasrec'),
    act: async (page) => {
      await page.getByText('All users', { exact: true }).click();
      await page.locator('vscode-button', { hasText: 'Analyze Users' }).click();
      await page.getByText('Attention by distance').waitFor();
    },
  },
  'users-empty': {
    host: () => AttentionHost.of('sasrec'),
    act: (page) => page.getByText('All users', { exact: true }).click(),
  },
  'no-checkpoint': {
    host: () => new AttentionHost(new ExampleInspector({ model: 'sasrec', checkpoints: [] })),
  },
  error: {
    host: () => {
      const host = AttentionHost.of('sasrec');
      host.failure = new Error(
        'The checkpoint best of sasrec-movies cannot be read: weights.safetensors is cut after 1,024 bytes. Choose another checkpoint.',
      );
      return host;
    },
  },
};

/** Takes an entry of a list that opens. */
let pages: AttentionPages;
beforeAll(async () => {
  if (process.env.SCREENSHOTS) pages = await AttentionPages.start();
}, 60_000);
afterAll(async () => {
  if (process.env.SCREENSHOTS) await pages.stop();
});

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  for (const width of [480, 1280]) {
    for (const [name, { host: makeHost, act }] of Object.entries(SCENES)) {
      test.skipIf(!process.env.SCREENSHOTS)(`${name}, ${theme} at ${width}`, async () => {
        const host = makeHost();
        const { page } = await pages.open(host, { theme, width, height: 900 });
        await page.waitForTimeout(400);
        await act?.(page, host);
        await page.waitForTimeout(300);
        await page.screenshot({ path: `${folder}attention-${name}-${theme}-${width}.png`, fullPage: true });
        await page.close();
      });
    }
  }
}
