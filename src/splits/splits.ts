import type { z } from 'zod';
import { leaveOneOut } from './leaveOneOut';
import type { DatasetSplit, Splitter } from './splitter';

/** All splits. The first one is the default. */
export const SPLITS = [leaveOneOut] as const;

/** How data are split, with its options. */
export type SplitConfig = z.output<(typeof SPLITS)[number]['options']>;

/** The splitter of a config that was checked. */
export function splitterOf({ type }: SplitConfig): Splitter {
  const all: readonly Splitter[] = SPLITS;
  return all.find(({ options }) => options.shape.type.value === type)!;
}

/** What is said of the data that it splits. */
export function describeSplit({ options, badge, text, needs }: Splitter): DatasetSplit {
  return { type: options.shape.type.value, badge, text, needs };
}
