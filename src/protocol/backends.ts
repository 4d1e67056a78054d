/** What is found out about a compute backend by starting it and training with it for a moment. */
export interface BackendReport {
  name: string;
  /** Whether it starts and a training step on it gives a finite loss. */
  available: boolean;
  version: string | null;
  device: string | null;
  threads: number | null;
  isGpu: boolean;
  /** Steps of a small SASRec; comparable only with those of other backends. Null when it is not available. */
  stepsPerSecond: number | null;
  /** Why it is not available, and what to do; null when it is. */
  reason: string | null;
}

/** All compute backends, in the order in which `auto` tries them. */
export const BACKEND_NAMES = ['tensorflow', 'webgpu', 'native', 'wasm', 'cpu'] as const;

/** These are a gain only on a GPU, so without one `auto` leaves them alone. */
const GPU_BACKENDS: readonly string[] = ['tensorflow', 'webgpu'];

/** The backend that `auto` takes, seen from reports in order; null when none works. */
export function automaticBackend(reports: readonly BackendReport[]): string | null {
  const first = reports.find(
    ({ name, available, isGpu }) => available && (isGpu || !GPU_BACKENDS.includes(name)),
  );
  return first?.name ?? null;
}
