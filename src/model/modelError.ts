/** A model cannot be made of this config and these data. The message says what was found, what was expected and what to do. */
export class ModelError extends Error {
  override readonly name = 'ModelError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
