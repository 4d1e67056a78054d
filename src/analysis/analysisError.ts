/** What was asked for cannot be computed from these numbers. The message says what was found and what was expected. */
export class AnalysisError extends Error {
  override readonly name = 'AnalysisError';

  constructor(
    readonly code: 'analysis/not-finite' | 'analysis/shape',
    message: string,
  ) {
    super(message);
  }
}
