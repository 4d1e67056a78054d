/** The message of anything that was thrown; ours say what was found, expected and what to do. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
