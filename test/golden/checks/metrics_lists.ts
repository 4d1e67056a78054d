import { evaluateRanking, type RankingTask } from '../../../src/evaluation/evaluateRanking';
import { auc } from '../../../src/evaluation/metrics/auc';
import { averagePopularity } from '../../../src/evaluation/metrics/averagePopularity';
import { coverage } from '../../../src/evaluation/metrics/coverage';
import { diversity } from '../../../src/evaluation/metrics/diversity';
import { entropy } from '../../../src/evaluation/metrics/entropy';
import { f1 } from '../../../src/evaluation/metrics/f1';
import { f2 } from '../../../src/evaluation/metrics/f2';
import { gini } from '../../../src/evaluation/metrics/gini';
import { hr } from '../../../src/evaluation/metrics/hr';
import { logLoss } from '../../../src/evaluation/metrics/logLoss';
import { map } from '../../../src/evaluation/metrics/map';
import type { LabeledScores, ListMetric, RankMetric } from '../../../src/evaluation/metrics/metric';
import { mrr } from '../../../src/evaluation/metrics/mrr';
import { ndcg } from '../../../src/evaluation/metrics/ndcg';
import { novelty } from '../../../src/evaluation/metrics/novelty';
import { pap } from '../../../src/evaluation/metrics/pap';
import { partialAuc } from '../../../src/evaluation/metrics/partialAuc';
import { precision } from '../../../src/evaluation/metrics/precision';
import { recboleCoverage } from '../../../src/evaluation/metrics/recboleCoverage';
import { recboleEntropy } from '../../../src/evaluation/metrics/recboleEntropy';
import { recboleGauc } from '../../../src/evaluation/metrics/recboleGauc';
import { recboleGini } from '../../../src/evaluation/metrics/recboleGini';
import { rectoolsMap } from '../../../src/evaluation/metrics/rectoolsMap';
import { rectoolsNdcg } from '../../../src/evaluation/metrics/rectoolsNdcg';
import { rPrecision } from '../../../src/evaluation/metrics/rPrecision';
import { recall } from '../../../src/evaluation/metrics/recall';
import { serendipity } from '../../../src/evaluation/metrics/serendipity';
import { tailShare } from '../../../src/evaluation/metrics/tailShare';
import { rankMetricValues, tieGroups, type RankedTargets } from '../../../src/evaluation/rankMetrics';
import type { Catalog, TopLists } from '../../../src/evaluation/topLists';
import { rankByScores } from '../../../src/inference/rankByScores';
import type { GoldenCheck } from '../goldenCheck';

interface Result {
  library: 'RecTools' | 'RecBole';
  metric: string;
  options: Partial<Record<string, number | string | boolean | null>>;
  value: number | null;
  perUser?: (number | null)[];
}

interface Labeled {
  rows: [user: number, item: number, score: number, label: number][];
}

interface Lists {
  recommended: number[][];
  relevant: number[][];
}

interface Fixture extends Lists {
  numItems: number;
  train: number[][];
  scores: number[][];
  categories: number[][];
  labelled: Labeled;
  labelledTies: Labeled;
  results: Result[];
  edge: Record<'rectools' | 'recbole', Lists> & { results: Result[] };
}

/** Values of RecTools and RecBole for lists with several relevant items: shared/design/metrics.md says what each is. */
export const check: GoldenCheck = async (fixture, compare) => {
  const golden = fixture as Fixture;
  const catalog = catalogOf(golden);
  const evaluated = await evaluate(golden, catalog);
  compare('lists', evaluated.lists.items, golden.recommended);
  const skipped = new Set<string>();
  const run = (
    results: readonly Result[],
    rankingsOf: (library: Result['library']) => Rankings,
    of: string,
  ): void => {
    for (const result of results) {
      const { library, metric, options, value, perUser } = result;
      const label = `${of} ${library} ${metric} ${JSON.stringify(options)}`;
      const own = ownValues(golden, catalog, rankingsOf(library), result);
      if (own === null) {
        skipped.add(`${library} ${metric}${variantOf(options)}`);
        continue;
      }
      const counted = typeof own === 'number' ? [own] : own.filter((each) => !Number.isNaN(each));
      // Where a user has no relevant item, RecBole's recall is not a number, and so is its mean.
      if (value !== null) compare(label, [counted.reduce((sum, each) => sum + each, 0) / counted.length], value);
      if (perUser && typeof own !== 'number')
        compare(`${label} by user`, own, perUser.map((each) => each ?? NaN));
    }
  };
  run(golden.results, () => evaluated, 'all');
  run(
    golden.edge.results,
    (library) => rankingsOfLists(golden.edge[library === 'RecTools' ? 'rectools' : 'recbole'], catalog),
    'edge',
  );
  process.stdout.write(`metrics_lists, of which RecSight has no such metric: ${[...skipped].sort().join(', ')}\n`);
};

/** What our evaluation makes of users' rankings. */
interface Rankings {
  ranked: RankedTargets;
  lists: TopLists;
}

/** From the scores: full ranking of all items but those of training. */
async function evaluate({ numItems, train, relevant, scores }: Fixture, catalog: Catalog): Promise<Rankings> {
  const task: RankingTask = {
    part: 'test',
    split: { type: 'golden', badge: '', text: '' },
    numItems,
    users: Uint32Array.from(train.keys()),
    numTargets: relevant.flat().length,
    filterSeen: true,
    seenTargets: 0,
    history: (user) => Uint32Array.from(train[user]!),
    targets: (user) => Uint32Array.from(relevant[user]!),
    catalog: () => catalog,
  };
  const ranker = rankByScores({
    score: (_, users) => Float32Array.from(users.flatMap((user) => scores[user]!)),
  });
  const options = { metrics: [hr], cutoffs: [10], batchSize: 5, listLength: 20 };
  const { targetOffsets, ranks, lists } = await evaluateRanking(task, ranker, options);
  const topLists = { ...lists!, relevant: (row: number) => relevant[row]! };
  return { ranked: { targetOffsets, ranks }, lists: topLists };
}

