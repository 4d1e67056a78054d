import { historiesUntil, type Histories } from '../dataset/histories';
import type { LabeledInteractions } from '../dataset/labeledInteractions';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { ShownSequences, TrainingSequences } from '../model/baseline';

/** What a baseline is fitted to: all that lies before the end of a part, and what users were shown there, where the data have labels. */
export function sequencesUntil(
  dataset: PreparedDataset,
  end: 'train' | 'validation',
): TrainingSequences & Histories {
  const { numItems, labeled } = dataset;
  return {
    numItems,
    ...historiesUntil(dataset, end),
    ...(labeled !== null && { shown: shownUntil(dataset, labeled, end) }),
  };
}

function shownUntil(
  { itemFeatures, userFeatures }: PreparedDataset,
  { offsets, trainEnd, validationEnd, items, labels }: LabeledInteractions,
  end: 'train' | 'validation',
): ShownSequences {
  const ends = end === 'train' ? trainEnd : validationEnd;
  const numRows = ends.reduce((sum, last, user) => sum + last - offsets[user]!, 0);
  const shown = {
    users: new Uint32Array(numRows),
    items: new Uint32Array(numRows),
    labels: new Uint8Array(numRows),
  };
  let row = 0;
  ends.forEach((last, user) => {
    const first = offsets[user]!;
    shown.users.fill(user, row, row + last - first);
    shown.items.set(items.subarray(first, last), row);
    shown.labels.set(labels.subarray(first, last), row);
    row += last - first;
  });
  return { ...shown, numUsers: ends.length, itemFeatures, userFeatures };
}
