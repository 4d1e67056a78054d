import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import type { RunSummary } from '../../../src/protocol/run';
import { until } from '../../until';
import { accessibilityFaults } from '../../webview/accessibility';
import { AttentionPage, PlaygroundPage, ProjectionPage } from '../harness/inspectionPages';
import { sampleTitles, trainSampleModels } from '../harness/sampleRuns';
import { retry, SOFTWARE_WEBGL, Workbench } from '../harness/workbench';

/*
 * The projection, the attention and the recommendations of the sample models as a user sees them, in the page of a real VS Code.
 */

const soon = { timeout: 60_000, interval: 100 };
/** All but two presets of SASRec, which show the same. */
const MODELS = ['bert4rec', 'bprMf', 'dien', 'din', 'gru4rec', 'hstu', 'sasrec', 'sum', 'twoTower'];
/** Their attention is among what they compute; the others are explained by what their scores lose. */
const WITH_ATTENTION = ['bert4rec', 'dien', 'din', 'hstu', 'sasrec', 'sum'];

/** It recommends, and has no vectors and no attention. */
const BASELINE = 'ease';

let folder: string;
let workbench: Workbench;
let runs: Map<string, RunSummary>;
let titles: Map<string, string>;
let projection: ProjectionPage;
let attention: AttentionPage;
let playground: PlaygroundPage;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-samples-'));
  runs = new Map(
    (await trainSampleModels(folder, [...MODELS, BASELINE])).map((run) => [run.manifest.name, run]),
  );
  titles = await sampleTitles();
  workbench = await Workbench.open(folder, { extension: root }, [SOFTWARE_WEBGL]);
  projection = new ProjectionPage(workbench);
  attention = new AttentionPage(workbench);
  playground = new PlaygroundPage(workbench);
}, 240_000);

