import type { ScoredItem } from '../../src/protocol/attention';
import type { Reasons } from '../../src/protocol/recommendation';
import { formatWeight } from '../plot/formatWeight';
import type { Answer } from './resources';

/** The items that an answer has reasons for, in their order. */
export function explainedItems({ result }: Pick<Answer, 'result'>): ScoredItem[] {
  return [...result.recommendations, ...result.heldOut.filter((item) => item !== null)];
}

/** The item whose reasons are shown: the selected one where one of the answers lists it, else the best of the first. */
export function selectedItem(
  answers: readonly Pick<Answer, 'result'>[],
  selected: string | null,
): ScoredItem | null {
  const [first = [], ...others] = answers.map(explainedItems);
  return [first, ...others].flat().find(({ id }) => id === selected) ?? first[0] ?? null;
}

/** The values of one item, one for each item of the history; null where there are none for it. */
export function reasonsOf({ result, request }: Answer, item: ScoredItem | null): Float32Array | null {
  const { reasons } = result;
  if (reasons === null || item === null) return null;
  const width = request.history.length;
  const row = reasons.perItem ? explainedItems({ result }).findIndex(({ id }) => id === item.id) : 0;
  return row < 0 ? null : reasons.values.subarray(row * width, (row + 1) * width);
}

/** Of the history, the place that speaks most for an item; null where none does. */
export function strongestReason(answer: Answer, item: ScoredItem): number | null {
  const values = reasonsOf(answer, item);
  if (values === null) return null;
  let best: number | null = null;
  values.forEach((value, place) => {
    if (value > 0 && (best === null || value > values[best]!)) best = place;
  });
  return best;
}

/** What the values are, for people. */
export function reasonTitle({ kind, view, perItem }: Reasons, item: ScoredItem | null): string {
  const of = perItem && item !== null ? ` for “${item.title}”` : '';
  switch (kind) {
    case 'attention':
      return `Attention${of} · ${view ?? ''}`;
    case 'similarity':
      return `Similarity to “${item?.title ?? ''}”`;
    case 'contribution':
      return `Contribution${of}`;
  }
}

/** How they are to be read. */
export function reasonHelp({ kind, perItem }: Reasons): string {
  switch (kind) {
    case 'attention':
      return perItem
        ? 'The weight that the model gives each item, mean over heads'
        : 'The weight that the model gives each item when it recommends, mean over heads; the same for all recommendations';
    case 'similarity':
      return 'Cosine of the model’s vectors of the two items';
    case 'contribution':
      return 'The score minus the score without the item';
  }
}

/** At the head of the column that names the item of the history that speaks most for each recommendation. */
export function strongestTitle({ kind }: Reasons): string {
  return { attention: 'most attended', similarity: 'nearest in history', contribution: 'mainly due to' }[
    kind
  ];
}

/** A value with its sign where it may be negative. */
export function formatReason({ kind }: Reasons, value: number): string {
  return Number.isNaN(value) ? '–' : formatWeight(value, kind === 'contribution');
}
