import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { accessibilityFaultsInAllThemes } from './accessibility';
import { ExampleInspector } from './attentionExample';
import { ExampleCatalog } from './exampleCatalog';
import { choose, settled } from './pageSuite';
import { PlaygroundHost, usePlayground } from './playgroundPage';

/* The playground: what is recommended to a user or to a composed history, why, and what a second run recommends. */

const { open, openAtOnce } = usePlayground();

/** Titles of the recommended items, best first, and of the held-out ones below; of one side. */
const titles = (page: Page, side = 0): Promise<string[]> =>
  page.locator(`.recommendations [data-side="${side}"] .whole`).allInnerTexts();
const lines = (page: Page): Promise<string[]> => page.locator('.history .line .title .whole').allInnerTexts();
const selected = (page: Page) => page.locator('.recommendations .link[aria-pressed=true]');
/** Values beside the history, of the only run. */
const weights = (page: Page): Promise<string[]> => page.locator('.history .line .weight').allInnerTexts();

async function compare(page: Page, name: string): Promise<void> {
  await choose(page, 'Compare with', name);
  await page.locator('.compared .recommendations').nth(1).waitFor();
  await settled(page);
}

test('recommends to a user, with their history, its attention, and the place of what came next', async () => {
  const host = PlaygroundHost.of('sasrec');
  const page = await open(host);
  expect(host.asked.map(({ request }) => [request.user, request.topK, request.keepSeen])).toEqual([
    ['u100', 10, false],
  ]);
  const { items, next } = host.inspectors[0]!.userHistory(0, 'validation');
  expect(await lines(page)).toEqual(items.map(({ title }) => title));
  const listed = await titles(page);
  expect(listed).toHaveLength(11);
  expect(listed.at(-1)).toBe(next!.title);
  const last = page.locator('.recommendations tr.next');
  expect(await last.locator('td').first().innerText()).toMatch(/^\d+$/);
  expect(await last.innerText()).toContain('test');
  expect(await page.locator('.recommendations .pane-head').innerText()).toMatch(
    new RegExp(
      `Next item: ${next!.title}\\s+Rank \\d+ among \\d+ items\\. Items of the history are left out\\.`,
    ),
  );
  const sum = (await weights(page)).reduce((total, weight) => total + Number(weight), 0);
  expect(sum).toBeCloseTo(1, 1);
  expect(await page.locator('.history .reason').innerText()).toBe('Attention · Block 2');

  await page.getByText('train', { exact: true }).click();
  await page.getByText('2 held-out items').waitFor();
  expect(await page.locator('.recommendations tr.next .badge').allInnerTexts()).toEqual(
    expect.arrayContaining(['validation', 'test']),
  );
  await page.getByText('all', { exact: true }).click();
  await page.getByText(/^Ranked among/).waitFor();
  expect(await page.locator('.recommendations tr.next').count()).toBe(0);
});

