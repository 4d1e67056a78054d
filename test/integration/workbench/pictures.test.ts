import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import { AttentionPage, PlaygroundPage, ProjectionPage } from '../harness/inspectionPages';
import { SOFTWARE_WEBGL, Workbench } from '../harness/workbench';

/*
 * The pictures of the README and the guides: the views of a run of the sample, in VS Code. `npm run pictures` makes them
 * anew. RECSIGHT_SAMPLE names a copy of the sample that has been trained already.
 */

const IMAGES = path.join(root, 'docs/images');
const SIZE = { width: 1280, height: 820 };

describe.skipIf(process.env.PICTURES === undefined)('pictures of the documentation', () => {
  const trained = process.env.RECSIGHT_SAMPLE;
  let folder: string;
  let workbench: Workbench;

  beforeAll(async () => {
    folder = trained ?? (await trainSample());
    workbench = await Workbench.open(folder, { extension: root }, [SOFTWARE_WEBGL], (page) =>
      page.setViewportSize(SIZE),
    );
  }, 900_000);

  afterAll(async () => {
    await workbench.close();
    if (trained === undefined) await rm(folder, { recursive: true, force: true });
  });

  it('the live panel, beside the runs', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('RecSight: Open Run');
    const page = workbench.webview('recsight.recsight');
    await page.locator('recsight-line-chart canvas').nth(1).waitFor({ timeout: 60_000 });
    await workbench.runCommand('View: Show RecSight');
    await workbench.treeRow('NDCG@10').first().waitFor();
    await save('live-panel');
  });

  it('the projection', async () => {
    await workbench.runCommand('RecSight: Show Embedding Projection');
    const projection = new ProjectionPage(workbench);
    await projection.drawn();
    await projection.map.waitFor();
    await workbench.runCommand('View: Close Primary Side Bar');
    await save('projection');
  });

  it('attention', async () => {
    await workbench.runCommand('RecSight: Show Attention');
    const attention = new AttentionPage(workbench);
    await attention.explained();
    await attention.map.waitFor();
    await save('attention');
  });

  it('the playground', async () => {
    await workbench.runCommand('RecSight: Open Playground');
    const playground = new PlaygroundPage(workbench);
    await playground.recommendations();
    await save('playground');
  });

  it('the evaluation', async () => {
    await workbench.runCommand('RecSight: Show Evaluation');
    const evaluation = workbench.webview('recsight.recsight');
    await evaluation.locator('table.values').first().waitFor({ timeout: 120_000 });
    await evaluation.locator('recsight-picture canvas').first().waitFor();
    await save('evaluation');
  });

  async function trainSample(): Promise<string> {
    const copy = path.join(await mkdtemp(path.join(tmpdir(), 'recsight-pictures-')), 'movietweetings');
    await cp(path.join(root, 'samples/movietweetings'), copy, {
      recursive: true,
      filter: (source) => !source.includes('.recsight/') && !source.endsWith('.recsight'),
    });
    const cli = path.join(root, 'dist/cli.js');
    await promisify(execFile)(process.execPath, [cli, 'train', path.join(copy, 'sasrec.recsight.json')]);
    return copy;
  }

  async function save(name: string): Promise<void> {
    await mkdir(IMAGES, { recursive: true });
    // Nothing that was pointed at or said meanwhile.
    await workbench.page.mouse.move(SIZE.width / 2, 4);
    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.page.locator('.quick-input-widget:visible').waitFor({ state: 'hidden' });
    await workbench.page.screenshot({ path: path.join(IMAGES, `${name}.png`) });
  }
});
