import { percent } from '../protocol/percent';
import { thousands } from '../protocol/thousands';
import type { LabeledInteractions } from './labeledInteractions';
import type { PreparedDataset } from './preparedDataset';
import { partCounts } from './splitInteractions';

type PartName = 'training' | 'validation' | 'test';

/** What a report tells of labels. */
export interface LabelCounts {
  /** Rows of items that were shown to users. */
  shown: number;
  /** Rows of them with a click. */
  clicks: number;
  /** Impressions; null where the data do not say which rows are of one. */
  impressions: number | null;
  usersWithoutClick: number;
  /** Rows and clicks among them, by part. */
  parts: Record<PartName, { shown: number; clicks: number }>;
  /** Clicks from before all impressions, which were not shown. */
  clicksBefore: number;
  /** Training rows with a history. */
  withHistory: number;
}

export function countLabels(dataset: PreparedDataset, labeled: LabeledInteractions): LabelCounts {
  const { labels, impressions, offsets, trainEnd, validationEnd, historyEnd } = labeled;
  const shown = partCounts(labeled);
  const clicks: Record<PartName, number> = { training: 0, validation: 0, test: 0 };
  let withHistory = 0;
  for (let user = 0; user < offsets.length - 1; user++) {
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++) {
      const part = row < trainEnd[user]! ? 'training' : row < validationEnd[user]! ? 'validation' : 'test';
      clicks[part] += labels[row]!;
      if (part === 'training' && historyEnd[row]! > dataset.offsets[user]!) withHistory++;
    }
  }
  const allClicks = clicks.training + clicks.validation + clicks.test;
  let usersWithoutClick = 0;
  for (let user = 0; user < dataset.numUsers; user++)
    if (dataset.offsets[user] === dataset.offsets[user + 1]) usersWithoutClick++;
  return {
    shown: labels.length,
    clicks: allClicks,
    // They are numbered from 0.
    impressions: impressions && impressions.reduce((most, impression) => Math.max(most, impression + 1), 0),
    usersWithoutClick,
    parts: {
      training: { shown: shown.training, clicks: clicks.training },
      validation: { shown: shown.validation, clicks: clicks.validation },
      test: { shown: shown.test, clicks: clicks.test },
    },
    clicksBefore: dataset.items.length - allClicks,
    withHistory,
  };
}

/** For a table of the report. */
export function labelLines({
  shown,
  clicks,
  impressions,
  usersWithoutClick,
  parts,
  clicksBefore,
}: LabelCounts): [name: string, value: string][] {
  const lines: [string, string][] = [
    [
      'shown',
      `${thousands(shown)}: ` +
        `training ${thousands(parts.training.shown)} · validation ${thousands(parts.validation.shown)} · test ${thousands(parts.test.shown)}`,
    ],
    [
      'click rate',
      `${percent(clicks / shown)}: ` +
        (['training', 'validation', 'test'] as const)
          .map(
            (part) =>
              `${part} ${parts[part].shown === 0 ? '–' : percent(parts[part].clicks / parts[part].shown)}`,
          )
          .join(' · '),
    ],
  ];
  if (impressions !== null)
    lines.push(['impressions', `${thousands(impressions)} · ${(shown / impressions).toFixed(1)} items each`]);
  if (clicksBefore > 0) lines.push(['history', `${thousands(clicksBefore)} clicks before all impressions`]);
  if (usersWithoutClick > 0) lines.push(['no click', `users ${thousands(usersWithoutClick)}`]);
  return lines;
}

export function labelWarnings({ parts, shown: all, impressions, withHistory }: LabelCounts): string[] {
  const warnings = (['training', 'validation', 'test'] as const).flatMap((part) => {
    const { shown, clicks } = parts[part];
    if (shown > clicks) return [];
    const found =
      shown === 0 ? 'has no rows with labels' : 'has clicks alone, and no row without one to tell them from';
    return [`The ${part} part ${found}. Change \`dataset.split\`.`];
  });
  if (impressions === all) {
    warnings.push(
      'Each impression has one item: there is nothing to rank within them. If the column numbers rows, ' +
        'name another in `dataset.columns.impression`, or none: all rows of a user in a part are then ranked together.',
    );
  }
  if (withHistory === 0) {
    warnings.push(
      'No training row has a history: no user clicked anything before it, in another impression and at another time. Models see the user and the item alone. ' +
        'Values of `dataset.columns.impression`, if it is named, must tell the impressions of a user apart.',
    );
  }
  return warnings;
}
