import path from 'node:path';
import { rowOf, type Table } from '../../analysis/table';
import type { PointColumn, ProjectionExport } from '../../protocol/projection';
import { shortestFloat32 } from '../../protocol/shortestFloat32';
import { writeOutput } from '../../runs/outputFile';
import { csvField } from '../../formats/csv';
import { npyHeader } from '../../formats/npy';
import { InspectionError } from '../inspectionError';
import type { RowName } from './rowNames';

/** Rows that are put into words at once. */
const BLOCK = 4096;

/** What is written of each row, in the order of the rows. */
export interface ExportedRows {
  /** The vectors. */
  table: Table;
  names: readonly RowName[];
  columns: readonly PointColumn[];
}

/**
 * Writes vectors or coordinates with what is known of their rows, each file under its name only when it is complete.
 * @returns absolute paths of what was written
 * @throws InspectionError, OutputError, RunWriteError
 */
export async function exportTable(rows: ExportedRows, request: ProjectionExport): Promise<string[]> {
  const { format, coordinates, dimensions } = request;
  const { numRows } = rows.table;
  if (coordinates !== null && coordinates.length !== numRows * dimensions) {
    throw new InspectionError(
      'inspection/bad-export',
      `There are ${coordinates.length} coordinates for ${numRows} rows in ${dimensions} dimensions; ${numRows * dimensions} were expected.`,
    );
  }
  const output = path.resolve(request.output);
  const drawn = coordinates === null ? rows.table : { values: coordinates, numRows, width: dimensions };
  switch (format) {
    case 'tensorboard': {
      const stem = output.replace(/\.tsv$/i, '');
      const files = [`${stem}.tsv`, `${stem}.metadata.tsv`];
      await writeOutput(
        files[0]!,
        blocks(numRows, (row) => `${vectorOf(rows.table, row).join('\t')}\n`),
      );
      await writeOutput(files[1]!, metadata(rows));
      return files;
    }
    case 'npy': {
      const files = [output, `${output.replace(/\.npy$/i, '')}.ids.csv`];
      if (!(await writeOutput(files[0]!, npy(drawn)))) return [output];
      await writeOutput(files[1]!, idList(rows));
      return files;
    }
    case 'csv': {
      const axes =
        coordinates === null ? [...Array(rows.table.width).keys()] : ['x', 'y', 'z'].slice(0, dimensions);
      await writeOutput(output, csv(rows, drawn, axes.map(String)));
      return [output];
    }
  }
}

/**
 * The metadata of TensorBoard's projector. It knows no escapes, so tabs and line ends within a text become spaces. The first
 * line names the columns, as it must where there are several; these always are.
 */
function* metadata({ names, columns }: ExportedRows): Generator<string> {
  const plain = (text: string): string => text.replace(/[\t\r\n]+/g, ' ');
  yield `${['id', 'label', ...columns.map((column) => plain(column.label))].join('\t')}\n`;
  yield* blocks(names.length, (row) => {
    const { id, label } = names[row]!;
    return `${[id, label, ...columns.map((column) => textOf(column, row))].map(plain).join('\t')}\n`;
  });
}

function* csv({ names, columns }: ExportedRows, table: Table, axes: readonly string[]): Generator<string> {
  yield `${['id', 'label', ...columns.map((column) => csvField(column.label)), ...axes].join(',')}\n`;
  yield* blocks(names.length, (row) => {
    const { id, label } = names[row]!;
    const texts = [id, label, ...columns.map((column) => textOf(column, row))].map(csvField);
    return `${[...texts, ...vectorOf(table, row)].join(',')}\n`;
  });
}

function* idList({ names }: ExportedRows): Generator<string> {
  yield 'id,label\n';
  yield* blocks(names.length, (row) => `${csvField(names[row]!.id)},${csvField(names[row]!.label)}\n`);
}

function* npy({ values, numRows, width }: Table): Generator<Uint8Array> {
  yield npyHeader(numRows, width);
  // Typed arrays are little-endian on every platform Node.js runs on.
  yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function* blocks(numRows: number, line: (row: number) => string): Generator<string> {
  for (let start = 0; start < numRows; start += BLOCK) {
    let text = '';
    for (let row = start; row < Math.min(numRows, start + BLOCK); row++) text += line(row);
    yield text;
  }
}

const vectorOf = (table: Table, row: number): number[] => Array.from(rowOf(table, row), shortestFloat32);

function textOf(column: PointColumn, row: number): string {
  if (column.kind === 'category') return column.labels[column.values[row]!]!;
  const value = column.values[row]!;
  return Number.isNaN(value) ? '' : String(shortestFloat32(value));
}
