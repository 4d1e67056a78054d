import { isAscii, isUtf8 } from 'node:buffer';
import type { DataFile } from './dataFile';
import { MAX_LINE_BYTES } from './duckDb';
import { QuoteScan, type QuoteFacts } from './quoteScan';
import { countHighWords, toUtf8, type HighWords } from './textEncoding';
import { unpackFile } from './unpackFile';

/** What only a look at the whole of a text file tells. Places are bytes from the start of its text, in UTF-8. */
export interface Survey {
  /** Which ends of lines there are. */
  lineEnds: { lf: boolean; crlf: boolean; cr: boolean };
  /** Whether it starts with a byte order mark. */
  hasMark: boolean;
  /** Where a line starts that is longer than any may be, or null. */
  longLine: number | null;
  /** The first byte that is no text, or null. */
  nul: number | null;
  /** The first byte that is not UTF-8, or null; a sample of what is behind it; words with bytes above 127 there. */
  notUtf8: { place: number; sample: Buffer; words: HighWords } | null;
  /** Whether there are characters of several bytes before it. */
  hasUtf8: boolean;
  /** Null for a file without quoting. */
  quotes: QuoteFacts | null;
}

const LINE_FEED = 10;
const RETURN = 13;
export const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Reads a text file to its end. Throws a DatasetError when it is damaged, or no text of its encoding. */
export async function surveyFile(file: DataFile): Promise<Survey> {
  const survey: Survey = {
    lineEnds: { lf: false, crlf: false, cr: false },
    hasMark: false,
    longLine: null,
    nul: null,
    notUtf8: null,
    hasUtf8: false,
    quotes: null,
  };
  const { layout } = file;
  const quotes =
    layout.kind === 'delimited' && (layout.quote !== '' || layout.guessed.quote)
      ? new QuoteScan(layout)
      : null;
  let offset = 0;
  let cutOff = Buffer.alloc(0);
  let lastByte = 0;
  let lineStart = 0;
  for await (const chunk of textOf(file)) {
    const end = chunk.findLastIndex(isLineEnd);
    if (offset + (end < 0 ? chunk.length : chunk.findIndex(isLineEnd)) - lineStart > MAX_LINE_BYTES)
      survey.longLine ??= lineStart;
    if (end >= 0) lineStart = offset + end + 1;
    if (offset === 0) survey.hasMark = chunk.subarray(0, 3).equals(BYTE_ORDER_MARK);
    if (survey.nul === null) {
      const nul = chunk.indexOf(0);
      if (nul >= 0) survey.nul = offset + nul;
    }
    noteLineEnds(chunk, lastByte, survey.lineEnds);
    if (cutOff.length > 0 || !isAscii(chunk)) {
      const bytes = cutOff.length > 0 ? Buffer.concat([cutOff, chunk]) : chunk;
      const start = offset - cutOff.length;
      const end = wholeCharacters(bytes);
      cutOff = Buffer.alloc(0);
      if (survey.notUtf8) addWords(survey.notUtf8.words, bytes);
      else if (isUtf8(bytes.subarray(0, end))) {
        survey.hasUtf8 = true;
        cutOff = Buffer.from(bytes.subarray(end));
      } else {
        const place = firstInvalid(bytes);
        survey.hasUtf8 ||= !isAscii(bytes.subarray(0, place));
        const sample = Buffer.from(bytes.subarray(place, place + 4096));
        survey.notUtf8 = {
          place: start + place,
          sample,
          words: countHighWords(bytes.subarray(Math.max(0, place - 8))),
        };
      }
    }
    quotes?.push(chunk);
    offset += chunk.length;
    lastByte = chunk.at(-1) ?? lastByte;
  }
  if (lastByte === RETURN) survey.lineEnds.cr = true;
  if (cutOff.length > 0 && !survey.notUtf8) {
    survey.notUtf8 = { place: offset - cutOff.length, sample: cutOff, words: countHighWords(cutOff) };
  }
  if (quotes) {
    quotes.end();
    survey.quotes = quotes.facts;
  }
  return survey;
}

/** The text of a file, unpacked, in UTF-8; bytes as they are where the file should be UTF-8. */
export function textOf({ path, label, compression, encoding }: DataFile): AsyncGenerator<Buffer> {
  const bytes = unpackFile(path, label, compression);
  return encoding === 'utf-8' ? bytes : toUtf8(bytes, encoding, label);
}

/** The line, from 1, that a byte is in. */
export async function lineAt(file: DataFile, place: number): Promise<number> {
  let line = 1;
  let offset = 0;
  let lastByte = 0;
  for await (const chunk of textOf(file)) {
    for (const [index, byte] of chunk.subarray(0, Math.max(0, place - offset)).entries()) {
      if (byte === RETURN || (byte === LINE_FEED && (index > 0 ? chunk[index - 1] : lastByte) !== RETURN))
        line++;
    }
    offset += chunk.length;
    lastByte = chunk.at(-1) ?? lastByte;
    if (offset >= place) break;
  }
  return line;
}

function isLineEnd(byte: number): boolean {
  return byte === LINE_FEED || byte === RETURN;
}

function noteLineEnds(chunk: Buffer, lastByte: number, found: Survey['lineEnds']): void {
  if (lastByte === RETURN && chunk[0] !== LINE_FEED) found.cr = true;
  if (!chunk.includes(RETURN) && lastByte !== RETURN) {
    found.lf ||= chunk.includes(LINE_FEED);
    return;
  }
  for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) {
    if ((at > 0 ? chunk[at - 1] : lastByte) === RETURN) found.crlf = true;
    else found.lf = true;
    if (found.lf && found.crlf) break;
  }
  for (let at = chunk.indexOf(RETURN); !found.cr && at >= 0; at = chunk.indexOf(RETURN, at + 1)) {
    if (at + 1 < chunk.length && chunk[at + 1] !== LINE_FEED) found.cr = true;
  }
}

/** How many of the bytes are whole characters of UTF-8, if they are UTF-8. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** The first byte that is no UTF-8, by halving. */
function firstInvalid(bytes: Buffer): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    const part = bytes.subarray(0, middle);
    if (isUtf8(part.subarray(0, wholeCharacters(part)))) valid = middle;
    else invalid = middle;
  }
  // The character that cannot be one may have begun a little earlier.
  let start = invalid - 1;
  while (start > 0 && !isUtf8(bytes.subarray(0, start))) start--;
  return start;
}

function addWords(into: HighWords, bytes: Buffer): void {
  const { mixed, foreign } = countHighWords(bytes);
  into.mixed += mixed;
  into.foreign += foreign;
}
