import { describe, expect, it } from 'vitest';
import { backendFacts, backendLine, runtimeChoices } from '../../../src/host/backendText';
import type { BackendReport } from '../../../src/protocol/backends';

const native: BackendReport = {
  name: 'native',
  available: true,
  version: '0.1.0',
  device: 'cpu (AVX2)',
  threads: 8,
  isGpu: false,
  stepsPerSecond: 41.27,
  reason: null,
};

describe('texts about backends', () => {
  it('say what computes and how fast', () => {
    expect(backendFacts(native)).toBe('cpu (AVX2), 8 threads · 41 steps/s');
    expect(backendFacts({ ...native, threads: 1, stepsPerSecond: 0.3712 })).toBe(
      'cpu (AVX2), 1 thread · 0.37 steps/s',
    );
    expect(backendFacts({ ...native, device: 'NVIDIA L4', isGpu: true, stepsPerSecond: 312 })).toBe(
      'NVIDIA L4 · 312 steps/s',
    );
  });

  it('say in the log why a backend is not available', () => {
    expect(backendLine(native)).toBe('native: cpu (AVX2), 8 threads · 41 steps/s · 0.1.0');
    expect(backendLine({ ...native, available: false, reason: 'It is not installed.' })).toBe(
      'native is not available: It is not installed.',
    );
  });

  it('offer only what a platform can have', () => {
    const names = (platform: NodeJS.Platform) => runtimeChoices(platform).map(({ runtime }) => runtime);
    expect(names('linux')).toEqual(['webgpu', 'tensorflow-gpu', 'tensorflow-cpu']);
    expect(names('win32')).toEqual(['webgpu', 'tensorflow-gpu', 'tensorflow-cpu']);
    expect(names('darwin')).toEqual(['webgpu', 'tensorflow-cpu']);
  });
});
