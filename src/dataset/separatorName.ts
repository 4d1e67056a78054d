/** A separator in a sentence. */
export function separatorName(separator: string): string {
  const names: Record<string, string> = { '\t': 'tabs', ' ': 'spaces' };
  return names[separator] ?? `\`${separator}\``;
}
