import type { Histories, Query } from '../model';
import type { ExampleBatch } from '../batches/exampleBatches';
import { historyMask } from '../parts/historyMask';
import { ownCandidates, type Candidates } from '../parts/pairEmbedding';

/* What LibRecommender's DIN does otherwise than the paper: options `emptyHistory` and `negativeHistory`. */

/** Histories in which the padding item stands at the newest position of those that are empty, and counts as one. */
export function withLearnedEmpty({ histories: given, size, length: from }: Histories): {
  histories: Histories;
  present: Float32Array;
} {
  const length = Math.max(1, from); // where all are empty, there has to be a place for it
  const histories = length === from ? given : new Int32Array(size);
  const present = historyMask(histories);
  for (let end = length; end <= present.length; end += length)
    if (!present.subarray(end - length, end).includes(1)) present[end - 1] = 1;
  return { histories: { histories, size, length }, present };
}

/**
 * The users and candidates that a batch learns from. Where each candidate comes with a history of its own, it is the only one
 * of a user who has that history.
 */
export function usersAndCandidates(batch: ExampleBatch): { users: Query; candidates: Candidates } {
  const { size, length, candidates: ids, candidateHistories } = batch;
  if (candidateHistories === undefined) return { users: batch, candidates: ownCandidates(ids, size) };
  const columns = ids.length / size;
  const users = Int32Array.from(ids, (_, pair) => batch.users[Math.floor(pair / columns)]!);
  return {
    users: { size: ids.length, length, users, histories: candidateHistories },
    candidates: ownCandidates(ids, ids.length),
  };
}
