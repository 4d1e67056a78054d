import { errorText } from '../protocol/errorText';
import { editDistance } from '../config/nearestName';
import { foldText, matchGrade, NO_MATCH } from '../series/textMatch';
import { InspectionError } from './inspectionError';

/**
 * Indices of the entries that match a text in one of several columns, best first: equal, then beginning with it, then with a
 * word that does, then containing it, then with its letters in this order (fuzzy). Where none does, those that differ from it by a slip of the
 * keyboard. `/…/` is a regular expression, without regard to case. Entries that match alike keep their order; the empty text matches all.
 * @throws InspectionError for a regular expression that is none
 */
export function searchTexts(text: string, columns: readonly (readonly string[])[], limit: number): number[] {
  const isExpression = text.length > 1 && text.startsWith('/') && text.endsWith('/');
  const grade = isExpression ? byExpression(text) : byText(text);
  const graded: number[][] = Array.from({ length: NO_MATCH }, () => []);
  const numEntries = columns[0]?.length ?? 0;
  for (let entry = 0; entry < numEntries; entry++) {
    let best = NO_MATCH;
    for (const column of columns) best = Math.min(best, grade(column[entry]!));
    const found = graded[best];
    if (found !== undefined && found.length < limit) found.push(entry);
    if (graded[0]!.length >= limit) break;
  }
  const found = graded.flat().slice(0, limit);
  return found.length > 0 || isExpression ? found : misspelled(text, columns, limit);
}

/** Of so many letters one may be wrong. */
const LETTERS_PER_SLIP = 4;

/** Entries that are the text but for a few wrong letters, nearest first. */
function misspelled(text: string, columns: readonly (readonly string[])[], limit: number): number[] {
  const wanted = foldText(text.trim());
  const slips = Math.floor(wanted.length / LETTERS_PER_SLIP);
  const near: { entry: number; distance: number }[] = [];
  for (let entry = 0; slips > 0 && entry < columns[0]!.length; entry++) {
    let distance = Infinity;
    for (const column of columns) {
      const other = foldText(column[entry]!);
      if (Math.abs(other.length - wanted.length) <= slips)
        distance = Math.min(distance, editDistance(other, wanted));
    }
    if (distance <= slips) near.push({ entry, distance });
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ entry }) => entry);
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
