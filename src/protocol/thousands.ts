/** A number with thousands separators, the same in every place and language: `12,345`. */
export function thousands(value: number): string {
  return value.toLocaleString('en-US');
}
