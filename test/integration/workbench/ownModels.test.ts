import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import { AttentionPage, ProjectionPage } from '../harness/inspectionPages';
import { RunPanel } from '../harness/runPanel';
import { configPath, runsOf, waitForRun, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { retry, SOFTWARE_WEBGL, Workbench } from '../harness/workbench';

/*
 * A model of the user's own, from the palette to its attention, in the page of a real VS Code: each test goes on where the one
 * before it ended.
 */

const soon = { timeout: 60_000, interval: 200 };
/** A step has failed: those that build on it would only say so again, slowly. */
let broken = false;

let folder: string;
/** Where the extension notes which code the user has agreed to. */
let settings: string;
let workbench: Workbench;
let panel: RunPanel;
let directory: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-own-'));
  settings = await mkdtemp(path.join(tmpdir(), 'recsight-settings-'));
  await writeTinyWorkspace(folder);
  const env = { XDG_CONFIG_HOME: settings };
  workbench = await Workbench.open(folder, { extension: root, env }, [SOFTWARE_WEBGL]);
  panel = new RunPanel(workbench);
});

afterAll(async () => {
  await workbench.screenshot('last-own');
  await workbench.close();
  await rm(folder, { recursive: true, force: true });
  await rm(settings, { recursive: true, force: true });
});

beforeEach(({ skip, onTestFailed }) => {
  if (broken) skip('an earlier step failed');
  onTestFailed(() => {
    broken = true;
  });
});

const allowed = () => path.join(settings, 'recsight', 'allowed-code');

describe('a model of the user’s own', () => {
  it('is written from the command palette, with a config', async () => {
    await workbench.runCommand('RecSight: New Model');
    const input = workbench.page.locator('.quick-input-widget:visible input.input');
    await input.fill('1st');
    await workbench.page.locator('.quick-input-message', { hasText: 'Expected a letter' }).waitFor();
    await input.fill('mine');
    await input.press('Enter');
    await workbench.tab('mine.ts').waitFor();
    await workbench.tab('mine.recsight.json').waitFor();
    await workbench.notification('RecSight wrote').waitFor();
    expect(await readFile(path.join(folder, 'models/mine.ts'), 'utf8')).toContain("title: 'Mine'");
    expect(JSON.parse(await readFile(configPath(folder, 'mine'), 'utf8'))).toMatchObject({
      dataset: { path: 'tiny.csv' },
      model: { type: './models/mine.ts' },
    });
    await workbench.runCommand('View: Close All Editors');
    await writeFile(
      configPath(folder, 'mine'),
      JSON.stringify({
        dataset: { path: 'tiny.csv' },
        model: { type: './models/mine.ts', maxSequenceLength: 20, hiddenSize: 16 },
        training: { epochs: 100_000, batchSize: 4, earlyStopping: { patience: null } },
        evaluation: { cutoffs: [5, 10] },
      }),
    );
  });

  it('trains by the link above it, with metrics as they come', async () => {
    await workbench.openFile('mine.ts');
    await workbench.codeLens('Debug Model').waitFor();
    await workbench.codeLens('▶ Train').click();
    await expect.poll(() => panel.status(), soon).toBe('running');
    await expect.poll(() => panel.drawnPoints('Validation NDCG@10'), soon).toBeGreaterThanOrEqual(2);
    directory = (await runsOf(folder))[0]!.directory;
  });

  it('stops, resumes and stops again', async () => {
    await panel.button('Stop').click();
    await expect.poll(() => panel.status(), soon).toBe('stopped');
    const before = await panel.epoch();
    await panel.button('Resume').click();
    await expect.poll(() => panel.epoch(), soon).toBeGreaterThan(before);
    await panel.button('Stop').click();
    await expect.poll(() => panel.status(), soon).toBe('stopped');
  });

  it('asks, by name and hash, before a run brings code that the user has not agreed to', async () => {
    await rm(allowed(), { recursive: true });
    const { hash } = JSON.parse(await readFile(path.join(directory, 'code.json'), 'utf8')) as {
      hash: string;
    };
    const dialog = workbench.dialog('Run the code of mine');
    // However it is asked for.
    const waysToRun: [string, () => Promise<void>][] = [
      ['Cancel', () => panel.button('Evaluate').first().click()],
      ['Cancel', () => workbench.runCommand('RecSight: Show Embedding Projection')],
      ['Show Code', () => workbench.runCommand('RecSight: Evaluate Run')],
    ];
    for (const [refused, askFor] of waysToRun) {
      // What moves while it is clicked is not clicked.
      await retry(60_000, async () => {
        if (!(await dialog.isVisible())) await askFor();
        await dialog.waitFor({ timeout: 10_000 });
      });
      expect(await dialog.innerText()).toContain(hash.slice(0, 12));
      expect(await dialog.innerText()).toContain('models/mine.ts');
      await workbench.screenshot('consent');
      await dialog.getByRole('button', { name: refused }).click();
      await dialog.waitFor({ state: 'hidden' });
    }
    await workbench.tab('mine.ts').first().waitFor();
    expect((await runsOf(folder))[0]!.manifest.test).toBeNull();
  });

  it('is evaluated next to the baselines after that', async () => {
    await workbench.runCommand('RecSight: Open Run');
    await workbench.runCommand('RecSight: Evaluate Run');
    await workbench.dialog('Run the code of mine').getByRole('button', { name: 'Run This Code' }).click();
    await waitForRun(directory, ({ manifest }) => manifest.test !== null);
    await waitForRun(directory, ({ status }) => status === 'stopped');
    await expect.poll(() => panel.testTable(), soon).toHaveLength(1 + 6);
    const [head] = await panel.testTable();
    expect(head!.slice(1, 5)).toEqual(['mine', 'popularity', 'item-kNN', 'Markov']);
  });

  it('is projected, and its attention is shown', async () => {
    const projection = new ProjectionPage(workbench);
    await workbench.runCommand('RecSight: Show Embedding Projection');
    expect((await projection.drawn()).count).toMatch(/^30 points/);
    await projection.map.waitFor();
    const attention = new AttentionPage(workbench);
    await workbench.runCommand('RecSight: Show Attention');
    await attention.explained();
    await attention.map.waitFor();
    await attention.display('Table').click();
    expect((await attention.weights()).length).toBeGreaterThan(1);
  });
});
