import path from 'node:path';
import { MODEL_RANKER } from '../evaluation/perUserResults';
import type { LabeledResults } from '../evaluation/labeledResults';
import { encodeSafetensors, type NamedTensor, type TensorValues } from '../formats/safetensors';
import type { EvaluationProtocol } from '../protocol/evaluation';
import { makeFolder, writeFileAtomically } from './atomicFile';
import { addTexts, damaged, isByLabels, remarksOf, ResultColumns } from './resultColumns';
import type { RunDirectory } from './runDirectory';

/* `evaluation/<part>-labels.safetensors`: results of each row that was shown, in columns. docs/formats.md describes it. */

type Part = EvaluationProtocol['part'];

/** Writes the results atomically; the JSON of the same part, which says that they are there, comes after. @throws RunWriteError */
export async function writeLabeledResults(
  run: RunDirectory,
  results: LabeledResults,
  beforeReplacing?: () => void,
): Promise<void> {
  const { shown, userIds, itemIds, rankers } = results;
  const columns = new Map<string, NamedTensor<TensorValues>>();
  const add = (name: string, values: TensorValues): void =>
    void columns.set(name, { shape: [values.length], values });
  for (const [key, scores] of rankers) add(`${key}.scores`, scores);
  add('users', shown.users);
  add('items', shown.items);
  if (shown.impressions !== null) add('impressions', shown.impressions);
  addTexts(columns, [
    ['userIds', userIds],
    ['itemIds', itemIds],
  ]);
  add('labels', shown.labels);
  await makeFolder(run.evaluationPath);
  const bytes = encodeSafetensors(columns, remarksOf(results));
  await writeFileAtomically(fileOf(run, results.protocol.part), bytes, beforeReplacing);
}

/**
 * The results of a part that was measured by labels; null for one that was not, or not measured at all.
 * @throws RunReadError where they are damaged, cannot be read or are of a newer version
 */
export async function readLabeledResults(run: RunDirectory, part: Part): Promise<LabeledResults | null> {
  if (!isByLabels(await run.readEvaluation(part))) return null;
  const file = fileOf(run, part);
  const columns = await ResultColumns.read(file);
  const users = columns.whole('users', Uint32Array);
  const numRows = users.length;
  const shown = {
    users,
    items: columns.required('items', Uint32Array, numRows),
    labels: columns.required('labels', Uint8Array, numRows),
    impressions: columns.optional('impressions', Uint32Array, numRows),
  };
  const [userIds, itemIds] = [columns.texts('userIds'), columns.texts('itemIds')];
  if (!users.every((user) => user < userIds.length))
    throw damaged(file, 'the column users has a user that is not in userIds');
  if (!shown.items.every((item) => item > 0 && item < itemIds.length))
    throw damaged(file, 'the column items has an item that is not in itemIds');
  if (!shown.labels.every((label) => label <= 1))
    throw damaged(file, 'the column labels has other values than 0 and 1');
  const rankers = new Map<string, Float64Array>();
  for (const name of columns.names) {
    const [, key] = /^(.+)\.scores$/.exec(name) ?? [];
    if (key === undefined) continue;
    const scores = columns.required(name, Float64Array, numRows);
    // A model that has no number for a row says NaN.
    if (scores.some((score) => score < 0 || score > 1))
      throw damaged(file, `the scores of ${key} are not probabilities`);
    rankers.set(key, scores);
  }
  if (!rankers.has(MODEL_RANKER)) throw damaged(file, 'the scores of the model are missing');
  return { ...columns.about(), shown, userIds, itemIds, rankers };
}

function fileOf(run: RunDirectory, part: Part): string {
  return path.join(run.evaluationPath, `${part}-labels.safetensors`);
}
