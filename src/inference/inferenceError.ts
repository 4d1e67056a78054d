/** Something that keeps a run from being opened, measured or used. The message says what to do. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';

  constructor(
    /** Machine-readable, such as `checkpoint/missing`. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
