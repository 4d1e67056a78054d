import { describe, expect, test } from 'vitest';
import type { ExampleModel } from './attentionExample';
import { AttentionHost, settled, useAttention } from './attentionPage';
import { ExampleCatalog } from './exampleCatalog';

/* Histories that are put together from nothing, and those with hardly anything in them. */

const { open, openAtOnce } = useAttention();
const MODELS: ExampleModel[] = ['sasrec', 'sum', 'din', 'dien', 'twotower'];
/** Users with one interaction, two, and twenty. */
const SPARSE = new ExampleCatalog(undefined, [1, 2, 20]);

describe('a history from scratch', () => {
  test.each(MODELS)('%s: items are found, added and recommended from', async (model) => {
    const host = AttentionHost.of(model);
    const page = await open(host);
    await page.locator('vscode-button', { hasText: 'New History' }).click();
    await page.getByRole('heading', { name: 'New history' }).waitFor();
    // The field has the focus: one can type at once.
    await expect
      .poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")'))
      .toBe('Add an item to the history');
    // And nothing lies over what the page says, until one types or clicks.
    const field = page.getByRole('combobox', { name: 'Add an item to the history' });
    await settled(page);
    expect(await field.getAttribute('aria-expanded')).toBe('false');
    await field.click();
    await page.getByRole('option').first().waitFor();
    await page.keyboard.type('Akira');
    await page.getByRole('option', { name: 'Akira' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.recommendations tbody tr').first().waitFor();
    expect(host.asked.at(-1)!.request.subject.user).toBe(-1);
    expect(host.asked.at(-1)!.request.subject.history).toHaveLength(1);
    // And the next one, without reaching for the field again.
    await page.keyboard.type('Dumbo');
    await page.getByRole('option', { name: 'Dumbo' }).first().waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => host.asked.at(-1)!.request.subject.history.length).toBe(2);
    await expect
      .poll(() => page.locator('.composed .line .title').allTextContents())
      .toEqual(['Akira', 'Dumbo']);
    await page.locator('vscode-button', { hasText: 'Back to Users' }).click();
    await page.locator('.strip b', { hasText: 'u100' }).waitFor();
  });

  test('the empty one leads to the field, and the last item taken out back to it', async () => {
    const page = await open(AttentionHost.of('sasrec'));
    await page.locator('vscode-button', { hasText: 'New History' }).click();
    await page.locator('h1').click();
    await page.locator('vscode-button', { hasText: 'Add an Item' }).click();
    await page.keyboard.type('Akira');
    await page.getByRole('option', { name: 'Akira' }).first().click();
    await page.locator('.composed .line').waitFor();
    await page.locator('.composed .line').focus();
    await page.keyboard.press('Delete');
    await page.getByRole('heading', { name: 'New history' }).waitFor();
  });
});

describe('histories with hardly anything in them', () => {
  test.each(MODELS.filter((model) => model !== 'twotower'))(
    '%s: of a user without items it says so, and what can be done',
    async (model) => {
      const host = AttentionHost.of(model, { catalog: SPARSE });
      const { page } = await openAtOnce(host);
      await page.getByText('User u100 has one interaction, but none in this part of the history').waitFor();
      expect(await page.locator('[role=alert]').count()).toBe(0);
      await page.locator('vscode-button', { hasText: 'Show the Whole History' }).click();
      await page.locator('.recommendations tbody tr').first().waitFor();
      expect(await page.locator('.history .line').count()).toBe(1);
      await page.getByText('train', { exact: true }).click();
      await page.getByText('No items in this history').waitFor();
      // Nothing of the history before is left.
      expect(await page.locator('.history .line').count()).toBe(0);
      await page.locator('.empty vscode-button', { hasText: 'New History' }).click();
      await page.getByRole('heading', { name: 'New history' }).waitFor();
    },
  );

  test('two towers know users without items too', async () => {
    const page = await open(AttentionHost.of('twotower', { catalog: SPARSE }));
    expect(await page.locator('.recommendations tbody tr').count()).toBeGreaterThan(9);
    expect(await page.locator('.history').textContent()).toContain('No items in this part of the history.');
  });

  test('two towers that read no history say so', async () => {
    const page = await open(AttentionHost.of('twotower', { maxLength: 0 }));
    await page.getByText('twotower does not use the history').waitFor();
    expect(await page.locator('.diverging tbody tr', { hasText: 'history' }).count()).toBe(0);
  });

  test.each(MODELS)('%s: one item', async (model) => {
    const page = await open(AttentionHost.of(model, { catalog: new ExampleCatalog(undefined, [2]) }));
    expect(await page.locator('.history .line').count()).toBe(1);
    expect(await page.locator('.strip').textContent()).toMatch(/\b1 item\b/);
  });

  test('what was shown goes when another user cannot be explained', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    host.failure = new Error('weights.safetensors is cut after 1,024 bytes.');
    await page.getByLabel('Next User (Alt+Right)').click();
    await page.getByRole('alert').waitFor();
    await expect.poll(() => page.locator('.recommendations').count()).toBe(0);
  });
});
