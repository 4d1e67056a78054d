import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import { stopRun } from '../../../src/process/stopRun';
import { isActive } from '../../../src/protocol/run';
import { RunDirectory, runsDirectoryOf } from '../../../src/runs/runDirectory';
import { RunPanel } from '../harness/runPanel';
import { configPath, runsOf, waitForRun, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { Workbench } from '../harness/workbench';

/*
 * What a user does on the first day, in a window with two folders: each test goes on where the one before it ended.
 */

const soon = { timeout: 60_000, interval: 200 };
let broken = false;

let scratch: string;
/** The folder in which all happens; the other one is empty. */
let folder: string;
let workspace: string;
let workbench: Workbench;
let panel: RunPanel;

const namesakes = async (name: string) =>
  (await runsOf(folder)).filter(({ manifest }) => manifest.name === name);

async function changeSettings(settings: Record<string, unknown>): Promise<void> {
  const folders = [{ path: 'other' }, { path: 'day' }];
  // In a browser VS Code saves by itself.
  const all = { 'files.autoSave': 'off', ...settings };
  await writeFile(workspace, JSON.stringify({ folders, settings: all }));
}

/** Titles of all tabs. */
async function tabs(): Promise<string[]> {
  const labels = await workbench.page.locator('.tabs-container .tab').allInnerTexts();
  return labels.map((label) => label.trim().replace(/\s*\n\s*/g, ''));
}

/** Titles of the live panels' tabs. */
async function panelTabs(): Promise<string[]> {
  return (await tabs()).filter((label) => label.includes(' · '));
}

/** Trains a config from a terminal. Resolves when the run has ended, however it did. */
async function trainInTerminal(name: string): Promise<void> {
  const runs = ['--runs', runsDirectoryOf(folder)];
  const args = [path.join(root, 'dist/cli.js'), 'train', configPath(folder, name), ...runs];
  await promisify(execFile)(process.execPath, args).catch(() => undefined);
}

/** The row of a run in the list, by what a screen reader says. */
function row(name: string, status: string): Locator {
  return workbench.spokenTreeRow(new RegExp(`^${name}, ${status}, `)).first();
}

async function expandGroup(name: string): Promise<void> {
  const group = workbench.page.getByRole('treeitem', { name: new RegExp(`^${name}\\b.*run`) }).first();
  await group.waitFor();
  if ((await group.getAttribute('aria-expanded')) === 'false') await group.click();
}

beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'recsight-day-'));
  folder = path.join(scratch, 'day');
  await writeTinyWorkspace(folder);
  await cp(path.join(folder, 'tiny.csv'), path.join(folder, 'interactions.csv'));
  await mkdir(path.join(scratch, 'other'));
  workspace = path.join(scratch, 'two.code-workspace');
  await changeSettings({});
  workbench = await Workbench.open(workspace, { extension: root });
  panel = new RunPanel(workbench);
});

afterAll(async () => {
  await workbench.screenshot('last-first-day');
  for (const { directory, status } of await runsOf(folder))
    if (isActive(status)) await stopRun(new RunDirectory(directory));
  await workbench.close();
  await rm(scratch, { recursive: true, force: true });
});

beforeEach(({ skip, onTestFailed }) => {
  if (broken) skip('an earlier step failed');
  onTestFailed(() => {
    broken = true;
  });
});

