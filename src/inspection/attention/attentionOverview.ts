import { STREAMS } from '../../compute/randomStreams';
import { typesOf } from '../../model/models';
import * as tf from '@tensorflow/tfjs-core';
import { AttentionSummary, type AttentionReach } from '../../analysis/attentionSummary';
import { clusterHeads } from '../../analysis/clusterHeads';
import { RandomStream } from '../../compute/random';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import type { AttentionView, Model } from '../../model/model';
import type { AttentionOverview, GroupReport, HeadReport } from '../../protocol/attention';
import { queryOf } from '../../inference/query';
import type { WeightBlock } from './cutPadding';
import type { OpenRun } from '../inspectedRuns';
import { headNames } from './headNames';
import { InspectionError } from '../inspectionError';
import { readerGroups, type Reader, type ReaderGroup } from './overviewGroups';
import { historyOf } from '../runInspector';
import type { Task } from '../tasks';
import { WeightRecorder } from './weightRecorder';

/** Bounds the weights of one batch to about 16 MB. */
const MAX_WEIGHTS = 4 * 1024 * 1024;
const MAX_BATCH = 64;

/**
 * How the heads of a model behave over users, with their histories without test. Where weights depend on a candidate, it is
 * what the user did next, so users of whom that is not known are left out. Users are drawn at random where there are more.
 * @throws InspectionError when the model has no attention, when there is nobody to read, or (`inspection/canceled`)
 */
export async function attentionOverview(
  { dataset, manifest }: OpenRun,
  model: Model,
  maxUsers: number,
  seed: number,
  task: Task,
): Promise<AttentionOverview> {
  const views = model.attentions.filter(({ axes }) => axes.includes('position'));
  if (views.length === 0)
    throw new InspectionError(
      'inspection/no-attention',
      `\`${manifest.model}\` has no attention over the items of a history. Models that do: ${typesOf((model) => model.kind === 'trained' && model.recordsAttention)}.`,
    );
  const needsNext = views.some(({ of }) => of === 'candidate');
  const readers = drawReaders(dataset, needsNext, maxUsers, seed);
  const groups = readerGroups(dataset, readers);
  const { maxLength } = model.batches;
  const summaries = views.map((view) => new ViewSummary(view, groups, maxLength));

  let batchSize = 1;
  for (let first = 0; first < readers.length;) {
    await task.proceed({ phase: 'Reading histories', done: first, of: readers.length });
    const batch = readers.slice(first, first + batchSize);
    const recorded = await recordBatch(model, views, batch);
    recorded.forEach((weights, index) => summaries[index]!.add(weights, batch));
    const numWeights = recorded.reduce((sum, { values }) => sum + values.length, 0);
    first += batch.length;
    // The longest histories come first, so that no later batch has more weights for a user.
    batchSize = Math.max(1, Math.min(MAX_BATCH, Math.floor((MAX_WEIGHTS * batch.length) / numWeights)));
  }
  return { numUsers: readers.length, seed, ...reports(summaries, groups) };
}

/** Users to analyze, the longest histories first. */
function drawReaders(dataset: PreparedDataset, needsNext: boolean, maxUsers: number, seed: number): Reader[] {
  if (!Number.isInteger(maxUsers) || maxUsers < 1)
    throw new InspectionError(
      'inspection/bad-request',
      `An overview of ${maxUsers} users was requested; expected a whole number of at least 1.`,
    );
  const { numUsers, offsets, validationEnd } = dataset;
  const known = Uint32Array.from({ length: numUsers }, (_, user) => user).filter(
    (user) =>
      offsets[user]! < validationEnd[user]! && (!needsNext || validationEnd[user]! < offsets[user + 1]!),
  );
  if (known.length === 0)
    throw new InspectionError(
      'inspection/no-users',
      `No user has a history${needsNext ? ' and an item after it' : ''}, which an overview needs. Use data with longer histories.`,
    );
  new RandomStream(STREAMS.overviewUsers, seed).shuffle(known);
  return Array.from(known.subarray(0, maxUsers), (user) => {
    const { items, times, next } = historyOf(dataset, user, 'validation');
    return {
      user,
      history: items,
      next: needsNext ? next!.item : 0,
      times: times ?? new Float64Array(),
      nextTime: next?.time ?? null,
    };
  }).sort((a, b) => b.history.length - a.history.length || a.user - b.user);
}

