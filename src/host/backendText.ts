import type { GpuRuntime } from '../process/gpuRuntime';
import { countOf } from '../protocol/countOf';
import type { BackendReport } from '../protocol/backends';
import { formatRate } from '../series/format';

/*
 * What is said about compute backends. Nothing here knows VS Code.
 */

/** `cpu (AVX-512), 2 threads · 41 steps/s`. */
export function backendFacts({ device, threads, isGpu, stepsPerSecond }: BackendReport): string {
  const on = isGpu ? device : `${device ?? ''}, ${countOf(threads ?? 1, 'thread')}`;
  return `${on ?? ''} · ${formatRate(stepsPerSecond ?? 0)} steps/s`;
}

/** One line for the log. */
export function backendLine(report: BackendReport): string {
  return report.available
    ? `${report.name}: ${backendFacts(report)} · ${report.version ?? ''}`
    : `${report.name} is not available: ${report.reason ?? ''}`;
}

export interface RuntimeChoice {
  runtime: GpuRuntime;
  label: string;
  description: string;
  detail: string;
}

/** What can be installed on a platform, best first. */
export function runtimeChoices(platform: NodeJS.Platform): RuntimeChoice[] {
  const wheel = platform === 'linux';
  const choices: RuntimeChoice[] = [
    {
      runtime: 'webgpu',
      label: 'WebGPU',
      description: 'NVIDIA, AMD, Intel and Apple GPUs',
      detail: 'From npm, 200 MB. Needs the GPU’s driver, and on Linux Vulkan.',
    },
    {
      runtime: 'tensorflow-gpu',
      label: 'TensorFlow with CUDA',
      description: 'NVIDIA GPUs',
      detail: wheel
        ? 'TensorFlow and CUDA from PyPI, 5 GB, with a binding that is compiled here. Needs Python 3 with pip, and a C++ compiler.'
        : 'From npm, 1 GB. Needs CUDA 11.2 and cuDNN 8.1.',
    },
    {
      runtime: 'tensorflow-cpu',
      label: 'TensorFlow on the CPU',
      description: 'No GPU; for comparison only',
      detail: wheel ? 'From npm, or from PyPI where the npm download fails; 1 GB.' : 'From npm, 500 MB.',
    },
  ];
  // There is no CUDA for macOS any more.
  return choices.filter(({ runtime }) => platform !== 'darwin' || runtime !== 'tensorflow-gpu');
}
