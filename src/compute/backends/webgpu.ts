import * as tf from '@tensorflow/tfjs-core';
import { BackendError, type BackendDefinition } from './backend';
import { findPackages, howToInstall, type OptionalPackage } from './optionalPackage';

const BACKEND_PACKAGE = '@tensorflow/tfjs-backend-webgpu';
/** Dawn, the WebGPU of Chromium, for Node.js. */
const DAWN_PACKAGE = 'webgpu';

/** What is used of WebGPU; Node.js has no types of it. */
interface GpuAdapter {
  info: {
    vendor: string;
    architecture: string;
    description: string;
    isFallbackAdapter?: boolean;
  };
}
interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<GpuAdapter | null>;
}
interface Dawn {
  create: (flags: string[]) => Gpu;
  globals: Record<string, unknown>;
}

/**
 * TensorFlow.js's WebGPU backend on Dawn, when both are installed: GPUs of every maker, without CUDA. Tensors can only be
 * read asynchronously here.
 */
export const webgpu: BackendDefinition = {
  name: 'webgpu',
  async start({ searchPaths, gpuOnly }) {
    const [backend] = findPackages(BACKEND_PACKAGE, searchPaths);
    const [dawn] = findPackages(DAWN_PACKAGE, searchPaths);
    if (backend === undefined || dawn === undefined) {
      throw new BackendError(
        `${backend === undefined ? BACKEND_PACKAGE : DAWN_PACKAGE} is not installed. ${howToInstall(`${BACKEND_PACKAGE} ${DAWN_PACKAGE}`)}`,
        'absent',
      );
    }
    if (process.versions.electron !== undefined) {
      throw new BackendError(
        'It needs a real Node.js, and this is VS Code’s own. Install Node.js 20 or newer, or set `recsight.nodePath`.',
        'absent',
      );
    }
    const gpu = await startDawn(dawn);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) {
      throw new BackendError(
        process.platform === 'linux'
          ? 'No GPU was found. It needs a GPU driver with Vulkan, and the Vulkan loader (libvulkan1).'
          : 'No GPU was found.',
        'absent',
      );
    }
    if (gpuOnly && isSoftware(adapter)) {
      throw new BackendError('There is only a software GPU, which is slower than the CPU.', 'absent');
    }
    try {
      backend.require();
    } catch (error) {
      throw new BackendError(
        `${backend.name} ${backend.version} in ${backend.folder} cannot be loaded: ${String(error)}`,
      );
    }
    if (!(await tf.setBackend('webgpu'))) {
      throw new BackendError(`The GPU (${describeAdapter(adapter)}) could not be started.`);
    }
    return {
      name: 'webgpu',
      device: describeAdapter(adapter),
      threads: 1,
      version: `TensorFlow.js ${backend.version} (Dawn ${dawn.version})`,
      isGpu: !isSoftware(adapter),
    };
  },
};

/** Kept for as long as the process lives: Dawn frees its instance with this object, whoever still uses a device of it. */
let instance: Gpu | null = null;

/** Puts Dawn where TensorFlow.js looks for a browser's WebGPU. */
async function startDawn(found: OptionalPackage): Promise<Gpu> {
  if (instance !== null) return instance;
  try {
    const { create, globals } = (await found.import()) as Dawn;
    Object.assign(globalThis, globals);
    const gpu = create([]);
    instance = gpu;
    const navigator = { gpu, userAgent: 'Node.js', platform: process.platform };
    // Node.js has a navigator since version 21, and it cannot be assigned to.
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
    return gpu;
  } catch (error) {
    throw new BackendError(
      `${found.name} ${found.version} in ${found.folder} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Vulkan in software (SwiftShader, lavapipe) and Direct3D's (WARP) serve tests, not training. */
function isSoftware({ info }: GpuAdapter): boolean {
  const name = `${info.architecture} ${info.description}`;
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render|\bwarp\b/i.test(name);
}

function describeAdapter({ info }: GpuAdapter): string {
  return info.description || [info.vendor, info.architecture].filter(Boolean).join(' ') || 'gpu';
}
