/**
 * Something is wrong with code of the user. The message begins with `file:line:column: ` where it is known where: the file's path
 * from the workspace folder, or an absolute one where there is no run yet.
 */
export class CodeError extends Error {
  override readonly name = 'CodeError';

  constructor(
    /** Such as `code/failed`. */
    readonly code: `code/${string}`,
    message: string,
  ) {
    super(message);
  }
}
