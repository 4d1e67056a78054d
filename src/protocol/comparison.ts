import type { EvaluationProtocol } from './evaluation';
import type { SeriesColumns } from './livePanel';
import type { RunWarning } from './run';

/** What is to be compared. */
export interface ComparisonRequest {
  /** Absolute paths of run directories, in order. Runs that differ in their seed alone are one group; the first is what the others are compared with. */
  runs: string[];
  /** Whether the baselines that the first run was measured with are compared, too: one group each, behind the runs and the best first. */
  baselines: boolean;
  /** Names with a cut-off, such as `ndcg@10`; null: all that were measured. The first is what slices and users are compared by. */
  metrics: string[] | null;
  /** Names of slicings, such as `historyLength`; null: the first two that there are. */
  slices: string[] | null;
  /** Users who gained most, and as many who lost most, to tell of. */
  users: number;
  seed: number;
}

/** A number with its 95 % interval. Both ends are null where there is none: `withoutIntervals` says why. */
export interface Estimate {
  low: number | null;
  high: number | null;
}

/** A metric of a group: the mean of its runs. */
export interface GroupValue extends Estimate {
  value: number | null;
  /** Standard deviation over the seeds; null for a single run. */
  seedDeviation: number | null;
}

/** A metric of a group less that of the first one. */
export interface GroupDifference extends Estimate {
  difference: number | null;
  /** How likely so large a difference is where there is none; null where it was not tested. */
  p: number | null;
  /** The same by Holm, over all tests that were made along with it. */
  correctedP: number | null;
  /** Users swapped between two runs, or Student's t with the variances of users and seeds. */
  test: 'randomization' | 't';
  /** Users to whom the group is better than the first one, as good, and worse. */
  wins: number;
  ties: number;
  losses: number;
  /** Which part of the variance of the difference the seeds are, the rest being that of the users; null for single runs. */
  seedShare: number | null;
}

/** A run of a comparison, or a baseline that it was measured with. */
export interface TestedRunName {
  /** Absolute path. */
  directory: string;
  /** Of a baseline that of the run and its own: `sasrec-b96d:popularity`. */
  id: string;
  name: string;
  seed: number;
  /** The epoch that was tested; 0 for baselines. */
  epoch: number;
}

/** How a run got to its results. */
export interface ComparedRun {
  /** Absolute path. */
  directory: string;
  /** By which validation chooses the epoch. */
  mainMetric: string;
  /** Of the validation; null before the first. */
  protocol: EvaluationProtocol | null;
  /** Validation by the main metric; null where nothing was validated. */
  curve: SeriesColumns | null;
  /** Why its numbers are to be doubted. */
  warnings: RunWarning[];
}

export interface ComparedGroup {
  /** `A`, `B`, … */
  letter: string;
  /** Of its first run, with what tells it from others of the same name. */
  title: string;
  /** Whether it is a baseline of the first run. Such groups come last. */
  isBaseline: boolean;
  runs: TestedRunName[];
}

/** A setting in which groups differ. */
export interface DifferingSetting {
  /** Dotted path in the config. */
  path: string;
  /** By group, baselines left out; null where one has no such setting. */
  values: (string | null)[];
}

/** Users, or held-out items, of one kind. */
export interface Slice {
  label: string;
  numUsers: number;
  numTargets: number;
  /** By group. */
  values: GroupValue[];
  /** Of each group but the first; corrected within the slicing. */
  differences: GroupDifference[];
}

export interface Slicing {
  name: string;
  title: string;
  /** What the slices are measured by. */
  metric: string;
  slices: Slice[];
}

/** A slicing that can be asked for. */
export interface SlicingName {
  name: string;
  title: string;
}

/** A user of whom two groups say something else. */
export interface ChangedUser {
  id: string;
  historyLength: number | null;
  /** Value of the metric: by the first group, and by the other. */
  values: [number, number];
  targets: {
    title: string;
    /** Expected place: by the first group, and by the other. */
    places: [number, number];
  }[];
  /** Titles, newest first. Of a long history the newest; empty where the data are not at hand. */
  history: string[];
  /** What the first run of each group recommended, best first; null where it was not stored. */
  lists: [RecommendedItem[], RecommendedItem[]] | null;
}

export interface RecommendedItem {
  title: string;
  /** Whether the user took it. */
  isTarget: boolean;
}

/** Users with the largest differences between a group and the first one, the largest first. */
export interface ChangedUsers {
  gained: ChangedUser[];
  lost: ChangedUser[];
}

/** How many held-out items are in which places, by group. */
export interface PlaceHistogram {
  /** Last place of each bar; the first bar begins at place 1, each other one behind the one before. */
  limits: number[];
  /** By group, then by bar: a mean over runs, and over the orders of tied items. */
  counts: number[][];
  /** Held-out items that are tied with others, by group: a mean over runs. */
  tied: number[];
}

/** Rows of neighboring probabilities: what a model said of them, and what happened. */
export interface CalibrationPoint {
  rows: number;
  /** Mean probability by the model. */
  predicted: number;
  /** Share of the rows that are positive. */
  observed: number;
}

export interface Comparison {
  protocol: EvaluationProtocol;
  numUsers: number;
  groups: ComparedGroup[];
  /** Names, the first of which slices and users are compared by. */
  metrics: string[];
  /** By group, then by metric. */
  values: GroupValue[][];
  /** Of each group but the first, by metric. */
  differences: GroupDifference[][];
  /** Why a metric has no intervals and no tests, by its name, as the end of a sentence; metrics that have some are left out. */
  withoutIntervals: Record<string, string>;
  settings: DifferingSetting[];
  slicings: Slicing[];
  /** All slicings that there are. */
  sliceable: SlicingName[];
  /** Of each group but the first. */
  changed: ChangedUsers[];
  /** Expected place of each held-out item, by group. */
  places: Float32Array[];
  histogram: PlaceHistogram;
  /** By group, from the lowest probabilities; null for runs that are not measured by labels. There are no places and slices of these. */
  calibration: CalibrationPoint[][] | null;
  /** How often users were drawn, and their places swapped. */
  resamples: number;
  seed: number;
  /** What people should know, such as that the data are not at hand. */
  notices: string[];
}

/** Differences are called significant below this. */
export const SIGNIFICANCE_LEVEL = 0.05;

/** What the inspector answers about several runs. */
export interface ComparisonInspector {
  /**
   * Compares the test results of runs.
   * @param task id for progress and `cancel`
   * @throws InspectionError where their protocols or data differ, with what differs, and where a run has no results
   */
  compareRuns(request: ComparisonRequest, task: string): Promise<Comparison>;
  /** @param runs absolute paths of run directories */
  describeRuns(runs: string[]): Promise<ComparedRun[]>;
}
