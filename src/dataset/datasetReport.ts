import { dateText } from './dateText';
import type { FeatureFacts } from './encodeFeature';
import type { Cut } from '../splits/splitter';
import { historiesUntil } from './histories';
import { countLabels, labelLines, labelWarnings, type LabelCounts } from './labelCounts';
import { leakageSteps, type DatasetCheck } from './leakageChecks';
import type { PreparedDataset } from './preparedDataset';
import { partCounts } from './splitInteractions';
import { finish } from './steps';
import { countOf, countOfAll } from '../protocol/countOf';
import type { HistoryLimit } from '../protocol/historyLimit';
import { percent } from '../protocol/percent';
import { thousands } from '../protocol/thousands';

/** What reading and filtering did; kept in the cache, since the prepared dataset does not tell it. */
export interface ReadingFacts {
  /** Rows of the source. */
  numRows: number;
  dropped: {
    emptyIds: number;
    missingTimes: number;
    rating: number;
    /** Of data with labels alone. */
    missingLabels?: number;
    duplicates: number;
    kCore: number;
    /** By the split, because their user or item is not in training. Older caches lack it. */
    cold?: number;
  };
  features: FeatureFacts[];
  /** How files were read, where the config does not say it and they are not plain: one line for files alike. Older caches lack it. */
  reading?: string[];
  /** Sentences about the source. */
  warnings: string[];
  /** Of leakage. Older caches lack it. */
  checks?: DatasetCheck[];
}

/** The numbers of `recsight data`. */
export interface DatasetReport {
  fingerprint: string;
  rows: number;
  users: number;
  items: number;
  interactions: number;
  /** Interactions per user and item: interactions / (users · items). */
  density: number;
  /** First and last time, in seconds since 1970; null when the data have no times. */
  timeRange: [number, number] | null;
  /** Interactions of a user, training, validation and test together. */
  historyLength: {
    min: number;
    p25: number;
    median: number;
    p75: number;
    p95: number;
    max: number;
    mean: number;
  };
  /** Interactions in each part, and how they were split. */
  split: { training: number; validation: number; test: number; text: string; cut?: Cut };
  /** What users were shown, where the data have labels; `interactions` are the clicks. */
  labels?: LabelCounts;
  /** Users and items without training interactions. */
  cold: { users: number; items: number };
  /** Rows that were left out, in the order in which they were. */
  dropped: ReadingFacts['dropped'];
  /** Side features, those of the items first. */
  features: FeatureFacts[];
  /** How files were read, where that was guessed. */
  reading: string[];
  warnings: string[];
  /** What they and the split do to results. */
  checks: DatasetCheck[];
}

/** Fewer evaluated users than this make metrics too noisy to compare models by. */
const FEW_USERS = 100;
const MANY_TIES = 0.05;
const MANY_UNKNOWN = 0.1;

/**
 * Counts what the report tells. `historyLimit` is the model's, to say how many histories are longer.
 */
