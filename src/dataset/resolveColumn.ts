import { editDistance, plainName } from '../config/nearestName';
import { shorten, type ColumnPick, type DataFile } from './dataFile';
import { DatasetError } from './datasetError';
import { separatorName } from './separatorName';

/** What RecBole's headers put behind the name of a column. */
export const RECBOLE_TYPE = /:(token|token_seq|float|float_seq)$/;

/** What columns are looked up in. */
export type ColumnNames = Pick<DataFile, 'label' | 'columns'> &
  Partial<Pick<DataFile, 'aliases' | 'layout' | 'firstLine'>>;

/**
 * The column that the config calls `wanted`: by its full name, or without RecBole's type (`user_id` for `user_id:token`).
 * Throws a DatasetError that names the columns there are and the nearest one.
 */
export function resolveColumn(names: ColumnNames, { column: wanted, field }: ColumnPick): number {
  const found = findColumn(names, wanted);
  if (found >= 0) return found;
  const { label, columns, layout, firstLine } = names;
  const shown = columns.slice(0, 20).map((column) => `\`${shorten(column)}\``);
  const list = `${shown.join(', ')}${columns.length > 20 ? `, and ${columns.length - 20} more` : ''}`;
  const there = columns.length === 1 ? `its only column is ${list}` : `its columns are ${list}`;
  throw new DatasetError(
    'dataset/missing-column',
    `${label} has no column \`${wanted}\` (\`${field}\`); ${firstLine === undefined ? '' : `it has no header (its first line is \`${shorten(firstLine)}\`), and `}${there}. ` +
      remedy(names, wanted, field) +
      (field === 'dataset.columns.timestamp'
        ? ` If there is no time, but the rows of each user are in time order, set \`${field}\` to null.`
        : '') +
      (layout?.kind === 'delimited' && columns.length === 1
        ? ` If its values are not separated by ${separatorName(layout.separator)}, set \`separator\` beside its \`path\`.`
        : ''),
  );
}

function remedy(names: ColumnNames, wanted: string, field: string): string {
  const { columns } = names;
  if (hasPlaces(names)) {
    return (
      `Set \`${field}\` to the position of the right one, such as ${Math.min(2, columns.length)}, or name them all in \`header\` beside its \`path\`. ` +
      'If the first line does name the columns, set `header` to true.'
    );
  }
  const nearest = columns.length === 1 ? null : nearestColumn(columns, wanted);
  if (nearest !== null) return `Did you mean \`${nearest}\`?`;
  return `Set \`${field}\` to the name of the right one.`;
}

/** Whether columns are named by their places, because the file has no header. */
export function hasPlaces({ columns, layout }: ColumnNames): boolean {
  return layout?.kind === 'delimited' && columns.every((column, index) => column === String(index + 1));
}

/** Place of the column of this name, with or without RecBole's type, or by another name it goes by; -1 when there is none. */
export function findColumn({ columns, aliases = {} }: Omit<ColumnNames, 'label'>, wanted: string): number {
  const exact = columns.indexOf(wanted);
  if (exact >= 0) return exact;
  const bare = wanted.replace(RECBOLE_TYPE, '');
  const typed = columns.findIndex((column) => column.replace(RECBOLE_TYPE, '') === bare);
  if (typed >= 0) return typed;
  const alias = plainName(wanted);
  return Object.hasOwn(aliases, alias) ? aliases[alias]! : -1;
}

/** The name that `wanted` is part of or the other way round, else the one with few enough edits to be a slip. */
export function nearestColumn(names: readonly string[], wanted: string): string | null {
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