/** What each view records of some users. */
async function recordBatch(
  model: Model,
  views: readonly AttentionView[],
  batch: readonly Reader[],
): Promise<WeightBlock[]> {
  const query = queryOf(
    {
      users: batch.map(({ user }) => user),
      histories: batch.map(({ history }) => history),
      times: batch.map(({ times }) => times),
      nextTimes: batch.map(({ nextTime }) => nextTime),
    },
    model.batches,
  );
  const recorder = new WeightRecorder(views);
  try {
    tf.tidy(() => {
      const scoring = model.scoring(query, recorder.record);
      if (scoring.kind === 'joint' && views.some(({ of }) => of === 'candidate'))
        scoring.scoreOwn(
          Int32Array.from(batch, ({ next }) => next),
          recorder.record,
        );
    });
    return await recorder.read();
  } finally {
    recorder.dispose();
  }
}

/** What one view has shown so far: of all users, and of those of each group. */
class ViewSummary {
  readonly view: AttentionView;
  readonly #groups: readonly ReaderGroup[];
  readonly #maxLength: number;
  /** Of all users first, then in the order of the groups. There once it is known how many heads there are. */
  #summaries: readonly AttentionSummary[] = [];

  constructor(view: AttentionView, groups: readonly ReaderGroup[], maxLength: number) {
    this.view = view;
    this.#groups = groups;
    this.#maxLength = maxLength;
  }

  get all(): AttentionSummary {
    return this.#summaries[0]!;
  }

  get groups(): readonly AttentionSummary[] {
    return this.#summaries.slice(1);
  }

  add(recorded: WeightBlock, readers: readonly Reader[]): void {
    const { numHeads, positions, weights } = byHead(this.view, recorded);
    if (this.#summaries.length === 0) {
      const reach = reachOf(this.view);
      this.#summaries = [null, ...this.#groups].map(
        () => new AttentionSummary(numHeads, this.#maxLength, reach),
      );
    }
    const mask = new Uint8Array(readers.length * positions);
    readers.forEach(({ history }, row) =>
      mask.fill(1, (row + 1) * positions - Math.min(history.length, this.#maxLength), (row + 1) * positions),
    );
    const batch = { weights, batch: readers.length, mask };
    this.all.add(batch);
    this.groups.forEach((summary, index) => {
      const { members } = this.#groups[index]!;
      const rows = [...readers.keys()].filter((row) => members.has(readers[row]!));
      summary.add(batch, rows);
    });
  }
}

function reachOf({ axes, causal }: AttentionView): AttentionReach {
  if (axes.filter((axis) => axis === 'position').length < 2) return 'end';
  return causal ? 'before' : 'everywhere';
}

/** The weights with heads before positions. Each slot of a memory counts as a head. */
function byHead(
  { axes }: AttentionView,
  { shape, values }: WeightBlock,
): { numHeads: number; positions: number; weights: Float32Array } {
  const last = shape.at(-1)!;
  if (axes.at(-1) === 'position')
    return { numHeads: axes[0] === 'head' ? shape[1]! : 1, positions: last, weights: values };
  const positions = shape[1]!;
  const weights = new Float32Array(values.length);
  values.forEach((value, place) => {
    const [row, slot] = [Math.floor(place / last), place % last];
    const [user, position] = [Math.floor(row / positions), row % positions];
    weights[(user * last + slot) * positions + position] = value;
  });
  return { numHeads: last, positions, weights };
}

function reports(
  summaries: readonly ViewSummary[],
  groups: readonly ReaderGroup[],
): { heads: HeadReport[]; groups: GroupReport[] } {
  const found = summaries.flatMap(({ view, all }) => {
    const heads = all.heads();
    return headNames(view, heads.length).map((names, head) => ({ names, summary: heads[head]! }));
  });
  const clusters = clusterHeads(found.map(({ summary }) => summary));
  return {
    heads: found.map(({ names, summary }, index) => ({
      ...names,
      byDistance: Float32Array.from(summary.byDistance),
      entropy: summary.entropy,
      relativeEntropy: summary.relativeEntropy,
      meanDistance: summary.meanDistance,
      lastShare: summary.shareOnLast,
      cluster: clusters[index]!,
    })),
    groups: groups.map(({ label, of, members }, index) => {
      const heads = summaries.flatMap((summary) => summary.groups[index]!.heads());
      return {
        label,
        of,
        numUsers: members.size,
        entropy: Float32Array.from(heads, ({ entropy }) => entropy),
        meanDistance: Float32Array.from(heads, ({ meanDistance }) => meanDistance),
        lastShare: Float32Array.from(heads, ({ shareOnLast }) => shareOnLast),
      };
    }),
  };
}
