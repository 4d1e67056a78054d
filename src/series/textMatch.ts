/** The grade of texts that do not match; grades go from 0, the best, to one less. */
export const NO_MATCH = 5;

/**
 * How well a text matches what was typed: 0 equal, 1 beginning with it, 2 with a word that does, 3 containing it, 4 with its
 * letters in this order, else {@link NO_MATCH}. Both are to be folded.
 */
export function matchGrade(text: string, wanted: string): number {
  const place = text.indexOf(wanted);
  if (place === 0) return text.length === wanted.length ? 0 : 1;
  if (place > 0) return text.includes(` ${wanted}`) ? 2 : 3;
  return hasInOrder(text, wanted) ? 4 : NO_MATCH;
}

/** A text without case and accents. */
export function foldText(text: string): string {
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
