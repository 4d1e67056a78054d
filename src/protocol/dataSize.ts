import { countOf } from './countOf';
import type { DatasetSummary } from './run';

/** Sizes of a run's data: `943 users, 1,682 items, 99,991 interactions`. */
export function dataSize(dataset: DatasetSummary): string {
  return `${countOf(dataset.numUsers, 'user')}, ${countOf(dataset.numItems, 'item')}, ${interactionsText(dataset)}`;
}

/** `99,991 interactions`; where the data have labels, `5,012 clicks, 99,991 shown items`. */
export function interactionsText({ numInteractions, numShown }: DatasetSummary): string {
  if (numShown === undefined) return countOf(numInteractions, 'interaction');
  return `${countOf(numInteractions, 'click')}, ${countOf(numShown, 'shown item')}`;
}
