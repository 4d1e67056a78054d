import { InspectionError } from './inspectionError';

/**
 * Indices of the entries that match a text in one of several columns, best first: equal, then beginning with it, then with a
 * word that does, then containing it, then with its letters in this order (fuzzy). `/…/` is a regular expression, without
 * regard to case. Entries that match alike keep their order; the empty text matches all.
 * @throws InspectionError for a regular expression that is none
 */
export function searchTexts(text: string, columns: readonly (readonly string[])[], limit: number): number[] {
  const grade =
    text.length > 1 && text.startsWith('/') && text.endsWith('/') ? byExpression(text) : byText(text);
  const graded: number[][] = Array.from({ length: NO_MATCH }, () => []);
  const numEntries = columns[0]?.length ?? 0;
  for (let entry = 0; entry < numEntries; entry++) {
    let best = NO_MATCH;
    for (const column of columns) best = Math.min(best, grade(column[entry]!));
    const found = graded[best];
    if (found !== undefined && found.length < limit) found.push(entry);
    if (graded[0]!.length >= limit) break;
  }
  return graded.flat().slice(0, limit);
}

/** How well a text matches: 0 is best. */
type Grade = (entry: string) => number;
const NO_MATCH = 5;

function byExpression(text: string): Grade {
  let expression: RegExp;
  try {
    expression = new RegExp(text.slice(1, -1), 'iu');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InspectionError('inspection/bad-expression', `${text} is no regular expression: ${reason}.`);
  }
  return (entry) => (expression.test(entry) ? 0 : NO_MATCH);
}

function byText(text: string): Grade {
  const wanted = folded(text.trim());
  return (entry) => {
    const found = folded(entry);
    if (found === wanted || wanted === '') return 0;
    const place = found.indexOf(wanted);
    if (place === 0) return 1;
    if (found.includes(` ${wanted}`)) return 2;
    if (place > 0) return 3;
    return hasInOrder(found, wanted) ? 4 : NO_MATCH;
  };
}

/** Without case and accents. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

function hasInOrder(text: string, letters: string): boolean {
  let from = 0;
  for (const letter of letters) {
    const place = text.indexOf(letter, from);
    if (place < 0) return false;
    from = place + letter.length;
  }
  return true;
}
