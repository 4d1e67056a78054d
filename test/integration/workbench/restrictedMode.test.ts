import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import type { RunManifest } from '../../../src/protocol/run';
import type { RunDirectory } from '../../../src/runs/runDirectory';
import { acquireTrainerLock, type TrainerLock } from '../../../src/runs/trainerLock';
import { listedRun } from '../harness/listedRun';
import { configPath, runsOf, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { Workbench } from '../harness/workbench';

/*
 * A workspace that the user has not said to trust, with runs that somebody else has made, whose trainer this process plays, and
 * with a model file that leaves a mark wherever it is run.
 */

const HOSTILE = '[x](command:workbench.action.quit) [y](https://evil.example) $(zap)';
const HARMLESS = '[x] (command:workbench.action.quit) [y] (https://evil.example) $ (zap)';

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
/** Runs that are running, and who trains them. */
const running = new Map<string, { run: RunDirectory; lock: TrainerLock }>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-restricted-'));
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
  for (const name of ['first', 'second']) {
    const facts = { createdAt: Date.now(), status: 'running' } as const;
    const run = await listedRun(folder, `${name} ${HOSTILE}`, {}, facts);
    running.set(name, { run, lock: await acquireTrainerLock(run) });
  }
  const settings = {
    'security.workspace.trust.enabled': true,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.untrustedFiles': 'open',
  };
  workbench = await Workbench.open(folder, { extension: root, settings });
  await workbench.page.getByRole('tab', { name: 'RecSight', exact: true }).click();
});

afterAll(async () => {
  await workbench.screenshot('last-restricted');
  await workbench.close();
  for (const { lock } of running.values()) await lock.release();
  await rm(folder, { recursive: true, force: true });
});

/** Ends a run that the window has seen running. */
async function endRun(name: string, changes: Partial<RunManifest>): Promise<void> {
  await workbench.spokenTreeRow(new RegExp(`^${name} .*1 running`)).waitFor();
  const { run, lock } = running.get(name)!;
  await run.writeManifest({ ...(await run.readManifest()), finishedAt: Date.now(), ...changes });
  await lock.release();
  running.delete(name);
}

describe('a notification in restricted mode', () => {
  it('is in a window that is not trusted', async () => {
    await workbench.statusBarItem('Restricted Mode').waitFor();
  });

  it.each<[string, string, Partial<RunManifest>, string]>([
    [
      'error',
      'first',
      { status: 'failed', error: { code: 'x', message: `Found ${HOSTILE}.` } },
      `failed: Found ${HARMLESS}.`,
    ],
    [
      'metric',
      'second',
      {
        status: 'finished',
        mainMetric: HOSTILE,
        best: { epoch: 3, step: 300, metrics: { [HOSTILE]: 0.5 } },
      },
      `finished: ${HARMLESS} 0.5000 on validation.`,
    ],
  ])('has no link and no icon of a run’s name and %s', async (_what, name, changes, said) => {
    await endRun(name, changes);
    const notification = workbench.notification(said);
    await notification.waitFor();
    const message = notification.locator('.notification-list-item-message');
    expect(await message.innerText()).toContain(`${name} ${HARMLESS} · `);
    expect(await message.locator('a').count()).toBe(0);
    expect(await notification.locator('.codicon-zap').count()).toBe(0);
  });
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
    expect(await runsOf(folder)).toHaveLength(2);
    expect(existsSync(path.join(folder, MARK))).toBe(false);
    // Nor is anything written.
    expect(existsSync(path.join(folder, '.recsight/types'))).toBe(false);
    expect(existsSync(path.join(folder, 'models/tsconfig.json'))).toBe(false);
  });
});
