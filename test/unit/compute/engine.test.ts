import * as tf from '@tensorflow/tfjs-core';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BACKEND_NAMES,
  BackendError,
  type BackendDefinition,
  type BackendName,
} from '../../../src/compute/backends/backend';
import { findPackages } from '../../../src/compute/backends/optionalPackage';
import { startFirst, startOnly, type BackendChoice } from '../../../src/compute/engine';
import { BACKEND_NAMES as PROTOCOL_NAMES } from '../../../src/protocol/backends';

/** How an engine fares that does not simply start: without a GPU, not installed, or broken. */
type Fate = 'no gpu' | 'absent' | 'broken' | 'unexpected';

async function choose(choice: BackendChoice, fates: Partial<Record<BackendName, Fate>>) {
  const tried: string[] = [];
  const definition = (name: BackendName): BackendDefinition => ({
    name,
    start: ({ gpuOnly }) => {
      tried.push(name);
      const fate = fates[name];
      const isGpu = (name === 'tensorflow' || name === 'webgpu') && fate === undefined;
      if (fate === 'absent') throw new BackendError(`Install ${name}.`, 'absent');
      if (fate === 'broken') throw new BackendError(`Mend ${name}.`);
      if (fate === 'unexpected') throw new TypeError(`${name} is not a function`);
      if (gpuOnly && fate === 'no gpu') throw new BackendError('No GPU.', 'absent');
      return Promise.resolve({ name, device: isGpu ? 'gpu' : 'cpu', threads: 1, version: '1', isGpu });
    },
  });
  const load = (name: BackendName) => () => Promise.resolve(definition(name));
  const definitions = Object.fromEntries(BACKEND_NAMES.map((name) => [name, load(name)])) as Record<
    BackendName,
    () => Promise<BackendDefinition>
  >;
  const { name, fallback } = await startFirst(choice, { assets: '', searchPaths: [] }, definitions);
  return { name, fallback, tried };
}

describe('the choice of an engine', () => {
  it.each<[string, Partial<Record<BackendName, Fate>>, BackendName]>([
    ['TensorFlow on a GPU', {}, 'tensorflow'],
    ['WebGPU on a GPU', { tensorflow: 'no gpu' }, 'webgpu'],
    ['native kernels', { tensorflow: 'no gpu', webgpu: 'no gpu' }, 'native'],
    ['WebAssembly', { tensorflow: 'absent', webgpu: 'absent', native: 'absent' }, 'wasm'],
    ['JavaScript', { tensorflow: 'absent', webgpu: 'absent', native: 'absent', wasm: 'absent' }, 'cpu'],
  ])('auto takes %s and has nothing to say', async (_, fates, expected) => {
    expect(await choose('auto', fates)).toMatchObject({ name: expected, fallback: null });
  });

  it('auto tries nothing behind the first that starts', async () => {
    const { tried } = await choose('auto', { tensorflow: 'absent', webgpu: 'absent' });
    expect(tried).toEqual(['tensorflow', 'webgpu', 'native']);
  });

  it('auto warns of an engine that is there and broken', async () => {
    const { name, fallback } = await choose('auto', {
      tensorflow: 'broken',
      webgpu: 'absent',
      native: 'unexpected',
    });
    expect(name).toBe('wasm');
    expect(fallback).toBe(
      'tensorflow could not be started. Mend tensorflow. native could not be started. native is not a function',
    );
  });

  it('takes an engine by name, without a GPU too, and tries no other', async () => {
    expect(await choose('tensorflow', { tensorflow: 'no gpu' })).toEqual({
      name: 'tensorflow',
      fallback: null,
      tried: ['tensorflow'],
    });
  });

  it('an engine asked for by name gives way to auto, says why, and is tried once', async () => {
    const { name, fallback, tried } = await choose('webgpu', { webgpu: 'absent', tensorflow: 'absent' });
    expect(name).toBe('native');
    expect(fallback).toBe('webgpu, which was requested, could not be started. Install webgpu.');
    expect(tried).toEqual(['webgpu', 'tensorflow', 'native']);
  });

  it('fails with all reasons when nothing starts', async () => {
    const nothing = Object.fromEntries(BACKEND_NAMES.map((name) => [name, 'broken'])) as Record<
      BackendName,
      Fate
    >;
    await expect(choose('auto', nothing)).rejects.toThrow(/tensorflow: Mend tensorflow\..* cpu: Mend cpu\./);
    await expect(choose('auto', nothing)).rejects.toMatchObject({ code: 'backend/unavailable' });
  });

  it('knows the names that configs and reports use', () => {
    expect(BACKEND_NAMES).toEqual(PROTOCOL_NAMES);
  });
});

