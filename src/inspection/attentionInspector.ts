import type { Model } from '../model/model';
import type { AttentionInspector, RecordedView } from '../protocol/attention';
import { attend } from './attend';
import { attentionOverview } from './attentionOverview';
import type { InspectedRuns } from './inspectedRuns';
import { ItemVectors } from './itemVectors';
import type { Tasks } from './tasks';

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
      tasks.run(task, (progress) => attentionOverview(runs, source, maxUsers, seed, progress)),
    cancel: (task) => Promise.resolve(tasks.cancel(task)),
  };
}

function recordedViews({ attentions }: Model): RecordedView[] {
  return attentions.map(({ axes, ...view }) => ({ ...view, axes: [...axes] }));
}
