/** The engine cannot do what it is asked for. The message says why and what to change. */
export class ComputeError extends Error {
  override readonly name = 'ComputeError';
  readonly code = 'compute/too-large';
}
