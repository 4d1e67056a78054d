import type { DuckDBConnection } from '@duckdb/node-api';
import { DatasetError } from './datasetError';
import { readRows } from './duckDb';

/** Steps of DuckDB's plans that hand rows on in the order in which they come. */
const KEEPS_ORDER =
  /^(READ_\w+|PARQUET_SCAN|\w+_SCAN|FILTER|PROJECTION|UNION|LIMIT|STREAMING_LIMIT|STREAMING_WINDOW|UNNEST|INOUT_FUNCTION|RANGE|GENERATE_SERIES|REPEAT|UNNEST_\w+|EMPTY_RESULT|DUMMY_SCAN)$/;
const SORTS = /^(ORDER_BY|TOP_N)$/;
const WHAT: readonly (readonly [RegExp, string])[] = [
  [/JOIN|CROSS_PRODUCT/, 'a join'],
  [/GROUP_BY|AGGREGATE|DISTINCT/, 'DISTINCT, GROUP BY or UNION'],
  [/WINDOW/, 'a window function'],
  [/SAMPLE/, 'a sample'],
];

interface PlanStep {
  name: string;
  children: PlanStep[];
}

/**
 * Makes sure that the rows of a query come in an order that means something, where no column of times says it: that of the
 * files, or of an ORDER BY. Asks DuckDB for its plan. `select` is the statement whose rows are read, `field` names its config field.
 * @returns warnings
 * @throws DatasetError where a step leaves the rows in no order
 */
export async function checkOrder(
  connection: DuckDBConnection,
  select: string,
  field: string,
): Promise<string[]> {
  const rows = await readRows(connection, `EXPLAIN (FORMAT json) ${select}`);
  const plan = JSON.parse(String(rows[0]?.[1])) as PlanStep[];
  let sorts = false;
  const waiting = [...plan];
  while (waiting.length > 0) {
    const { name, children } = waiting.pop()!;
    if (SORTS.test(name.trim())) sorts = true;
    else if (KEEPS_ORDER.test(name.trim())) waiting.push(...children);
    else {
      const what = WHAT.find(([step]) => step.test(name))?.[1] ?? `a step of it (${name.trim()})`;
      throw new DatasetError(
        'dataset/no-order',
        `\`dataset.columns.timestamp\` is null, so the rows must come in time order, but \`${field}\` gives them in no order: ${what} does not keep it. ` +
          'Name the column of the times in `dataset.columns.timestamp`, or end the query with ORDER BY.',
      );
    }
  }
  return sorts
    ? [
        `\`dataset.columns.timestamp\` is null, and the rows are in the order of the ORDER BY in \`${field}\`; those that it leaves equal come in any order. ` +
          'If it sorts by a time, name that column in `dataset.columns.timestamp` instead.',
      ]
    : [];
}
