import type { z } from 'zod';
import type { SplitName } from '../protocol/evaluation';

/* What a split is to everything around it. `splits.ts` lists them. */

/** Options of a split as they stand in a config, told apart by `type`. */
export type SplitOptionsSchema = z.ZodObject<{ type: z.ZodLiteral<string> }>;

/** The parts that a split divides interactions into, and what it leaves out of the data. */
export const PARTS = { training: 0, validation: 1, test: 2, leftOut: 3 } as const;

/** Interactions of all users, each user's oldest first: those of user u are `offsets[u] … offsets[u + 1] - 1`. */
export interface SplitInput {
  /** Id of each user. Some may have no interactions. */
  userIds: readonly string[];
  offsets: Uint32Array;
  /** Seconds since 1970 of each interaction; null when the data have no times. */
  times: Float64Array | null;
  /** Part of each interaction, where the data say it. */
  given: Uint8Array | null;
}

/** What a split sees, and what decides which of it stays together or is left out. */
export interface SplitRows extends SplitInput {
  /** Item of each interaction, below `numItems`. */
  items: Uint32Array;
  numItems: number;
  /** Rows of one number, all of one user, stay in one part; those of {@link BEFORE_ALL} are in training. Null: each row for itself. */
  groups: Uint32Array | null;
}

/** Group of rows that come before all that is split. */
export const BEFORE_ALL = 0xffffffff;

/** Seconds since 1970 from which on interactions are in these parts, whoever's they are. */
export interface Cut {
  validation: number;
  test: number;
}

export interface SplitResult {
  /** Part of each interaction, one of {@link PARTS}. */
  parts: Uint8Array;
  /** Where parts begin, if at one time for all users. */
  cut?: Cut;
}

/** What prepared data say of their split. */
export interface DatasetSplit extends SplitName {
  /** In configs. */
  type: string;
  /** What data need so that somebody is measured, for the message where nobody is: `at least three interactions of a user`. */
  needs: string;
  cut?: Cut;
}

export interface Splitter<Schema extends SplitOptionsSchema = SplitOptionsSchema> {
  options: Schema;
  /** Whether the data must have times. No if left out. */
  needsTimes?: true;
  /** How it is called with these options, and what it needs. */
  describe(options: z.output<Schema>): Omit<DatasetSplit, 'type' | 'cut'>;
  split(input: SplitInput, options: z.output<Schema>): SplitResult;
}
