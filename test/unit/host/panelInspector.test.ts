import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PanelInspector } from '../../../src/host/panelInspector';
import { startInspector, type RunningInspector } from '../../../src/process/inspector';

/** Answers calls in the words of birpc: `pid`, `hang` never, `die` by ending, `fail` with an error, `slow` after 300 ms. */
const SCRIPT = `
process.on('message', ({ i, m, a }) => {
  const answer = (reply) => process.send({ t: 's', i, ...reply });
  if (m === 'pid') answer({ r: process.pid });
  if (m === 'echo') answer({ r: a });
  if (m === 'fail') answer({ e: { name: 'InspectionError', message: 'There is no item 0.', code: 'inspection/no-item' } });
  if (m === 'die') { console.error('out of memory'); process.exit(3); }
  if (m === 'slow') setTimeout(() => answer({ r: process.pid }), 300);
});
process.on('disconnect', () => process.exit());
`;

let folder: string;
let started: RunningInspector[];
let inspectors: PanelInspector[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-inspector-'));
  await writeFile(path.join(folder, 'inspector.js'), SCRIPT);
  started = [];
  inspectors = [];
});

afterEach(async () => {
  for (const inspector of inspectors) inspector.close();
  await Promise.all(started.map(({ ended }) => ended));
  await rm(folder, { recursive: true, force: true });
});

function start(): Promise<RunningInspector> {
  const inspector = startInspector(
    {
      node: { path: process.execPath, version: process.versions.node, env: {} },
      trainerPath: path.join(folder, 'trainer.js'),
      runtimePath: folder,
      backend: 'auto',
    },
    { progress: () => undefined, notice: () => undefined },
  );
  started.push(inspector);
  return Promise.resolve(inspector);
}

function panelInspector(options: { idleMs?: number; visible?: boolean; start?: typeof start } = {}) {
  const inspector = new PanelInspector(
    options.start ?? start,
    options.idleMs ?? 60_000,
    options.visible ?? true,
  );
  inspectors.push(inspector);
  return inspector;
}

describe('PanelInspector', () => {
  it('starts one process, with the first call, for all calls', async () => {
    const inspector = panelInspector();
    expect(started).toHaveLength(0);
    const pids = await Promise.all([inspector.call('pid', []), inspector.call('pid', [])]);
    expect(pids[0]).toBe(pids[1]);
    expect(await inspector.call('pid', [])).toBe(pids[0]);
    expect(started).toHaveLength(1);
  });

  it('passes arguments and answers on as they are', async () => {
    const args = ['/runs/a', { rows: new Uint32Array([1, 2]) }, null];
    expect(await panelInspector().call('echo', args)).toEqual(args);
  });

  it('passes on what the inspector says is wrong', async () => {
    await expect(panelInspector().call('fail', [])).rejects.toMatchObject({
      message: 'There is no item 0.',
      code: 'inspection/no-item',
    });
  });

  it('tells a call that the process died in it and what it printed, and starts another one for the next', async () => {
    const inspector = panelInspector();
    const pid = await inspector.call('pid', []);
    const dying = inspector.call('die', []);
    await expect(dying).rejects.toThrow(/ended with exit code 3\. It printed:\nout of memory/);
    await expect(dying).rejects.toMatchObject({ code: 'inspector/ended' });
    expect(await inspector.call('pid', [])).not.toBe(pid);
  });

  it('starts another one after somebody killed it between two calls', async () => {
    const inspector = panelInspector();
    const pid = (await inspector.call('pid', [])) as number;
    process.kill(pid, 'SIGKILL');
    await started[0]!.ended;
    expect(await inspector.call('pid', [])).not.toBe(pid);
  });

  it('tells why it could not be started, and tries again', async () => {
    let trusted = false;
    const inspector = panelInspector({
      start: () => (trusted ? start() : Promise.reject(new Error('It needs a trusted workspace.'))),
    });
    await expect(inspector.call('pid', [])).rejects.toThrow('It needs a trusted workspace.');
    trusted = true;
    expect(await inspector.call('pid', [])).toBeGreaterThan(0);
  });

  it('is closed when the panel is hidden and nothing is asked, and starts again when something is', async () => {
    const inspector = panelInspector({ idleMs: 50 });
    const pid = await inspector.call('pid', []);
    inspector.visibilityChanged(false);
    await started[0]!.ended;
    inspector.visibilityChanged(true);
    expect(await inspector.call('pid', [])).not.toBe(pid);
  });

  it('stays while the panel is visible, and until a call is answered', async () => {
    const inspector = panelInspector({ idleMs: 50 });
    const pid = await inspector.call('slow', []);
    // As long as another one that is hidden stays.
    const hidden = panelInspector({ idleMs: 50 });
    await hidden.call('pid', []);
    hidden.visibilityChanged(false);
    await started[1]!.ended;
    const slow = inspector.call('slow', []);
    inspector.visibilityChanged(false);
    expect(await slow).toBe(pid);
    await started[0]!.ended;
    expect(started).toHaveLength(2);
  });

  it('ends a call under way when it is closed', async () => {
    const inspector = panelInspector();
    const hanging = inspector.call('hang', []);
    const outcome = expect(hanging).rejects.toThrow(/ended with SIGTERM/);
    await inspector.call('pid', []);
    inspector.close();
    await outcome;
  });

  it('starts no process for a call that comes after its panel', async () => {
    const inspector = panelInspector();
    await inspector.call('pid', []);
    inspector.dispose();
    await expect(inspector.call('pid', [])).rejects.toThrow('The panel is closed.');
    expect(started).toHaveLength(1);
  });
});

it('warms up without a word, whether that works or not', async () => {
  const inspector = panelInspector();
  inspector.warmUp('/runs/one');
  // It has no such function, and the process is there for what is asked then.
  expect(await inspector.call('pid', [])).toBeGreaterThan(0);
  expect(started).toHaveLength(1);
  const failing = panelInspector({ start: () => Promise.reject(new Error('no Node.js')) });
  failing.warmUp('/runs/one');
  await expect(failing.call('pid', [])).rejects.toThrow('no Node.js');
});
