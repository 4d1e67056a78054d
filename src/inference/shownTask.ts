import { RandomStream } from '../compute/random';
import { STREAMS } from '../compute/randomStreams';
import type { EvaluationConfig } from '../config/schema';
import { historiesUntil } from '../dataset/histories';
import type { LabeledInteractions } from '../dataset/labeledInteractions';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { LabeledResults } from '../evaluation/labeledResults';
import { listsOf, type ShownItems, type ShownLists } from '../evaluation/shownItems';
import type { EvaluationProtocol } from '../protocol/evaluation';
import { InferenceError } from './inferenceError';

/** What users were shown in a part, to be scored. */
export interface ShownTask {
  part: EvaluationProtocol['part'];
  shown: ShownItems;
  lists: ShownLists;
  protocol: EvaluationProtocol;
  /** What the user of a row had taken before, oldest first. */
  history: (row: number) => Uint32Array;
}

/**
 * The rows of a part, with the history of each.
 * @throws InferenceError when there are none, or all have the same label
 */
export function shownTask(
  dataset: PreparedDataset,
  labeled: LabeledInteractions,
  part: EvaluationProtocol['part'],
  { cutoffs, maxValidationUsers }: Pick<EvaluationConfig, 'cutoffs' | 'maxValidationUsers'>,
): ShownTask {
  const starts = part === 'validation' ? labeled.trainEnd : labeled.validationEnd;
  const end = (user: number): number =>
    part === 'validation' ? labeled.validationEnd[user]! : labeled.offsets[user + 1]!;
  const shownUsers = Uint32Array.from(starts.keys()).filter((user) => starts[user]! < end(user));
  const users =
    part === 'validation' && maxValidationUsers !== null
      ? sampleUsers(shownUsers, maxValidationUsers)
      : shownUsers;
  const numRows = users.reduce((sum, user) => sum + end(user) - starts[user]!, 0);
  const places = new Uint32Array(numRows);
  const shown = {
    users: new Uint32Array(numRows),
    items: new Uint32Array(numRows),
    labels: new Uint8Array(numRows),
    impressions: labeled.impressions && new Uint32Array(numRows),
  };
  let row = 0;
  for (const user of users) {
    for (let place = starts[user]!; place < end(user); place++) {
      places[row] = place;
      shown.users[row] = user;
      shown.items[row] = labeled.items[place]!;
      shown.labels[row] = labeled.labels[place]!;
      if (shown.impressions) shown.impressions[row] = labeled.impressions![place]!;
      row++;
    }
  }
  const numPositives = shown.labels.reduce((sum, label) => sum + label, 0);
  if (numPositives === 0 || numPositives === numRows) {
    throw new InferenceError(
      'evaluation/one-label',
      numRows === 0
        ? `No user has a row held out for ${part} (${dataset.split.text}). Use more data, or hold more out.`
        : `All ${numRows} rows held out for ${part} have the label ${numPositives === 0 ? 0 : 1}, and metrics compare those of both. ` +
            'Look at the labels, use more data, or hold more out.',
    );
  }
  const lists = listsOf(shown);
  const { offsets } = dataset;
  const { items } = historiesUntil(dataset, 'all');
  const { badge, text, type } = dataset.split;
  return {
    part,
    shown,
    lists,
    protocol: {
      ...{ split: type, splitName: { badge, text }, part },
      ...{ candidates: 'shown', numCandidates: numRows },
      shown: { by: lists.by, lists: lists.rows.length, leftOut: lists.leftOut },
      ...{ filterSeen: false, ties: 'expectation', cutoffs: [...cutoffs] },
      ...{ numUsers: users.length, numTargets: numPositives },
    },
    history: (at) => items.subarray(offsets[shown.users[at]!], labeled.historyEnd[places[at]!]),
  };
}

/** The rows as results store them: users by their place among those who were shown something. */
export function resultRows(
  dataset: PreparedDataset,
  { shown }: ShownTask,
): Pick<LabeledResults, 'shown' | 'userIds' | 'itemIds'> {
  const placeOf = new Map<number, number>();
  const users = shown.users.map((user) => {
    const place = placeOf.get(user) ?? placeOf.size;
    placeOf.set(user, place);
    return place;
  });
  const userIds = Array.from(placeOf.keys(), (user) => dataset.userIds[user]!);
  return { shown: { ...shown, users }, userIds, itemIds: dataset.itemIds };
}

/** So many of the users, always the same, in the order of all. */
export function sampleUsers(users: Uint32Array, count: number): Uint32Array {
  const shuffled = users.slice();
  new RandomStream(STREAMS.validationUsers).shuffle(shuffled);
  return shuffled.subarray(0, count).sort();
}
