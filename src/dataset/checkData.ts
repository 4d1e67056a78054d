import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openChoiceAt } from '../config/openChoices';
import type { CandidateFileConfig, DatasetConfig } from '../config/schema';
import type { DataChecker, DataChoice, DataProblem } from '../protocol/dataCheck';
import { columnChoices, rankColumns } from './columnChoices';
import type { ColumnPick, DataFile } from './dataFile';
import { DatasetError } from './datasetError';
import { datasetErrorFrom, withDuckDb, type Connect } from './duckDb';
import { inspectFile, type FileRequest } from './inspectFile';
import { nearFiles } from './nearFiles';
import { findTableFiles, wantedColumns, withLists } from './openSource';
import { CANDIDATES_FIELD, candidatePicks, wantedOfLists } from './readCandidates';
import { entityPicks } from './readEntityTable';
import { interactionPicks } from './readInteractions';
import { findColumn, resolveColumn } from './resolveColumn';

/** Files of a glob that are looked at: people wait for this. */
const MAX_FILES = 16;
/** Looked-at files that are remembered. */
const MAX_KNOWN = 500;
/** Columns that are offered in place of one: nobody reads a longer list. */
const MAX_CHOICES = 200;

const IN_ORDER: DataChoice = { value: null, detail: 'the rows of each user are in time order' };

type Table = FileRequest['options'] & { path?: string | string[] | undefined; query?: string | undefined };

/**
 * Looks at the data of configs as a trainer would, with its code and so in its words, but only at the starts of files, and at
 * nothing that a query reads.
 */
export class DataLook implements DataChecker {
  readonly #known = new Map<string, { stamp: string; file: DataFile }>();
  #connection: Promise<DuckDBConnection> | null = null;

  async check(dataset: object, baseDirectory: string, candidates: object | null): Promise<DataProblem[]> {
    const config = dataset as DatasetConfig;
    const { items, users } = config;
    const wanted = wantedColumns(config);
    const request = (options: Table, field: string, names: string[]): FileRequest => ({
      options,
      field,
      wanted: names,
      baseDirectory,
    });
    const problems: DataProblem[] = [];
    const { split } = config;
    const rows = await this.#look(config, request(config, 'dataset', wanted.interactions), problems);
    if (split.type === 'files') {
      for (const part of ['validation', 'test'] as const) {
        const table = { ...config, path: split[part] };
        const place = ['dataset', 'split', part];
        rows.push(
          ...(await this.#look(table, request(config, 'dataset', wanted.interactions), problems, place)),
        );
      }
    }
    if (rows.length > 0) {
      const columns = withLists(config.columns, { kind: 'files', files: rows });
      await this.#checkColumns(rows, () => interactionPicks({ ...config, columns }), problems);
    }
    for (const [of, table] of [
      ['items', items],
      ['users', users],
    ] as const) {
      if (!table) continue;
      const files = await this.#look(table, request(table, `dataset.${of}`, wanted[of]), problems);
      const title = of === 'items' ? items?.title : null;
      const picks = (file: DataFile) =>
        entityPicks({ kind: 'files', files: [file] }, { of, id: table.id, title, features: table.features });
      await this.#checkColumns(files, picks, problems);
    }
    if (candidates !== null) {
      const lists = candidates as CandidateFileConfig;
      const files = await this.#look(
        lists,
        request(lists, CANDIDATES_FIELD, wantedOfLists(lists, config)),
        problems,
      );
      const picks = (file: DataFile) => candidatePicks(lists, config, { kind: 'files', files: [file] });
      await this.#checkColumns(files, picks, problems);
    }
    return problems;
  }

  async columns(table: object, field: string, role: string, baseDirectory: string): Promise<DataChoice[]> {
    const options = table as Table;
    const [file] = await this.#look(options, { options, field, wanted: [], baseDirectory }, []);
    return file ? rankColumns(await columnChoices(file), '', role, new Set()).slice(0, MAX_CHOICES) : [];
  }