afterAll(async () => {
  await workbench.screenshot('last-inspection');
  await workbench.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a view by its command: of the run whose panel is in view, else of the one that is picked. */
async function show(
  command: 'Show Embedding Projection' | 'Show Attention' | 'Open Playground',
  pick?: string,
): Promise<void> {
  await workbench.runCommand(`RecSight: ${command}`);
  if (pick !== undefined) await workbench.pickStarting(`${pick} · `);
}

/** Selects two runs in the list, and compares them from their menu. */
async function compareInList(...names: [string, string]): Promise<void> {
  await workbench.runCommand('RecSight: Focus on Runs View');
  for (const name of names) {
    const group = workbench.spokenTreeRow(new RegExp(`^${name}, .*1 run$`));
    // A click on the row would select the group, too.
    if ((await group.getAttribute('aria-expanded')) === 'false')
      await group.locator('.monaco-tl-twistie').click();
  }
  const [one, other] = names.map((name) => workbench.spokenTreeRow(new RegExp(`^${name}, finished\\b`)));
  await one!.click({ modifiers: ['Control'] });
  await other!.click({ modifiers: ['Control'] });
  await workbench.chooseFromMenu(other!, 'Compare Runs');
}

/** The same without the mouse. */
async function selectByKeyboard(...names: string[]): Promise<void> {
  const { page } = workbench;
  // A page that had the focus may take it back.
  await retry(60_000, async () => {
    await workbench.typeCommand('RecSight: Focus on Runs View');
    await page.locator('.part.sidebar .monaco-list:focus').waitFor({ timeout: 2000 });
  });
  // Takes an earlier selection away.
  await page.keyboard.press('Escape');
  const focused = page.locator('.part.sidebar .monaco-list-row.focused');
  const goTo = async (row: RegExp): Promise<void> => {
    let last: string | null = null;
    await until(`the row ${row.source}`, async () => {
      // None has the focus before the first key.
      const label = (await focused.count()) === 0 ? null : await focused.first().getAttribute('aria-label');
      if (row.test(label ?? '')) return true;
      // At the end: what a row opens comes a moment later, and may have been passed.
      await page.keyboard.press(label !== null && label === last ? 'Home' : 'ArrowDown');
      last = label;
      return null;
    });
  };
  for (const name of names) {
    await page.keyboard.press('Home');
    await goTo(new RegExp(`^${name}, .*1 run$`));
    if ((await focused.first().getAttribute('aria-expanded')) === 'false')
      await page.keyboard.press('ArrowRight');
    await goTo(new RegExp(`^${name}, finished\\b`));
    await page.keyboard.press('Control+Shift+Enter');
  }
}

/** The one of the visible panels in which a selector finds something. */
const panelWith = (selector: string): Promise<FrameLocator> =>
  until(
    selector,
    async () => {
      for (const nth of [0, 1, 2]) {
        const panel = workbench.webview('recsight.recsight', nth);
        if ((await panel.locator(selector).count()) > 0) return panel;
      }
      return null;
    },
    60_000,
  );

/** Presses Tab until it has the focus: panels that were just moved are loaded again, and may change their order. */
const tabToOneWith = (selector: string): Promise<void> =>
  retry(60_000, async () => workbench.tabTo(await panelWith(selector), selector));

const THEMES = [
  ['Light Modern', 'vs'],
  ['Dark High Contrast', 'hc-black'],
  ['Light High Contrast', 'hc-light'],
  ['Dark Modern', 'vs-dark'],
] as const;

const comparison = () =>
  workbench
    .webview('recsight.recsight')
    .locator('h1', { hasText: /^A (sasrec|gru4rec) · B (sasrec|gru4rec)/ });

describe('looking into the sample models', () => {
  it('trained them all', () => {
    expect([...runs.keys()].sort()).toEqual([...MODELS, BASELINE].sort());
    for (const { status } of runs.values()) expect(status).toBe('finished');
  });

  it.each(MODELS)('%s: a map of its items, and what decides its recommendations', async (name) => {
    const { dataset } = runs.get(name)!.manifest;
    await workbench.runCommand('View: Close All Editors');

    await show('Show Embedding Projection', name);
    const { title: heading, layout, count } = await projection.drawn();
    expect(heading).toMatch(new RegExp(`^Items of ${name}, epoch 1 \\(`));
    await workbench.tab(`Projection: ${name}`).waitFor();
    expect(layout).toMatch(/^PCA · components 1 and 2 · \d+\.\d% of the variance$/);
    expect(count).toMatch(new RegExp(`^${dataset!.numItems.toLocaleString('en-US')} points, all rows`));
    await projection.map.waitFor();
    if (name === 'sasrec') await workbench.screenshot('projection');
    await projection.button('View as Table').click();
    const [, ...rows] = await projection.tableRows();
    for (const [title, id] of rows) expect(titles.get(id!)).toBe(title);

    await show('Show Attention');
    await workbench.tab(`Attention: ${name}`).waitFor();
    await attention.explained();
    const known = new Set(titles.values());
    for (const title of await attention.recommendations()) expect(known).toContain(title);
    if (WITH_ATTENTION.includes(name)) await attention.map.waitFor();
    else await attention.contributions.first().waitFor();
    if (name === 'sasrec') await workbench.screenshot('attention');
  });

  it('shows weights that sum to 1 in the table of a causal head', async () => {
    await workbench.runCommand('View: Close All Editors');
    await show('Show Attention', 'sasrec');
    await attention.explained();
    await attention.display('Table').click();
    const weights = await attention.weights();
    expect(weights.length).toBeGreaterThan(3);
    const known = new Set(titles.values());
    for (const { title } of weights) expect(known).toContain(title);
    const sum = weights.reduce((total, { values }) => total + values[0]!, 0);
    expect(Math.abs(sum - 1)).toBeLessThan(0.005 * weights.length);
  });

  it('recommends in the playground, with a baseline next to it', async () => {
    await workbench.runCommand('View: Close All Editors');
    await show('Open Playground', 'sasrec');
    await workbench.tab('Playground: sasrec').waitFor();
    const known = new Set(titles.values());
    const listed = await playground.recommendations();
    for (const title of listed) expect(known).toContain(title);
    await playground.compareWith(BASELINE);
    expect(await playground.recommendations(1)).not.toEqual(listed);
    const reasons = await playground.reasons();
    expect(reasons[0]).toMatch(/^Attention · Block \d · sasrec/);
    expect(reasons[1]).toMatch(/^Contribution for “.*” · ease|^“.*” is not listed · ease/);
    await workbench.screenshot('playground');
    // A baseline opens by itself, too.
    await workbench.runCommand('View: Close All Editors');
    await show('Open Playground', BASELINE);
    await playground.recommendations();
    expect((await playground.reasons())[0]).toMatch(/^Contribution for “/);
  });

  it('compares the selected runs', async () => {
    await compareInList('sasrec', 'gru4rec');
    await comparison().waitFor({ timeout: 60_000 });
    await workbench.page.getByRole('tab', { name: /^Compare: (sasrec|gru4rec)/ }).waitFor();
    const panel = workbench.webview('recsight.recsight');
    const difference = panel.locator('table.values').first().locator('tbody tr').first().locator('td').nth(2);
    expect(await difference.innerText()).toMatch(/^[▲▼] [+−]0\.\d+( \*)?\n.* · p /);
    const target = await panel.locator('.people summary .target').first().innerText();
    expect(target).toMatch(/ \(\d{4}\)/);
    await workbench.screenshot('comparison');
  });

  it('comes back after a reload of the window, each with its runs', async () => {
    await show('Show Attention', 'sasrec');
    await attention.explained();
    await show('Open Playground');
    const listed = await playground.recommendations();
    await show('Show Embedding Projection');
    await projection.drawn();
    await workbench.reload();
    expect((await projection.drawn()).title).toMatch(/^Items of sasrec, epoch 1 \(/);
    await projection.map.waitFor();
    await workbench.tab('Projection: sasrec').waitFor();
    await workbench.tab('Attention: sasrec').click();
    await attention.explained();
    await workbench.tab('Playground: sasrec').click();
    expect(await playground.recommendations()).toEqual(listed);
    await workbench.page.getByRole('tab', { name: /^Compare: / }).click();
    await comparison().waitFor({ timeout: 60_000 });
  });

  it('shows results and recommendations by keyboard alone, in every theme', async () => {
    const { page } = workbench;
    await workbench.typeCommand('View: Close All Editors');
    await workbench.typeCommand('RecSight: Show Evaluation');
    await workbench.typePick('Choose a run', 'sasrec');
    const evaluation = await panelWith('table.values');
    expect(await evaluation.locator('h1').innerText()).toMatch(/^Evaluation of sasrec/);
    await workbench.tabTo(evaluation, 'vscode-dropdown[aria-label="Metric"]');
    const legend = evaluation.locator('.slices legend');
    const before = await legend.innerText();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => legend.innerText(), soon).not.toBe(before);
    await workbench.tabTo(evaluation, '.figure summary');
    await page.keyboard.press('Enter');
    await evaluation.locator('.figure details[open] table').waitFor();
    await workbench.screenshot('evaluation');

    await selectByKeyboard('sasrec', 'gru4rec');
    await workbench.typeCommand('RecSight: Compare Runs');
    await page.getByRole('tab', { name: /^Compare: /, selected: true }).waitFor();
    await workbench.typeCommand('View: Move Editor into Right Group');
    await tabToOneWith('.people summary');
    await page.keyboard.press('Enter');
    await panelWith('.people details[open]');

    await workbench.typeCommand('RecSight: Open Playground');
    await workbench.typePick('Choose a run', 'sasrec');
    await page.getByRole('tab', { name: /^Playground: sasrec/, selected: true }).waitFor();
    // It opened next to the first panel, and is to be seen next to both.
    await workbench.typeCommand('View: Move Editor into Right Group');
    await workbench.typeCommand('View: Move Editor into Right Group');
    await tabToOneWith('.recommendations .link');
    await page.keyboard.press('Enter');
    await panelWith('.recommendations .link[aria-pressed="true"]');

    for (const [label, kind] of THEMES) {
      await workbench.typeCommand('Preferences: Color Theme');
      await workbench.typePick('Select Color Theme', label);
      await page.locator(`.monaco-workbench.${kind}`).waitFor();
      for (const nth of [0, 1, 2]) {
        const root = workbench.webview('recsight.recsight', nth).locator('html');
        expect(await accessibilityFaults(root), `${label}, ${nth}`).toEqual([]);
      }
      await workbench.screenshot(`results-${kind}`);
    }
  });

  it('saves the picture and the table where the user says', async () => {
    await workbench.runCommand('View: Close All Editors');
    await show('Show Embedding Projection', 'sasrec');
    await projection.drawn();
    await projection.map.waitFor();
    await projection.saveAs('Save as PNG…');
    const picture = await workbench.acceptSaveDialog();
    await expect
      .poll(() => readFile(picture, 'latin1').catch(() => ''), soon)
      .toMatch(/^\x89PNG\r\n[^]*IEND/);

    await projection.saveAs('Export Table as CSV…');
    const file = await workbench.acceptSaveDialog();
    expect(path.dirname(file)).toBe(folder);
    const { numItems } = runs.get('sasrec')!.manifest.dataset!;
    const lines = () =>
      readFile(file, 'utf8').then(
        (text) => text.trimEnd().split('\n'),
        () => [],
      );
    await expect.poll(async () => (await lines()).length, soon).toBe(1 + numItems);
    for (const line of (await lines()).slice(1, 20)) expect(titles.has(line.split(',')[0]!)).toBe(true);
  });

  it('opens from the live panel, too', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('RecSight: Open Run');
    await workbench.pickStarting('gru4rec · ');
    await workbench.webview('recsight.recsight').locator('vscode-button', { hasText: 'Projection' }).click();
    expect((await projection.drawn()).title).toMatch(/^Items of gru4rec, epoch 1 \(/);
  });

  it('never breaks its content security policy', () => {
    expect(workbench.policyViolations).toEqual([]);
  });

  it('says so when its run is deleted', async () => {
    await rm(runs.get('gru4rec')!.directory, { recursive: true });
    const page = workbench.webview('recsight.recsight');
    await expect
      .poll(() => page.locator('main h1').innerText({ timeout: 1000 }).catch(String), soon)
      .toBe('This run was deleted');
  });
});
