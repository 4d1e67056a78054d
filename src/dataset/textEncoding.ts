import { isUtf8 } from 'node:buffer';
import { DatasetError } from './datasetError';

/** Words with bytes above 127: with ASCII letters in them, as in most Western languages, or without, as in other scripts. */
export interface HighWords {
  mixed: number;
  foreign: number;
}

/** An encoding in a sentence. */
export function encodingLabel(encoding: string): string {
  return encoding === 'windows-1252' ? 'Latin-1 (Windows-1252)' : encoding.toUpperCase();
}

/**
 * The encoding of a text that starts with these bytes, as the WHATWG standard spells it: what a byte order mark says, UTF-16
 * where every other byte is 0, UTF-8 where that is possible, else Windows-1252, which has all of Latin-1.
 * @throws DatasetError when the bytes are of another script, whose encodings cannot be told apart for sure
 */
export function guessEncoding(head: Buffer, label: string): string {
  const utf16 = utf16Of(head);
  if (utf16 !== null) return utf16;
  // The last character may be cut.
  for (let cut = 0; cut < 4; cut++) if (isUtf8(head.subarray(0, head.length - cut))) return 'utf-8';
  return singleByteEncoding(head, countHighWords(head), label);
}

/**
 * Checks an encoding that the config names, as the WHATWG standard spells it, against the first bytes of a file. Only in
 * UTF-16 does a text have zero bytes: every comma and line end has one.
 * @throws DatasetError when they are UTF-16, and that is not what it names
 */
export function requireEncoding(head: Buffer, encoding: string, label: string): void {
  const utf16 = utf16Of(head);
  if (utf16 === null || utf16 === encoding || !head.includes(0)) return;
  throw new DatasetError(
    'dataset/not-utf8',
    `${label}: found ${encodingLabel(utf16)} text, but \`encoding\` says ${encodingLabel(encoding)}. ` +
      `Set \`encoding\` beside its \`path\` to \`${utf16}\`, or leave it out.`,
  );
}

/** The kind of UTF-16 that the first bytes of a text are, or null. */
function utf16Of(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  const sample = head.subarray(0, 4096);
  for (let i = 0; i < sample.length; i++) if (sample[i] === 0) zeros[i % 2]!++;
  const isMostly = (many: number, few: number) => many > 0.4 * sample.length && few < 0.1 * sample.length;
  if (isMostly(zeros[1]!, zeros[0]!)) return 'utf-16le';
  if (isMostly(zeros[0]!, zeros[1]!)) return 'utf-16be';
  return null;
}

/**
 * Windows-1252 where words with bytes above 127 look like those of Western European text.
 * @throws DatasetError that says what the bytes may be instead
 */
export function singleByteEncoding(sample: Buffer, { mixed, foreign }: HighWords, where: string): string {
  if (mixed >= 2 * foreign) return 'windows-1252';
  const isGbk = decodes(sample, 'gbk');
  throw new DatasetError(
    'dataset/not-utf8',
    `${where}: found text that is neither UTF-8 nor of a Western European encoding. ` +
      (isGbk
        ? 'It looks like GBK (Chinese): set `encoding` to `gbk` beside its `path`, or to `big5`, `shift_jis` or `euc-kr` if it is Japanese or Korean.'
        : 'Set `encoding` beside its `path`, such as `windows-1251` for Cyrillic or `shift_jis` for Japanese, or save the file as UTF-8.'),
  );
}

/** Adds up the words with bytes above 127. Single ones are signs as often as letters, and do not count as words. */
export function countHighWords(bytes: Buffer): HighWords {
  const found = { mixed: 0, foreign: 0 };
  const isHigh = (byte: number) => byte >= 0x80;
  const isLetter = (byte: number) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  for (let i = 0; i < bytes.length; i++) {
    if (!isHigh(bytes[i]!)) continue;
    let letters = i > 0 && isLetter(bytes[i - 1]!) ? 1 : 0;
    let high = 0;
    for (; i < bytes.length && (isHigh(bytes[i]!) || isLetter(bytes[i]!)); i++) {
      if (isHigh(bytes[i]!)) high++;
      else letters++;
    }
    if (letters > 0) found.mixed++;
    else if (high > 1) found.foreign++;
  }
  return found;
}

function decodes(bytes: Buffer, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The text of the first bytes of a file, without a byte order mark. */
export function decodeHead(head: Buffer, encoding: string, label: string): string {
  try {
    // `stream` leaves out a character that the cut at the end halves.
    return new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true });
  } catch {
    if (encoding !== 'utf-8') throw notDecodable(label, encoding, 'near the start');
    // What is guessed to be UTF-8 is UTF-8.
    throw notUtf8(`${label}, line ${firstLineNotUtf8(head)}`, WHICH_IS_SAID);
  }
}

/** How the sentence about bytes that are not UTF-8 goes on where the config names the encoding. */
export const WHICH_IS_SAID = 'which `encoding` says they are';

/** @param why the reader expected UTF-8 */
export function notUtf8(where: string, why: string): DatasetError {
  return new DatasetError(
    'dataset/not-utf8',
    `${where}: found bytes that are not UTF-8, ${why}. ` +
      'Correct the line, or set `encoding` beside its `path`, such as to `latin-1`.',
  );
}

/** Counted from 1. Bytes of line ends are never a part of other characters. */
function firstLineNotUtf8(bytes: Buffer): number {
  const lines = bytes.toString('latin1').split(/\r\n?|\n/);
  return 1 + lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
}

/**
 * Turns bytes of an encoding into UTF-8 without a byte order mark.
 * @throws DatasetError where bytes are no text of that encoding
 */
export async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  encoding: string,
  label: string,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let offset = 0;
  for await (const chunk of chunks) {
    try {
      yield Buffer.from(decoder.decode(chunk, { stream: true }));
    } catch {
      throw notDecodable(label, encoding, `in bytes ${offset + 1} to ${offset + chunk.length}`);
    }
    offset += chunk.length;
  }
  try {
    yield Buffer.from(decoder.decode());
  } catch {
    throw notDecodable(label, encoding, 'at its end');
  }
}

function notDecodable(label: string, encoding: string, where: string): DatasetError {
  return new DatasetError(
    'dataset/not-utf8',
    `${label}: found bytes that are not ${encoding} text, ${where}. Set \`encoding\` beside its \`path\` to the right one, or save the file as UTF-8.`,
  );
}
