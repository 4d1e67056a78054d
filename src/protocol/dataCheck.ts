/* What the extension asks of the process that looks at data files. */

/** A value that could stand in a config: a file, or a column. */
export interface DataChoice {
  /** Null for a column that need not be there. */
  value: string | number | null;
  /** What is known of it, such as `whole numbers, such as 5`; empty for a file. */
  detail: string;
}

/** Something that keeps a config's data from being read. The message is the trainer's own. */
export interface DataProblem {
  /** Path of the field in the config, such as `['dataset', 'columns', 'user']`. */
  path: (string | number)[];
  /** A feature is named by its key. */
  at: 'value' | 'key';
  message: string;
  /** What could stand there instead, likeliest first. */
  choices: DataChoice[];
}

/**
 * Functions of the process. A dataset or table is a part of a config after validation; what is read by a query is not looked
 * at.
 */
export interface DataChecker {
  /**
   * What a trainer would say of the files and columns that a config names, as far as their starts tell.
   * @param candidates where the evaluation names a file of them
   */
  check(dataset: object, baseDirectory: string, candidates: object | null): Promise<DataProblem[]>;
  /** The columns of a table, those first that are likely for a role such as `user`; none where they cannot be known. */
  columns(table: object, field: string, role: string, baseDirectory: string): Promise<DataChoice[]>;
  /** Data files in and around the folder, those most like what is typed first; relative to the folder. */
  files(typed: string, baseDirectory: string): Promise<DataChoice[]>;
}
