/** What to write vectors of, and where. */
export interface VectorRequest {
  of: 'items' | 'users';
  format: VectorFormat;
  /** Absolute path. */
  output: string;
}

export const VECTOR_FORMATS = ['npy', 'csv', 'jsonl'] as const;
export type VectorFormat = (typeof VECTOR_FORMATS)[number];

/** What was written. */
export interface VectorReport {
  of: VectorRequest['of'];
  format: VectorFormat;
  rows: number;
  /** Values of a vector. */
  width: number;
  /** Absolute paths: the vectors and, with `npy`, their ids. */
  files: string[];
  /** Of the checkpoint that the vectors are from. */
  epoch: number;
  /** What to tell people of the run's data and code, such as that their files have changed since; null without. */
  notice: string | null;
}
