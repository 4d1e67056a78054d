import type { RankingTask } from '../evaluation/evaluateRanking';

/**
 * The share of users whose held-out item is what most often follows the last two items of their history, or the last one, in the histories of
 * all: what the order of the data alone determines, which first-order baselines miss.
 */
export function predictableShare(task: RankingTask): number {
  const { users, numItems, filterSeen } = task;
  const pair = (before: number, last: number): number => before * (numItems + 1) + last;
  /** By the last items of somebody's history, how often each item follows them. */
  const following = new Map<number, Map<number, number>>();
  const contexts = (items: Uint32Array, end: number): number[] => {
    const last = items[end - 1];
    if (last === undefined) return [];
    return [pair(items[end - 2] ?? 0, last), -last];
  };
  for (const user of users) {
    const items = task.history(user);
    for (const context of contexts(items, items.length)) following.set(context, new Map());
  }
  for (const user of users) {
    const items = task.history(user);
    for (let place = 1; place < items.length; place++) {
      for (const context of contexts(items, place)) {
        const counts = following.get(context);
        counts?.set(items[place]!, (counts.get(items[place]!) ?? 0) + 1);
      }
    }
  }
  let predicted = 0;
  for (const user of users) {
    const items = task.history(user);
    const excluded = new Set(filterSeen ? items : []);
    const own = task.targets(user);
    for (const context of contexts(items, items.length)) {
      const candidates = [...following.get(context)!].filter(([item]) => !excluded.has(item));
      if (candidates.length === 0) continue;
      const [item] = candidates.reduce((best, next) => (next[1] > best[1] ? next : best));
      if (own.includes(item)) predicted++;
      break;
    }
  }
  return predicted / users.length;
}