test('explains each item, by keys alone', async () => {
  const page = await open(PlaygroundHost.of('twotower'));
  const before = await weights(page);
  const [first, second, third] = await titles(page);
  expect(await selected(page).getAttribute('aria-label')).toBe(first);
  await selected(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await settled(page);
  expect(await selected(page).getAttribute('aria-label')).toBe(third);
  expect(await page.locator('.recommendations .link:focus').getAttribute('aria-label')).toBe(third);
  expect(await page.locator('.history .reason').innerText()).toBe(`Contribution for “${third!}”`);
  expect(await weights(page)).not.toEqual(before);
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await settled(page);
  expect(await selected(page).getAttribute('aria-label')).toBe(second);
  // What speaks most for each is named beside it.
  const history = await lines(page);
  for (const title of await page.locator('td.reason-name .whole').allInnerTexts())
    expect(history).toContain(title);
  // From user to user.
  await page.keyboard.press('Alt+ArrowRight');
  await page.getByText('199 items').waitFor();
  await settled(page);
  // The newest items are in sight.
  const list = '.history .lines-scroll';
  expect(Number(await page.evaluate(`document.querySelector('${list}').scrollTop`))).toBeGreaterThan(0);
});

test('puts a history together by titles: found, moved, removed, and copied from a user', async () => {
  const host = PlaygroundHost.of('sasrec');
  const page = await open(host);
  await page.getByText('New History', { exact: true }).click();
  await page.getByRole('heading', { name: 'New history' }).waitFor();
  for (const title of ['Psycho', 'Aliens', 'Dune']) {
    await page.getByRole('combobox', { name: 'Add an item to the history' }).fill(title);
    await page.locator('.strip [role=option]').first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.history .line', { hasText: title }).waitFor();
  }
  expect(await lines(page)).toEqual(['Psycho', 'Aliens', 'Dune']);
  await page.locator('.history [data-line="2"]').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await settled(page);
  expect(await lines(page)).toEqual(['Psycho', 'Dune', 'Aliens']);
  await page.keyboard.press('Delete');
  await expect.poll(() => lines(page)).toEqual(['Psycho', 'Aliens']);
  await settled(page);
  const { request } = host.asked.at(-1)!;
  const { catalog } = host.inspectors[0]!;
  expect(request).toMatchObject({ user: null, heldOut: [] });
  expect(request.history).toEqual(
    ['Psycho', 'Aliens'].map((title) => catalog.itemLabel(catalog.titles.indexOf(title) + 1).id),
  );
  await page.getByText('Back to Users', { exact: true }).click();
  await page.getByText('Compose', { exact: true }).click();
  await page.getByRole('heading', { name: 'Composed history' }).waitFor();
  expect(await lines(page)).toHaveLength(19);
});

test('a second run beside it, here a baseline: places, its own reasons, and what it does not know', async () => {
  const host = PlaygroundHost.withBaseline();
  host.unknown = host.inspectors[0]!.userHistory(0, 'validation')
    .items.slice(0, 2)
    .map(({ id }) => id);
  const page = await open(host);
  await compare(page, 'ease-movies');
  const [own, other] = [await titles(page, 0), await titles(page, 1)];
  expect(own).not.toEqual(other);
  expect(host.asked.at(-1)!.request).toEqual(host.asked[0]!.request);
  const both = own.find((title, place) => place < 10 && other.slice(0, 10).includes(title))!;
  const [there, here] = [other.indexOf(both), own.indexOf(both)];
  const cell = page
    .locator('.recommendations')
    .first()
    .locator('tr', { hasText: both })
    .locator('.delta')
    .first();
  expect(await cell.innerText()).toBe(
    there === here ? '=' : `${there > here ? '▲' : '▼'} ${Math.abs(there - here)}`,
  );
  expect(await page.locator('.history .reason').allInnerTexts()).toEqual([
    'Attention · Block 2 · sasrec-movies · best',
    other.includes(own[0]!)
      ? `Contribution for “${own[0]!}” · ease-movies`
      : `“${own[0]!}” is not listed · ease-movies`,
  ]);
  expect(await page.locator('.recommendations .pane-head').nth(1).innerText()).toContain(
    '2 items of the history are not in the data of this run.',
  );
  // Of a baseline there is no map and no attention.
  await page.locator('.recommendations').nth(1).locator('tbody tr').first().hover();
  expect(await page.locator('.recommendations').nth(1).locator('.icon-button').count()).toBe(0);

  await page.getByText('Save as CSV…').click();
  await expect.poll(() => host.saved.length).toBe(1);
  const [{ fileName, content }] = host.saved as [{ fileName: string; content: string }];
  expect(fileName).toBe('recommendations-sasrec-movies-user-u100.csv');
  expect(content.split('\n')[0]).toBe(
    'item,title,rank sasrec-movies · best,score sasrec-movies · best,rank ease-movies,score ease-movies,held out',
  );
  expect(content).toMatch(/\n[^\n]*,test\n/);
  await choose(page, 'Compare with', 'None');
  await expect.poll(() => page.locator('.compared').count()).toBe(0);
});

test('asks for more, keeps seen items, opens other views, and says what went wrong', async () => {
  const host = PlaygroundHost.of('sasrec');
  const page = await open(host);
  await choose(page, 'Number of recommendations', '20');
  await expect.poll(() => titles(page)).toHaveLength(21);
  await page.getByText('Keep seen items').click();
  await page.getByText('Items of the history may be recommended again.').waitFor();
  expect(host.asked.at(-1)!.request).toMatchObject({ topK: 20, keepSeen: true });
  const [first] = await titles(page);
  await selected(page).focus();
  await page.getByLabel(`Show the Attention to ${first!}`).click();
  await page.getByLabel(`Show ${first!} in the Projection`).click();
  await expect.poll(() => host.opened.map(({ view }) => view)).toEqual(['attention', 'projection']);
  expect(host.opened[0]!.focus).toMatchObject({ user: 0 });

  host.failure = new Error('The data changed since this run was started.');
  await page.getByLabel('Next User (Alt+Right)').click();
  await page.getByText('The data changed since this run was started.').waitFor();
  expect(await page.locator('.recommendations').count()).toBe(0);
  host.failure = null;
  await page.getByText('Try Again').click();
  await page.locator('.recommendations tbody tr').first().waitFor();
  expect(await page.locator('.box').count()).toBe(0);
});

test('shows the user that another view sent, and what was set before a reload', async () => {
  const host = PlaygroundHost.of('sasrec');
  host.focus = { user: 3 };
  const { page, view } = await openAtOnce(host);
  await page.getByText('u103').waitFor();
  await view.focus({ user: 2 });
  await page.getByText('u102').waitFor();
  const none = await openAtOnce(PlaygroundHost.of('sasrec', { checkpoints: [] }));
  await none.page.getByRole('heading', { name: 'This run has no checkpoint yet' }).waitFor();
});

test.each([480, 1280])('axe finds nothing at %i pixels', async (width) => {
  const catalog = ExampleCatalog.products();
  const inspectors = (['sasrec', 'twotower'] as const).map(
    (model) => new ExampleInspector({ model, catalog }),
  );
  const page = await open(new PlaygroundHost(inspectors), { width, height: 900 });
  expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
  await compare(page, 'twotower-movies');
  await page.locator('.recommendations .link').nth(2).click();
  expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
  await page.getByText('Compose', { exact: true }).click();
  await page.locator('.history [data-line="3"]').focus();
  expect(await accessibilityFaultsInAllThemes(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
});
