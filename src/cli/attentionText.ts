import type { AttentionResult, Contribution, RecordedView, RecordedWeights } from '../protocol/attention';
import { bar, sparkline } from './bars';
import { percent } from '../protocol/percent';
import { cutTitle } from '../series/cutText';
import { formatRank } from '../series/format';

const BAR_WIDTH = 10;
/** Of leave-one-out, the largest. */
const LISTED_CONTRIBUTIONS = 10;

/** What a model looked at and recommends, for a terminal. */
export function attentionText(
  user: string | null,
  views: readonly RecordedView[],
  { history, weights, candidates, recommendations, target, contributions }: AttentionResult,
): string {
  const columns = weights.flatMap((recorded) => columnOf(views, recorded, history.length) ?? []);
  const lines = [
    `${user === null ? 'A composed history' : `The history of user ${user}`}, oldest first; weights of the newest position${
      candidates[0] === undefined ? '' : `, where they depend on a candidate for “${candidates[0].title}”`
    }:`,
    '',
  ];
  if (columns.length > 0)
    lines.push(`     ${columns.map(({ title, width }) => cutTitle(title, width).padEnd(width)).join('  ')}`);
  history.forEach(({ title }, position) => {
    const cells = columns.map(({ cells: own, width }) => own[position]!.padEnd(width));
    lines.push(`${String(position + 1).padStart(4)} ${[...cells, title].join('  ')}`);
  });
  if (history.length === 0) lines.push('     No history was read.');
  for (const recorded of weights) lines.push(...slotLines(views, recorded));
  for (const { view, toPadding } of weights)
    if (toPadding !== undefined)
      lines.push(
        `${labelOf(views, view)} gives ${percent(toPadding.at(-1)!)} to the padding before the history.`,
      );

  lines.push('', 'Recommended:');
  for (const { rank, score, title } of recommendations)
    lines.push(`${formatRank(rank).padStart(6)}  ${score.toFixed(3).padStart(8)}  ${title}`);
  if (target !== null)
    lines.push(
      '',
      `Next item of the user: ${target.title}, rank ${formatRank(target.rank)}, score ${target.score.toFixed(3)}.`,
    );
  candidates.forEach(({ title, rank, score }, index) => {
    lines.push('', `“${title}”: rank ${formatRank(rank)}, score ${score.toFixed(3)}.`);
    lines.push(...contributionLines(contributions[index] ?? []));
  });
  return `${lines.join('\n')}\n`;
}

interface Column {
  title: string;
  width: number;
  /** For each item of the history. */
  cells: string[];
}

/** The column of a view beside the history; null where its weights are not of the history's items. */
function columnOf(views: readonly RecordedView[], recorded: RecordedWeights, length: number): Column | null {
  const view = views.find(({ name }) => name === recorded.view);
  if (view === undefined || length === 0) return null;
  if (view.axes.at(-1) === 'slot') {
    if (!view.axes.includes('position')) return null;
    const slots = recorded.shape.at(-1)!;
    const cells = Array.from({ length }, (_, position) =>
      sparkline([...recorded.values.subarray(position * slots, (position + 1) * slots)]),
    );
    return { title: view.label, width: Math.max(slots, view.label.length), cells };
  }
  const values = newestRow(view, recorded, length);
  const largest = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
  const cells = values.map(
    (value) => `${bar(Math.abs(value) / largest, BAR_WIDTH)} ${value.toFixed(3).padStart(6)}`,
  );
  return { title: view.label, width: BAR_WIDTH + 7, cells };
}

/** The weights of the newest position, the mean over heads, of the first candidate. */
function newestRow({ axes, of }: RecordedView, { shape, values }: RecordedWeights, length: number): number[] {
  const sizes = of === 'candidate' ? shape.slice(1) : shape;
  const numHeads = axes[0] === 'head' ? sizes[0]! : 1;
  const perHead = sizes.slice(axes[0] === 'head' ? 1 : 0).reduce((product, size) => product * size, 1);
  return Array.from({ length }, (_, position) => {
    let sum = 0;
    for (let head = 0; head < numHeads; head++) sum += values[(head + 1) * perHead - length + position]!;
    return sum / numHeads;
  });
}

/** What a candidate gives to each slot of a memory. */
function slotLines(views: readonly RecordedView[], { view, values, shape }: RecordedWeights): string[] {
  const { axes, label } = views.find(({ name }) => name === view)!;
  if (axes.length !== 1 || axes[0] !== 'slot') return [];
  const slots = shape.at(-1)!;
  const shares = Array.from(
    values.subarray(0, slots),
    (value, slot) => `${slot === slots - 1 ? 'highway' : `slot ${slot + 1}`} ${percent(value)}`,
  );
  return ['', `${label}: ${shares.join(' · ')}`];
}

function contributionLines(contributions: readonly Contribution[]): string[] {
  if (contributions.length === 0) return [];
  const largest = Math.max(...contributions.map(({ change }) => Math.abs(change)), Number.MIN_VALUE);
  const lines = contributions
    .slice(0, LISTED_CONTRIBUTIONS)
    .map(
      ({ change, label }) =>
        `  ${`${change < 0 ? '' : '+'}${change.toFixed(3)}`.padStart(8)} ${bar(Math.abs(change) / largest, BAR_WIDTH)}  ${label}`,
    );
  return ['Contributions to the score (the score minus the score without each):', ...lines];
}

function labelOf(views: readonly RecordedView[], name: string): string {
  return views.find((view) => view.name === name)?.label ?? name;
}
