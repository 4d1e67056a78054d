/*
 * In messages a pair of backticks marks what stands in a config, in a file or in a terminal. It is markup: pages show it as
 * code (webview/ui/messageContent.ts), and where there is only plain text it becomes a quotation.
 */

const CODE = /`([^`\n]+)`/g;

/** A message as plain text: “`seed` is not a number” becomes “seed” in quotation marks. A JSON string has its own. */
export function quoteCode(message: string): string {
  return message.replace(CODE, (_, code: string) => (/^".*"$/.test(code) ? code : `“${code}”`));
}

/** The pieces of a message in their order: every second one, from the second on, is code. */
export function splitCode(message: string): string[] {
  return message.split(CODE);
}
