import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { MODEL_RANKER, type PerUserResults, type RankerResults } from '../evaluation/perUserResults';
import type { Ranks } from '../evaluation/rankMetrics';
import {
  decodeContent,
  encodeSafetensors,
  type NamedTensor,
  type SafetensorsContent,
  type TensorValues,
} from '../formats/safetensors';
import { errorText, systemReason } from '../protocol/errorText';
import type { EvaluationProtocol } from '../protocol/evaluation';
import { makeFolder, writeFileAtomically } from './atomicFile';
import { readPlainFile } from './plainFiles';
import type { RunDirectory } from './runDirectory';
import { meansMissing, RunReadError } from './runErrors';
import { parseRunFile, stringifyRunJson } from './runJson';
import { count, protocolSchema } from './runSchema';

/*
 * `evaluation/<part>.safetensors`: results of each user, in columns. The file says by itself what protocol and checkpoint they are
 * of, so that one that was written just before a trainer died is still whole. docs/formats.md describes it.
 */

/** Of `evaluation/<part>.json` and of the columns next to it. Version 1 had the ranks in the JSON. */
export const EVALUATION_SCHEMA_VERSION = '2.0';

type Part = EvaluationProtocol['part'];

/** Node.js reads no more at once. */
const MAX_BYTES = 2 ** 31 - 1;

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
 * The results of each user of a part; null where there are none, or only the averaged ranks of a version that knew no bounds.
 * @throws RunReadError where they are damaged, cannot be read or are of a newer version
 */
export async function readPerUserResults(run: RunDirectory, part: Part): Promise<PerUserResults | null> {
  const summary = await run.readEvaluation(part);
  if (summary === null) return null;
  const file = path.join(run.evaluationPath, `${part}.json`);
  const { data: versioned } = z.object({ schemaVersion: z.string() }).safeParse(summary);
  const major = majorOf(file, versioned?.schemaVersion);
  if (major === 1) return resultsOfVersion1(file, summary);
  return decode(fileOf(run, part), await readBytes(fileOf(run, part)));
}

function fileOf(run: RunDirectory, part: Part): string {
  return path.join(run.evaluationPath, `${part}.safetensors`);
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const { size } = await lstat(file);
    if (size > MAX_BYTES) throw damaged(file, `it has ${size} bytes, far too many`);
    return await readPlainFile(file);
  } catch (error) {
    if (error instanceof RunReadError) throw error;
    if (meansMissing(error)) throw damaged(file, 'it is missing');
    throw new RunReadError('run/unreadable', `${file} cannot be read (${systemReason(error)}).`);
  }
}

function damaged(file: string, reason: string): RunReadError {
  return new RunReadError(
    'run/corrupt',
    `The per-user results ${file} are damaged: ${reason}. Evaluate the run again: \`recsight evaluate\`.`,
  );
}

function majorOf(file: string, version: string | undefined): number {
  const major = Number(/^(\d+)\.\d+$/.exec(version ?? '')?.[1]);
  const supported = Number(EVALUATION_SCHEMA_VERSION.split('.')[0]);
  if (major > supported) {
    throw new RunReadError(
      'run/newer-version',
      `${file} has schema version ${version}, but this RecSight reads up to ${supported}.x. Update RecSight to use these results.`,
    );
  }
  if (!(major >= 1)) throw damaged(file, 'the field `schemaVersion` is missing or not a version');
  return major;
}

function encode({ protocol, epoch, step, userIds, targetOffsets, details, rankers }: PerUserResults): Buffer {
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
  const texts = [['userIds', userIds] as const, ...(details ? [['itemIds', details.itemIds] as const] : [])];
  const encoded = texts.map(([name, ids]) => ({ name, ...encodeTexts(ids) }));
  for (const { name, offsets } of encoded) add(`${name}.offsets`, offsets);
  for (const { name, bytes } of encoded) add(`${name}.bytes`, bytes);
  return encodeSafetensors(columns, {
    schemaVersion: EVALUATION_SCHEMA_VERSION,
    epoch: String(epoch),
    step: String(step),
    protocol: stringifyRunJson(protocol),
  });
}

function encodeTexts(texts: readonly string[]): { offsets: Uint32Array; bytes: Uint8Array } {
  const parts = texts.map((text) => Buffer.from(text));
  const offsets = new Uint32Array(texts.length + 1);
  parts.forEach((part, row) => (offsets[row + 1] = offsets[row]! + part.length));
  return { offsets, bytes: new Uint8Array(Buffer.concat(parts)) };
}

