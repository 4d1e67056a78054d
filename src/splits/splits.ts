import type { z } from 'zod';
import { column } from './column';
import { files } from './files';
import { lastN } from './lastN';
import { leaveOneOut } from './leaveOneOut';
import { randomRatio } from './randomRatio';
import { ratio } from './ratio';
import type { Cut, DatasetSplit, Splitter } from './splitter';
import { temporal } from './temporal';

/** All splits. The first one is the default. */
export const SPLITS = [leaveOneOut, lastN, ratio, randomRatio, temporal, files, column] as const;

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
  const all = SPLITS as readonly Splitter[];
  return all.find(({ options }) => options.shape.type.value === type)!;
}

/** What is said of data that were split so. */
export function describeSplit(config: SplitConfig, cut?: Cut): DatasetSplit {
  return { type: config.type, ...splitterOf(config).describe(config), ...(cut && { cut }) };
}
