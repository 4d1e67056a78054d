import { errorText } from '../protocol/errorText';
/** The message of anything that was thrown; ours say what was found, expected and what to do. */
export function errorMessage(error: unknown): string {
  return errorText(error);
}

/** What of a message fits into a notification: its first line. The log has all of it. */
export function firstLine(message: string): string {
  const [line] = message.split('\n', 1);
  return line!.replace(/ It printed:$/, '');
}
