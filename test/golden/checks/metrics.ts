import { areaFromRanks } from '../../../src/evaluation/metrics/auc';
import { weightedMean } from '../../../src/evaluation/metrics/gauc';
import { hr } from '../../../src/evaluation/metrics/hr';
import { librecommenderMap } from '../../../src/evaluation/metrics/librecommenderMap';
import { librecommenderNdcg } from '../../../src/evaluation/metrics/librecommenderNdcg';
import { map } from '../../../src/evaluation/metrics/map';
import type { RankMetric } from '../../../src/evaluation/metrics/metric';
import { microsoftMrr } from '../../../src/evaluation/metrics/microsoftMrr';
import { mrr } from '../../../src/evaluation/metrics/mrr';
import { ndcg } from '../../../src/evaluation/metrics/ndcg';
import { precision } from '../../../src/evaluation/metrics/precision';
import { recall } from '../../../src/evaluation/metrics/recall';
import type { GoldenCheck } from '../goldenCheck';

interface Fixture {
  ms_deeprec_group: ({ labels: number[]; scores: number[]; mrr: number } & Record<string, number>)[];
  librecommender: ({ truth: number[]; reco: number[]; k: number } & Record<
    'precision' | 'recall' | 'map' | 'ndcg',
    number
  >)[];
  recbole: {
    pos_index: number[][];
    pos_len: number[];
    GAUC: { pos_rank_sum: number[][]; user_len: number[]; pos_len: number[]; gauc: number };
  } & Record<'Hit' | 'MRR' | 'MAP' | 'Recall' | 'NDCG' | 'Precision', number[][]>;
}

/** The value of a list that is given by whether each of its places, best first, holds a relevant item. */
function valueOf(
  metric: RankMetric,
  relevance: readonly number[],
  numRelevant: number,
  k: number,
): number {
  const places = relevance.flatMap((label, before) => (label > 0 && before < k ? [before + 1] : []));
  return metric.of({ places, numRelevant }, k);
}

/** Metric values, each by the library's own definition. */
export const check: GoldenCheck = (fixture, compare) => {
  const { ms_deeprec_group, librecommender, recbole } = fixture as Fixture;

  ms_deeprec_group.forEach((group, index) => {
    // Of equal scores the later comes first here: with the positive first in its group, ties count against it.
    const order = [...group.scores.keys()].sort((a, b) => group.scores[b]! - group.scores[a]! || b - a);
    const ordered = order.map((place) => group.labels[place]!);
    const numRelevant = ordered.reduce((sum, label) => sum + label, 0);
    // Its `mean_mrr` has no cut-off.
    compare(`deeprec ${index} mrr`, [valueOf(microsoftMrr, ordered, numRelevant, ordered.length)], group.mrr);
    for (const [name, expected] of Object.entries(group)) {
      const [metric, cutoff] = name.split('@');
      if (cutoff === undefined) continue;
      const value = valueOf(metric === 'hit' ? hr : ndcg, ordered, numRelevant, Number(cutoff));
      compare(`deeprec ${index} ${name}`, [value], expected);
    }
  });

  librecommender.forEach(({ truth, reco, k, ...expected }, index) => {
    const relevance = reco.map((item) => (truth.includes(item) ? 1 : 0));
    const label = `librecommender ${index}`;
    compare(`${label} precision`, [valueOf(precision, relevance, truth.length, k)], expected.precision);
    compare(`${label} recall`, [valueOf(recall, relevance, truth.length, k)], expected.recall);
    compare(`${label} map`, [valueOf(librecommenderMap, relevance, truth.length, k)], expected.map);
    compare(`${label} ndcg`, [valueOf(librecommenderNdcg, relevance, truth.length, k)], expected.ndcg);
  });

  const { pos_index, pos_len, GAUC } = recbole;
  const metrics = { Hit: hr, MRR: mrr, MAP: map, Recall: recall, NDCG: ndcg, Precision: precision };
  for (const [name, metric] of Object.entries(metrics)) {
    const values = pos_index.flatMap((list, user) =>
      list.map((_, before) => valueOf(metric, list, pos_len[user]!, before + 1)),
    );
    compare(`recbole ${name}`, values, recbole[name as keyof typeof metrics]);
  }
  // It weights users by their positives.
  const areas = GAUC.pos_rank_sum.map((sum, user) => ({
    value: areaFromRanks(sum[0]!, GAUC.pos_len[user]!, GAUC.user_len[user]!),
    weight: GAUC.pos_len[user]!,
  }));
  compare('recbole GAUC', [weightedMean(areas)], GAUC.gauc);
};
