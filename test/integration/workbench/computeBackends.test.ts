import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/toolchain.mjs';
import { runsOf, waitForRun, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { Workbench } from '../harness/workbench';

/*
 * The list of compute backends as a user sees it.
 */

/** Five engines, two seconds each, on a machine that does other things as well. */
const soon = { timeout: 90_000, interval: 200 };

let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-workspace-'));
  await writeTinyWorkspace(folder);
  workbench = await Workbench.open(folder, { extension: root });
});

afterAll(async () => {
  await workbench.close();
  await rm(folder, { recursive: true, force: true });
});

describe('compute backends in the workbench', () => {
  it('lists each with its speed or why it is not available, as they answer', async () => {
    await workbench.runCommand('RecSight: Show Compute Backends');
    await expect.poll(() => workbench.quickPickRow('wasm').innerText(), soon).toMatch(/\d steps\/s/);
    await expect.poll(() => workbench.quickPickRow('cpu').innerText(), soon).toMatch(/\d steps\/s/);
    expect(await workbench.quickPickRow('webgpu').innerText()).toMatch(/not available/);
    expect(await workbench.quickPickRow('tensorflow').innerText()).toMatch(/not available/);
    await expect.poll(() => workbench.quickPickRow('auto').innerText(), soon).toMatch(/takes (native|wasm)/);
    await workbench.screenshot('compute-backends');
  });

  it('says why one is not available, and what can be installed', async () => {
    await workbench.pick('webgpu');
    const notice = workbench.notification(/webgpu is not available\. .* is not installed/);
    await notice.getByRole('button', { name: 'Install GPU Runtime' }).click();
    await workbench.quickPickRow('WebGPU').waitFor();
    await workbench.quickPickRow('TensorFlow with CUDA').waitFor();
    await workbench.screenshot('install-gpu-runtime');
    await workbench.page.keyboard.press('Escape');
  });

  it('makes the chosen one what `auto` means', async () => {
    await workbench.runCommand('RecSight: Show Compute Backends');
    await expect.poll(() => workbench.quickPickRow('cpu').innerText(), soon).toMatch(/\d steps\/s/);
    await workbench.pick('cpu');
    await workbench.statusBarItem('Training now uses cpu').waitFor();
    await workbench.runCommand('RecSight: Train Model');
    await workbench.pick('short');
    await expect.poll(() => runsOf(folder), soon).toHaveLength(1);
    const [run] = await runsOf(folder);
    const { manifest } = await waitForRun(run!.directory, ({ status }) => status === 'finished');
    expect(manifest.backend?.name).toBe('cpu');
  });
});