/** From lists that are all that is known: what they lack comes last. */
function rankingsOfLists({ recommended, relevant }: Lists, { numItems }: Catalog): Rankings {
  const places = Uint32Array.from(
    relevant.flatMap((own, user) =>
      own.map((item) => (recommended[user]!.indexOf(item) + 1 || numItems)),
    ),
  );
  const ends = relevant.map((_, user) => relevant.slice(0, user + 1).flat().length);
  const length = Math.max(...recommended.map((list) => list.length));
  const items = new Int32Array(recommended.length * length);
  recommended.forEach((list, row) => items.set(list, row * length));
  return {
    ranked: { targetOffsets: Uint32Array.of(0, ...ends), ranks: { best: places, worst: places } },
    lists: { length, items, relevant: (row) => relevant[row]! },
  };
}

function rankMetricOf({ library, metric, options }: Result): RankMetric | undefined {
  if (metric === 'F1Beta') return options.beta === 1 ? f1 : f2;
  if (metric === 'Precision' && options.r_precision === true) return rPrecision;
  if (library === 'RecTools' && metric === 'MAP') return rectoolsMap;
  if (library === 'RecTools' && metric === 'NDCG' && options.divide_by_achievable !== true) return rectoolsNdcg;
  const same = { Hit: hr, HitRate: hr, MRR: mrr, MAP: map, Recall: recall, NDCG: ndcg, Precision: precision, PartialAUC: partialAuc, PAP: pap };
  return (same as Partial<Record<string, RankMetric>>)[metric];
}

function listMetricOf({ library, metric, options }: Result, numItems: number): ListMetric | undefined {
  if (metric === 'TailPercentage' && (options.tail_ratio ?? 0.1) !== 0.1) return undefined;
  const withPadding = options.num_items !== undefined && options.num_items !== numItems;
  const same = {
    ...{ MeanInvUserFreq: novelty, AvgRecPopularity: averagePopularity, AveragePopularity: averagePopularity },
    ...{ CatalogCoverage: coverage, ItemCoverage: withPadding ? recboleCoverage : coverage },
    ...{ GiniIndex: withPadding ? recboleGini : gini, ShannonEntropy: library === 'RecBole' ? recboleEntropy : entropy },
    ...{ Serendipity: serendipity, IntraListDiversity: diversity, TailPercentage: tailShare },
  };
  return (same as Partial<Record<string, ListMetric>>)[metric];
}

/** Of each user or of all, in the library's unit; null where there is no such metric. */
function ownValues(
  golden: Fixture,
  catalog: Catalog,
  { ranked, lists }: Rankings,
  result: Result,
): number[] | number | null {
  const { library, metric, options } = result;
  const k = Number(options.k);
  const rankMetric = rankMetricOf(result);
  if (rankMetric !== undefined) {
    const groups = tieGroups(ranked);
    const values = rankMetricValues(rankMetric, groups, k);
    // Without a relevant item there is no value of ours: our evaluation has no such users.
    return Array.from(values, (value, user) => {
      const numRelevant = groups.numRelevant[user]!;
      if (numRelevant === 0) return library === 'RecTools' || metric === 'Recall' ? NaN : 0;
      return metric === 'MAP' && options.divide_by_k === true ? (value * numRelevant) / k : value;
    });
  }

  const listMetric = listMetricOf(result, golden.numItems);
  if (listMetric !== undefined) {
    const value = listMetric.of(lists, k, catalog);
    if (typeof value !== 'number') {
      const all = catalog.interactions.reduce((sum, count) => sum + count, 0);
      return Array.from(value, (own) => (options.normalize === true ? own / all : own));
    }
    return metric === 'CatalogCoverage' && options.normalize === false ? value * golden.numItems : value;
  }

  const shown = shownOf(golden, String(options.on));
  switch (metric) {
    case 'AUC':
      return auc.of(shown);
    case 'LogLoss':
      return logLoss.of(shown);
    case 'GAUC':
      return recboleGauc.of(shown);
    default:
      return null;
  }
}

function shownOf({ labelled, labelledTies, scores, train, relevant }: Fixture, on: string): LabeledScores {
  const rows = on.startsWith('catalog')
    ? scores.flatMap((own, user) =>
        own.flatMap((score, column): Labeled['rows'] =>
          train[user]!.includes(column + 1)
            ? []
            : [[user, column + 1, score, relevant[user]!.includes(column + 1) ? 1 : 0]],
        ),
      )
    : (on.startsWith('labelledTies') ? labelledTies : labelled).rows;
  return {
    users: rows.map(([user]) => user),
    scores: rows.map(([, , score]) => score),
    labels: rows.map(([, , , label]) => label),
  };
}

function catalogOf({ numItems, train, categories }: Fixture): Catalog {
  const interactions = new Uint32Array(numItems + 1);
  const users = new Uint32Array(numItems + 1);
  for (const own of train) {
    for (const item of own) interactions[item]!++;
    for (const item of new Set(own)) users[item]!++;
  }
  const ascending = categories.map((own) => [...own].sort((a, b) => a - b));
  return { numItems, numUsers: train.length, interactions, users, categories: [[], ...ascending] };
}

function variantOf(options: Result['options']): string {
  const given = Object.entries(options).filter(([name]) => name === 'tail_ratio' || name === 'beta');
  return given.map(([name, value]) => ` (${name} ${String(value)})`).join('');
}
