/** What can go wrong with data. Codes are stable; tools may match on them. */
export type DatasetErrorCode =
  | 'dataset/missing-file'
  | 'dataset/no-match'
  | 'dataset/is-directory'
  | 'dataset/remote-file'
  | 'dataset/unreadable'
  | 'dataset/empty-file'
  | 'dataset/no-rows'
  | 'dataset/missing-column'
  | 'dataset/not-a-number'
  | 'dataset/bad-time'
  | 'dataset/not-utf8'
  | 'dataset/line-too-long'
  | 'dataset/malformed-csv'
  | 'dataset/malformed-json'
  | 'dataset/malformed-parquet'
  | 'dataset/not-gzip'
  | 'dataset/foreign-format'
  | 'dataset/bad-query'
  | 'dataset/no-order'
  | 'dataset/nothing-left'
  | 'dataset/too-few-users'
  | 'dataset/too-few-items'
  | 'dataset/empty-part'
  | 'dataset/bad-label'
  | 'dataset/one-label'
  | 'dataset/bad-split'
  | 'dataset/no-times'
  | 'dataset/no-duckdb'
  | 'dataset/out-of-memory'
  | 'dataset/disk-full'
  | 'dataset/unreadable-cache';

/** Data that cannot be used. The message says what was found, what was expected, where, and what to do. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';

  constructor(
    readonly code: DatasetErrorCode,
    message: string,
  ) {
    super(message);
  }
}
