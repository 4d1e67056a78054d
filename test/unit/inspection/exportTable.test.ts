import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exportTable, type ExportedRows } from '../../../src/inspection/projection/exportTable';
import type { ProjectionFormat } from '../../../src/protocol/projection';

/** Hardly a value here is a float32: each is written as the decimal that it was, not as the float32 beside it. */
const ROWS: ExportedRows = {
  table: { values: Float32Array.of(26.55, -0.1, 1e-7, 16_777_216, 3.3, 0), numRows: 2, width: 3 },
  names: [
    { id: 'a', label: 'Tea' },
    { id: 'b', label: 'Milk, cold' },
  ],
  columns: [
    { kind: 'number', id: 'price', label: 'price', values: Float32Array.of(26.55, NaN) },
    {
      kind: 'category',
      id: 'kind',
      label: 'kind',
      values: Int32Array.of(1, 0),
      labels: ['', 'hot'],
      ordered: false,
    },
  ],
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-export-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function written(
  format: ProjectionFormat,
  coordinates: Float32Array | null = null,
): Promise<Record<string, string>> {
  const source = { run: folder, checkpoint: 'best', table: 'items' };
  const output = path.join(folder, `items.${format === 'csv' ? 'csv' : 'tsv'}`);
  const files = await exportTable(ROWS, { source, rows: null, format, coordinates, dimensions: 2, output });
  const texts = files.map(async (file) => [path.basename(file), await readFile(file, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

it('writes vectors and numbers of rows into CSV in as few digits as they take', async () => {
  expect(await written('csv')).toEqual({
    'items.csv':
      'id,label,price,kind,0,1,2\na,Tea,26.55,hot,26.55,-0.1,1e-7\nb,"Milk, cold",,,16777216,3.3,0\n',
  });
});

it('writes coordinates in their place so, too', async () => {
  expect(await written('csv', Float32Array.of(26.55, 0.7, -1 / 3, 2))).toEqual({
    'items.csv': 'id,label,price,kind,x,y\na,Tea,26.55,hot,26.55,0.7\nb,"Milk, cold",,,-0.33333334,2\n',
  });
});

it('writes what TensorBoard reads so, too', async () => {
  expect(await written('tensorboard')).toEqual({
    'items.tsv': '26.55\t-0.1\t1e-7\n16777216\t3.3\t0\n',
    'items.metadata.tsv': 'id\tlabel\tprice\tkind\na\tTea\t26.55\thot\nb\tMilk, cold\t\t\n',
  });
});