  async files(typed: string, baseDirectory: string): Promise<DataChoice[]> {
    return (await nearFiles(typed, baseDirectory)).map((value) => ({ value, detail: '' }));
  }

  /** The files of a table that can be read; of the others, what is wrong goes to `problems`. */
  async #look(
    table: Table,
    request: FileRequest,
    problems: DataProblem[],
    field = [...request.field.split('.'), 'path'],
  ): Promise<DataFile[]> {
    if (table.query !== undefined) return [];
    const { path = [] } = table;
    const files: DataFile[] = [];
    for (const [index, pattern] of [path].flat().entries()) {
      try {
        for (const found of await findTableFiles(this.#connect, pattern, request))
          if (files.length < MAX_FILES) files.push(await this.#inspect(found, request));
      } catch (thrown) {
        const error = datasetErrorFrom(thrown);
        const place = [...field, ...(Array.isArray(path) ? [index] : [])];
        const choices = ['dataset/missing-file', 'dataset/no-match', 'dataset/is-directory'].includes(
          error.code,
        )
          ? await this.files(pattern, request.baseDirectory)
          : [];
        problems.push({ path: place, at: 'value', message: error.message, choices });
      }
    }
    return files;
  }

  async #inspect(path: string, request: FileRequest): Promise<DataFile> {
    const { size, mtimeMs, ino } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0, ino: 0 }));
    const { format, separator, header, quote, escape, encoding } = request.options;
    const options = [format, separator, header, quote, escape, encoding];
    const key = JSON.stringify([path, request.field, request.baseDirectory, request.wanted, options]);
    const stamp = `${size} ${mtimeMs} ${ino}`;
    const known = this.#known.get(key);
    if (known?.stamp === stamp) return known.file;
    const file = await inspectFile(this.#connect, path, request);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, { stamp, file });
    return file;
  }

  async #checkColumns(
    files: readonly DataFile[],
    picksOf: (file: DataFile) => Readonly<Record<string, ColumnPick>>,
    problems: DataProblem[],
  ): Promise<void> {
    const told = new Set<string>();
    for (const file of files) {
      const picks = Object.values(picksOf(file));
      const found = picks.map(({ column }) => findColumn(file, column) >= 0);
      if (!found.includes(false)) continue;
      const columns = await columnChoices(file);
      const taken = new Set(picks.filter((_, index) => found[index]).map(({ column }) => column));
      for (const [index, pick] of picks.entries()) {
        const path = pathOf(pick);
        if (told.has(path.join('.')) || found[index]) continue;
        told.add(path.join('.'));
        const choice = openChoiceAt(path);
        const role = choice?.kind === 'column' ? choice.role : '';
        problems.push({
          path,
          at: pick.field.endsWith('.features') ? 'key' : 'value',
          message: missingMessage(file, pick),
          choices: [
            ...rankColumns(columns, pick.column, role, taken).slice(0, MAX_CHOICES),
            ...(role === 'timestamp' ? [IN_ORDER] : []),
          ],
        });
      }
    }
  }

  /** One for all that is asked, and only once a glob or a Parquet file needs it. It ends with the process. */
  readonly #connect: Connect = () => {
    this.#connection ??= new Promise((resolve, reject) => {
      withDuckDb({ cacheDirectory: tmpdir(), threads: 1 }, (connection) => {
        resolve(connection);
        return new Promise(() => undefined);
      }).catch(reject);
    });
    return this.#connection;
  };
}

function pathOf({ field, column }: ColumnPick): string[] {
  const path = field.split('.');
  return path.at(-1) === 'features' ? [...path, column] : path;
}

function missingMessage(file: DataFile, pick: ColumnPick): string {
  try {
    resolveColumn(file, pick);
  } catch (error) {
    if (error instanceof DatasetError) return error.message;
    throw error;
  }
  throw new Error(`${pick.column} is there.`);
}