describe('engines that a user may install', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-engine-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function install(where: string, name: string, code: string, manifest: object = {}): Promise<void> {
    const target = path.join(folder, where, 'node_modules', name);
    await mkdir(target, { recursive: true });
    await writeFile(path.join(target, 'package.json'), JSON.stringify({ version: '1.2.3', ...manifest }));
    await writeFile(path.join(target, 'index.js'), code);
  }

  it('finds the copies in the folders, in their order, and none above them', async () => {
    await install('', 'thing', 'module.exports = "outer"');
    await install('work/deep', 'thing', 'module.exports = "workspace"');
    await install('runtime', 'thing', 'module.exports = "runtime"');
    await install('runtime/own', 'thing', 'module.exports = "own"');
    const paths = ['work/deep/.recsight/runs', 'runtime/own', 'runtime'].map((name) =>
      path.join(folder, name),
    );
    const found = findPackages('thing', paths);
    expect(found.map(({ require }) => require())).toEqual(['own', 'runtime']);
    expect(found[0]).toMatchObject({ name: 'thing', version: '1.2.3' });
    expect(findPackages('other', paths)).toEqual([]);
  });

  it('says what to do where none is installed', async () => {
    const context = { assets: folder, searchPaths: [folder] };
    await expect(startOnly('tensorflow', context)).rejects.toMatchObject({
      presence: 'absent',
      message: expect.stringMatching(/tfjs-node.*Install GPU Runtime/) as unknown,
    });
    await expect(startOnly('webgpu', context)).rejects.toMatchObject({
      presence: 'absent',
      message: expect.stringMatching(
        /npm install @tensorflow\/tfjs-backend-webgpu webgpu.*recsight\.runtimePath/,
      ) as unknown,
    });
  });

  it('says which installation is broken and how', async () => {
    await install('', '@tensorflow/tfjs-node', 'throw new Error("libtensorflow.so.2: not found\\nmore")');
    const start = startOnly('tensorflow', { assets: folder, searchPaths: [folder] });
    await expect(start).rejects.toMatchObject({
      presence: 'broken',
      message: expect.stringMatching(
        /tfjs-node 1\.2\.3 in .*node_modules.* cannot be loaded: libtensorflow\.so\.2: not found\. Install it again/,
      ) as unknown,
    });
    await install('', '@tensorflow/tfjs-backend-webgpu', '');
    await install('', 'webgpu', 'throw new Error("GLIBC_2.34 not found")');
    const webgpu = startOnly('webgpu', { assets: folder, searchPaths: [folder] });
    await expect(webgpu).rejects.toThrow(/webgpu 1\.2\.3 in .* cannot be loaded: GLIBC_2\.34 not found/);
  });

  it('leaves what another copy registered when one is broken', async () => {
    const registered = () => 'tensorflow' in tf.engine().registryFactory;
    const isThere = registered();
    if (!isThere) tf.registerBackend('tensorflow', () => tf.findBackend('cpu'));
    try {
      await install('', '@tensorflow/tfjs-node', 'throw new Error("broken")');
      const start = startOnly('tensorflow', { assets: folder, searchPaths: [folder] });
      await expect(start).rejects.toMatchObject({ presence: 'broken' });
      expect(registered()).toBe(true);
    } finally {
      if (!isThere) tf.removeBackend('tensorflow');
    }
  });

  it('says that WebGPU finds no GPU', async () => {
    await install('', '@tensorflow/tfjs-backend-webgpu', '');
    const dawn = 'exports.globals = {}; exports.create = () => ({ requestAdapter: async () => null });';
    await install('', 'webgpu', dawn);
    const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    try {
      const start = startOnly('webgpu', { assets: folder, searchPaths: [folder] });
      await expect(start).rejects.toMatchObject({
        presence: 'absent',
        message: expect.stringMatching(/No GPU/) as unknown,
      });
    } finally {
      if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
      else delete (globalThis as { navigator?: unknown }).navigator;
    }
  });
});
