import type { AttentionResult, RecordedView } from '../../src/protocol/attention';
import { shortFloats } from '../../src/protocol/shortestFloat32';
import { shownCheckpoint } from '../ui/checkpoints';
import { currentAttention } from './shownAttention';
import { runOf, type AttentionState, type Explained } from './state';
import type { InspectedRun } from '../../src/protocol/inspection';

/**
 * What is shown of a user, for other programs: weights as nested arrays in the order of their axes, beside the items that
 * their positions are.
 */
export function attentionJson(state: AttentionState): string {
  const { scene, settings, resources } = state;
  const run = runOf(state);
  const overview = resources.overview?.value ?? null;
  if (!run) return '{}\n';
  const selection = scene ? (currentAttention(state).side?.selection ?? null) : null;
  const content = {
    format: 'recsight-attention',
    version: 1,
    subject: settings.composed
      ? { composed: true }
      : { user: resources.history?.value?.user ?? null, historyEnd: settings.end },
    changes: (scene?.edits ?? []).map(({ position, item }) => ({ position, replacedBy: item })),
    selection,
    ...(scene && { model: sideOf(run, shownCheckpoint(run, settings.checkpoint) ?? '', scene.explained) }),
    ...(scene?.compared &&
      scene.otherRun &&
      settings.comparison && {
        beside: sideOf(scene.otherRun, settings.comparison.checkpoint, scene.compared),
      }),
    ...(overview && { overview: { checkpoint: overview.checkpoint, ...overview.report } }),
  };
  return `${JSON.stringify(content, shortFloats, 2)}\n`;
}

function sideOf(run: InspectedRun, checkpoint: string, { views, original, result }: Explained): object {
  return {
    run: run.id,
    name: run.name,
    model: run.model,
    checkpoint,
    epoch: run.checkpoints.find(({ name }) => name === checkpoint)?.epoch ?? null,
    ...resultOf(views, result),
    ...(original !== result && { beforeChanges: resultOf(views, original) }),
  };
}

function resultOf(views: readonly RecordedView[], result: AttentionResult): object {
  return {
    history: result.history,
    candidates: result.candidates,
    recommendations: result.recommendations,
    next: result.target,
    views: views.flatMap((view) => {
      const recorded = result.weights.find((weights) => weights.view === view.name);
      if (!recorded) return [];
      const axes = view.of === 'candidate' ? ['candidate', ...view.axes] : view.axes;
      return [{ ...view, axes, shape: recorded.shape, weights: nested(recorded.values, recorded.shape) }];
    }),
    contributions: result.contributions,
  };
}

type Nested = number | Nested[];

function nested(values: Float32Array, shape: readonly number[]): Nested {
  const [length, ...rest] = shape;
  if (length === undefined) return values[0]!;
  const size = rest.reduce((product, extent) => product * extent, 1);
  return Array.from({ length }, (_, index) =>
    nested(values.subarray(index * size, (index + 1) * size), rest),
  );
}
