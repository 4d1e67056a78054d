import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import { runsDirectoryOf } from '../../../src/runs/runDirectory';
import { trainSampleModels } from '../harness/sampleRuns';
import { Workbench } from '../harness/workbench';

/*
 * Comparing the runs that are selected in the list, in the page of a real VS Code.
 */

let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-compare-'));
  await trainSampleModels(folder, ['itemKnn']);
  await promisify(execFile)(process.execPath, [
    ...[path.join(root, 'dist/cli.js'), 'train', path.join(folder, 'itemKnn.recsight.json')],
    ...['--runs', runsDirectoryOf(folder), '--set', 'model.shrinkage=1000'],
  ]);
  workbench = await Workbench.open(folder, { extension: root });
}, 240_000);

afterAll(async () => {
  await workbench.screenshot('last-comparison');
  await workbench.close();
  await rm(folder, { recursive: true, force: true });
});

it('compares the selected runs, and comes back after a reload of the window', async () => {
  const { page } = workbench;
  await page.getByRole('tab', { name: 'RecSight', exact: true }).click();
  const rows = workbench.treeRow(/NDCG@10 0/);
  await rows.nth(1).waitFor();
  await rows.nth(0).click({ modifiers: ['Control'] });
  await rows.nth(1).click({ modifiers: ['Control'] });
  await workbench.chooseFromMenu(rows.nth(1), 'Compare Runs');

  const panel = workbench.webview('recsight.recsight');
  const heading = panel.locator('h1', { hasText: 'A itemKnn · B itemKnn' });
  await heading.waitFor({ timeout: 60_000 });
  await page.getByRole('tab', { name: /^Compare: itemKnn.*, itemKnn/ }).waitFor();
  const difference = panel.locator('table.values').first().locator('tbody tr').first().locator('td').nth(2);
  expect(await difference.innerText()).toMatch(/^[▲▼] [+−]0\.\d+( \*)?\n.* · p /);
  const target = await panel.locator('.people summary .target').first().innerText();
  expect(target).toMatch(/ \(\d{4}\)/);
  await workbench.screenshot('comparison');

  await workbench.reload();
  await heading.waitFor({ timeout: 60_000 });
});
