/** Digits that tell all float32 apart. */
const FLOAT32_DIGITS = 9;

/** A float32 in as few digits as tell it apart from all others. */
export function shortestFloat32(value: number): string {
  return String(Number(value.toPrecision(FLOAT32_DIGITS)));
}

/** A field of CSV, quoted where it must be. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
