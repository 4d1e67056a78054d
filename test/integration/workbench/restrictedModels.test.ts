import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import { configPath, runsOf, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { Workbench } from '../harness/workbench';

/*
 * A workspace that the user has not said to trust, with a model file that leaves a mark wherever it is run.
 */

const MARK = 'ran.txt';
const MODEL = `import { writeFileSync } from 'node:fs';
import { defineModel } from 'recsight/v1';
writeFileSync('MARK', 'ran');
export default defineModel({
  title: 'Marker',
  options: { width: { type: 'integer', minimum: 1, default: 8, description: 'Told by the file.' } },
  create() { throw new Error('It was run.'); },
});
`;

let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-untrusted-'));
  await writeTinyWorkspace(folder);
  await mkdir(path.join(folder, 'models'));
  await writeFile(
    path.join(folder, 'models/marker.ts'),
    MODEL.replace("'MARK'", JSON.stringify(path.join(folder, MARK))),
  );
  await writeFile(
    configPath(folder, 'marker'),
    '{\n  "dataset": { "path": "tiny.csv" },\n  "model": { "type": "./models/marker.ts", "width": 0 }\n}\n',
  );
  const settings = {
    'security.workspace.trust.enabled': true,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.untrustedFiles': 'open',
  };
  workbench = await Workbench.open(folder, { extension: root, settings });
});

afterAll(async () => {
  await workbench.screenshot('last-restricted-models');
  await workbench.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a model file in restricted mode', () => {
  it('is read, and not run: the config is checked by what it declares', async () => {
    await workbench.statusBarItem('Restricted Mode').waitFor();
    await workbench.openFile('marker.recsight.json');
    await workbench.runCommand('View: Focus Problems');
    await workbench.page
      .locator('.markers-panel .monaco-list-row', { hasText: /“model\.width”.*at least 1/ })
      .first()
      .waitFor({ timeout: 60_000 });
    await workbench.openFile('marker.ts');
    expect(existsSync(path.join(folder, MARK))).toBe(false);
  });

  it('has no link to train or debug it, and no command does', async () => {
    expect(await workbench.codeLens('Debug Model').count()).toBe(0);
    expect(await workbench.codeLens('▶ Train').count()).toBe(0);
    expect(await runsOf(folder)).toEqual([]);
    expect(existsSync(path.join(folder, MARK))).toBe(false);
    // Nor is anything written.
    expect(existsSync(path.join(folder, '.recsight'))).toBe(false);
    expect(existsSync(path.join(folder, 'models/tsconfig.json'))).toBe(false);
  });
});
