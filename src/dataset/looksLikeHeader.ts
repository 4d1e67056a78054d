import { plainName } from '../config/nearestName';
import { RECBOLE_TYPE } from './resolveColumn';

type Kind = 'empty' | 'number' | 'date' | 'text';

/**
 * Whether the first record names the columns, by comparing it with the others: names stand above numbers and dates, and
 * values look like those below them. `names` are columns that there should be. Where nothing tells, `fallback`.
 */
export function looksLikeHeader(
  records: readonly string[][],
  names: readonly string[],
  fallback: boolean,
): boolean {
  const [first = [], ...others] = records;
  const rows = others.filter((row) => row.join('\n') !== first.join('\n'));
  if (first.every((field) => RECBOLE_TYPE.test(field.trim()))) return true;
  const recurs = first.map((field, column) => field !== '' && rows.some((row) => row[column] === field));
  const wanted = new Set(names.map(plainName));
  if (rows.length === 0) return first.every((field) => ['text', 'empty'].includes(kindOf(field)));

  let asHeader = 0;
  let asRow = 0;
  // Row names come in front of rows that the header does not name.
  const shift = rows.every((row) => row.length === first.length + 1) ? 1 : 0;
  for (const [column, field] of first.entries()) {
    const below = rows.map((row) => row[column + shift] ?? '').filter((value) => value.trim() !== '');
    if (field.trim() === '') continue;
    const kind = kindOf(field);
    const isWanted =
      kind === 'text' && !recurs[column] && wanted.has(plainName(field.trim().replace(RECBOLE_TYPE, '')));
    const share = (test: (value: string) => boolean) =>
      below.length === 0 ? 0 : below.filter(test).length / below.length;
    if (kind === 'number' || kind === 'date') {
      if (share((value) => kindOf(value) === kind) >= 0.9) asRow++;
    } else if (share((value) => ['number', 'date'].includes(kindOf(value))) >= 0.9)
      asHeader += isWanted ? 2 : 1;
    else if (/\d/.test(field) && share((value) => shapeOf(value) === shapeOf(field)) >= 0.9) asRow++;
    // What the config asks for outweighs what merely looks like a value.
    else if (isWanted) asHeader += 2;
  }
  if (asHeader !== asRow) return asHeader > asRow;
  return asRow === 0 && !recurs.some(Boolean) && fallback;
}

/** What a value looks like. */
export function kindOf(text: string): Kind {
  const plain = text.trim();
  if (plain === '') return 'empty';
  if (Number.isFinite(Number(plain))) return 'number';
  return /^\d{4}-\d{1,2}-\d{1,2}([T ]\d|$)/.test(plain) || /^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b/.test(plain)
    ? 'date'
    : 'text';
}

/** `A9-a` for `U12-x`: letters and digits by their kind, each run once. */
function shapeOf(text: string): string {
  return text
    .replace(/\p{Lu}+/gu, 'A')
    .replace(/\p{Ll}+/gu, 'a')
    .replace(/\d+/g, '9');
}
