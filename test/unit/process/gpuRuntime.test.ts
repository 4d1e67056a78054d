import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installGpuRuntime, type GpuRuntime } from '../../../src/process/gpuRuntime';
import { findNode } from '../../../src/process/nodeRuntime';

/** Stands in for `trainer.js probe`: finds the package that the fake npm has installed, and says what the test wants. */
const TRAINER = `
const { existsSync } = require('node:fs');
const { RECSIGHT_RUNTIME_PATH: folder, FAKE_REPORT: report } = process.env;
if (!existsSync(folder + '/node_modules/fake')) throw new Error('nothing is installed in ' + folder);
console.log(JSON.stringify({ name: process.argv[3], version: '1', device: 'GPU', threads: 1, stepsPerSecond: 9, reason: null, ...JSON.parse(report) }));
`;

/** What the machine of a test has on its PATH; the rest is missing. */
type Tools = Record<string, string>;

const NPM = 'mkdir -p node_modules/fake && echo "added 1 package: $*"';

describe.skipIf(process.platform === 'win32')('installing a GPU runtime', () => {
  let folder: string;
  let runtimePath: string;
  let lines: string[];
  let steps: string[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-runtime-'));
    runtimePath = path.join(folder, 'global storage', 'runtime');
    await writeFile(path.join(folder, 'trainer.js'), TRAINER);
    [lines, steps] = [[], []];
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function install(runtime: GpuRuntime, tools: Tools, report: object, signal?: AbortSignal) {
    const bin = path.join(folder, 'bin');
    await rm(bin, { recursive: true, force: true });
    await mkdir(bin);
    for (const [name, script] of Object.entries({
      mkdir: 'exec /bin/mkdir "$@"',
      sleep: 'exec /bin/sleep "$@"',
      ...tools,
    })) {
      await writeFile(path.join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(path.join(bin, name), 0o755);
    }
    const node = await findNode(process.execPath);
    const launcher = path.join(bin, 'node');
    await writeFile(launcher, `#!/bin/sh\nexec "${node.path}" "$@"\n`);
    await chmod(launcher, 0o755);
    return installGpuRuntime(runtime, {
      node: { ...node, path: launcher, env: { PATH: '', FAKE_REPORT: JSON.stringify(report) } },
      trainerPath: path.join(folder, 'trainer.js'),
      runtimePath,
      onLine: (line) => lines.push(line),
      onStep: (step) => steps.push(step),
      ...(signal !== undefined && { signal }),
    });
  }

  it('installs, tries it with a training step, and keeps it in a folder of its own', async () => {
    const report = await install('webgpu', { npm: NPM }, { available: true, isGpu: true });
    expect(report).toMatchObject({ name: 'webgpu', available: true, isGpu: true });
    expect(await readdir(runtimePath)).toEqual(['webgpu']);
    expect(lines.join('\n')).toMatch(
      /added 1 package: install .*tfjs-backend-webgpu@4\.22\.0 .*webgpu@0\.6\.2/,
    );
    expect(steps).toEqual(['installing WebGPU', 'testing it with a training step']);
  });

  it('takes the place of what was there, of which nothing stays', async () => {
    await install('webgpu', { npm: NPM }, { available: true, isGpu: true });
    await writeFile(path.join(runtimePath, 'webgpu', 'marker'), 'old');
    await install('webgpu', { npm: NPM }, { available: true, isGpu: true });
    expect(await readdir(path.join(runtimePath, 'webgpu'))).not.toContain('marker');
    expect(await readdir(runtimePath)).toEqual(['webgpu']);
  });

  it('hears whole lines, in however many pieces they come', async () => {
    await install(
      'webgpu',
      { npm: `printf 'half a '; sleep 0.1; echo line; ${NPM}` },
      { available: true, isGpu: true },
    );
    expect(lines).toContain('half a line');
  });

  it('keeps what was there when the new one does not work', async () => {
    await install('webgpu', { npm: NPM }, { available: true, isGpu: true });
    const marker = path.join(runtimePath, 'webgpu', 'marker');
    await writeFile(marker, 'old');
    const failure = install('webgpu', { npm: NPM }, { available: false, reason: 'No GPU was found.' });
    await expect(failure).rejects.toMatchObject({
      code: 'runtime/not-installed',
      message: expect.stringMatching(/It does not work\. No GPU was found\./) as unknown,
    });
    expect(await readFile(marker, 'utf8')).toBe('old');
    expect(await readdir(runtimePath)).toEqual(['webgpu']);
  });

  it('is not content with a GPU in software', async () => {
    const failure = install('webgpu', { npm: NPM }, { available: true, isGpu: false, device: 'SwiftShader' });
    await expect(failure).rejects.toThrow(/not on a GPU: it runs on SwiftShader/);
    expect(await readdir(runtimePath)).toEqual([]);
  });

  it('says what to install where npm is missing', async () => {
    await expect(install('webgpu', {}, {})).rejects.toThrow(/npm is needed.*comes with Node\.js/);
  });

  it('shows what npm said last when it failed', async () => {
    const npm = 'echo "npm error ENOSPC: no space left" >&2; exit 228';
    await expect(install('webgpu', { npm }, {})).rejects.toThrow(/exit code 228.*ENOSPC: no space left/s);
  });

  it('asks for an NVIDIA GPU before it downloads gigabytes', async () => {
    await expect(install('tensorflow-gpu', { npm: NPM }, {})).rejects.toThrow(/nvidia-smi.*WebGPU/);
    expect(lines.join('\n')).not.toMatch(/npm install/);
  });

  it.runIf(process.platform === 'linux')(
    'tries the wheel where npm’s TensorFlow does not work, and says what that needs',
    async () => {
      const npm = 'echo "getaddrinfo ENOTFOUND" >&2; exit 1';
      const withoutPython = install('tensorflow-cpu', { npm }, {});
      await expect(withoutPython).rejects.toThrow(
        /tfjs-node@4\.22\.0 from npm: npm ended with exit code 1.*ENOTFOUND.*wheel.*Python 3 with pip is needed/s,
      );
      const withoutCompiler = install('tensorflow-cpu', { npm, python3: 'echo pip 25' }, {});
      await expect(withoutCompiler).rejects.toThrow(/A C\+\+ compiler is needed.*g\+\+/);
    },
  );

  it('ends what it started when it is canceled, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const npm = 'mkdir half; echo started; sleep 60';
    const installation = install('webgpu', { npm }, {}, stop.signal);
    void expect
      .poll(() => lines)
      .toContain('started')
      .then(() => stop.abort());
    await expect(installation).rejects.toMatchObject({ code: 'tool/canceled' });
    expect(await readdir(runtimePath)).toEqual([]);
  });
});
