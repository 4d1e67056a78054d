import { RandomStream } from '../../src/compute/random';
import { placeCounts, placeLimits } from '../../src/evaluation/comparison/placeHistogram';
import type { ChangedUser, ComparedRun, Comparison, GroupValue } from '../../src/protocol/comparison';
import type { GroupDifference } from '../../src/protocol/comparison';
import type { EvaluationProtocol } from '../../src/protocol/evaluation';

/* A comparison of three groups as the inspector answers it: item-kNN, two seeds of a model, and another model. */

export const PROTOCOL: EvaluationProtocol = {
  split: 'leaveOneOut',
  splitName: { badge: 'LOO', text: 'leave-one-out' },
  part: 'test',
  candidates: 'full',
  numCandidates: 2414,
  filterSeen: true,
  seenTargets: 0,
  ties: 'expectation',
  cutoffs: [5, 10],
  numUsers: 4333,
};

const METRICS = ['ndcg@10', 'hr@10', 'mrr@10', 'ndcg@5', 'hr@5', 'coverage@10'];
const TITLES = [
  ...['Iron Man 3 (2013)', 'Star Trek Into Darkness (2013)', 'Man of Steel (2013)', 'Saw IV (2007)'],
  ...['The Hobbit: An Unexpected Journey (2012)', 'Oz the Great and Powerful (2013)', 'Argo (2012)'],
];

const valueOf = (value: number, seeds = false): GroupValue => ({
  value,
  low: value * 0.93,
  high: value * 1.07,
  seedDeviation: seeds ? value * 0.012 : null,
});

function differenceOf(value: number, seeds = false): GroupDifference {
  const p = Math.abs(value) > 0.006 ? 0.0002 : 0.31;
  return {
    ...{ difference: value, low: value - 0.005, high: value + 0.005, p, correctedP: Math.min(1, p * 4) },
    ...{ test: seeds ? 't' : 'randomization', wins: 395, ties: 3388, losses: 550 },
    seedShare: seeds ? 0.206 : null,
  };
}

const UNTESTED: GroupDifference = {
  ...{ difference: 0.061, low: null, high: null, p: null, correctedP: null },
  ...{ test: 'randomization', wins: 0, ties: 0, losses: 0, seedShare: null },
};

function userOf(index: number, gained: boolean): ChangedUser {
  const places: [number, number] = gained ? [33 + index * 7, 1.5] : [1, 1342 + index];
  const list = TITLES.map((title, place) => ({ title, isTarget: place === index % TITLES.length }));
  return {
    id: String(300 + 17 * index),
    historyLength: 4 + index,
    values: gained ? [0, 0.8155] : [1, 0],
    targets: [{ title: TITLES[index % TITLES.length]!, places }],
    history: TITLES.slice(1, 5),
    lists: [list, [...list].reverse()],
  };
}

export function exampleComparison(): Comparison {
  const random = new RandomStream(3);
  const base = METRICS.map((_, metric) => 0.098 - 0.009 * metric);
  const shifts = [0, -0.019, 0.004];
  const places = shifts.map(() => new Float32Array(4333));
  for (let target = 0; target < 4333; target++) {
    const shared = random.nextFloat();
    places.forEach((of, group) => {
      const own = Math.min(1, Math.max(0, shared + 0.12 * random.nextNormal() - shifts[group]!));
      of[target] = Math.max(1, Math.round(2414 ** own));
    });
  }
  const labels = {
    historyLength: ['1 to 4 items', '5 to 9 items', '10 to 19 items', '20 to 49 items', '50 to 99 items'],
    popularity: ['1, most popular', '2', '3', '4', '10, least popular'],
  };
  const sliceable = [
    { name: 'historyLength', title: 'History length' },
    { name: 'popularity', title: 'Popularity decile of the held-out item' },
    { name: 'recency', title: 'Time since the user’s newest item' },
    { name: 'item.genre', title: 'Held-out item: genre' },
  ];
  return {
    protocol: PROTOCOL,
    numUsers: 4333,
    groups: [
      { letter: 'A', title: 'itemKnn', isBaseline: false, runs: [runName('itemknn-e57b', 42, 0)] },
      {
        letter: 'B',
        title: 'bprMf (2 seeds)',
        isBaseline: false,
        runs: [runName('bprmf-b965', 1, 6), runName('bprmf-115d', 2, 6)],
      },
      { letter: 'C', title: 'sasrec', isBaseline: false, runs: [runName('sasrec-b96d', 42, 12)] },
    ],
    metrics: METRICS,
    values: shifts.map((shift, group) =>
      base.map((value, metric) =>
        metric === 5
          ? { value: 0.3 + shift, low: null, high: null, seedDeviation: null }
          : valueOf(value + shift, group === 1),
      ),
    ),
    differences: shifts
      .slice(1)
      .map((shift, other) =>
        base.map((_, metric) => (metric === 5 ? UNTESTED : differenceOf(shift, other === 0))),
      ),
    withoutIntervals: { 'coverage@10': 'one value for all lists together, not a mean over users' },
    settings: [
      { path: 'seed', values: ['42', '1, 2', '42'] },
      { path: 'model.type', values: ['itemKnn', 'bprMf', 'sasrec'] },
      { path: 'training.learningRate', values: ['0.001', '0.005', '0.004'] },
      { path: 'model.hiddenSize', values: [null, null, '32'] },
    ],
    slicings: sliceable.slice(0, 2).map(({ name, title }) => ({
      ...{ name, title, metric: 'ndcg@10' },
      slices: labels[name as keyof typeof labels].map((label, place) => ({
        ...{ label, numUsers: 1200 - 220 * place, numTargets: 1200 - 220 * place },
        values: shifts.map((shift) => valueOf(0.16 / (1 + place) + shift / 2)),
        differences: shifts.slice(1).map((shift) => differenceOf(shift / (1 + place))),
      })),
    })),
    sliceable,
    changed: [1, 2].map(() => ({
      gained: Array.from({ length: 5 }, (_, index) => userOf(index, true)),
      lost: Array.from({ length: 5 }, (_, index) => userOf(index, false)),
    })),
    places,
    histogram: histogramOf(places),
    calibration: null,
    resamples: 10_000,
    seed: 42,
    notices: [],
  };
}

