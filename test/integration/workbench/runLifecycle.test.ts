import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import { readState } from '../../../src/runs/checkpointState';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { readLiveTrainer } from '../../../src/runs/trainerLock';
import { RunPanel } from '../harness/runPanel';
import { runsOf, waitForRun, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { Workbench } from '../harness/workbench';

/*
 * One run's life as a user sees it, in the page of a real VS Code: each test goes on where the one before it ended.
 */

const themes = [
  { name: 'dark', label: 'Dark Modern', kind: 'vs-dark' },
  { name: 'light', label: 'Light Modern', kind: 'vs' },
  { name: 'high-contrast', label: 'Dark High Contrast', kind: 'hc-black' },
];
const widths = [
  { name: 'wide', width: 1400, height: 900 },
  { name: 'narrow', width: 720, height: 900 },
];
const soon = { timeout: 60_000, interval: 200 };
/** A step has failed: those that build on it would only say so again, slowly. */
let broken = false;

let folder: string;
let workbench: Workbench;
let panel: RunPanel;
/** Directory of the run, once it is known. */
let directory: string;

async function trainerPid(): Promise<number | undefined> {
  return (await readLiveTrainer(new RunDirectory(directory)))?.pid;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-workspace-'));
  await writeTinyWorkspace(folder);
  workbench = await Workbench.open(folder, { extension: root });
  panel = new RunPanel(workbench);
});

afterAll(async () => {
  await workbench.screenshot('last');
  await workbench.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(({ skip, onTestFailed }) => {
  if (broken) skip('an earlier step failed');
  onTestFailed(() => {
    broken = true;
  });
});

describe('a run in the workbench', () => {
  it('tells what is wrong with a config instead of training it', async () => {
    await workbench.runCommand('RecSight: Train Model');
    await workbench.pick('wrong');
    await workbench.notification(/wrong\.recsight\.json has 2 errors/).waitFor();
    expect(await runsOf(folder)).toEqual([]);
    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.runCommand('View: Close All Editors');
  });

  it('starts from the command palette, which lists the configs', async () => {
    await workbench.runCommand('RecSight: Train Model');
    await workbench.pick('long');
    await expect.poll(() => panel.status(), soon).toBe('running');
    directory = (await runsOf(folder))[0]!.directory;
  });

  it('draws loss and validation metrics as they come', async () => {
    await expect.poll(() => panel.epoch(), soon).toBeGreaterThanOrEqual(2);
    const points = await panel.drawnPoints('Validation NDCG@10');
    expect(points).toBeGreaterThanOrEqual(2);
    await expect.poll(() => panel.drawnPoints('Validation NDCG@10'), soon).toBeGreaterThan(points + 2);
    expect(await panel.drawnPoints('Training loss')).toBeGreaterThan(points);
    expect(await panel.fact('loss')).toBeGreaterThan(0);
    expect(await panel.fact('NDCG@10')).toBeGreaterThanOrEqual(0);
  });

  it('shows the run in the status bar and in the tree', async () => {
    await workbench.statusBarItem(/long \d+\/100000 epochs · NDCG@10 [01]\.\d+/).waitFor();
    await workbench.page.getByRole('tab', { name: 'RecSight', exact: true }).click();
    await workbench.treeRow(/NDCG@10 [01]\.\d+.*\d+\/100000 epochs/).waitFor();
    await workbench.spokenTreeRow(/^long, running, \d+ of 100000 epochs/).waitFor();
  });

  it('goes on through a reload of the window, and catches up', async () => {
    const pid = await trainerPid();
    expect(pid).toBeGreaterThan(0);
    const before = await panel.epoch();
    await workbench.reload();
    await expect.poll(() => panel.epoch(), soon).toBeGreaterThan(before);
    expect(await panel.status()).toBe('running');
    // The whole history is there, not only what came since.
    await expect.poll(() => panel.drawnPoints('Validation NDCG@10'), soon).toBeGreaterThan(before);
    await workbench.treeRow(/NDCG@10 [01]\.\d+.*\d+\/100000 epochs/).waitFor();
    expect(await trainerPid()).toBe(pid);
    expect(await runsOf(folder)).toHaveLength(1);
  });

  it('stops from the panel and is in the tree as stopped', async () => {
    await panel.button('Stop').click();
    await expect.poll(() => panel.status(), soon).toBe('stopped');
    await workbench.spokenTreeRow(/^long, stopped, /).waitFor();
    await workbench.statusBarItem(/long \d+\/100000/).waitFor({ state: 'detached' });
    expect(await trainerPid()).toBeUndefined();
  });

  it('evaluates from the palette and shows the table beside the baselines', async () => {
    await workbench.runCommand('RecSight: Evaluate Run');
    await expect.poll(() => panel.testTable(), soon).toHaveLength(1 + 6);
    const [head, ...rows] = await panel.testTable();
    expect(head!.slice(1, 5)).toEqual(['long', 'popularity', 'item-kNN', 'Markov']);
    for (const row of rows) expect(row.slice(1, 5).every((value) => Number(value) >= 0)).toBe(true);
    await waitForRun(directory, ({ status }) => status === 'stopped');
  });

  it('shows a trainer that was killed as lost', async () => {
    await panel.button('Resume').click();
    await expect.poll(() => panel.status(), soon).toBe('running');
    const pid = (await trainerPid())!;
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => panel.status(), soon).toBe('lost');
    await workbench.spokenTreeRow(/^long, lost, /).waitFor({ timeout: 5000 });
    // What the trainer had told and not yet saved is lost: the text, the chart and the row count the epochs that were saved.
    const run = new RunDirectory(directory);
    const saved = await Promise.all(['best', 'last'].map((name) => readState(run.checkpointPath(name))));
    const epochs = Math.max(...saved.map((state) => state!.epoch - 1));
    expect(await panel.epoch()).toBe(epochs);
    await expect.poll(() => panel.drawnPoints('Validation NDCG@10')).toBe(epochs);
    await workbench.spokenTreeRow(new RegExp(`^long, lost, ${epochs} of 100000 epochs`)).waitFor();
  });

  it('is resumed by a keyboard user, too, and stopped from the palette', async () => {
    await panel.button('Resume').focus();
    await workbench.page.keyboard.press('Enter');
    await expect.poll(() => panel.status(), soon).toBe('running');
    await workbench.runCommand('RecSight: Stop Run');
    await expect.poll(() => panel.status(), soon).toBe('stopped');
  });

  it('looks right in every theme, wide and narrow', async () => {
    await workbench.runCommand('Notifications: Clear All Notifications');
    for (const { name, label, kind } of themes) {
      await workbench.setTheme(label, kind);
      for (const { name: width, ...size } of widths) {
        await workbench.page.setViewportSize(size);
        await workbench.screenshot(`run-${name}-${width}`);
        const overflow = await panel.root.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        expect(overflow, `${name}, ${width}: scrolls sideways`).toBe(false);
      }
      await workbench.page.setViewportSize(widths[0]!);
    }
  });

  it('never breaks its content security policy', async () => {
    expect(workbench.policyViolations).toEqual([]);
    // And this would have been noticed:
    await panel.root.evaluate('document.body.setAttribute("style", "color: red")');
    await expect.poll(() => workbench.policyViolations).toHaveLength(1);
  });
});
