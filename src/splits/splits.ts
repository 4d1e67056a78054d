import type { z } from 'zod';
import { leaveOneOut } from './leaveOneOut';
import type { DatasetSplit, Splitter } from './splitter';

/** All splits. The first one is the default. */
export const SPLITS = [leaveOneOut] as const;

/** The options of each, in the same order. */
export const SPLIT_OPTIONS = optionsOf(SPLITS);

/** How data are split, with its options. */
export type SplitConfig = z.output<(typeof SPLITS)[number]['options']>;

function optionsOf<const All extends readonly Pick<Splitter, 'options'>[]>(
  splits: All,
): { -readonly [Place in keyof All]: All[Place]['options'] } {
  return splits.map(({ options }) => options) as { -readonly [Place in keyof All]: All[Place]['options'] };
}

/** The splitter of a config that was checked. */
export function splitterOf({ type }: SplitConfig): Splitter {
  const all: readonly Splitter[] = SPLITS;
  return all.find(({ options }) => options.shape.type.value === type)!;
}

/** What is said of the data that it splits. */
export function describeSplit({ options, badge, text, needs }: Splitter): DatasetSplit {
  return { type: options.shape.type.value, badge, text, needs };
}
