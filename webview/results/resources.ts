import type { ComparisonPanelHost } from '../../src/protocol/comparisonPanel';
import type { Wanted } from '../ui/resources';
import { shownComparison, type ComparisonState, type ComparisonValues } from './state';

/** Everything that a state needs from the extension. */
export function wantedResources(state: ComparisonState): Wanted<ComparisonPanelHost, ComparisonValues>[] {
  const { titles, settings, version } = state;
  if (titles === null) return [];
  const { metric, slices, baselines } = settings;
  const metrics = metric === null ? null : withFirst(metric, shownComparison(state)?.metrics ?? []);
  return [
    { name: 'comparison', key: JSON.stringify([version, metric, slices, baselines]), ask: comparison },
    { name: 'runs', key: String(version), ask: (host) => host.describeRuns() },
  ];

  function comparison(host: ComparisonPanelHost, task: string) {
    return host.compare({ metrics, slices, baselines }, task);
  }
}

function withFirst(name: string, names: readonly string[]): string[] {
  return [name, ...names.filter((other) => other !== name)];
}
