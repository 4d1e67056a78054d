const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A bar of a share from 0 to 1 of so many characters, filled up with blanks. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return `${'█'.repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8]!}`.padEnd(width);
}

/** One character for each value, as high as its share of the largest. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
  return values.map((value) => HEIGHTS[Math.min(7, Math.floor((Math.abs(value) / largest) * 8))]!).join('');
}
