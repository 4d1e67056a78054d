import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import type { RunDirectory } from '../../../src/runs/runDirectory';
import { acquireTrainerLock, type TrainerLock } from '../../../src/runs/trainerLock';
import { listedRun } from '../harness/listedRun';
import { runsOf } from '../harness/tinyWorkspace';
import { Workbench } from '../harness/workbench';

/*
 * The list of runs in the side bar of a real VS Code, at the width that it has by default. The runs were made by this test, and
 * one of them is this process's: nothing is trained.
 */

const MINUTE = 60_000;
const soon = { timeout: 60_000, interval: 200 };

let folder: string;
let workbench: Workbench;
let lock: TrainerLock;
/** The run of `hiddenSize` 32. */
let narrow: RunDirectory;
/** A folder that the window has not open, and its run. */
let elsewhere: string;
let foreign: RunDirectory;

/** Calls “Delete Run” with the directory of that run. */
const DELETE_FOREIGN = 'Control+Alt+F9';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-runs-'));
  const now = Date.now();
  const sweep = [
    { set: {}, ndcg: 0.1123 },
    { set: {}, ndcg: 0.1134 },
    { set: { hiddenSize: 32 }, ndcg: 0.1011 },
    { set: { hiddenSize: 128, numBlocks: 4, dropout: 0.25, maxSequenceLength: 200 }, ndcg: 0.1284 },
  ];
  for (const [index, { set, ndcg }] of sweep.entries()) {
    const createdAt = now - (20 - index) * MINUTE;
    const run = await listedRun(folder, 'sasrec-movietweetings', set, {
      createdAt,
      status: 'finished',
      ndcg,
    });
    if (set.hiddenSize === 32) narrow = run;
  }
  const running = await listedRun(folder, 'gru', {}, { createdAt: now - 60 * MINUTE, status: 'running' });
  lock = await acquireTrainerLock(running);
  await listedRun(folder, 'gru', {}, { createdAt: now - 50 * MINUTE, status: 'failed' });
  elsewhere = await mkdtemp(path.join(tmpdir(), 'recsight-elsewhere-'));
  foreign = await listedRun(elsewhere, 'gru', {}, { createdAt: now - 60 * MINUTE, status: 'finished' });
  const shortcut = { key: 'ctrl+alt+f9', command: 'recsight.deleteRun', args: foreign.path };
  workbench = await Workbench.open(folder, { extension: root, keybindings: [shortcut] });
  await workbench.page.getByRole('tab', { name: 'RecSight', exact: true }).click();
});

afterAll(async () => {
  await workbench.screenshot('last');
  await workbench.close();
  await lock.release();
  for (const each of [folder, elsewhere]) await rm(each, { recursive: true, force: true });
});

/** Whether all of a part of a row is within the row. */
async function isWhole(row: Locator, part: Locator): Promise<boolean> {
  const [outer, inner] = [
    await row.locator('.monaco-icon-label-container').boundingBox(),
    await part.boundingBox(),
  ];
  return inner !== null && outer !== null && inner.x + inner.width <= outer.x + outer.width + 0.5;
}

