import { auc } from '../../../src/evaluation/metrics/auc';
import { averagePopularity } from '../../../src/evaluation/metrics/averagePopularity';
import { coverage } from '../../../src/evaluation/metrics/coverage';
import { diversity } from '../../../src/evaluation/metrics/diversity';
import { entropy } from '../../../src/evaluation/metrics/entropy';
import { areasByUser, weightedMean } from '../../../src/evaluation/metrics/gauc';
import { gini } from '../../../src/evaluation/metrics/gini';
import { hr } from '../../../src/evaluation/metrics/hr';
import { logLoss } from '../../../src/evaluation/metrics/logLoss';
import { map } from '../../../src/evaluation/metrics/map';
import type { LabeledScores, ListMetric, RankMetric } from '../../../src/evaluation/metrics/metric';
import { mrr } from '../../../src/evaluation/metrics/mrr';
import { ndcg } from '../../../src/evaluation/metrics/ndcg';
import { novelty } from '../../../src/evaluation/metrics/novelty';
import { precision } from '../../../src/evaluation/metrics/precision';
import { recall } from '../../../src/evaluation/metrics/recall';
import { serendipity } from '../../../src/evaluation/metrics/serendipity';
import { tailShare } from '../../../src/evaluation/metrics/tailShare';
import { timesShown, type Catalog, type TopLists } from '../../../src/evaluation/topLists';
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
export const check: GoldenCheck = (fixture, compare) => {
  const golden = fixture as Fixture;
  const catalog = catalogOf(golden);
  const skipped = new Set<string>();
  const run = (results: readonly Result[], listsOf: (library: Result['library']) => Lists, of: string): void => {
    for (const result of results) {
      const { library, metric, options, value, perUser } = result;
      const label = `${of} ${library} ${metric} ${JSON.stringify(options)}`;
      const own = ownValues(golden, catalog, listsOf(library), result);
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
  run(golden.results, () => golden, 'all');
  run(golden.edge.results, (library) => golden.edge[library === 'RecTools' ? 'rectools' : 'recbole'], 'edge');
  process.stdout.write(`metrics_lists, of which RecSight has no such metric: ${[...skipped].sort().join(', ')}\n`);
};

const RANK_METRICS: Partial<Record<string, RankMetric>> = {
  ...{ Hit: hr, HitRate: hr, MRR: mrr, MAP: map, Recall: recall, NDCG: ndcg, Precision: precision },
};

const LIST_METRICS: Partial<Record<string, ListMetric>> = {
  ...{ MeanInvUserFreq: novelty, AvgRecPopularity: averagePopularity, AveragePopularity: averagePopularity },
  ...{ CatalogCoverage: coverage, ItemCoverage: coverage, GiniIndex: gini, ShannonEntropy: entropy },
  ...{ Serendipity: serendipity, IntraListDiversity: diversity, TailPercentage: tailShare },
};

/** Of each user or of all, put into the library's definition where ours is another; null where there is no such metric. */
function ownValues(
  golden: Fixture,
  catalog: Catalog,
  lists: Lists,
  { library, metric, options }: Result,
): number[] | number | null {
  const k = Number(options.k);
  const rankMetric = RANK_METRICS[metric];
  if (rankMetric !== undefined)
    return lists.relevant.map((relevant, user) => {
      if (relevant.length === 0) return library === 'RecTools' || metric === 'Recall' ? NaN : 0;
      const found = lists.recommended[user]!.slice(0, k);
      const places = found.flatMap((item, before) => (relevant.includes(item) ? [before + 1] : []));
      const numRelevant = relevant.length;
      const value = rankMetric.of({ places, numRelevant }, k);
      const achievable = Math.min(k, numRelevant);
      if (library === 'RecBole') return value;
      if (options.r_precision === true) return (value * k) / achievable;
      if (metric === 'MAP') return (value * achievable) / (options.divide_by_k === true ? k : numRelevant);
      if (metric !== 'NDCG' || options.divide_by_achievable === true) return value;
      // As if k items were relevant.
      return rankMetric.of({ places, numRelevant: k }, k);
    });

  const listMetric = LIST_METRICS[metric];
  if (listMetric !== undefined) {
    const length = Math.max(...lists.recommended.map((list) => list.length));
    const items = new Int32Array(lists.recommended.length * length);
    lists.recommended.forEach((list, row) => items.set(list, row * length));
    const topLists: TopLists = { length, items, relevant: (row) => lists.relevant[row]! };
    const numItems = Number(options.num_items ?? golden.numItems);
    const withPadding: Catalog = { ...catalog, numItems };
    const isTenth = (options.tail_ratio ?? 0.1) === 0.1;
    if (metric === 'TailPercentage' && !isTenth) return null;
    const value = listMetric.of(topLists, k, withPadding);
    if (typeof value !== 'number') {
      const all = catalog.interactions.reduce((sum, count) => sum + count, 0);
      return Array.from(value, (own) => (options.normalize === true ? own / all : own));
    }
    if (metric === 'CatalogCoverage' && options.normalize === false) return value * numItems;
    const distinct = timesShown(topLists, k, numItems).filter((times) => times > 0).length;
    return metric === 'ShannonEntropy' ? value / distinct : value;
  }

  const shown = shownOf(golden, String(options.on));
  switch (metric) {
    case 'AUC':
      return auc.of(shown);
    case 'LogLoss':
      return logLoss.of(shown);
    case 'GAUC':
      // It weights users by their positives.
      return weightedMean(areasByUser(shown).map(({ area, positives }) => ({ value: area, weight: positives })));
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
  const given = Object.entries(options).filter(([name]) => name === 'tail_ratio');
  return given.map(([name, value]) => ` (${name} ${String(value)})`).join('');
}
