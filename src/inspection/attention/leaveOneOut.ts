import * as tf from '@tensorflow/tfjs-core';
import { originalNumber } from '../../dataset/originalNumber';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import type { Model, ModelInput, Query } from '../../model/model';
import type { AttentionSubject, Contribution } from '../../protocol/attention';
import type { FeatureColumn } from '../../protocol/features';
import type { OpenRun } from '../inspectedRuns';
import type { ItemVectors } from './itemVectors';
import { itemLabel } from '../runInspector';
import { subjectQuery } from './subjectTimes';

/** Histories that go through a model at once. */
const BLOCK = 64;

/**
 * How much the score of each candidate falls when one thing is unknown: an item of the history is not there, a feature of the
 * user or of the candidate has no value, or training has never met the id. Every score is one of the model's own forward
 * passes. Largest change first.
 */
export async function leaveOneOut(
  { dataset }: OpenRun,
  model: Model,
  itemVectors: ItemVectors,
  subject: AttentionSubject,
  candidates: readonly number[],
  target: number | null,
): Promise<Contribution[][]> {
  const scores = (query: Query): Promise<Float32Array> =>
    candidateScores(model, itemVectors, query, candidates);
  const { maxLength } = model.batches;
  const { history } = subject;
  const queryWithout = (places: readonly (number | null)[]): Query => {
    const histories = places.map((place) => history.filter((_, other) => other !== place));
    return subjectQuery(dataset, model, subject.user, histories, target);
  };
  const query = queryWithout([null]);
  const whole = await scores(query);
  const contributions: Contribution[][] = candidates.map(() => []);

  const firstRead = Math.max(0, history.length - maxLength);
  for (let first = firstRead; first < history.length; first += BLOCK) {
    const places = Array.from({ length: Math.min(BLOCK, history.length - first) }, (_, row) => first + row);
    const without = await scores(queryWithout(places));
    places.forEach((place, row) => {
      const position = place - firstRead;
      const label = `item ${position + 1} of the history: ${itemLabel(dataset, history[place]!).title}`;
      contributions.forEach((own, column) => {
        const change = whole[column]! - without[row * candidates.length + column]!;
        own.push({ label, of: 'history', position, change });
      });
    });
  }

  for (const input of model.inputs ?? []) {
    const labels = candidates.map((item) =>
      knownValue(dataset, input, input.of === 'users' ? subject.user : item),
    );
    if (labels.every((label) => label === null)) continue;
    const without = await scores({ ...query, unknown: input });
    labels.forEach((label, column) => {
      if (label === null) return;
      contributions[column]!.push({
        label,
        of: input.of === 'users' ? 'user' : 'item',
        position: null,
        change: whole[column]! - without[column]!,
      });
    });
  }
  for (const own of contributions) own.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  return contributions;
}

/** Scores of the candidates for each user of a query, `[query.size, candidates]`. */
async function candidateScores(
  model: Model,
  itemVectors: ItemVectors,
  query: Query,
  candidates: readonly number[],
): Promise<Float32Array> {
  const scores = tf.tidy(() => {
    const scoring = itemVectors.scoring(model, query);
    if (scoring.kind === 'joint') return scoring.score(Int32Array.from(candidates));
    const columns = tf.tensor1d(
      candidates.map((item) => item - 1),
      'int32',
    );
    const products = tf.matMul(scoring.states, tf.gather(scoring.items, columns), false, true);
    return scoring.bias === undefined ? products : tf.add(products, tf.gather(scoring.bias, columns));
  });
  const values = Float32Array.from(await scores.data());
  scores.dispose();
  return values;
}

/** What is known of a user or an item, such as `genre = Drama`; null where it is unknown anyway. */
function knownValue(dataset: PreparedDataset, { of, feature }: ModelInput, row: number): string | null {
  if (row < 0) return null;
  if (feature === null)
    return of === 'users' ? `user id = ${dataset.userIds[row]!}` : `item id = ${dataset.itemIds[row]!}`;
  const columns = of === 'users' ? dataset.userFeatures : dataset.itemFeatures;
  const column = columns.find(({ name }) => name === feature);
  const value = column === undefined ? '' : valueText(column, row);
  return value === '' ? null : `${feature} = ${value}`;
}

/** A value as it was in the data; the empty text for none. */
function valueText(column: FeatureColumn, row: number): string {
  switch (column.kind) {
    case 'category':
      return column.labels[column.values[row]!]!;
    case 'multi':
      return Array.from(
        column.values.subarray(column.offsets[row], column.offsets[row + 1]),
        (value) => column.labels[value]!,
      ).join(', ');
    case 'number': {
      // What has no value stands at the mean, and taking it as unknown changes nothing.
      return column.values[row] === 0 ? '' : String(originalNumber(column, row));
    }
  }
}
