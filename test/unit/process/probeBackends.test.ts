import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNode } from '../../../src/process/nodeRuntime';
import { probeBackend, probeBackends, type ProbeOptions } from '../../../src/process/probeBackends';
import { automaticBackend, type BackendReport } from '../../../src/protocol/backends';
import { until } from '../../until';

/** Stands in for `trainer.js probe <backend>`: each backend fares in another way. */
const TRAINER = `
const name = process.argv[3];
const report = { name, available: true, version: '1', device: 'cpu', threads: 2, isGpu: false, stepsPerSecond: 5, reason: null };
console.log('some library says hello');
if (name === 'tensorflow') process.abort();
if (name === 'webgpu') throw new Error('no such function');
if (name === 'native') report.device = [process.cwd(), process.env.RECSIGHT_RUNTIME_PATH].join(' ');
if (name === 'cpu') {
  require('node:fs').writeFileSync(__dirname + '/cpu-started', '');
  setInterval(() => undefined, 1000);
}
else console.log(JSON.stringify(report));
`;

let folder: string;
let options: ProbeOptions;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-probe-'));
  const trainerPath = path.join(folder, 'trainer.js');
  await writeFile(trainerPath, TRAINER);
  options = {
    node: await findNode(process.execPath),
    trainerPath,
    runtimePath: '/runtime',
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('probing backends', () => {
  it('takes the last line for the report, whatever was printed before', async () => {
    expect(await probeBackend('wasm', options)).toMatchObject({
      name: 'wasm',
      available: true,
      stepsPerSecond: 5,
    });
  });

  it('runs beside the trainer and knows where optional engines are installed', async () => {
    expect((await probeBackend('native', options)).device).toMatch(/recsight-probe-\w+ \/runtime$/);
  });

  it('reports a backend that takes its process down', async () => {
    const report = await probeBackend('tensorflow', options);
    expect(report).toMatchObject({ name: 'tensorflow', available: false, stepsPerSecond: null });
    expect(report.reason).toMatch(/test process ended with/);
    expect((await probeBackend('webgpu', options)).reason).toMatch(/ended with exit code 1/);
  });

  it('reports a Node.js that cannot be started', async () => {
    const node = { ...options.node, path: path.join(folder, 'no-node') };
    expect((await probeBackend('wasm', { ...options, node })).reason).toMatch(
      /could not be started \(there is no such file or folder\)/,
    );
  });

  it('tries all in order, tells of each at once, and stops when asked', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const reports = await probeBackends({ ...options, signal: stop.signal }, ({ name }) => {
      seen.push(name);
      // The next, cpu, never answers.
      if (name === 'wasm') {
        void until('cpu', () => existsSync(path.join(folder, 'cpu-started'))).then(() => stop.abort());
      }
    });
    expect(seen).toEqual(['tensorflow', 'webgpu', 'native', 'wasm', 'cpu']);
    expect(reports.at(-1)).toMatchObject({ name: 'cpu', available: false });
  });
});

describe('automaticBackend', () => {
  const report = (name: string, isGpu: boolean, available = true): BackendReport => ({
    name,
    available,
    version: '1',
    device: 'x',
    threads: 1,
    isGpu,
    stepsPerSecond: 1,
    reason: null,
  });

  it('takes TensorFlow and WebGPU only on a GPU', () => {
    const rest = [report('native', false, false), report('wasm', false), report('cpu', false)];
    expect(automaticBackend([report('tensorflow', false), report('webgpu', false), ...rest])).toBe('wasm');
    expect(automaticBackend([report('tensorflow', false), report('webgpu', true), ...rest])).toBe('webgpu');
    expect(automaticBackend([report('tensorflow', true), report('webgpu', true), ...rest])).toBe(
      'tensorflow',
    );
    expect(automaticBackend([])).toBeNull();
  });
});
