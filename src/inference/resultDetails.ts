import type { PreparedDataset } from '../dataset/preparedDataset';
import type { RankingTask } from '../evaluation/evaluateRanking';
import type { ResultDetails } from '../evaluation/perUserResults';
import { itemCountsOf } from '../model/batches/batchBuilder';

/** What is stored of the users of a task and of their targets, beside what rankers say. */
export function resultDetailsOf(dataset: PreparedDataset, task: RankingTask): ResultDetails {
  const { users } = task;
  const counts = itemCountsOf(dataset);
  const targets = Uint32Array.from([...users].flatMap((user) => [...task.targets(user)]));
  return {
    users,
    itemIds: dataset.itemIds,
    historyLengths: Uint32Array.from(users, (user) => task.history(user).length),
    historyTimes: task.times ? Float64Array.from(users, (user) => task.times!(user).at(-1) ?? NaN) : null,
    targets,
    targetPopularity: targets.map((item) => counts[item]!),
    targetTimes: task.targetTimes
      ? Float64Array.from([...users].flatMap((user) => [...task.targetTimes!(user)]))
      : null,
  };
}
