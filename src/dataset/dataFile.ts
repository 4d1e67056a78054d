/** A file of rows: how to read it and which columns its header names. */
export interface DataFile {
  path: string;
  /** The path as messages show it. */
  label: string;
  layout: DelimitedLayout | JsonLayout | ParquetLayout;
  columns: string[];
}

/** A column that the config names, and the config field that does. */
export interface ColumnPick {
  column: string;
  field: string;
}

export interface DelimitedLayout {
  kind: 'delimited';
  separator: string;
  /** RecBole's atomic files have no quoting: a `"` is a letter like any other. */
  quotes: boolean;
  /** Blank lines before the header. */
  skip: number;
}
export interface JsonLayout {
  kind: 'json';
}
export interface ParquetLayout {
  kind: 'parquet';
  /** Types of the columns: files that differ cannot be read in one call. */
  types: string[];
}

/** Where a row (from 1) of a text file is, for messages: ` (line 7)`; empty for other files. */
export function lineOf({ layout }: Pick<DataFile, 'layout'>, row: number): string {
  if (layout.kind === 'parquet') return '';
  return ` (line ${layout.kind === 'delimited' ? row + 1 + layout.skip : row})`;
}

/** Text of the file as messages show it. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