/** A run and two baselines, as the inspector answers an evaluation. */
export function exampleEvaluation(): Comparison {
  const comparison = exampleComparison();
  const [baseline, , run] = comparison.groups;
  const id = run!.runs[0]!.id;
  const order = [2, 0, 1];
  const inOrder = <Of>(groups: readonly Of[]): Of[] => order.map((group) => groups[group]!);
  const [own, ...others] = inOrder(comparison.values);
  const differences = others.map((of) =>
    of.map(({ value, low }, metric) => ({
      ...(low === null ? UNTESTED : differenceOf(value! - own![metric]!.value!)),
      difference: value! - own![metric]!.value!,
    })),
  );
  const { histogram } = comparison;
  return {
    ...comparison,
    groups: [
      { ...run!, letter: 'A' },
      {
        ...baseline!,
        letter: 'B',
        title: 'item-kNN',
        isBaseline: true,
        runs: [runName(`${id}:itemKnn`, 42, 0)],
      },
      { letter: 'C', title: 'popularity', isBaseline: true, runs: [runName(`${id}:popularity`, 42, 0)] },
    ],
    values: inOrder(comparison.values).map((of) => of.map((value) => ({ ...value, seedDeviation: null }))),
    differences,
    settings: [],
    slicings: comparison.slicings.map((slicing) => ({
      ...slicing,
      slices: slicing.slices.map((slice) => ({ ...slice, values: inOrder(slice.values) })),
    })),
    changed: [],
    places: inOrder(comparison.places),
    histogram: { ...histogram, counts: inOrder(histogram.counts) },
  };
}

function histogramOf(places: readonly Float32Array[]): Comparison['histogram'] {
  const limits = placeLimits(PROTOCOL.numCandidates);
  const ranks = places.map((of) => ({ best: Uint32Array.from(of), worst: Uint32Array.from(of) }));
  return { limits, counts: ranks.map((of) => placeCounts(of, limits)), tied: ranks.map(() => 41) };
}

function runName(id: string, seed: number, epoch: number): Comparison['groups'][number]['runs'][number] {
  return { directory: `/ws/.recsight/runs/${id}`, id, name: id.split('-')[0]!, seed, epoch };
}

export function exampleRuns(): ComparedRun[] {
  const { groups } = exampleComparison();
  return groups
    .flatMap(({ runs }) => runs)
    .map(({ directory, epoch }, run) => {
      const epochs = Float64Array.from({ length: epoch }, (_, index) => index + 1);
      return {
        directory,
        warnings: [],
        mainMetric: 'ndcg@10',
        protocol: { ...PROTOCOL, part: 'validation' },
        curve:
          epoch === 0
            ? null
            : {
                step: epochs.map((value) => 100 * value),
                epoch: epochs,
                time: epochs.map((value) => 1.79e12 + 60_000 * value),
                value: epochs.map((value) => (0.1 + 0.004 * run) * (1 - 0.8 ** value)),
              },
      };
    });
}
