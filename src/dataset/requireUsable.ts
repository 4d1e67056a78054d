import type { DatasetConfig } from '../config/schema';
import { thousands } from '../protocol/thousands';
import { DatasetError } from './datasetError';
import { dateText } from './dateText';
import type { PreparedDataset } from './preparedDataset';
import { partCounts } from './splitInteractions';

type Content = Pick<
  PreparedDataset,
  'numUsers' | 'numItems' | 'offsets' | 'times' | 'trainEnd' | 'validationEnd' | 'split' | 'labeled'
>;

/** @throws DatasetError where there is too little to train on or to evaluate */
export function requireUsable(
  dataset: Content,
  { minUserInteractions, minItemInteractions }: DatasetConfig,
): void {
  const { numUsers, numItems, split } = dataset;
  if (numUsers === 0) {
    throw new DatasetError(
      'dataset/nothing-left',
      `No interactions are left after leaving out users with fewer than ${minUserInteractions} and items with fewer than ` +
        `${minItemInteractions}, repeated until nothing changes. Lower \`minUserInteractions\` or \`minItemInteractions\`.`,
    );
  }
  if (numUsers === 1) {
    throw new DatasetError(
      'dataset/too-few-users',
      'Found one user, expected at least two. Is `dataset.columns.user` the right column?',
    );
  }
  if (numItems === 1) {
    throw new DatasetError(
      'dataset/too-few-items',
      'Found one item, expected at least two. Is `dataset.columns.item` the right column?',
    );
  }
  const counts = partCounts(dataset);
  const shown = dataset.labeled && partCounts(dataset.labeled);
  for (const part of ['test', 'validation', 'training'] as const) {
    if (counts[part] > 0) continue;
    throw new DatasetError(
      'dataset/empty-part',
      dataset.labeled === null
        ? `Of ${numUsers} users, none has interactions in the ${part} part: ${split.text} needs ${split.needs}. ${remedy(dataset)}`
        : `Of ${numUsers} users, none has a click in the ${part} part (${split.text}), and there are ${thousands(shown![part])} rows in it. ` +
            'Choose another split in `dataset.split`, or data with more clicks.',
    );
  }
}

function remedy({ times, split: { type, cut } }: Content): string {
  if (cut !== undefined && times !== null) {
    const [first, last] = times.reduce(
      ([least, most], time) => [Math.min(least, time), Math.max(most, time)],
      [Infinity, -Infinity],
    );
    return (
      `Validation begins at ${dateText(cut.validation)} and test at ${dateText(cut.test)}, and the data are from ` +
      `${dateText(first)} to ${dateText(last)}. Change \`dataset.split\`.`
    );
  }
  return type === 'files' || type === 'column'
    ? 'Check `dataset.split`, and what the filters of `dataset` leave.'
    : 'Is `dataset.columns.user` the right column?';
}
