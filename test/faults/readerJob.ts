/** What the reader process is asked to read. */
export type ReaderJob =
  | { kind: 'run'; run: string; inspect: boolean }
  | { kind: 'config'; file: string }
  | { kind: 'data'; configPath: string; cacheDirectory: string; files: string[] }
  | { kind: 'cache'; cacheDirectory: string; fingerprint: string }
  /** Writes the rows of a CSV file as Parquet. */
  | { kind: 'parquet'; csv: string; to: string };

export interface ReaderAnswer {
  /** What no damage may lead to. */
  problems: string[];
  /** Of what was read, by its name; what was refused has none. */
  digests?: Record<string, string>;
}
