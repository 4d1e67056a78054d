import type { DuckDBConnection } from '@duckdb/node-api';
import type { DatasetConfig } from '../config/schema';
import type { SplitConfig } from '../splits/splits';
import { PARTS } from '../splits/splitter';
import { countOf } from '../protocol/countOf';
import type { ColumnPick } from './dataFile';
import { DatasetError } from './datasetError';
import { readRows, sqlString } from './duckDb';
import { firstValue, type RowSource } from './rowSource';

type ColumnSplit = Extract<SplitConfig, { type: 'column' }>;

/** SQL for the part of a row, where the data say it: NULL where no part has that value, and `NULL` where they do not say it. */
export function partOf({ split }: Pick<DatasetConfig, 'split'>): string {
  if (split.type === 'files') return 'part';
  return split.type === 'column' ? partOfValue(split) : 'NULL';
}

function partOfValue(split: ColumnSplit): string {
  const cases = (['training', 'validation', 'test'] as const).map(
    (part) => `WHEN part_text IN (${split[part].map(sqlString).join(', ')}) THEN ${PARTS[part]}`,
  );
  return `CASE ${cases.join(' ')} END`;
}

/** @throws DatasetError where a row has a value that is of no part */
export async function requireParts(
  connection: DuckDBConnection,
  source: RowSource,
  split: ColumnSplit,
  pick: ColumnPick,
): Promise<void> {
  const [counted] = await readRows(connection, 'SELECT count(*) FROM source WHERE part IS NULL');
  const count = Number(counted![0]);
  if (count === 0) return;
  const { where } = await firstValue(connection, source, 'part_text', pick, `${partOfValue(split)} IS NULL`);
  const known = [...split.training, ...split.validation, ...split.test].map((value) => `\`${value}\``);
  const others =
    count === 1
      ? ''
      : ` (and ${countOf(count - 1, 'more row')} ${count === 2 ? 'has' : 'have'} a value of no part)`;
  throw new DatasetError(
    'dataset/bad-split',
    `${where}${others}, expected ${known.join(', ')}. Name the value in \`dataset.split.training\`, \`validation\` or \`test\`, ` +
      'or leave such rows out with `dataset.query`.',
  );
}
