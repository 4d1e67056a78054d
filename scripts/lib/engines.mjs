// @ts-check
/*
 * The optional compute engines that `npm test` tries: TensorFlow's binding, built against the TensorFlow of Python's
 * wheel, and WebGPU on Dawn with a GPU in software. Both go into test/engines.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { root, run } from './toolchain.mjs';

export const enginesFolder = path.join(root, 'test/engines');
const modules = path.join(enginesFolder, 'node_modules');
const stamp = path.join(modules, '.recsight-installed');
const addon = path.join(modules, '@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node');

/** A download that hangs must not hold up all tests. */
const buildLimitMs = 240_000;

/** Where Debian's chromium-common has Vulkan in software and the loader for it. */
const softwareVulkan = '/usr/lib/chromium';

/**
 * Installs what is not there yet. What cannot be had here is left out, and the answer says why.
 *
 * @returns {Promise<{ tensorflow: string | null, webgpu: string | null }>} For each engine null, or the reason.
 */
export async function installEngines() {
  if (process.platform !== 'linux') {
    const reason = `The optional engines are tested on Linux, and this is ${process.platform}.`;
    return { tensorflow: reason, webgpu: reason };
  }
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(enginesFolder, 'package-lock.json')))
    .digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log('Installing the optional engines into test/engines (500 MB, about half a minute) …');
    // Without install scripts: the binding's would download a libtensorflow of 2022.
    const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['ci', ...quietly], { cwd: enginesFolder, quiet: true });
    await writeFile(stamp, wanted);
  }
  return {
    tensorflow: await tensorflowProblem(),
    webgpu: existsSync(path.join(softwareVulkan, 'libvk_swiftshader.so'))
      ? null
      : 'There is no SwiftShader; it is part of Debian’s chromium-common.',
  };
}

/** The environment in which Dawn finds the GPU in software. */
export const softwareGpuEnvironment = {
  VK_DRIVER_FILES: path.join(softwareVulkan, 'vk_swiftshader_icd.json'),
  VK_ICD_FILENAMES: path.join(softwareVulkan, 'vk_swiftshader_icd.json'),
  LD_LIBRARY_PATH: softwareVulkan,
};

async function tensorflowProblem() {
  if (existsSync(addon)) return null;
  console.log('Building TensorFlow’s binding against its Python wheel (275 MB, about a minute) …');
  try {
    await buildTensorflow(enginesFolder, () => {}, AbortSignal.timeout(buildLimitMs));
    return null;
  } catch (error) {
    return `TensorFlow’s binding could not be built: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * Builds the CPU binding into a folder, with the code that the extension has for that.
 *
 * @param {string} folder
 * @param {(line: string) => void} onLine
 * @param {AbortSignal} [signal]
 */
export async function buildTensorflow(folder, onLine, signal) {
  const scratch = await mkdtemp(path.join(tmpdir(), 'recsight-tensorflow-'));
  try {
    const outfile = path.join(scratch, 'tensorflowBuild.mjs');
    await esbuild.build({
      entryPoints: [path.join(root, 'src/process/tensorflowBuild.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const built = await import(pathToFileURL(outfile).href);
    await built.buildTensorflow({ folder, variant: 'cpu', env: process.env, onLine, onStep: onLine, signal });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
