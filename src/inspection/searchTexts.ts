import { errorText } from '../protocol/errorText';
import { foldText, matchGrade, NO_MATCH } from '../series/textMatch';
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

function byExpression(text: string): Grade {
  let expression: RegExp;
  try {
    expression = new RegExp(text.slice(1, -1), 'iu');
  } catch (error) {
    const reason = errorText(error);
    throw new InspectionError('inspection/bad-expression', `${text} is not a regular expression: ${reason}.`);
  }
  return (entry) => (expression.test(entry) ? 0 : NO_MATCH);
}

function byText(text: string): Grade {
  const wanted = foldText(text.trim());
  // All match the empty text alike, and keep their order.
  return (entry) => (wanted === '' ? 0 : matchGrade(foldText(entry), wanted));
}
