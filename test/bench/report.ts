/** A table for people, or one to put into a document. The first two columns hold words, the others numbers. */
export function formatTable(header: string[], rows: string[][], markdown: boolean): string {
  if (markdown) {
    const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
    const rule = `|${header.map((_, column) => (column < WORDS ? '---|' : '---:|')).join('')}`;
    return [line(header), rule, ...rows.map(line)].join('\n');
  }
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (column < WORDS ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return [header, ...rows].map(line).join('\n');
}

const WORDS = 2;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** To a tenth, as far as it means anything. */
export function tenth(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

/** To a hundredth. */
export function hundredth(ratio: number): number {
  return Math.round(ratio * 100) / 100;
}
