import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { BackendReport } from '../protocol/backends';
import { errorText } from '../protocol/errorText';
import { probeBackend, type ProbeOptions } from './probeBackends';
import { runTool, ToolError, type ToolOptions } from './runTool';
import {
  bindingPackage,
  buildTensorflow,
  npmInstall,
  TFJS_NODE_VERSION,
  type TensorflowVariant,
} from './tensorflowBuild';

/** What can be installed: an engine, in the folder of its name below the runtime folder. */
export const GPU_RUNTIMES = ['webgpu', 'tensorflow-gpu', 'tensorflow-cpu'] as const;
export type GpuRuntime = (typeof GPU_RUNTIMES)[number];

const WEBGPU_PACKAGES = [
  '@tensorflow/tfjs-backend-webgpu@4.22.0',
  '@tensorflow/tfjs-core@4.22.0',
  'webgpu@0.6.2',
];

/** It could not be installed, or does not work. The message says what was tried and what came of each. */
export class RuntimeInstallError extends Error {
  override readonly name = 'RuntimeInstallError';
  readonly code = 'runtime/not-installed';
}

export interface InstallOptions extends ProbeOptions {
  /** Folder of all runtimes; trainers get it as their `runtimePath`. */
  runtimePath: string;
  /** Hears every line that a tool prints. */
  onLine: (line: string) => void;
  /** Hears what is being done, in a few words. */
  onStep: (step: string) => void;
}

/** One way to install a runtime. */
interface Attempt {
  what: string;
  install: (tool: ToolOptions) => Promise<void>;
}

/**
 * Installs a runtime beside those that are there and tries it with a training step. What was there of it before is
 * replaced only by what works. Resolves with what the trial found.
 * @throws RuntimeInstallError with what went wrong
 * @throws ToolError with the code `tool/canceled` when it was aborted; nothing is left behind then
 */
export async function installGpuRuntime(
  runtime: GpuRuntime,
  options: InstallOptions,
): Promise<BackendReport> {
  const { runtimePath, signal, onLine } = options;
  // Trainers look into every folder but this.
  const trial = path.join(runtimePath, `${runtime}.partial`);
  const tool: ToolOptions = { cwd: trial, env: toolEnvironment(options), signal, onLine };
  const failures: string[] = [];
  try {
    await mkdir(runtimePath, { recursive: true });
    if (runtime === 'tensorflow-gpu') await requireNvidia({ ...tool, cwd: runtimePath });
    for (const { what, install } of attempts(runtime, options)) {
      onLine(`── ${what}, into ${path.join(runtimePath, runtime)}`);
      try {
        await rm(trial, { recursive: true, force: true });
        await mkdir(trial);
        await install(tool);
        const report = await tryOut(runtime, trial, options);
        await replaceFolder(path.join(runtimePath, runtime), trial);
        return report;
      } catch (error) {
        if (error instanceof ToolError && error.code === 'tool/canceled') throw error;
        const message = errorText(error);
        onLine(message);
        failures.push(`${what}: ${message}`);
      }
    }
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
  throw new RuntimeInstallError(failures.join('\n'));
}

/** Puts `replacement` in the place of a folder. Where that cannot be moved, as files in use on Windows, it stays as it was. */
async function replaceFolder(folder: string, replacement: string): Promise<void> {
  const previous = `${folder}.previous`;
  await rm(previous, { recursive: true, force: true });
  const had = existsSync(folder);
  if (had) await rename(folder, previous);
  try {
    await rename(replacement, folder);
  } catch (error) {
    if (had) await rename(previous, folder);
    throw error;
  }
  // What cannot be removed yet is removed by the next installation.
  await rm(previous, { recursive: true, force: true }).catch(() => undefined);
}

/** npm lies beside Node.js, which the setting may name. Last, so that the user's Python and compiler stay the first. */
function toolEnvironment({ node }: InstallOptions): NodeJS.ProcessEnv {
  const inherited = node.env.PATH ?? node.env.Path ?? '';
  return { ...node.env, PATH: [inherited, path.dirname(node.path)].filter(Boolean).join(path.delimiter) };
}

/** The ways to a runtime, best first. */
function attempts(runtime: GpuRuntime, options: InstallOptions): Attempt[] {
  if (runtime === 'webgpu') {
    const install = (tool: ToolOptions) => {
      options.onStep('installing WebGPU');
      return npmInstall(WEBGPU_PACKAGES, tool);
    };
    return [{ what: 'WebGPU from npm', install }];
  }
  const variant = runtime === 'tensorflow-gpu' ? 'gpu' : 'cpu';
  const fromNpm = npmAttempt(variant, options);
  if (process.platform !== 'linux') return [fromNpm];
  const fromWheel: Attempt = {
    what: 'TensorFlow’s Python wheel, with the binding compiled here',
    install: (tool) =>
      buildTensorflow({ ...tool, folder: tool.cwd, variant, onStep: (step) => options.onStep(step) }),
  };
  // npm's GPU package wants CUDA 11.2 and cuDNN 8.1 on the machine; the wheel brings what it needs.
  return variant === 'gpu' ? [fromWheel, fromNpm] : [fromNpm, fromWheel];
}

function npmAttempt(variant: TensorflowVariant, { onStep }: InstallOptions): Attempt {
  const name = `${bindingPackage(variant)}@${TFJS_NODE_VERSION}`;
  return {
    what: `${name} from npm`,
    install: (tool) => {
      onStep(`installing ${bindingPackage(variant)}`);
      return npmInstall([name], tool);
    },
  };
}

/** Gigabytes would be loaded for nothing. */
async function requireNvidia(tool: ToolOptions): Promise<void> {
  try {
    await runTool('nvidia-smi', ['-L'], tool);
  } catch (error) {
    if (error instanceof ToolError && error.code === 'tool/canceled') throw error;
    throw new RuntimeInstallError(
      'No NVIDIA GPU was found (`nvidia-smi -L`), and TensorFlow supports no other. ' +
        'Install NVIDIA’s driver, or choose WebGPU, which works with GPUs of all vendors.',
    );
  }
}

/** A training step in a process of its own. */
async function tryOut(runtime: GpuRuntime, trial: string, options: InstallOptions): Promise<BackendReport> {
  options.onStep('testing it with a training step');
  const name = runtime === 'webgpu' ? 'webgpu' : 'tensorflow';
  const report = await probeBackend(name, { ...options, runtimePath: trial });
  if (options.signal?.aborted === true) throw new ToolError('tool/canceled', 'It was canceled.');
  if (!report.available) throw new RuntimeInstallError(`It does not work. ${report.reason ?? ''}`);
  if (runtime !== 'tensorflow-cpu' && !report.isGpu) {
    throw new RuntimeInstallError(
      `It works, but not on a GPU: it runs on ${report.device ?? 'something else'}, which is slower than RecSight’s own kernels.`,
    );
  }
  return report;
}
