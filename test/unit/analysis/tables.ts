import { RandomStream } from '../../../src/compute/random';
import type { Table } from '../../../src/analysis/table';

export function tableOf(rows: readonly (readonly number[])[]): Table {
  return { values: Float32Array.from(rows.flat()), numRows: rows.length, width: rows[0]?.length ?? 0 };
}

export function rowsOf({ values, numRows, width }: Table): number[][] {
  return Array.from({ length: numRows }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);
}

/** Normal numbers, each column wider than the next. */
export function drawTable(seed: number, numRows: number, width: number): Table {
  const random = new RandomStream(seed);
  const values = Float32Array.from(
    { length: numRows * width },
    (_, index) => random.nextNormal() / (1 + (index % width)),
  );
  return { values, numRows, width };
}

/** Points around some centers, which lie apart; `labels` has the center of each. */
export function drawClusters(
  seed: number,
  options: { numRows: number; width: number; centers: number; spread: number },
): { table: Table; labels: Int32Array } {
  const { numRows, width, centers, spread } = options;
  const random = new RandomStream(seed);
  const middle = Float32Array.from({ length: centers * width }, () => random.nextNormal());
  const labels = Int32Array.from({ length: numRows }, (_, row) => row % centers);
  const values = Float32Array.from(
    { length: numRows * width },
    (_, index) =>
      middle[labels[Math.floor(index / width)]! * width + (index % width)]! + spread * random.nextNormal(),
  );
  return { table: { values, numRows, width }, labels };
}
