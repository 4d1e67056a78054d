import { createHash } from 'node:crypto';
import type { CandidateFileConfig, DatasetConfig } from '../config/schema';
import type { CandidateLists } from '../protocol/candidateLists';
import { countOf, countOfAll } from '../protocol/countOf';
import type { ColumnPick } from './dataFile';
import { DatasetError } from './datasetError';
import { chunksOf, datasetErrorFrom, readRows, withDuckDb, type DuckDbOptions } from './duckDb';
import { listRows } from './itemLists';
import { presentText } from './missingValues';
import { openRows, withLists } from './openSource';
import type { PreparedDataset } from './preparedDataset';
import { labelOf, nameOf, selectFrom, type RowSource } from './rowSource';
import { withSettledSource } from './settleSource';

/** Where a config names the file. */
export const CANDIDATES_FIELD = 'evaluation.candidates';

type Ids = Pick<PreparedDataset, 'userIds' | 'itemIds'>;

/** Lists as they were read, and what people should know of the file. */
export interface ReadCandidates {
  lists: CandidateLists;
  warnings: string[];
}

/**
 * Reads the lists of a file. Ids that the data do not have are left out, and said.
 * @param dataset whose ids they are @param dataConfig says what is left open: columns, and what a missing id is
 * @throws DatasetError where the file cannot be used
 */
export async function readCandidates(
  options: CandidateFileConfig,
  dataConfig: DatasetConfig,
  dataset: Ids,
  where: DuckDbOptions & { baseDirectory: string },
): Promise<ReadCandidates> {
  const { missing = dataConfig.missing } = options;
  return withDuckDb(where, async (connection) => {
    const opened = await openRows(
      connection,
      { ...options, query: undefined },
      {
        options,
        field: CANDIDATES_FIELD,
        wanted: wantedOfLists(options, dataConfig),
        baseDirectory: where.baseDirectory,
      },
    );
    const source = { interactions: opened, items: null, users: null, warnings: [], config: dataConfig };
    return withSettledSource(source, where.cacheDirectory, async ({ interactions, reading, warnings }) => {
      const rows = interactions.source;
      const picks = candidatePicks(options, dataConfig, rows);
      const told = [...reading.map((line) => `Read ${line}.`), ...warnings];
      let select = selectFrom(rows, picks);
      try {
        if (picks.item_list !== undefined) {
          const made = await listRows(connection, select, []);
          select = made.sql;
          told.push(...made.warnings);
        }
        await connection.run(
          `CREATE TEMP TABLE candidates AS SELECT ${presentText('user_id', missing)} AS user_id, ${presentText('item_id', missing)} AS item_id FROM (${select})`,
        );
      } catch (error) {
        throw datasetErrorFrom(error, labelOf(rows));
      }
      const hasIds = 'user_id IS NOT NULL AND item_id IS NOT NULL';
      const [counts] = await readRows(
        connection,
        `SELECT count(*), count(*) FILTER (NOT (${hasIds})) FROM candidates`,
      );
      const [numRows, withoutId] = counts!.map(Number) as [number, number];
      if (numRows === 0) {
        throw new DatasetError(
          'dataset/no-rows',
          `${labelOf(rows)}: found no rows after the header, expected a user and a candidate in each.`,
        );
      }
      if (withoutId > 0)
        told.push(
          `${countOfAll(withoutId, numRows, 'row', ['has', 'have'])} no user or item id in ${nameOf(rows)}.`,
        );
      const pairs = new Pairs(dataset);
      for await (const chunk of chunksOf(
        connection,
        `SELECT user_id, item_id FROM candidates WHERE ${hasIds}`,
      )) {
        const [users, candidates] = [chunk.getColumnValues(0), chunk.getColumnValues(1)];
        users.forEach((id, row) => pairs.add(id as string, candidates[row] as string));
      }
      const { offsets, items: listed } = pairs.lists();
      if (listed.length === 0) throw nothingKnown(nameOf(rows), numRows, pairs);
      told.push(...unknownIds(nameOf(rows), pairs));
      const lists = {
        file: labelOf(rows),
        hash: hashOfLists({ offsets, items: listed }, dataset),
        offsets,
        items: listed,
      };
      return { lists, warnings: told };
    });
  });
}

type ColumnsConfig = Pick<DatasetConfig, 'columns'>;

