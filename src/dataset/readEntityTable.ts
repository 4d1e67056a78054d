import type { DuckDBConnection } from '@duckdb/node-api';
import type { FeaturesConfig } from '../options/featureSchema';
import type { ColumnPick } from './dataFile';
import { chunksOf, datasetErrorFrom, readRows, sqlName } from './duckDb';
import { presentText } from './missingValues';
import { findColumn, resolveColumn } from './resolveColumn';
import { columnNames, labelOf, selectFrom, type RowSource } from './rowSource';

/** The columns of a table of users or items that a config asks for. */
export interface EntityColumns {
  of: 'users' | 'items';
  id: string;
  /** Column with the text to show; undefined takes `title` where the table has it, null none. */
  title: string | null | undefined;
  features: FeaturesConfig;
  /** Texts that stand for no value. */
  missing: readonly string[];
}

/** A table of users or items, joined to the ids of the interactions: one entry per id, in the order of their indices. */
export interface EntityTable {
  of: 'users' | 'items';
  source: RowSource;
  /** Row of each entity, from 1, the first where there are several; 0 where there is none. */
  rows: Uint32Array;
  /** The first title of each that is not empty; null when the table has no titles. */
  titles: (string | null)[] | null;
  /** Text of each feature; null where the table has no row or no value. */
  features: { name: string; column: string; texts: (string | null)[] }[];
  /** 1 for each entity that has rows with different features. */
  conflicts: Uint8Array;
}

/**
 * Reads a table of users or items. The temporary tables `users` and `items` must hold the ids and their indices.
 * @throws DatasetError when a column that the config names is missing, or the file cannot be read
 */
export async function readEntityTable(
  connection: DuckDBConnection,
  source: RowSource,
  columns: EntityColumns,
): Promise<EntityTable> {
  const { of } = columns;
  const picks = entityPicks(source, columns);
  const title = picks.title ?? null;
  const names = columnNames(source);
  const features = Object.keys(columns.features);

  const [entity, table] = [of === 'users' ? 'user' : 'item', sqlName(`${of} table`)];
  try {
    const present = Object.keys(picks).map((name) => `${presentText(name, columns.missing)} AS ${name}`);
    await connection.run(
      `CREATE TEMP TABLE ${table} AS SELECT ${present.join(', ')} FROM (${selectFrom(source, picks)})`,
    );
  } catch (error) {
    throw datasetErrorFrom(error, labelOf(source));
  }
  const values = features.map((_, index) => `f${index}`);
  const titles = title === null ? 'NULL' : "(arg_min(title, rowid) FILTER (trim(title) <> ''))";
  const conflicts =
    values.length === 0
      ? '0'
      : `count(DISTINCT (${values.map((name) => `coalesce(${name}, '')`).join(', ')}, 0))`;
  const sql = `SELECT coalesce(first_row + 1, 0)::UINTEGER, first_title, coalesce(variants, 0) > 1${values.map((name) => `, ${table}.${name}`).join('')}
     FROM ${of}
     LEFT JOIN (SELECT id, min(rowid) AS first_row, ${titles} AS first_title, ${conflicts} AS variants FROM ${table} GROUP BY id) AS firsts
       ON ${entity}_id = firsts.id
     LEFT JOIN ${table} ON ${table}.rowid = first_row
     ORDER BY "${entity}"`;
  const read = {
    rows: [] as number[],
    titles: [] as (string | null)[],
    texts: features.map((): (string | null)[] => []),
    conflicts: [] as boolean[],
  };
  for await (const chunk of chunksOf(connection, sql)) {
    for (const row of chunk.getColumnValues(0)) read.rows.push(row as number);
    for (const text of chunk.getColumnValues(1)) read.titles.push(text as string | null);
    for (const differs of chunk.getColumnValues(2)) read.conflicts.push(differs === true);
    read.texts.forEach((texts, index) => {
      for (const text of chunk.getColumnValues(3 + index)) texts.push(text as string | null);
    });
  }
  await readRows(connection, `DROP TABLE ${table}`);
  return {
    of,
    source,
    rows: Uint32Array.from(read.rows),
    titles: title === null ? null : read.titles,
    features: features.map((name, index) => ({
      name,
      column: names.columns[resolveColumn(names, picks[`f${index}`]!)]!,
      texts: read.texts[index]!,
    })),
    conflicts: Uint8Array.from(read.conflicts, Number),
  };
}

/** The columns of a table that are read, by what they are called in SQL. */
export function entityPicks(
  source: RowSource,
  columns: Omit<EntityColumns, 'missing'>,
): Record<string, ColumnPick> {
  const field = `dataset.${columns.of}`;
  const picks: Record<string, ColumnPick> = { id: { column: columns.id, field: `${field}.id` } };
  const title = titleColumn(source, columns);
  if (title !== null) picks.title = { column: title, field: `${field}.title` };
  Object.keys(columns.features).forEach((name, index) => {
    picks[`f${index}`] = { column: name, field: `${field}.features` };
  });
  return picks;
}

/** A table of features alone needs no titles, so their default name may be missing. */
function titleColumn(
  source: RowSource,
  { title, features }: Pick<EntityColumns, 'title' | 'features'>,
): string | null {
  if (title !== undefined) return title;
  return findColumn(columnNames(source), 'title') >= 0 || Object.keys(features).length === 0 ? 'title' : null;
}