describe('the first day', () => {
  it('begins with a new config in the folder that the user chooses, which ▶ saves and trains', async () => {
    await workbench.runCommand('RecSight: New Config');
    await workbench.pick('day');
    await workbench.tab('sasrec.recsight.json').waitFor();
    await workbench.codeLens('▶ Train').click();
    await expect.poll(() => panel.status(), soon).toBe('finished');
    const [run, ...others] = await runsOf(folder);
    expect(others).toEqual([]);
    expect(run!.manifest.configPath).toBe('sasrec.recsight.json');
    const saved = await readFile(configPath(folder, 'sasrec'), 'utf8');
    expect(saved).toContain('"path": "interactions.csv"');
    // The tab of the new config has become that of the file; there is no other.
    expect(await tabs()).toEqual([
      'sasrec.recsight.json',
      expect.stringMatching(/^sasrec · [\d:]+ \(preview\)$/),
    ]);
    expect(await workbench.page.locator('.tabs-container .tab.dirty').count()).toBe(0);
    await workbench.screenshot('first-day-trained');
  });

  it('trains what the editor shows: edits are saved first', async () => {
    await workbench.tab('sasrec.recsight.json').click();
    await workbench.page.keyboard.press('Control+End');
    await workbench.page.keyboard.press('Enter');
    await workbench.page.keyboard.type('// changed');
    await workbench.page.locator('.tabs-container .tab.dirty').waitFor();
    await workbench.codeLens('▶ Train').click();
    await expect.poll(async () => (await runsOf(folder)).length, soon).toBe(2);
    expect(await readFile(configPath(folder, 'sasrec'), 'utf8')).toContain('// changed');
    const [newest] = await runsOf(folder);
    await waitForRun(newest!.directory, ({ status }) => status === 'finished');
  });

  it('a double click on ▶ starts one training; a later click asks', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.openFile('long.recsight.json');
    await workbench.codeLens('▶ Train').dblclick();
    await expect.poll(() => panel.status(), soon).toBe('running');
    expect(await namesakes('long')).toHaveLength(1);

    const question = workbench.dialog(/long · \S+ is already training with this config/);
    await workbench.codeLens('▶ Train').click();
    await question.waitFor();
    await workbench.screenshot('first-day-question');
    await question.getByRole('button', { name: 'Show Running Run' }).click();
    await question.waitFor({ state: 'hidden' });
    expect(await namesakes('long')).toHaveLength(1);

    await workbench.codeLens('▶ Train').click();
    await question.getByRole('button', { name: 'Train Another' }).click();
    await expect.poll(async () => (await namesakes('long')).length, soon).toBe(2);
  });

  it('tells runs of one name apart where one is chosen', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('RecSight: Open Run');
    const rows = workbench.page.locator('.quick-input-list .label-name').getByText(/^long · /);
    await expect.poll(() => rows.count(), soon).toBe(2);
    const titles = await rows.allInnerTexts();
    expect(new Set(titles).size).toBe(2);
    await workbench.page.keyboard.press('Escape');
    for (const { directory } of await namesakes('long')) await stopRun(new RunDirectory(directory));
  });

  it('a click opens a run in one preview tab; a double click keeps it', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.page.getByRole('tab', { name: 'RecSight', exact: true }).click();
    await expandGroup('long');
    await expandGroup('sasrec');
    await row('long', 'stopped').click();
    await expect.poll(panelTabs, soon).toEqual([expect.stringMatching(/^long · .* \(preview\)$/)]);
    await expect.poll(() => panel.status(), soon).toBe('stopped');
    await row('sasrec', 'finished').click();
    await expect.poll(panelTabs, soon).toEqual([expect.stringMatching(/^sasrec · .* \(preview\)$/)]);
    await expect.poll(() => panel.status(), soon).toBe('finished');
    await workbench.screenshot('first-day-preview');

    await row('long', 'stopped').dblclick();
    await expect.poll(panelTabs, soon).toEqual([expect.stringMatching(/^long · [\d:]+( \(2\))?$/)]);
    await row('sasrec', 'finished').click();
    await expect.poll(async () => (await panelTabs()).length, soon).toBe(2);
    await workbench.runCommand('RecSight: Keep Open');
    await expect.poll(async () => (await panelTabs()).join(), soon).not.toContain('preview');
  });

  it('a preview that is moved to another group stays there', async () => {
    await workbench.runCommand('View: Close All Editors');
    await row('sasrec', 'finished').click();
    await expect.poll(panelTabs, soon).toEqual([expect.stringContaining('preview')]);
    await workbench.runCommand('View: Move Editor into Right Group');
    await expect.poll(async () => (await panelTabs()).join(), soon).toMatch(/^sasrec · [\d:]+$/);
  });

  it('a run that failed before its first checkpoint is trained again, with the config as it is now', async () => {
    const text = await readFile(configPath(folder, 'short'), 'utf8');
    await writeFile(configPath(folder, 'mended'), text.replace('tiny.csv', 'missing.csv'));
    await trainInTerminal('mended');
    expect((await namesakes('mended')).map(({ status }) => status)).toEqual(['failed']);
    await writeFile(configPath(folder, 'mended'), text);
    await expandGroup('mended');
    await row('mended', 'failed').click();
    await expect.poll(() => panel.status(), soon).toBe('failed');
    expect(await panel.button('Resume').count()).toBe(0);
    await workbench.screenshot('first-day-train-again');
    await panel.button('Train Again').click();
    await expect.poll(() => panel.status(), soon).toBe('finished');
    expect(await namesakes('mended')).toHaveLength(2);
  });

  it('a run that ends in the background is told of, once, with a way to it', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('Notifications: Clear All Notifications');
    await trainInTerminal('short');
    const notice = workbench.notification(
      /short · \S+ finished: NDCG@10 [01]\.\d+ on validation, [01]\.\d+ on test/,
    );
    await notice.waitFor({ timeout: 30_000 });
    expect(await workbench.notification(/short/).count()).toBe(1);
    await workbench.screenshot('first-day-notice');
    await notice.getByRole('button', { name: 'Show' }).click();
    await expect.poll(() => panel.status(), soon).toBe('finished');
    expect(await panelTabs()).toEqual([expect.stringMatching(/^short · /)]);
  });

  it('tells only of failures when that is wanted', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('Notifications: Clear All Notifications');
    await changeSettings({
      'recsight.notifications.runEnded': 'failures',
      'workbench.statusBar.visible': false,
    });
    await workbench.page.locator('.part.statusbar').waitFor({ state: 'hidden' });
    await trainInTerminal('short');
    await row('short', 'finished').waitFor();
    await writeFile(configPath(folder, 'fails'), '{"dataset":{"path":"none.csv"},"model":{"type":"sasrec"}}');
    await trainInTerminal('fails');
    await workbench.notification(/fails · \S+ failed: There is no file/).waitFor({ timeout: 30_000 });
    expect(await workbench.notification(/short/).count()).toBe(0);
  });
});
