import * as tf from '@tensorflow/tfjs-core';
import type { Baseline } from '../../model/baseline';
import type { AttentionView, Model, Scoring } from '../../model/model';
import type { AttentionSubject } from '../../protocol/attention';
import type { Reasons } from '../../protocol/recommendation';
import type { ItemVectors } from '../attention/itemVectors';
import { leaveOneOut } from '../attention/leaveOneOut';
import type { WeightRecorder } from '../attention/weightRecorder';
import type { OpenRun } from '../inspectedRuns';

/** Of a baseline, the effect of so many of the newest items is computed: each takes scores of the whole catalog. */
export const MOST_LEFT_OUT = 100;
/** Histories that a baseline scores at once. */
const BLOCK = 16;

type Found = Omit<Reasons, 'perItem'> | null;

/** A model in the middle of a recommendation. */
export interface Recommending {
  run: OpenRun;
  model: Model;
  itemVectors: ItemVectors;
  subject: AttentionSubject;
  scoring: Scoring;
  /** The view that is recorded. */
  view: AttentionView | null;
  recorder: WeightRecorder;
}

/**
 * The recorded weights that say most of a recommendation: those of the candidate, else those of what is to be predicted (a mask),
 * else those of the newest item in the last block. Null where no weights are over the items of a history.
 */
export function reasonView({ attentions }: Model): AttentionView | null {
  const views = attentions.filter(({ axes }) => axes.at(-1) === 'position');
  const isOne = ({ axes }: AttentionView): boolean => axes.filter((axis) => axis === 'position').length === 1;
  return (
    views.find(({ of }) => of === 'candidate') ??
    views.findLast((view) => isOne(view)) ??
    views.at(-1) ??
    null
  );
}

/** Attention where the model has it, else the similarity of its vectors, else what each item of the history changes. */
export async function reasonsOfModel(made: Recommending, items: readonly number[]): Promise<Found> {
  const { run, model, itemVectors, subject, scoring, view } = made;
  const { history } = subject;
  if (view !== null)
    return { kind: 'attention', view: view.label, values: await weightsOf(made, view, items) };
  if (scoring.kind === 'product')
    return { kind: 'similarity', view: null, values: await similarities(scoring.items, items, history) };
  if (model.batches.maxLength === 0) return null;
  const contributions = await leaveOneOut(run, model, itemVectors, subject, items, null);
  const values = new Float32Array(items.length * history.length).fill(NaN);
  const firstRead = Math.max(0, history.length - model.batches.maxLength);
  contributions.forEach((own, row) => {
    for (const { position, change } of own)
      if (position !== null) values[row * history.length + firstRead + position] = change;
  });
  return { kind: 'contribution', view: null, values };
}

/** Weights over the history, the mean of the heads, for each item or for all; NaN for what was not read. */
async function weightsOf(
  { scoring, subject: { history }, recorder }: Recommending,
  { of, axes }: AttentionView,
  items: readonly number[],
): Promise<Float32Array> {
  if (of === 'candidate' && scoring.kind === 'joint')
    tf.tidy(() => void scoring.score(Int32Array.from(items), recorder.record));
  const [{ shape, values }] = (await recorder.read()) as [{ shape: number[]; values: Float32Array }];
  const rows = of === 'candidate' ? items.length : 1;
  const numHeads = axes.includes('head') ? shape[1 + axes.indexOf('head')]! : 1;
  const width = shape.at(-1)!;
  const perHead = values.length / rows / numHeads;
  const read = Math.min(history.length, width);
  const weights = new Float32Array(rows * history.length).fill(NaN);
  for (let row = 0; row < rows; row++) {
    for (let position = 0; position < read; position++) {
      let sum = 0;
      // The last row of a head is that of the newest position.
      for (let head = 0; head < numHeads; head++)
        sum += values[(row * numHeads + head + 1) * perHead - read + position]!;
      weights[(row + 1) * history.length - read + position] = sum / numHeads;
    }
  }
  return weights;
}

/** Cosine of the vectors of items and of the items of a history, `[items, history]`. */
async function similarities(
  vectors: tf.Tensor2D,
  items: readonly number[],
  history: readonly number[],
): Promise<Float32Array> {
  const cosines = tf.tidy(() => {
    const unit = (some: readonly number[]): tf.Tensor2D => {
      const rows = tf.gather(
        vectors,
        tf.tensor1d(
          some.map((item) => item - 1),
          'int32',
        ),
      );
      return tf.div(rows, tf.maximum(tf.norm(rows, 'euclidean', 1, true), 1e-12));
    };
    return tf.matMul(unit(items), unit(history), false, true);
  });
  const values = Float32Array.from(await cosines.data());
  cosines.dispose();
  return values;
}

/** What each item of the history changes in the scores of a baseline; null where none changes anything. */
export async function reasonsOfBaseline(
  baseline: Baseline,
  history: readonly number[],
  items: readonly number[],
  whole: Float32Array,
): Promise<Found> {
  const values = new Float32Array(items.length * history.length).fill(NaN);
  for (let first = Math.max(0, history.length - MOST_LEFT_OUT); first < history.length; first += BLOCK) {
    const places = Array.from({ length: Math.min(BLOCK, history.length - first) }, (_, row) => first + row);
    const without = places.map((place) => Uint32Array.from(history.filter((_, other) => other !== place)));
    const scores = await baseline.score(without);
    places.forEach((place, block) =>
      items.forEach((item, row) => {
        const change = whole[item - 1]! - scores[block * whole.length + item - 1]!;
        values[row * history.length + place] = change;
      }),
    );
  }
  const matters = values.some((change) => change !== 0 && !Number.isNaN(change));
  return matters ? { kind: 'contribution', view: null, values } : null;
}
