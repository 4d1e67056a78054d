/** What was asked of a run cannot be shown. The message says why, and what can be. */
export class InspectionError extends Error {
  override readonly name = 'InspectionError';

  constructor(
    readonly code: `inspection/${string}`,
    message: string,
  ) {
    super(message);
  }
}
