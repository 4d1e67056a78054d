import { bestOf } from '../evaluation/metrics/metrics';
import {
  SIGNIFICANCE_LEVEL,
  type ChangedUser,
  type Comparison,
  type DifferingSetting,
  type GroupDifference,
  type GroupValue,
  type Slicing,
} from '../protocol/comparison';
import { countOf } from '../protocol/countOf';
import { describeProtocol } from '../protocol/evaluation';
import { percent } from '../protocol/percent';
import { thousands } from '../protocol/thousands';
import { cutTitle } from '../series/cutText';
import {
  formatDelta,
  formatInterval,
  formatMetric,
  formatMetricName,
  formatP,
  formatSpread,
  withoutIntervalsText,
} from '../series/format';
import type { Styled } from './terminal';

const ID_WIDTH = 20;
const TITLE_WIDTH = 40;

/** A comparison, for a terminal. */
export function comparisonText(comparison: Comparison): Styled[] {
  const { groups, metrics, values, differences, protocol } = comparison;
  const parts: Styled[] = [];
  for (const { letter, title, runs } of groups)
    parts.push({ strong: letter }, `  ${title}  ${runs.map(({ id }) => id).join(' ')}\n`);
  const rows = metrics.map((metric, index) => {
    const own = values.map((of) => of[index]!);
    const best = bestOf(
      metric,
      own.map(({ value }) => value ?? Number.NaN),
    );
    return [
      formatMetricName(metric),
      ...own.map((value): Styled => {
        const text = valueText(value);
        return groups.length > 1 && value.value === best ? { strong: text } : text;
      }),
    ];
  });
  parts.push('\n', ...table(['', ...groups.map(({ letter }) => letter)], rows));
  differences.forEach((of, other) => {
    const shown = of.map((difference, index) => [
      formatMetricName(metrics[index]!),
      ...differenceCells(difference),
    ]);
    parts.push('\n', ...table([`${groups[other + 1]!.letter} − A`, ...DIFFERENCE_HEAD], shown));
  });
  parts.push(`\nProtocol: ${describeProtocol(protocol)}.\n`, `${methodText(comparison)}\n`);
  parts.push(...settingsText(comparison));
  for (const slicing of comparison.slicings) parts.push('\n', ...sliceTable(slicing, comparison));
  comparison.changed.forEach(({ gained, lost }, other) => {
    const { letter } = groups[other + 1]!;
    parts.push(...users(`Users who gain most by ${letter}`, gained, metrics[0]!));
    parts.push(...users(`Users who lose most by ${letter}`, lost, metrics[0]!));
  });
  return parts;
}

const DIFFERENCE_HEAD = ['difference', '95 % interval', 'p', 'better', 'same', 'worse', 'of the seed'];

function differenceCells({ difference, correctedP, wins, ties, losses, ...rest }: GroupDifference): string[] {
  if (difference === null) return ['–'];
  const isSignificant = correctedP !== null && correctedP < SIGNIFICANCE_LEVEL;
  const isCounted = correctedP !== null;
  return [
    formatDelta(difference),
    formatInterval(rest),
    isCounted ? `${formatP(correctedP)}${isSignificant ? ' *' : '  '}` : '',
    ...[wins, ties, losses].map((count) => (isCounted ? thousands(count) : '')),
    rest.seedShare === null ? '' : percent(rest.seedShare),
  ];
}

/** Columns as wide as what they hold; the first one stands at the left. What is empty in all rows is left out. */
function table(head: readonly string[], rows: readonly (readonly Styled[])[]): Styled[] {
  const used = head.flatMap((_, column) =>
    column === 0 || rows.some((row) => textOf(row[column] ?? '') !== '') ? [column] : [],
  );
  const widths = used.map((column) =>
    Math.max(...[head, ...rows].map((row) => textOf(row[column] ?? '').length)),
  );
  const line = (row: readonly Styled[]): Styled[] => [
    ...used.map((column, place): Styled => {
      const cell = row[column] ?? '';
      const text = textOf(cell);
      const padded = place === 0 ? text.padEnd(widths[0]!) : `   ${text.padStart(widths[place]!)}`;
      return typeof cell === 'string' ? padded : { strong: padded };
    }),
    '\n',
  ];
  return [head, ...rows].flatMap(line);
}

