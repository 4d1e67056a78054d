import type { PreparedDataset } from '../dataset/preparedDataset';
import type { RankingTask } from '../evaluation/evaluateRanking';
import type { ResultDetails } from '../evaluation/perUserResults';
import { itemCountsOf } from '../model/batches/batchBuilder';

/** What is stored of the users of a task and of their targets, beside what rankers say. */
export function resultDetailsOf(dataset: PreparedDataset, task: RankingTask): ResultDetails {
  const { offsets, times, itemIds } = dataset;
  const { users } = task;
  const counts = itemCountsOf(dataset);
  const targets = Uint32Array.from(users, (user) => task.target(user));
  const targetRow = (user: number): number => offsets[user]! + task.history(user).length;
  return {
    users,
    itemIds,
    historyLengths: Uint32Array.from(users, (user) => task.history(user).length),
    historyTimes: times && Float64Array.from(users, (user) => task.times!(user).at(-1) ?? NaN),
    targets,
    targetPopularity: targets.map((item) => counts[item]!),
    targetTimes: times && Float64Array.from(users, (user) => times[targetRow(user)]!),
  };
}
