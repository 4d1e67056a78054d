import type { CheckpointSource } from '../../protocol/inspection';
import { readState } from '../../runs/checkpointState';
import { recommend } from '../../inference/recommend';
import { seenRule } from '../../inference/seenItems';
import type { InspectedRuns } from '../inspectedRuns';
import { KeptResults, type ResultCodec, type ResultKey } from '../keptResults';
import type { Task } from '../tasks';
import { tensorCodec } from './tensorCodec';

/** What the counts follow from, beside the run. */
async function keyOf(
  runs: InspectedRuns,
  { run, checkpoint }: CheckpointSource,
  k: number,
): Promise<ResultKey> {
  const { directory, dataset, config } = await runs.open(run);
  const state = await readState(directory.checkpointPath(checkpoint));
  const { filterSeen } = seenRule(dataset, config.evaluation);
  return { kind: 'recommended', version: 2, checkpoint, step: state?.step, k, filterSeen };
}

/** By item (from 0): in how many users' top-k it is. Null unless it was counted before. */
export async function knownRecommendationCounts(
  runs: InspectedRuns,
  source: CheckpointSource,
  k: number,
): Promise<Float32Array | null> {
  const { directory, dataset } = await runs.open(source.run);
  const kept = new KeptResults(directory.projectionPath, runs.warn);
  return kept.read(await keyOf(runs, source, k), countsCodec(dataset.numItems));
}

/** Counts them over all users, and keeps the result in the run. */
export async function countRecommendations(
  runs: InspectedRuns,
  source: CheckpointSource,
  k: number,
  task: Task,
): Promise<Float32Array> {
  const { directory, dataset, config } = await runs.open(source.run);
  const rule = seenRule(dataset, config.evaluation);
  const key = await keyOf(runs, source, k);
  const { numUsers, numItems } = dataset;
  const counts = new Float32Array(numItems);
  await runs.use(source, async (model) => {
    let done = 0;
    const users = Array.from({ length: numUsers }, (_, user) => user);
    await task.proceed({ phase: 'Recommending', done, of: numUsers });
    for await (const { users: some, items } of recommend(model, dataset, users, k, rule)) {
      for (const item of items) if (item > 0) counts[item - 1]!++;
      done += some.length;
      await task.proceed({ phase: 'Recommending', done, of: numUsers });
    }
  });
  await new KeptResults(directory.projectionPath, runs.warn).tryWrite(key, countsCodec(numItems), counts);
  return counts;
}

function countsCodec(numItems: number): ResultCodec<Float32Array> {
  return tensorCodec(
    (counts) => new Map([['counts', { shape: [numItems], values: counts }]]),
    (tensors) => {
      const counts = tensors.get('counts')?.values;
      return counts?.length === numItems ? counts : null;
    },
  );
}
