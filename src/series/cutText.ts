/*
 * Titles that are too long for their place. They are cut in the middle, for what tells one from another stands at the end as
 * often as at the beginning (“… Pro 2” and “… Pro 27”), and never inside of what a reader sees as one character.
 */

const ELLIPSIS = '…';
/** Of what is left of a title, so much is its end. */
const SHARE_OF_END = 0.4;

/** In these, every code unit is a character of its own. */
const SIMPLE = /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff]*$/;

/** Code units that are taken apart at once: the time that a segmenter takes grows with the square of them. */
const WINDOW = 256;

let segmenter: Intl.Segmenter | null = null;

/** The characters that a reader sees, such as a letter with its accents or a flag. */
function charactersOf(text: string): string[] {
  if (SIMPLE.test(text)) return text.split('');
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  const characters: string[] = [];
  let window = WINDOW;
  for (let at = 0; at < text.length;) {
    // Half a pair says nothing of what it belongs to.
    const end = at + window - (isFirstOfPair(text, at + window - 1) ? 1 : 0);
    const segments = Array.from(segmenter.segment(text.slice(at, end)), ({ segment }) => segment);
    // The last one may go on behind the window.
    if (end < text.length) segments.pop();
    window = segments.length === 0 ? 2 * window : WINDOW;
    for (const segment of segments) {
      characters.push(segment);
      at += segment.length;
    }
  }
  return characters;
}

function isFirstOfPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

/** A title of at most so many characters; a longer one with an ellipsis in the place of its middle. */
export function cutTitle(title: string, most: number): string {
  // A character has one code unit at least.
  if (title.length <= most) return title;
  const characters = charactersOf(title);
  return characters.length <= most ? title : withoutMiddle(characters, most - 1);
}

/** A sentence of at most so many characters; a longer one with an ellipsis in the place of its end. */
export function cutSentence(text: string, most: number): string {
  if (text.length <= most) return text;
  const characters = charactersOf(text);
  if (characters.length <= most) return text;
  return `${characters
    .slice(0, most - 1)
    .join('')
    .trimEnd()}${ELLIPSIS}`;
}

/** A title that `measure` finds at most so wide, with an ellipsis in the place of its middle where it had to be cut. */
export function fitTitle(title: string, width: number, measure: (text: string) => number): string {
  if (measure(title) <= width) return title;
  const characters = charactersOf(title);
  let [low, high] = [0, characters.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(withoutMiddle(characters, middle)) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : withoutMiddle(characters, low);
}

/** Characters of the end of a title that are kept, and code units: joined emoji are wide. */
const KEPT_AT_END = 8;
const UNITS_AT_END = 10;
/** Characters of a title that is not cut. */
const SHORT = 12;

/** Where a title may be cut that something else lays out, such as CSS: its beginning, and its end, which is kept. */
export function titleParts(title: string): [beginning: string, end: string] {
  const characters = charactersOf(title);
  // Of what is hardly longer than its end, nothing would be left.
  if (characters.length <= SHORT) return [title, ''];
  const kept = Math.min(KEPT_AT_END, Math.ceil(SHARE_OF_END * characters.length));
  let from = characters.length - 1;
  let units = characters[from]!.length;
  while (characters.length - from < kept) {
    units += characters[from - 1]!.length;
    if (units > UNITS_AT_END) break;
    from--;
  }
  const end = endFrom(characters, from);
  return [characters.slice(0, end).join(''), characters.slice(end).join('')];
}

function withoutMiddle(characters: readonly string[], kept: number): string {
  const atEnd = Math.min(kept - 1, Math.ceil(kept * SHARE_OF_END));
  const end = endFrom(characters, characters.length - Math.max(0, atEnd));
  const beginning = characters.slice(0, Math.max(0, kept - atEnd)).join('');
  return `${beginning.trimEnd()}${ELLIPSIS}${characters.slice(end).join('').trimStart()}`;
}

/** The end begins with a word, where one begins in its first half. */
function endFrom(characters: readonly string[], from: number): number {
  const latest = from + (characters.length - from) / 2;
  for (let at = from; at <= latest && at > 0; at++) if (characters[at - 1] === ' ') return at;
  return from;
}
