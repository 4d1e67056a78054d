/** A file of rows: how to read it and which columns it has. */
export interface DataFile {
  path: string;
  /** The path as messages show it. */
  label: string;
  layout: DelimitedLayout | SequencesLayout | JsonLayout | ParquetLayout;
  columns: string[];
  /**
   * Other names that columns go by, in lower case without `_`, `-` and spaces: places in a file without a header, and
   * the roles of columns in files that are well known.
   */
  aliases: Readonly<Record<string, number>>;
  compression: Compression | null;
  /** Of a text file, as the WHATWG standard spells it. */
  encoding: string;
  /** Whether the config says so. */
  encodingGiven: boolean;
  /** The first line of a file without a header, for messages. */
  firstLine?: string;
  /** The config field that the file comes from, such as `dataset.items`. */
  field: string;
  /** What was guessed about it, for people. */
  guesses: string[];
  /** Which part its rows are in, where the split says so of files. */
  part?: number;
  /** A copy in UTF-8 with plain line ends, made where DuckDB cannot read the file itself. */
  copy?: string;
}

export type Compression = 'gzip' | 'zstd';

/** A column that the config names, and the config field that does. */
export interface ColumnPick {
  column: string;
  field: string;
}

export interface DelimitedLayout {
  kind: 'delimited';
  separator: string;
  /** Empty where a `"` is a letter like any other. */
  quote: string;
  escape: string;
  /** Lines before the first row, the header among them. */
  skip: number;
  /** Whether a whole look at the file may still change quoting: the config does not say it. */
  guessed: { quote: boolean; escape: boolean };
}
/** A line per user: the user, then their items, oldest first. */
export interface SequencesLayout {
  kind: 'sequences';
  separator: string;
  skip: number;
}
export interface JsonLayout {
  kind: 'json';
  /** How objects follow each other, as DuckDB calls it. */
  format: 'newline_delimited' | 'array' | 'unstructured';
}
export interface ParquetLayout {
  kind: 'parquet';
  /** Types of the columns: files that differ cannot be read in one call. */
  types: string[];
}

/** Where a row (from 1) of a text file is, for messages: ` (line 7)`; empty for other files. */
export function lineOf({ layout }: Pick<DataFile, 'layout'>, row: number): string {
  if (layout.kind === 'parquet' || (layout.kind === 'json' && layout.format !== 'newline_delimited'))
    return '';
  return ` (line ${layout.kind === 'json' ? row : row + layout.skip})`;
}

/** Text of the file as messages show it. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
