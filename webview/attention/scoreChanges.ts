import type { AttentionResult, ScoredItem } from '../../src/protocol/attention';

/** How an item stands now, and how it stood before. */
export interface ScoreChange {
  item: ScoredItem;
  /** Null where it was not among those that are known of then. */
  before: ScoredItem | null;
  /** Positive when it gained. */
  scoreChange: number | null;
  /** Places gained: positive when it is nearer to the top. */
  placesGained: number | null;
}

/** What a result knows of items, by index. */
export function scoresOf(result: AttentionResult): Map<number, ScoredItem> {
  const all = [...result.candidates, ...result.recommendations, ...(result.target ? [result.target] : [])];
  return new Map(all.map((item) => [item.item, item]));
}

export function scoreChange(item: ScoredItem, before: ReadonlyMap<number, ScoredItem> | null): ScoreChange {
  const then = before?.get(item.item) ?? null;
  return {
    item,
    before: then,
    scoreChange: then && item.score - then.score,
    placesGained: then && then.rank - item.rank,
  };
}