export function datasetReport(
  dataset: PreparedDataset,
  facts: ReadingFacts,
  historyLimit: HistoryLimit | undefined,
): DatasetReport {
  const { offsets, items, trainEnd, validationEnd, numUsers, numItems } = dataset;
  const inTime = historiesUntil(dataset, 'all');
  const { times } = inTime;
  const lengths = new Uint32Array(numUsers);
  const inTraining = new Uint8Array(numItems + 1);
  const cold = { users: 0, items: 0 };
  let evaluated = 0;
  let cut = 0;
  let repeated = 0;
  let tied = 0;
  let timeRange: [number, number] | null = null;
  for (let user = 0; user < numUsers; user++) {
    const start = offsets[user]!;
    const end = offsets[user + 1]!;
    lengths[user] = end - start;
    if (validationEnd[user]! < end) evaluated++;
    if (trainEnd[user] === start) cold.users++;
    if (historyLimit !== undefined && trainEnd[user]! - start > historyLimit.maxLength) cut++;
    for (let row = start; row < trainEnd[user]!; row++) inTraining[items[row]!] = 1;
    if (times === null || start === end) continue;
    const range: [number, number] = timeRange ?? [Infinity, -Infinity];
    timeRange = [Math.min(range[0], times[start]!), Math.max(range[1], times[end - 1]!)];
    for (let row = start; row < end; row++) {
      const tiedBefore = row > start && times[row] === times[row - 1];
      if (tiedBefore && inTime.items[row] === inTime.items[row - 1]) repeated++;
      if (tiedBefore || (row + 1 < end && times[row] === times[row + 1])) tied++;
    }
  }
  // Those who clicked nothing were shown something all the same.
  if (dataset.labeled?.times) {
    let [first, last] = timeRange ?? [Infinity, -Infinity];
    for (const time of dataset.labeled.times) {
      if (time < first) first = time;
      if (time > last) last = time;
    }
    timeRange = [first, last];
  }
  for (let item = 1; item <= numItems; item++) cold.items += 1 - inTraining[item]!;
  lengths.sort();
  const quantile = (q: number) => lengths[Math.round(q * (numUsers - 1))]!;

  const usersHave = (count: number): string => countOfAll(count, numUsers, 'user', ['has', 'have']);
  const warnings = [...facts.warnings];
  const { dropped } = facts;
  if (dropped.emptyIds > 0)
    warnings.push(`Rows left out because they have no user or item id: ${thousands(dropped.emptyIds)}.`);
  if (dropped.missingTimes > 0)
    warnings.push(`Rows left out because they have no time: ${thousands(dropped.missingTimes)}.`);
  if ((dropped.missingLabels ?? 0) > 0)
    warnings.push(`Rows left out because they have no label: ${thousands(dropped.missingLabels ?? 0)}.`);
  // Where the data have labels, interactions are clicks.
  const interaction = dataset.labeled === null ? 'interaction' : 'click';
  const labels = dataset.labeled === null ? null : countLabels(dataset, dataset.labeled);
  if (labels !== null) warnings.push(...labelWarnings(labels));
  if (repeated > 0) {
    warnings.push(
      `${countOf(repeated, interaction)} ${repeated === 1 ? 'repeats' : 'repeat'} another one of the same user, item and time. If they are copies, set \`duplicates\` to \`keepFirst\`.`,
    );
  }
  if (tied - repeated > MANY_TIES * items.length) {
    warnings.push(
      `${percent(tied / items.length)} of the ${interaction}s share their time with another one of the same user. ` +
        'Their order is drawn at random, the same for all seeds.',
    );
  }
  if (numUsers > evaluated) {
    const { text, needs } = dataset.split;
    // Of others it is not that their history is short.
    const reason = needs.endsWith('of a user') ? `, because ${text} needs ${needs}` : '';
    warnings.push(
      labels === null
        ? `${usersHave(numUsers - evaluated)} nothing held out for testing${reason}: they are used in training but not evaluated.`
        : `${usersHave(numUsers - evaluated)} no click held out for testing: metrics of rankings do not count them.`,
    );
  }
  if (evaluated < FEW_USERS) {
    warnings.push(`Only ${countOf(evaluated, 'user')} can be evaluated: expect noisy metrics.`);
  }
  if (cold.users > 0) {
    warnings.push(
      `${usersHave(cold.users)} no training ${interaction}s: a model knows nothing of them but what is held out before.`,
    );
  }
  if (cold.items > 0) {
    warnings.push(
      `${countOfAll(cold.items, numItems, 'item', labels === null ? ['never occurs', 'never occur'] : ['is never clicked', 'are never clicked'])} in training: a model can hardly recommend ${cold.items === 1 ? 'it' : 'them'}.`,
    );
  }
  if (cut > 0) {
    const { maxLength, learnsOlder } = historyLimit!;
    warnings.push(
      `${thousands(cut)} of ${thousands(numUsers)} training histories ${cut === 1 ? 'is' : 'are'} longer than \`maxSequenceLength\` (${maxLength}): ` +
        {
          true: 'training uses all of their items, ranking only the newest.',
          false: 'only their newest items are used.',
          undefined: 'ranking reads only their newest items.',
        }[`${learnsOlder}`],
    );
  }
  for (const { of, name, unknownShare, kind } of facts.features) {
    if (unknownShare <= MANY_UNKNOWN) continue;
    warnings.push(
      `The feature \`${name}\` is unknown for ${percent(unknownShare)} of the ${of}: ` +
        (kind === 'number'
          ? 'they have no number there.'
          : 'they have no value there, or one that is too rare or does not occur in training.'),
    );
  }
  return {
    fingerprint: dataset.fingerprint,
    rows: facts.numRows,
    users: numUsers,
    items: numItems,
    interactions: items.length,
    density: items.length / (numUsers * numItems),
    timeRange,
    historyLength: {
      min: quantile(0),
      p25: quantile(0.25),
      median: quantile(0.5),
      p75: quantile(0.75),
      p95: quantile(0.95),
      max: quantile(1),
      mean: items.length / numUsers,
    },
    split: {
      ...partCounts(dataset),
      text: dataset.split.text,
      ...(dataset.split.cut && { cut: dataset.split.cut }),
    },
    ...(labels && { labels }),
    cold,
    dropped,
    features: facts.features,
    reading: facts.reading ?? [],
    warnings,
    checks: facts.checks ?? finish(leakageSteps(dataset)),
  };
}