const textOf = (text: Styled): string => (typeof text === 'string' ? text : text.strong);

function valueText({ value, seedDeviation, ...interval }: GroupValue): string {
  if (value === null) return '–';
  const spread = seedDeviation === null ? '' : ` ± ${formatSpread(seedDeviation, value)}`;
  const range = formatInterval(interval);
  return `${formatMetric(value)}${spread}${range === '' ? '' : `  (${range})`}`;
}

function methodText({
  groups,
  differences,
  metrics,
  values,
  withoutIntervals,
  resamples,
  seed,
  numUsers,
}: Comparison): string {
  const tested = differences.flat().filter(({ p }) => p !== null);
  const test = tested.some((difference) => difference.test === 't')
    ? 'randomization test; Student’s t over users and seeds where a config has several seeds'
    : 'randomization test';
  const corrected = tested.length > 1 ? `, corrected for ${tested.length} tests (Holm)` : '';
  const lines = [
    `Intervals: 95 %, bootstrap of ${thousands(numUsers)} users, ${thousands(resamples)} resamples, seed ${seed}.`,
  ];
  if (tested.length > 0) lines.push(`p: ${test}${corrected}; * below ${SIGNIFICANCE_LEVEL}.`);
  if (values.flat().some(({ seedDeviation }) => seedDeviation !== null))
    lines.push('±: standard deviation over the seeds.');
  lines.push(...withoutIntervalsText(withoutIntervals));
  if (groups.length === 1 && groups[0]!.runs.length > 1) {
    lines.push(
      `These runs differ only in the seed: what they differ by in ${formatMetricName(metrics[0] ?? '')} and the others is chance.`,
    );
  } else if (groups.every(({ runs }) => runs.length === 1))
    lines.push(
      'One seed each: this compares trained models. To compare configs, train each with several seeds.',
    );
  return lines.join('\n');
}

/** Those that all have: options that one model has and another lacks say no more than that the models differ. */
function settingsText({ settings, groups }: Comparison): Styled[] {
  if (settings.length === 0) return [];
  const runs = groups.filter(({ isBaseline }) => !isBaseline);
  const shared = settings.filter(({ values }) => values.every((value) => value !== null));
  const cells = ({ path, values }: DifferingSetting): string[] => [
    path,
    ...values.map((value) => cutTitle(value!, TITLE_WIDTH)),
  ];
  const others = settings.length - shared.length;
  return [
    '\n',
    ...table(['Settings', ...runs.map(({ letter }) => letter)], shared.map(cells)),
    ...(others > 0
      ? [`Also: ${countOf(others, 'setting')} that only some of the runs have; see \`--json\`.\n`]
      : []),
  ];
}

function sliceTable({ title, metric, slices }: Slicing, { groups }: Comparison): Styled[] {
  const head = [
    `${formatMetricName(metric)} by ${title[0]!.toLowerCase()}${title.slice(1)}`,
    'users',
    ...groups.map(({ letter }) => letter),
    ...groups.slice(1).flatMap(({ letter }) => [`${letter} − A`, ...DIFFERENCE_HEAD.slice(1)]),
  ];
  const rows = slices.map(({ label, numUsers, values, differences }) => [
    label,
    thousands(numUsers),
    ...values.map(({ value }) => (value === null ? '–' : formatMetric(value))),
    ...differences.flatMap(differenceCells),
  ]);
  return table(head, rows);
}

function users(title: string, changed: readonly ChangedUser[], metric: string): Styled[] {
  if (changed.length === 0) return [];
  const rows = changed.map(({ id, values, targets, historyLength }) => [
    cutTitle(id, ID_WIDTH),
    values.map(formatMetric).join(' → '),
    targets.map(({ places }) => places.map(placeText).join(' → ')).join(', '),
    historyLength === null ? '' : thousands(historyLength),
    cutTitle(targets.map((target) => target.title).join(', '), TITLE_WIDTH),
  ]);
  return ['\n', ...table([title, formatMetricName(metric), 'place', 'history', 'held out'], rows)];
}

const placeText = (place: number): string => (Number.isInteger(place) ? thousands(place) : place.toFixed(1));
