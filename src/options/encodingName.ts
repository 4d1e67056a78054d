/**
 * The encoding that a label names, as the WHATWG standard spells it (`windows-1252` for `latin1`), or null when there is
 * no such encoding. Python's spellings with other dashes (`latin-1`, `utf_8`) count as well.
 */
export function encodingName(label: string): string | null {
  for (const spelling of [label, label.replace(/[-_]/g, ''), label.replaceAll('_', '-')]) {
    try {
      return new TextDecoder(spelling).encoding;
    } catch {
      // Not by this spelling.
    }
  }
  return null;
}
