import type { RecommendationInspector } from '../../protocol/recommendation';
import { ItemVectors } from '../attention/itemVectors';
import type { InspectedRuns } from '../inspectedRuns';
import type { Tasks } from '../tasks';
import { exportRecommendations } from './exportRecommendations';
import { recommendTo } from './recommendTo';

/** What the playground and `recsight recommend` ask: recommendations of trained models and of baselines. */
export function recommendationInspector(runs: InspectedRuns, tasks: Tasks): RecommendationInspector {
  const itemVectors = new ItemVectors();
  return {
    recommend: async (source, request) => {
      const run = await runs.open(source.run);
      return runs.useRecommender(source, (recommender) =>
        recommendTo(run, recommender, itemVectors, request),
      );
    },
    exportRecommendations: (source, request, task) =>
      tasks.run(task, (progress) => exportRecommendations(runs, itemVectors, source, request, progress)),
  };
}
