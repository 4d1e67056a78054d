import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { EventLogReader } from '../../../src/runs/eventLog';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { trainerIsAlive } from '../../../src/runs/trainerLock';
import { configPath, runsOf, waitForRun, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { activatedExtension, eventually, workspaceFolder } from './workspaceUnderTest';

/** Executes a command that makes a run, and returns the directory of it. */
async function runMadeBy(command: string, argument: vscode.Uri | string): Promise<string> {
  const folder = workspaceFolder();
  const known = new Set((await runsOf(folder)).map(({ directory }) => directory));
  await vscode.commands.executeCommand(command, argument);
  const fresh = (await runsOf(folder)).find(({ directory }) => !known.has(directory));
  assert.ok(fresh, `${command} made no run`);
  return fresh.directory;
}

/** Trains a config through the command and returns the directory of its new run. */
const train = (name: string): Promise<string> =>
  runMadeBy('recsight.train', vscode.Uri.file(configPath(workspaceFolder(), name)));

const openPanels = () =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('recsight.live'),
    );

describe('training', () => {
  let filesBefore: string[];

  before(async () => {
    await writeTinyWorkspace(workspaceFolder());
    await activatedExtension();
    filesBefore = readdirSync(workspaceFolder());
  });

  it('trains to the end, evaluates beside the baselines, and says by which protocol', async () => {
    const directory = await train('short');
    const { manifest } = await waitForRun(directory, ({ status }) => status === 'finished');
    assert.equal(manifest.progress.epoch, 3);
    assert.deepEqual(manifest.dataset && [manifest.dataset.numUsers, manifest.dataset.numItems], [60, 30]);
    assert.ok(manifest.test);
    assert.equal(manifest.test.protocol.part, 'test');
    assert.deepEqual(Object.keys(manifest.test.baselines).sort(), ['itemKnn', 'markov', 'popularity']);
    assert.ok(manifest.test.metrics['ndcg@10']! >= 0);
    assert.equal(openPanels().length, 1);

    const events = await new EventLogReader(new RunDirectory(directory).eventsPath).readNew();
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, index) => index),
    );
    assert.equal(events.filter(({ kind }) => kind === 'validation').length, 3);
    assert.equal(events.filter(({ kind }) => kind === 'step').length, manifest.progress.step);
  });

  it('trains a config that lies deeper into the workspace, whatever runs lie beside it', async () => {
    const folder = workspaceFolder();
    const deep = path.join(folder, 'configs', 'deep');
    await mkdir(path.join(deep, '.recsight', 'runs'), { recursive: true });
    const config = { dataset: { path: '../../tiny.csv' }, model: { type: 'popularity' } };
    const file = path.join(deep, 'deep.recsight.json');
    await writeFile(file, JSON.stringify(config));
    const known = new Set((await runsOf(folder)).map(({ directory }) => directory));
    await vscode.commands.executeCommand('recsight.train', vscode.Uri.file(file));
    const fresh = (await runsOf(folder)).find(({ directory }) => !known.has(directory));
    assert.equal(fresh?.manifest.configPath, 'configs/deep/deep.recsight.json');
    await waitForRun(fresh.directory, ({ status }) => status === 'finished');
    assert.deepEqual(await runsOf(deep), []);
    await rm(path.join(folder, 'configs'), { recursive: true });
  });

  it('stops, evaluates, resumes and stops again', async () => {
    const directory = await train('long');
    const run = new RunDirectory(directory);
    await waitForRun(directory, ({ manifest }) => manifest.progress.epoch >= 2);

    await vscode.commands.executeCommand('recsight.stopRun', directory);
    const stopped = await waitForRun(directory, ({ status }) => status === 'stopped');
    assert.equal(await trainerIsAlive(run), false);
    assert.equal(stopped.manifest.test, null);

    await vscode.commands.executeCommand('recsight.evaluateRun', directory);
    const evaluated = await waitForRun(directory, ({ manifest }) => manifest.test !== null);
    assert.deepEqual(Object.keys(evaluated.manifest.test!.baselines).sort(), [
      'itemKnn',
      'markov',
      'popularity',
    ]);
    await waitForRun(directory, ({ status }) => status === 'stopped');

    await vscode.commands.executeCommand('recsight.resumeRun', directory);
    await waitForRun(
      directory,
      ({ manifest }) => manifest.progress.epoch > stopped.manifest.progress.epoch + 1,
    );
    await vscode.commands.executeCommand('recsight.stopRun', directory);
    await waitForRun(directory, ({ status }) => status === 'stopped');
    assert.equal(await trainerIsAlive(run), false);
  });

  it('refits a run on training and validation', async () => {
    const directory = await train('short');
    const { manifest } = await waitForRun(directory, ({ status }) => status === 'finished');
    const made = await runMadeBy('recsight.refitRun', directory);
    const refit = await waitForRun(made, ({ status }) => status === 'finished');
    assert.deepEqual(refit.manifest.refitOf, { run: manifest.id, epochs: manifest.best!.epoch });
    assert.equal(refit.manifest.progress.epoch, manifest.best!.epoch);
    assert.equal(refit.manifest.test?.protocol.refit, true);
  });

  it('fails with a clear message when the data hold what only reading them tells', async () => {
    const folder = workspaceFolder();
    writeFileSync(
      configPath(folder, 'badTime'),
      JSON.stringify({
        dataset: { path: 'tiny.csv', columns: { timestamp: 'user_id' } },
        model: { type: 'sasrec' },
      }),
    );
    const directory = await train('badTime');
    const { manifest } = await waitForRun(directory, ({ status }) => status === 'failed');
    assert.match(manifest.error?.code ?? '', /^dataset\//);
    assert.match(manifest.error?.message ?? '', /user_id.*u0/);
    assert.doesNotMatch(manifest.error?.message ?? '', /\n\s+at /);
    // It writes its last word before it ends.
    await eventually('the end of the trainer', async () =>
      (await trainerIsAlive(new RunDirectory(directory))) ? null : true,
    );
  });

  it('writes nothing into the workspace but .recsight', () => {
    const added = readdirSync(workspaceFolder()).filter((name) => !filesBefore.includes(name));
    assert.deepEqual(added.sort(), ['.recsight', 'badTime.recsight.json']);
    assert.deepEqual(readdirSync(path.join(workspaceFolder(), '.recsight')).sort(), [
      '.gitignore',
      'cache',
      'runs',
    ]);
  });
});
