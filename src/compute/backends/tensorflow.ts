import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError, type BackendContext, type BackendDefinition, type StartedBackend } from './backend';
import { findPackages, howToInstall, type OptionalPackage } from './optionalPackage';

const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';
const CPU_PACKAGE = '@tensorflow/tfjs-node';

/**
 * TensorFlow.js's binding to libtensorflow, when the user has one. It brings a tfjs-core of its own, but all copies of
 * tfjs-core in a process share one engine and one table of kernels (`_tfengine` and `_tfGlobals` of the global object),
 * so the models here run on it as they are.
 */
export const tensorflow: BackendDefinition = {
  name: 'tensorflow',
  async start(context) {
    const packages = candidates(context);
    const failures: string[] = [];
    for (const candidate of packages) {
      try {
        return await startPackage(candidate, context.gpuOnly);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new BackendError(failures.join(' '));
  },
};

/** The installed packages to try, in order. @throws BackendError when there is nothing that could serve */
function candidates({ searchPaths, gpuOnly }: BackendContext): OptionalPackage[] {
  const gpu = findPackages(GPU_PACKAGE, searchPaths);
  if (gpuOnly) {
    // Loading libtensorflow takes longer than all the rest of a start.
    if (gpu.length > 0 && hasNvidiaDriver()) return gpu;
    throw new BackendError('There is no TensorFlow for GPUs, or no NVIDIA driver.', 'absent');
  }
  const all = [...gpu, ...findPackages(CPU_PACKAGE, searchPaths)];
  if (all.length > 0) return all;
  throw new BackendError(
    `Neither ${GPU_PACKAGE} nor ${CPU_PACKAGE} is installed. ${howToInstall(GPU_PACKAGE)}`,
    'absent',
  );
}

/** What is used of the backend object that the package registers. */
interface NodeBackend {
  isUsingGpuDevice: boolean;
  binding: { TF_Version: string };
}

async function startPackage(found: OptionalPackage, gpuOnly: boolean): Promise<StartedBackend> {
  mendNode();
  // Its notes on processor features are no errors, and the log of a run is no place for them.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  // Without this it takes all memory of a GPU, and the next run gets none.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  const { registryFactory } = tf.engine();
  // One that another copy registered stays: Node.js loads that copy no second time.
  const isThere = 'tensorflow' in registryFactory;
  try {
    found.require();
  } catch (error) {
    if (!isThere && 'tensorflow' in registryFactory) tf.removeBackend('tensorflow');
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new BackendError(
      `${found.name} ${found.version} in ${found.folder} cannot be loaded: ${reason.replace(/\.?\s*$/, '.')} ` +
        'Install it again, or run “RecSight: Install GPU Runtime” in VS Code.',
    );
  }
  if (!(await tf.setBackend('tensorflow'))) {
    throw new BackendError(`${found.name} ${found.version} registers no backend here.`);
  }
  const { isUsingGpuDevice: isGpu, binding } = tf.backend() as unknown as NodeBackend;
  if (gpuOnly && !isGpu) {
    throw new BackendError(
      `${found.name} ${found.version} finds no GPU it can use. Its CUDA libraries may be missing or of another version than TensorFlow ${binding.TF_Version} needs.`,
    );
  }
  return {
    name: 'tensorflow',
    device: isGpu ? await nvidiaName() : 'cpu',
    threads: isGpu ? 1 : Number(process.env.TF_NUM_INTRAOP_THREADS ?? availableParallelism()),
    version: `TensorFlow ${binding.TF_Version} (${path.basename(found.name)} ${found.version})`,
    isGpu,
  };
}

/** tfjs-node calls functions of `node:util` that Node.js 23 took away. */
function mendNode(): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  legacy.isArray ??= Array.isArray;
}

function hasNvidiaDriver(): boolean {
  const places =
    process.platform === 'win32'
      ? [path.join(windowsFolder(), 'System32', 'nvcuda.dll')]
      : // The second is the driver of Windows, seen from its Linux subsystem.
        ['/dev/nvidiactl', '/dev/dxg'];
  return places.some((place) => existsSync(place));
}

function windowsFolder(): string {
  return process.env.SystemRoot ?? 'C:\\Windows';
}

/** Such as `NVIDIA GeForce RTX 4090`; `gpu` where the driver's tool gives no answer. */
async function nvidiaName(): Promise<string> {
  try {
    const { stdout } = await util.promisify(execFile)(
      // By its place: Windows would look for the name in the folder that the trainer works in first.
      process.platform === 'win32' ? path.join(windowsFolder(), 'System32', 'nvidia-smi.exe') : 'nvidia-smi',
      ['--query-gpu=name', '--format=csv,noheader'],
      { timeout: 2000, windowsHide: true },
    );
    return stdout.trim().split('\n', 1)[0]! || 'gpu';
  } catch {
    return 'gpu';
  }
}
