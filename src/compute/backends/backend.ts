/** All engines, in the order in which `auto` tries them. */
export const BACKEND_NAMES = ['tensorflow', 'webgpu', 'native', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** What an engine may need to start. */
export interface BackendContext {
  /** Folder with the files that belong to our engines: WebAssembly modules, addons. */
  assets: string;
  /** Folders in whose `node_modules` optional packages may be, first come, first served. Their code is run. */
  searchPaths: readonly string[];
  /**
   * Start only on a real GPU, and find out that there is none before anything heavy is loaded. `auto` asks so of the
   * engines that are no gain without one; the others take no notice.
   */
  gpuOnly: boolean;
  /** Threads for our kernels; as many as the machine has processors if left out. */
  threads?: number;
  /** Told what does not stop the engine but makes it slower, such as a thread that has ended. */
  onWarning?: (message: string) => void;
}

/** An engine that runs and is TensorFlow.js's backend of this process. */
export interface StartedBackend {
  name: BackendName;
  /** What computes, in words for people: `cpu`, `cpu (AVX-512)`, or the name of a GPU. */
  device: string;
  threads: number;
  /** What computes and its version: `RecSight kernels 0.1.0`, `TensorFlow 2.21.0 (tfjs-node 4.22.0)`. */
  version: string;
  isGpu: boolean;
  /** Bytes of tensors that the engine can hold; left out where only the machine limits it. */
  memoryLimit?: number;
}

/** How an engine is started. Importing the file of one must be cheap: what is heavy is loaded in `start`. */
export interface BackendDefinition {
  name: BackendName;
  /** @throws BackendError when the engine is not to be had here, with the reason and what to do */
  start(context: BackendContext): Promise<StartedBackend>;
}

/** An engine that cannot be used; the message says why and what to do. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
  readonly code = 'backend/unavailable';

  /**
   * @param presence `absent`: not installed, or made for another machine, which nobody has to be warned of;
   *   `broken`: it is there and should have worked
   */
  constructor(
    message: string,
    readonly presence: 'absent' | 'broken' = 'broken',
  ) {
    super(message);
  }
}