function decode(file: string, bytes: Buffer): PerUserResults {
  let content: SafetensorsContent;
  try {
    content = decodeContent(bytes);
  } catch (error) {
    throw damaged(file, errorText(error));
  }
  const { tensors, remarks } = content;
  majorOf(file, remarks.schemaVersion);
  const optional = <Values extends TensorValues>(
    name: string,
    type: abstract new (...args: never[]) => Values,
    length: number,
  ): Values | null => {
    const values = tensors.get(name)?.values;
    if (values === undefined) return null;
    if (!(values instanceof type) || values.length !== length)
      throw damaged(file, `the column ${name} does not fit the others`);
    return values;
  };
  const column = (name: string, length: number): Uint32Array => {
    const values = optional(name, Uint32Array, length);
    if (values === null) throw damaged(file, `the column ${name} is missing`);
    return values;
  };
  const offsetsOf = (name: string): Uint32Array => {
    const offsets = column(name, tensors.get(name)?.values.length ?? 0);
    const rises = offsets.length > 0 && offsets.every((end, row) => end >= (offsets[row - 1] ?? 0));
    if (!rises || offsets[0] !== 0) throw damaged(file, `the column ${name} does not rise from 0`);
    return offsets;
  };
  const texts = (name: string): string[] => {
    const offsets = offsetsOf(`${name}.offsets`);
    const values = optional(`${name}.bytes`, Uint8Array, offsets.at(-1)!);
    if (values === null) throw damaged(file, `the column ${name}.bytes is missing`);
    const decoder = new TextDecoder();
    return Array.from(offsets.subarray(1), (end, row) => decoder.decode(values.subarray(offsets[row], end)));
  };

  const userIds = texts('userIds');
  const targetOffsets = offsetsOf('targetOffsets');
  if (targetOffsets.length !== userIds.length + 1)
    throw damaged(file, `the column targetOffsets does not fit the ${userIds.length} users`);
  const numTargets = targetOffsets.at(-1)!;
  const itemIds = tensors.has('targets') ? texts('itemIds') : null;
  const details: PerUserResults['details'] = itemIds && {
    users: column('users', userIds.length),
    itemIds,
    historyLengths: column('historyLengths', userIds.length),
    historyTimes: optional('historyTimes', Float64Array, userIds.length),
    targets: column('targets', numTargets),
    targetPopularity: column('targetPopularity', numTargets),
    targetTimes: optional('targetTimes', Float64Array, numTargets),
  };
  const isItem = (item: number): boolean => item < itemIds!.length;
  if (details !== null && !details.targets.every((item) => item > 0 && isItem(item)))
    throw damaged(file, 'the column targets has an item that is not in itemIds');

  const rankers = new Map<string, RankerResults>();
  for (const name of tensors.keys()) {
    const [, key] = /^(.+)\.best$/.exec(name) ?? [];
    if (key === undefined) continue;
    const ranks = { best: column(name, numTargets), worst: column(`${key}.worst`, numTargets) };
    if (!areRanks(ranks)) throw damaged(file, `the ranks of ${key} are not places from 1`);
    const length = tensors.get(`${key}.lists`)?.shape[1] ?? 0;
    const items = optional(`${key}.lists`, Int32Array, userIds.length * length);
    if (items?.every((item) => item >= 0 && (itemIds === null || isItem(item))) === false)
      throw damaged(file, `the lists of ${key} have an item that is not in itemIds`);
    rankers.set(key, { ranks, lists: items && { length, items } });
  }
  if (!rankers.has(MODEL_RANKER)) throw damaged(file, 'the ranks of the model are missing');

  const about = z
    .object({ epoch: count, step: count, protocol: protocolSchema })
    .safeParse({ epoch: Number(remarks.epoch), step: Number(remarks.step), protocol: protocolOf(remarks) });
  if (about.data === undefined) throw damaged(file, 'they do not say their protocol and checkpoint');
  return { ...about.data, userIds, targetOffsets, details, rankers };
}

function protocolOf({ protocol }: Record<string, string>): unknown {
  try {
    return parseRunFile(protocol ?? '');
  } catch {
    return undefined;
  }
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