describe('the list of runs', () => {
  it('shows the metric of every run, however much else a row has to say', async () => {
    const rows = workbench.treeRow(/NDCG@10 0\.1/);
    await expect.poll(() => rows.count(), soon).toBe(4);
    for (const row of await rows.all()) expect(await isWhole(row, row.locator('.label-name'))).toBe(true);
    const best = workbench.treeRow('★ NDCG@10 0.1284');
    expect(await best.innerText()).toContain(
      'maxSequenceLength 200, hiddenSize 128, numBlocks 4, dropout 0.25',
    );
    await workbench.screenshot('runs-view');
  });

  it('shows in a closed group that one of its runs is running, and how far it is', async () => {
    const group = workbench.spokenTreeRow(/^gru, 1 running, 3\/20 epochs, 2 runs$/);
    expect(await group.getAttribute('aria-expanded')).toBe('false');
    expect(await group.locator('.codicon-modifier-spin').count()).toBe(1);
    expect(await group.innerText()).toContain('1 running, 3/20 epochs · 2 runs');
    expect(await isWhole(group, group.locator('.label-description'))).toBe(true);
  });

  it('has every setting in the hover of a run, those that most others have not first', async () => {
    await workbench.treeRow('★ NDCG@10 0.1284').hover();
    const hover = workbench.page.locator('.monaco-hover:visible', { hasText: 'most of 4 runs' });
    await hover.waitFor();
    const cells = await hover.locator('table', { hasText: 'most of' }).locator('tr').allInnerTexts();
    expect(cells.map((row) => row.split('\t').map((cell) => cell.trim()))).toEqual([
      ['Settings', 'this run', 'most of 4 runs'],
      ['model.maxSequenceLength', '200', '50'],
      ['model.hiddenSize', '128', '64'],
      ['model.numBlocks', '4', '2'],
      ['model.dropout', '0.25', '0.2'],
    ]);
    expect((await hover.innerText()).replaceAll('\u00a0', ' ')).toContain('training.batchSize 128');
    await workbench.screenshot('runs-view-hover');
    await workbench.page.keyboard.press('Escape');
  });

  it('has them in the details of the panel, too', async () => {
    await workbench.treeRow('★ NDCG@10 0.1284').click();
    const page = workbench.webview('recsight.recsight');
    await page.getByText('Details', { exact: true }).click();
    const rows = page.locator('.settings tbody tr');
    await expect.poll(() => rows.count(), soon).toBeGreaterThan(50);
    expect(await page.locator('.settings header').innerText()).toContain('4 differ from most of the 4 runs');
    expect(await rows.nth(1).innerText()).toMatch(/^\s*model\.hiddenSize\s+128\s+64\s*$/);
  });
});

describe('deleting a run', () => {
  const question = () => workbench.dialog('This cannot be undone.');

  it('takes away its folder and its row, once that is agreed to, and those of no other', async () => {
    const others = (await runsOf(folder)).filter(({ directory }) => directory !== narrow.path);

    await workbench.chooseFromMenu(workbench.treeRow('NDCG@10 0.1123'), 'Delete Run');
    expect(await question().innerText()).toMatch(
      /^Permanently delete the run sasrec-movietweetings · \S+\?/m,
    );
    await question().getByRole('button', { name: 'Cancel' }).click();
    await question().waitFor({ state: 'detached' });

    const row = workbench.treeRow('NDCG@10 0.1011');
    await workbench.chooseFromMenu(row, 'Delete Run');
    await question().getByRole('button', { name: 'Delete Permanently' }).click();
    await row.waitFor({ state: 'detached' });
    expect(existsSync(narrow.path)).toBe(false);
    expect(await runsOf(folder)).toEqual(others);
    expect(await workbench.treeRow(/NDCG@10 0\.1/).count()).toBe(3);
  });

  it('deletes no run of another folder, whatever the command is given, and says so', async () => {
    await workbench.page.keyboard.press(DELETE_FOREIGN);
    await workbench.notification(`${foreign.path} is not a run in this window.`).waitFor();
    expect(await question().count()).toBe(0);
    expect((await runsOf(elsewhere)).map(({ directory }) => directory)).toEqual([foreign.path]);
  });

  it('asks about the row that has the focus when its key is pressed, not about the one that was opened', async () => {
    const startOf = async (row: Locator) => /\d\d:\d\d$/.exec((await row.getAttribute('aria-label'))!)![0];
    const opened = workbench.treeRow('★ NDCG@10 0.1284');
    await opened.click();
    await workbench.webview('recsight.recsight').getByText('Details', { exact: true }).waitFor();
    await workbench.runCommand('RecSight: Focus on Runs View');
    // Until then, keys go to where the focus was.
    await workbench.page.locator('.part.sidebar .monaco-list:focus').waitFor();
    await workbench.page.keyboard.press('ArrowDown');
    const focused = workbench.page.locator('.part.sidebar .monaco-list-row.focused');
    await expect.poll(() => focused.innerText()).toContain('NDCG@10 0.1134');
    await workbench.page.keyboard.press('Delete');
    expect(await question().innerText()).toMatch(/Permanently delete the run/);
    expect(await question().innerText()).toContain(`${await startOf(focused)}?`);
    await question().getByRole('button', { name: 'Cancel' }).click();
    await question().waitFor({ state: 'detached' });
  });
});
