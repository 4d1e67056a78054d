import type { z } from 'zod';
import type { SplitName } from '../protocol/evaluation';

/* What a split is to everything around it. `splits.ts` lists them. */

/** Options of a split as they stand in a config, told apart by `type`. */
export type SplitOptionsSchema = z.ZodObject<{ type: z.ZodLiteral<string> }>;

/** The parts that a split divides interactions into. */
export const PARTS = { training: 0, validation: 1, test: 2 } as const;

/** Interactions of all users, each user's oldest first: those of user u are `offsets[u] … offsets[u + 1] - 1`. */
export interface SplitInput {
  offsets: Uint32Array;
  /** Seconds since 1970 of each interaction; null when the data have no times. */
  times: Float64Array | null;
}

/** What prepared data say of their split. */
export interface DatasetSplit extends SplitName {
  /** In configs. */
  type: string;
  /** What data need so that somebody is measured, for the message where nobody is: `at least three interactions of a user`. */
  needs: string;
}

export interface Splitter<Schema extends SplitOptionsSchema = SplitOptionsSchema> extends Omit<
  DatasetSplit,
  'type'
> {
  options: Schema;
  /** @returns for each interaction its part, one of {@link PARTS} */
  split(input: SplitInput, options: z.output<Schema>): Uint8Array;
}
