import {
  aucFromRanks,
  averagePrecision,
  groupAuc,
  hitRate,
  meanReciprocalRank,
  ndcg,
  orderByScore,
  precision,
  recall,
  reciprocalRank,
} from '../../../src/evaluation/listMetrics';
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

/** Metric values, each by the library's own definition. */
export const check: GoldenCheck = (fixture, compare) => {
  const { ms_deeprec_group, librecommender, recbole } = fixture as Fixture;

  ms_deeprec_group.forEach((group, index) => {
    const ordered = orderByScore(group.labels, group.scores);
    const numRelevant = ordered.reduce((sum, label) => sum + label, 0);
    compare(`deeprec ${index} mrr`, [meanReciprocalRank(ordered)], group.mrr);
    for (const [name, expected] of Object.entries(group)) {
      const [metric, cutoff] = name.split('@');
      if (cutoff === undefined) continue;
      const k = Number(cutoff);
      const value = metric === 'hit' ? hitRate(ordered, k) : ndcg(ordered, numRelevant, k);
      compare(`deeprec ${index} ${name}`, [value], expected);
    }
  });

  librecommender.forEach(({ truth, reco, k, ...expected }, index) => {
    const relevance = reco.map((item) => (truth.includes(item) ? 1 : 0));
    const label = `librecommender ${index}`;
    compare(`${label} precision`, [precision(relevance, k)], expected.precision);
    compare(`${label} recall`, [recall(relevance, truth.length, k)], expected.recall);
    compare(`${label} map`, [averagePrecision(relevance, truth.length, k, 'hits')], expected.map);
    compare(`${label} ndcg`, [ndcg(relevance, truth.length, k, 'hits')], expected.ndcg);
  });

  const { pos_index, pos_len, GAUC } = recbole;
  const metrics = {
    Hit: (list: number[], _: number, k: number) => hitRate(list, k),
    MRR: (list: number[], _: number, k: number) => reciprocalRank(list, k),
    MAP: (list: number[], total: number, k: number) => averagePrecision(list, total, k),
    Recall: recall,
    NDCG: (list: number[], total: number, k: number) => ndcg(list, total, k),
    Precision: (list: number[], _: number, k: number) => precision(list, k),
  };
  for (const [name, metric] of Object.entries(metrics)) {
    const values = pos_index.flatMap((list, user) =>
      list.map((_, place) => metric(list, pos_len[user]!, place + 1)),
    );
    compare(`recbole ${name}`, values, recbole[name as keyof typeof metrics]);
  }
  const aucs = GAUC.pos_rank_sum.map((sum, user) =>
    aucFromRanks(sum[0]!, GAUC.pos_len[user]!, GAUC.user_len[user]!),
  );
  compare('recbole GAUC', [groupAuc(aucs, GAUC.pos_len)], GAUC.gauc);
};
