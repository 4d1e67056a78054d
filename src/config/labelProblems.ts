import { describedModel, findModel, typesOf, type ModelConfig } from '../model/models';
import type { DatasetOptions } from '../options/datasetSchema';
import { hasLabels } from '../options/hasLabels';
import type { Metric } from '../evaluation/metrics/metric';

type Path = (string | number)[];
interface Checked {
  dataset: DatasetOptions;
  model: ModelConfig;
  evaluation: {
    metrics: readonly string[];
    baselines: readonly (string | { type: string })[];
    candidates: { type: string };
    protocol: string;
  };
}

const NAME_LABELS =
  'name their column in `dataset.columns.label` or `dataset.columns.impressions`, or make them of ratings with `dataset.positiveRating`';

/** Whether the model of a config learns from labels, and is measured by them. */
function isByLabels({ dataset, model }: Pick<Checked, 'dataset' | 'model'>): boolean {
  return hasLabels(dataset) && describedModel(model).learnsFromLabels !== undefined;
}

/**
 * What does not fit in a config: measured by labels are models that learn from them, of data that have some, and only those.
 * @param needsOf what a metric that the config names needs
 */
export function labelProblems(
  config: Checked,
  needsOf: (metric: string) => Metric['needs'] | undefined,
): { path: Path; message: string }[] {
  const { dataset, model, evaluation } = config;
  const described = describedModel(model);
  if (described.kind === 'baseline' && described.learnsFromLabels !== undefined && !hasLabels(dataset))
    return [
      { path: ['model', 'type'], message: `learns from labels, and the dataset has none: ${NAME_LABELS}` },
    ];
  const byLabels = isByLabels(config);
  const problems: { path: Path; message: string }[] = [];
  evaluation.metrics.forEach((name, place) => {
    const path = ['evaluation', 'metrics', place];
    const needs = needsOf(name);
    if (byLabels && needs === 'list') {
      const message =
        'describes what is recommended from the whole catalog, and models that learn from labels are measured on what users were shown';
      problems.push({ path, message });
    }
    if (!byLabels && needs === 'scores and labels') problems.push({ path, message: whyNoLabels(config) });
  });
  evaluation.baselines.forEach((named, place) => {
    const type = typeof named === 'string' ? named : named.type;
    const isOfLabels = findModel(type)?.learnsFromLabels !== undefined;
    const path = ['evaluation', 'baselines', place, ...(typeof named === 'string' ? [] : ['type'])];
    if (isOfLabels && !byLabels) problems.push({ path, message: whyNoLabels(config) });
    if (!isOfLabels && byLabels) {
      const others = typesOf((other) => other.kind === 'baseline' && other.learnsFromLabels !== undefined);
      const message = `gives no probabilities to compare with labels; baselines of labels are ${others}`;
      problems.push({ path, message });
    }
  });
  if (byLabels && evaluation.candidates.type !== 'full') {
    const { protocol } = evaluation;
    problems.push({
      path: protocol === 'full' ? ['evaluation', 'candidates', 'type'] : ['evaluation', 'protocol'],
      message:
        'selects candidates of a ranking, and models that learn from labels are measured on what users were shown: leave it out',
    });
  }
  return problems;
}

/** Continues the name of what needs labels. */
function whyNoLabels({ dataset, model }: Checked): string {
  if (!hasLabels(dataset)) return `compares scores with labels, and the dataset has none: ${NAME_LABELS}`;
  const learning = typesOf((other) => other.learnsFromLabels !== undefined);
  return `compares scores with labels, and \`${model.type}\` does not learn from them: it is measured by how it ranks what users took. Models that learn from labels are ${learning}`;
}

/** What has no effect in a config because its model learns from labels. */
export function labelWarnings(config: Checked): { path: Path; message: string }[] {
  if (!isByLabels(config)) return [];
  const { model } = config;
  const withoutEffect = describedModel(model).learnsFromLabels!.withoutEffect;
  const options = withoutEffect.map((option): { path: Path; message: string } => ({
    path: ['model', option],
    message: `\`model.${option}\` has no effect: the dataset has labels, from which \`${model.type}\` learns.`,
  }));
  const message =
    '`evaluation.filterSeen` has no effect: the dataset has labels, and what users were shown is scored, seen or not.';
  return [...options, { path: ['evaluation', 'filterSeen'], message }];
}