/** The report as lines for a terminal, without colors. */
export function formatReport(report: DatasetReport): string {
  const { historyLength: length, dropped, split } = report;
  const table: [string, string][] = [
    ['users', thousands(report.users)],
    ['items', thousands(report.items)],
    [report.labels ? 'clicks' : 'interactions', thousands(report.interactions)],
    ['density', percent(report.density)],
  ];
  const reading = report.reading.map((line): [string, string] => ['read', line]);
  const width = Math.max(...table.map(([, value]) => value.length));
  const aligned = [
    ...reading,
    ...table.map(([name, value]): [string, string] => [name, value.padStart(width)]),
  ];
  if (report.timeRange)
    aligned.push(['time', `${dateText(report.timeRange[0])} to ${dateText(report.timeRange[1])}`]);
  aligned.push(
    [
      'history length',
      `min ${thousands(length.min)} · 25% ${thousands(length.p25)} · median ${thousands(length.median)} · 75% ${thousands(length.p75)} · ` +
        `95% ${thousands(length.p95)} · max ${thousands(length.max)} · mean ${length.mean.toFixed(1)}`,
    ],
    [
      'split',
      `${split.text}: training ${thousands(split.training)} · validation ${thousands(split.validation)} · test ${thousands(split.test)}`,
    ],
  );
  if (report.labels) aligned.push(...labelLines(report.labels));
  if (split.cut)
    aligned.push([
      'cut',
      `validation from ${dateText(split.cut.validation)} · test from ${dateText(split.cut.test)}`,
    ]);
  if (report.cold.users + report.cold.items > 0)
    aligned.push(['cold', `users ${thousands(report.cold.users)} · items ${thousands(report.cold.items)}`]);
  for (const { of, name, kind, numValues, unknownShare } of report.features) {
    const values = numValues === null ? '' : ` · ${countOf(numValues, 'value')}`;
    aligned.push([
      of === 'items' ? 'item feature' : 'user feature',
      `${name} · ${kind}${values} · ${percent(unknownShare)} unknown`,
    ]);
  }
  const reasons = [
    ['no id', dropped.emptyIds],
    ['no time', dropped.missingTimes],
    ['rating', dropped.rating],
    ['no label', dropped.missingLabels ?? 0],
    ['duplicates', dropped.duplicates],
    ['k-core', dropped.kCore],
    ['cold', dropped.cold ?? 0],
  ] as const;
  const left = reasons.filter(([, rows]) => rows > 0).map(([reason, rows]) => `${reason} ${thousands(rows)}`);
  aligned.push([
    'left out',
    left.length === 0 ? 'nothing' : `${left.join(' · ')} (of ${thousands(report.rows)} rows)`,
  ]);
  const lines = aligned.map(([name, value]) => `${name.padEnd(14)}  ${value}`);
  return [
    ...lines,
    ...report.warnings.map((warning) => `warning: ${warning}`),
    ...report.checks.map(({ level, message }) => `${level === 'note' ? 'note' : 'warning'}: ${message}`),
  ].join('\n');
}
