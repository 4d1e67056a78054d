/** Training cannot go on. The message says what was found, what was expected and what to do. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
