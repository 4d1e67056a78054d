/** Side features of the users or of the items: a column of values, by the index of the user or item. */
export type FeatureColumn = CategoryColumn | MultiColumn | NumberColumn;

/** One value of a known set for each row, such as a genre or an occupation. */
export interface CategoryColumn {
  kind: 'category';
  name: string;
  /** Index into `labels` for each row. 0 where there is no value, or one that training does not know. */
  values: Int32Array;
  /** Text of each value; `labels[0]` is the empty string, for the unknown. */
  labels: string[];
}

/** Several values of a known set for each row, such as tags. */
export interface MultiColumn {
  kind: 'multi';
  name: string;
  /** Row r has `values[offsets[r]] … values[offsets[r + 1] - 1]`; none where nothing is known. */
  offsets: Uint32Array;
  /** Indices into `labels`, from 1. */
  values: Int32Array;
  labels: string[];
}

/** A number for each row, such as a price. */
export interface NumberColumn {
  kind: 'number';
  name: string;
  /** Normalized as the config says; 0, the mean, where there is no value. */
  values: Float32Array;
  /** What was subtracted, and what divided by. */
  shift: number;
  scale: number;
}
