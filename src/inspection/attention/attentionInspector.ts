import type { Model } from '../../model/model';
import type { AttentionInspector, AttentionOverview, RecordedView } from '../../protocol/attention';
import type { CheckpointSource } from '../../protocol/inspection';
import { readState } from '../../runs/checkpointState';
import { attend } from './attend';
import { attentionOverview } from './attentionOverview';
import type { InspectedRuns } from '../inspectedRuns';
import { ItemVectors } from './itemVectors';
import { KeptResults, type ResultKey } from '../keptResults';
import { overviewCodec } from './overviewCodec';
import type { Task, Tasks } from '../tasks';

/** What the attention view asks: what a model looked at, for one user or over many. */
export function attentionInspector(runs: InspectedRuns, tasks: Tasks): AttentionInspector {
  const itemVectors = new ItemVectors();
  return {
    attentionViews: async (source) => recordedViews(await runs.model(source)),
    attend: async (source, request) => {
      const run = await runs.open(source.run);
      return runs.use(source, (model) => attend(run, model, itemVectors, request));
    },
    overview: (source, maxUsers, seed, task) =>
      tasks.run(task, (progress) => overview(runs, source, maxUsers, seed, progress)),
    cancel: (task) => {
      tasks.cancel(task);
      return Promise.resolve();
    },
  };
}

/** The overview that is kept in the run, or a new one. */
async function overview(
  runs: InspectedRuns,
  source: CheckpointSource,
  maxUsers: number,
  seed: number,
  task: Task,
): Promise<AttentionOverview> {
  const run = await runs.open(source.run);
  const checkpoint = run.directory.checkpointPath(source.checkpoint);
  const step = (await readState(checkpoint))?.step;
  const kept = new KeptResults(run.directory.attentionPath, runs.warn);
  const key: ResultKey = { kind: 'overview', version: 2, step, maxUsers, seed };
  const known = step === undefined ? null : await kept.read(key, overviewCodec);
  if (known !== null) return known;
  return runs.use(source, async (model) => {
    const made = await attentionOverview(run, model, maxUsers, seed, task);
    // A training that goes on may have replaced the checkpoint meanwhile, so that nobody knows which one it was.
    if (step !== undefined && (await readState(checkpoint))?.step === step)
      await kept.tryWrite(key, overviewCodec, made);
    return made;
  });
}

function recordedViews({ attentions }: Model): RecordedView[] {
  return attentions.map(({ axes, ...view }) => ({ ...view, axes: [...axes] }));
}
