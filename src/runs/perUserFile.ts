import path from 'node:path';
import { z } from 'zod';
import { MODEL_RANKER, type PerUserResults, type RankerResults } from '../evaluation/perUserResults';
import type { Ranks } from '../evaluation/rankMetrics';
import { encodeSafetensors, type NamedTensor, type TensorValues } from '../formats/safetensors';
import type { EvaluationProtocol } from '../protocol/evaluation';
import { makeFolder, writeFileAtomically } from './atomicFile';
import { addTexts, damaged, isByLabels, majorOf, remarksOf, ResultColumns } from './resultColumns';
import type { RunDirectory } from './runDirectory';
import { count, protocolSchema } from './runSchema';

/* `evaluation/<part>.safetensors`: results of each user, in columns. docs/formats.md describes it. */

type Part = EvaluationProtocol['part'];

/** Writes the results atomically; the JSON of the same part, which says that they are there, comes after. @throws RunWriteError */
export async function writePerUserResults(
  run: RunDirectory,
  results: PerUserResults,
  beforeReplacing?: () => void,
): Promise<void> {
  await makeFolder(run.evaluationPath);
  await writeFileAtomically(fileOf(run, results.protocol.part), encode(results), beforeReplacing);
}

/**
 * The results of each user of a part; null where there are none, or only the averaged ranks of a version that knew no bounds, or
 * where the part was measured by labels.
 * @throws RunReadError where they are damaged, cannot be read or are of a newer version
 */
export async function readPerUserResults(run: RunDirectory, part: Part): Promise<PerUserResults | null> {
  const summary = await run.readEvaluation(part);
  if (summary === null || isByLabels(summary)) return null;
  const file = path.join(run.evaluationPath, `${part}.json`);
  const { data: versioned } = z.object({ schemaVersion: z.string() }).safeParse(summary);
  const major = majorOf(file, versioned?.schemaVersion);
  if (major === 1) return resultsOfVersion1(file, summary);
  return decode(await ResultColumns.read(fileOf(run, part)));
}

function fileOf(run: RunDirectory, part: Part): string {
  return path.join(run.evaluationPath, `${part}.safetensors`);
}

function encode(results: PerUserResults): Buffer {
  const { userIds, targetOffsets, details, rankers } = results;
  const columns = new Map<string, NamedTensor<TensorValues>>();
  const add = (name: string, values: TensorValues, shape = [values.length]): void =>
    void columns.set(name, { shape, values });
  // Those with eight bytes a value come first and texts last, so that all of them are aligned.
  if (details?.historyTimes) add('historyTimes', details.historyTimes);
  if (details?.targetTimes) add('targetTimes', details.targetTimes);
  add('targetOffsets', targetOffsets);
  if (details !== null) {
    add('users', details.users);
    add('historyLengths', details.historyLengths);
    add('targets', details.targets);
    add('targetPopularity', details.targetPopularity);
  }
  for (const [key, { ranks, lists }] of rankers) {
    add(`${key}.best`, ranks.best);
    add(`${key}.worst`, ranks.worst);
    if (lists !== null) add(`${key}.lists`, lists.items, [userIds.length, lists.length]);
  }
  addTexts(columns, [['userIds', userIds], ...(details ? [['itemIds', details.itemIds] as const] : [])]);
  return encodeSafetensors(columns, remarksOf(results));
}

function decode(columns: ResultColumns): PerUserResults {
  const { file } = columns;
  const userIds = columns.texts('userIds');
  const targetOffsets = columns.offsets('targetOffsets');
  if (targetOffsets.length !== userIds.length + 1)
    throw damaged(file, `the column targetOffsets does not fit the ${userIds.length} users`);
  const numTargets = targetOffsets.at(-1)!;
  const itemIds = columns.has('targets') ? columns.texts('itemIds') : null;
  const ofUsers = (name: string): Uint32Array => columns.required(name, Uint32Array, userIds.length);
  const ofTargets = (name: string): Uint32Array => columns.required(name, Uint32Array, numTargets);
  const details: PerUserResults['details'] = itemIds && {
    users: ofUsers('users'),
    itemIds,
    historyLengths: ofUsers('historyLengths'),
    historyTimes: columns.optional('historyTimes', Float64Array, userIds.length),
    targets: ofTargets('targets'),
    targetPopularity: ofTargets('targetPopularity'),
    targetTimes: columns.optional('targetTimes', Float64Array, numTargets),
  };
  const isItem = (item: number): boolean => item < itemIds!.length;
  if (details !== null && !details.targets.every((item) => item > 0 && isItem(item)))
    throw damaged(file, 'the column targets has an item that is not in itemIds');

  const rankers = new Map<string, RankerResults>();
  for (const name of columns.names) {
    const [, key] = /^(.+)\.best$/.exec(name) ?? [];
    if (key === undefined) continue;
    const ranks = { best: ofTargets(name), worst: ofTargets(`${key}.worst`) };
    if (!areRanks(ranks)) throw damaged(file, `the ranks of ${key} are not places from 1`);
    const length = columns.widthOf(`${key}.lists`);
    const items = columns.optional(`${key}.lists`, Int32Array, userIds.length * length);
    if (items?.every((item) => item >= 0 && (itemIds === null || isItem(item))) === false)
      throw damaged(file, `the lists of ${key} have an item that is not in itemIds`);
    rankers.set(key, { ranks, lists: items && { length, items } });
  }
  if (!rankers.has(MODEL_RANKER)) throw damaged(file, 'the ranks of the model are missing');

  return { ...columns.about(), userIds, targetOffsets, details, rankers };
}

function areRanks({ best, worst }: Ranks): boolean {
  return best.every((first, target) => first >= 1 && first <= worst[target]!);
}

const ranks = z.array(z.int().min(1));
const rankedSchema = z.object({ bestRanks: ranks.optional(), worstRanks: ranks.optional() });
const version1Schema = z.object({
  epoch: count,
  step: count,
  protocol: protocolSchema,
  userIds: z.array(z.string()),
  model: rankedSchema,
  baselines: z.record(z.string(), rankedSchema),
});

/** Version 1 had one target per user, and of each its ranks alone. */
function resultsOfVersion1(file: string, value: unknown): PerUserResults | null {
  const { data } = version1Schema.safeParse(value);
  if (data === undefined) throw damaged(file, 'it does not have the fields of its version');
  const { epoch, step, protocol, userIds } = data;
  const rankers = new Map<string, RankerResults>();
  for (const [key, ranked] of [[MODEL_RANKER, data.model] as const, ...Object.entries(data.baselines)]) {
    const { bestRanks, worstRanks } = ranked;
    if (bestRanks === undefined || worstRanks === undefined) return null;
    const ranks = { best: Uint32Array.from(bestRanks), worst: Uint32Array.from(worstRanks) };
    const fits = bestRanks.length === userIds.length && worstRanks.length === userIds.length;
    if (!fits || !areRanks(ranks)) throw damaged(file, `the ranks of ${key} do not fit the users`);
    rankers.set(key, { ranks, lists: null });
  }
  const targetOffsets = Uint32Array.from({ length: userIds.length + 1 }, (_, user) => user);
  return { protocol, epoch, step, userIds, targetOffsets, details: null, rankers };
}
