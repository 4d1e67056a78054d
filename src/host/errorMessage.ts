/** The message of anything that was thrown; ours say what was found, expected and what to do. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What of a message fits into a notification: its first line. The log has all of it. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0]!.replace(/ It printed:$/, '');
}