/** Where nothing else is said, the columns have the names that they have in the data. */
function listColumns({ columns }: CandidateFileConfig, data: ColumnsConfig): DatasetConfig['columns'] {
  const { user = data.columns.user, item = data.columns.item, items } = columns;
  return { ...data.columns, user, item, items, impressions: undefined };
}

/** The columns that lists are asked for: what they are called helps to tell whether a first line names columns. */
export function wantedOfLists(options: CandidateFileConfig, data: ColumnsConfig): string[] {
  const { user, item, items } = listColumns(options, data);
  return [user, items ?? item];
}

/** The columns of lists that are read, by what they are called in SQL. */
export function candidatePicks(
  options: CandidateFileConfig,
  data: ColumnsConfig,
  source: RowSource,
): Record<string, ColumnPick> {
  const { user, item, items } = withLists(listColumns(options, data), source);
  const field = `${CANDIDATES_FIELD}.columns`;
  return {
    user_id: { column: user, field: `${field}.user` },
    ...(items === undefined
      ? { item_id: { column: item, field: `${field}.item` } }
      : { item_list: { column: items, field: `${field}.items` } }),
  };
}

/** SHA-256 (hex) of lists by ids. */
export function hashOfLists(
  { offsets, items }: Pick<CandidateLists, 'offsets' | 'items'>,
  { userIds, itemIds }: Ids,
): string {
  const hash = createHash('sha256');
  userIds.forEach((id, user) => {
    const own = items.subarray(offsets[user], offsets[user + 1]);
    if (own.length > 0) hash.update(`${JSON.stringify([id, ...Array.from(own, (item) => itemIds[item])])}\n`);
  });
  return hash.digest('hex');
}

/** Users and candidates by their indices, and ids that have none. */
class Pairs {
  readonly unknownUsers = new Set<string>();
  readonly unknownItems = new Set<string>();
  readonly #userOf: ReadonlyMap<string, number>;
  readonly #itemOf: ReadonlyMap<string, number>;
  /** `user · (numItems + 1) + item`. */
  readonly #found: number[] = [];

  constructor({ userIds, itemIds }: Ids) {
    this.#userOf = new Map(userIds.map((id, user) => [id, user]));
    this.#itemOf = new Map(itemIds.slice(1).map((id, place) => [id, place + 1]));
  }

  add(userId: string, itemId: string): void {
    const [user, item] = [this.#userOf.get(userId), this.#itemOf.get(itemId)];
    if (user === undefined) this.unknownUsers.add(userId);
    else if (item === undefined) this.unknownItems.add(itemId);
    else this.#found.push(user * (this.#itemOf.size + 1) + item);
  }

  /** Each candidate of a user once. */
  lists(): Pick<CandidateLists, 'offsets' | 'items'> {
    const width = this.#itemOf.size + 1;
    const sorted = Float64Array.from(this.#found).sort();
    const unique = sorted.filter((pair, place) => place === 0 || pair !== sorted[place - 1]);
    const offsets = new Uint32Array(this.#userOf.size + 1);
    for (const pair of unique) offsets[Math.floor(pair / width) + 1]!++;
    for (let user = 0; user < this.#userOf.size; user++) offsets[user + 1]! += offsets[user]!;
    return { offsets, items: Uint32Array.from(unique, (pair) => pair % width) };
  }
}

function unknownIds(name: string, { unknownUsers, unknownItems }: Pairs): string[] {
  return [['user', unknownUsers] as const, ['item', unknownItems] as const].flatMap(([of, ids]) =>
    ids.size === 0
      ? []
      : [
          `${countOf(ids.size, of)} of ${name} ${ids.size === 1 ? 'is' : 'are'} not in the data and left out, such as \`${[...ids][0]!}\`.`,
        ],
  );
}

function nothingKnown(name: string, numRows: number, { unknownUsers, unknownItems }: Pairs): DatasetError {
  const [of, ids] =
    unknownItems.size > 0 ? (['item', unknownItems] as const) : (['user', unknownUsers] as const);
  const example = ids.size === 0 ? '' : ` The data have no ${of} \`${[...ids][0]!}\`, for example.`;
  return new DatasetError(
    'dataset/nothing-left',
    `None of the ${countOf(numRows, 'row')} of ${name} has a user and an item of the data.${example} ` +
      `Are \`${CANDIDATES_FIELD}.columns.user\` and \`item\` the right columns?`,
  );
}
