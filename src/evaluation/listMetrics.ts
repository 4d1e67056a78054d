/*
 * Metrics of lists with any number of relevant items (Järvelin and Kekäläinen, 2002; Manning et al., 2008, chapter 8).
 * A list is given by whether each of its places, best first, holds a relevant item, and by how many relevant items there are
 * in all. Where a library defines a metric otherwise, its definition has a name.
 */

/** Relevance of the places of a list, best first: 1 or 0. */
export type Relevance = ArrayLike<number>;

/**
 * What a list is measured against:
 * - `standard`: the best list of its length there could be, with min(relevant, k) of them in front
 * - `hits`: the best order of what was found (LibRecommender); a list with one hit in front is perfect, whatever it lacks
 */
export type Ideal = 'standard' | 'hits';

function countHits(relevance: Relevance, k: number): number {
  let hits = 0;
  for (let place = 0; place < Math.min(k, relevance.length); place++) hits += relevance[place]!;
  return hits;
}

/** 1 if there is a relevant item among the first k. */
export function hitRate(relevance: Relevance, k: number): number {
  return countHits(relevance, k) > 0 ? 1 : 0;
}

/** Share of the first k places that are relevant. */
export function precision(relevance: Relevance, k: number): number {
  return countHits(relevance, k) / k;
}

/** Share of the relevant items that are among the first k. */
export function recall(relevance: Relevance, numRelevant: number, k: number): number {
  return countHits(relevance, k) / numRelevant;
}

/** 1/place of the first relevant item if it is among the first k, else 0. */
export function reciprocalRank(relevance: Relevance, k: number): number {
  for (let place = 0; place < Math.min(k, relevance.length); place++)
    if (relevance[place]! > 0) return 1 / (place + 1);
  return 0;
}

/** Mean of 1/place over the relevant items of the list, as in Microsoft Recommenders' `mean_mrr`. */
export function meanReciprocalRank(relevance: Relevance): number {
  let sum = 0;
  for (let place = 0; place < relevance.length; place++) sum += relevance[place]! / (place + 1);
  return sum / countHits(relevance, relevance.length);
}

/** Mean of the precisions at the relevant places among the first k; of as many as could be there, or as are. */
export function averagePrecision(
  relevance: Relevance,
  numRelevant: number,
  k: number,
  ideal: Ideal = 'standard',
): number {
  let hits = 0;
  let sum = 0;
  for (let place = 0; place < Math.min(k, relevance.length); place++) {
    if (relevance[place]! === 0) continue;
    hits++;
    sum += hits / (place + 1);
  }
  return hits === 0 ? 0 : sum / (ideal === 'hits' ? hits : Math.min(numRelevant, k));
}

/** Discounted gain of the first k places, gain 1 and discount log₂(place + 1), over that of the ideal list. */
export function ndcg(
  relevance: Relevance,
  numRelevant: number,
  k: number,
  ideal: Ideal = 'standard',
): number {
  let gain = 0;
  for (let place = 0; place < Math.min(k, relevance.length); place++)
    gain += relevance[place]! / Math.log2(place + 2);
  const best = ideal === 'hits' ? countHits(relevance, k) : Math.min(numRelevant, k);
  let idealGain = 0;
  for (let place = 0; place < best; place++) idealGain += 1 / Math.log2(place + 2);
  return best === 0 ? 0 : gain / idealGain;
}

/**
 * Labels in the order of their scores, best first. Of equal scores the later comes first, as in Microsoft Recommenders: with
 * the positive first in its group, ties count against it.
 */
export function orderByScore(labels: ArrayLike<number>, scores: ArrayLike<number>): number[] {
  const places = Array.from({ length: labels.length }, (_, place) => place);
  return places.sort((a, b) => scores[b]! - scores[a]! || b - a).map((place) => labels[place]!);
}

/**
 * Area under the ROC curve from ranks (Mann and Whitney, 1947): the share of pairs of a positive and a negative that are in
 * the right order, ties counting half.
 * @param rankSum sum of the positives' ranks, best first from 1, ties at their average
 * @returns NaN where there is no pair
 */
export function aucFromRanks(rankSum: number, numPositives: number, size: number): number {
  const numNegatives = size - numPositives;
  const above = (size + 1) * numPositives - (numPositives * (numPositives + 1)) / 2 - rankSum;
  return above / (numPositives * numNegatives);
}

/** Area under the ROC curve of labels 1 and 0, ties counting half; NaN when all labels are the same. */
export function auc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  const places = Array.from({ length: labels.length }, (_, place) => place);
  places.sort((a, b) => scores[b]! - scores[a]!);
  let rankSum = 0;
  let numPositives = 0;
  for (let first = 0; first < places.length;) {
    let next = first;
    let positives = 0;
    while (next < places.length && scores[places[next]!] === scores[places[first]!])
      positives += labels[places[next++]!]!;
    rankSum += positives * ((first + 1 + next) / 2);
    numPositives += positives;
    first = next;
  }
  return aucFromRanks(rankSum, numPositives, places.length);
}

/** Mean of users' AUCs by their weights, such as impressions or positives. Users without a pair are left out. */
export function groupAuc(aucs: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  let total = 0;
  aucs.forEach((value, user) => {
    if (Number.isNaN(value)) return;
    sum += weights[user]! * value;
    total += weights[user]!;
  });
  return sum / total;
}

/** Mean of −log of the probability given to the true label, probabilities kept away from 0 and 1 by `epsilon`. */
export function logLoss(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  epsilon = 1e-15,
): number {
  let sum = 0;
  for (let place = 0; place < labels.length; place++) {
    const probability = Math.min(1 - epsilon, Math.max(epsilon, probabilities[place]!));
    sum -= labels[place]! > 0 ? Math.log(probability) : Math.log(1 - probability);
  }
  return sum / labels.length;
}
