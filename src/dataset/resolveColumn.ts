import { shorten, type ColumnPick, type DataFile } from './dataFile';
import { DatasetError } from './datasetError';

/** What RecBole's headers put behind the name of a column. */
export const RECBOLE_TYPE = /:(token|token_seq|float|float_seq)$/;

/**
 * The column that the config calls `wanted`: by its full name, or without RecBole's type (`user_id` for `user_id:token`).
 * Throws a DatasetError that names the columns there are and the nearest one.
 */
export function resolveColumn(
  { label, columns }: Pick<DataFile, 'label' | 'columns'>,
  { column: wanted, field }: ColumnPick,
): number {
  const found = findColumn(columns, wanted);
  if (found >= 0) return found;

  const shown = columns.slice(0, 20).map((column) => `\`${shorten(column)}\``);
  const list = `${shown.join(', ')}${columns.length > 20 ? `, and ${columns.length - 20} more` : ''}`;
  const nearest = nearestName(columns, wanted);
  const looksLikeValues = columns.every((column) => /\d/.test(column));
  throw new DatasetError(
    'dataset/missing-column',
    `${label} has no column \`${wanted}\` (\`${field}\`); its columns are ${list}. ` +
      (nearest !== null
        ? `Did you mean \`${nearest}\`?`
        : looksLikeValues
          ? 'These look like values: the first line of a file must name the columns. Add such a line.'
          : `Set \`${field}\` to the name of the right one.`),
  );
}

/** Place of the column of this name, with or without RecBole's type; -1 when there is none. */
export function findColumn(columns: readonly string[], wanted: string): number {
  const exact = columns.indexOf(wanted);
  if (exact >= 0) return exact;
  const bare = wanted.replace(RECBOLE_TYPE, '');
  return columns.findIndex((column) => column.replace(RECBOLE_TYPE, '') === bare);
}

/** The name that `wanted` is part of or the other way round, else the one with few enough edits to be a slip. */
function nearestName(names: readonly string[], wanted: string): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  const target = wanted.toLowerCase();
  for (const name of names) {
    const candidate = name.replace(RECBOLE_TYPE, '').toLowerCase();
    const isPart =
      Math.min(candidate.length, target.length) >= 3 &&
      (candidate.includes(target) || target.includes(candidate));
    const distance = isPart ? 1 : editDistance(candidate, target);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(
        Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    previous = row;
  }
  return previous[b.length]!;
}
