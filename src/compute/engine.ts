import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {
  BACKEND_NAMES,
  BackendError,
  type BackendContext,
  type BackendDefinition,
  type BackendName,
  type StartedBackend,
} from './backends/backend';

export type BackendChoice = 'auto' | BackendName;

export interface Backend extends StartedBackend {
  /** Why a backend that was asked for, or that should have been faster, is not used; null when there is nothing to say. */
  fallback: string | null;
}

/** Files of engines are loaded only when the engine is tried. */
type Definitions = Record<BackendName, () => Promise<BackendDefinition>>;

const DEFINITIONS: Definitions = {
  tensorflow: async () => (await import('./backends/tensorflow')).tensorflow,
  webgpu: async () => (await import('./backends/webgpu')).webgpu,
  native: async () => (await import('./backends/native')).native,
  wasm: async () => (await import('./backends/wasm')).wasm,
  cpu: async () => (await import('./backends/cpu')).cpu,
};

/**
 * Starts a tensor engine and makes it TensorFlow.js's backend for this process. One that is asked for by name and does
 * not start gives way to `auto`, and `fallback` says why.
 * @param choice an engine by name, or `auto` for the fastest that works here
 * @throws BackendError when no engine starts
 */
export async function startBackend(
  choice: BackendChoice,
  context: Omit<BackendContext, 'gpuOnly'>,
): Promise<Backend> {
  // Without this the CPU backend advertises native TensorFlow on stderr.
  tf.enableProdMode();
  const backend = await startFirst(choice, context, DEFINITIONS);
  await tf.ready();
  return backend;
}

/**
 * Starts one engine and no other in its place.
 * @throws BackendError with the reason when it does not start
 */
export async function startOnly(
  name: BackendName,
  context: Omit<BackendContext, 'gpuOnly'>,
): Promise<StartedBackend> {
  tf.enableProdMode();
  const backend = await (await DEFINITIONS[name]()).start({ ...context, gpuOnly: false });
  await tf.ready();
  return backend;
}

/** The choice itself: the first engine that starts, and what has to be said about those before it. */
export async function startFirst(
  choice: BackendChoice,
  context: Omit<BackendContext, 'gpuOnly'>,
  definitions: Definitions,
): Promise<Backend> {
  const attempts = BACKEND_NAMES.filter((name) => name !== choice).map((name) => ({ name, gpuOnly: true }));
  if (choice !== 'auto') attempts.unshift({ name: choice, gpuOnly: false });
  const reasons: string[] = [];
  const notes: string[] = [];
  for (const { name, gpuOnly } of attempts) {
    try {
      const started = await (await definitions[name]()).start({ ...context, gpuOnly });
      return { ...started, fallback: notes.length > 0 ? notes.join(' ') : null };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      reasons.push(`${name}: ${reason}`);
      // That something is not installed is news only to whoever asked for it.
      const isExpected = error instanceof BackendError && error.presence === 'absent';
      if (name === choice) notes.push(`${name}, which was requested, could not be started. ${reason}`);
      else if (!isExpected) notes.push(`${name} could not be started. ${reason}`);
    }
  }
  throw new BackendError(`No compute backend could be started. ${reasons.join(' ')}`);
}
