import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DataFile, DelimitedLayout } from './dataFile';
import { DatasetError } from './datasetError';
import { lineTooLong } from './duckDb';
import type { QuoteFacts } from './quoteScan';
import { BYTE_ORDER_MARK, lineAt, surveyFile, textOf, type Survey } from './surveyFile';
import { encodingLabel, notUtf8, singleByteEncoding, WHICH_IS_SAID } from './textEncoding';

/** A file whose guesses hold for all of it, and what is odd about it. */
export interface SettledFile {
  file: DataFile;
  warnings: string[];
}

/** Values over several lines are odd where there are at most this many of them, or this share of those in quotes. */
const FEW_SPANNING = 3;
const RARELY = 0.01;
/** No title and no review has as many lines. */
const MANY_LINES = 25;

/**
 * Reads a text file to its end, mends what was guessed from its start, and copies it to `folder` in UTF-8 with one kind of
 * line ends where DuckDB could not read it otherwise.
 * @throws DatasetError for bytes that are no text of its encoding, with their line
 */
export async function settleFile(original: DataFile, folder: string): Promise<SettledFile> {
  if (original.layout.kind === 'parquet') return { file: original, warnings: [] };
  let file = original;
  let survey = await surveyFile(file);
  if (survey.notUtf8) {
    file = await withOtherEncoding(file, survey, survey.notUtf8);
    survey = await surveyFile(file);
  }
  const isOneLine = file.layout.kind === 'json' && file.layout.format !== 'newline_delimited';
  if (survey.longLine !== null && !isOneLine) {
    const line = await lineAt(file, survey.longLine);
    throw new DatasetError('dataset/line-too-long', lineTooLong(`${file.label}, line ${line}`));
  }
  if (survey.nul !== null) {
    throw new DatasetError(
      'dataset/not-utf8',
      `${file.label}, line ${await lineAt(file, survey.nul)}: found a NUL byte, which text never contains. ` +
        'Look for a damaged line; if the file is UTF-16, set `encoding` beside its `path` to `utf-16le`.',
    );
  }
  const warnings: string[] = [];
  if (file.layout.kind === 'delimited' && survey.quotes) {
    const layout = withQuoting(file.layout, survey.quotes);
    const guesses = quotingGuess(file.layout, layout, survey.quotes);
    file = { ...file, layout, guesses: [...file.guesses, ...guesses] };
    if (layout.quote !== '') warnings.push(...(await spanningWarning(file, survey.quotes)));
  }
  const { lf, crlf, cr } = survey.lineEnds;
  const isMixed = file.layout.kind !== 'json' && Number(lf) + Number(crlf) + Number(cr) > 1;
  if (isMixed) file = { ...file, guesses: [...file.guesses, 'mixed line endings (each ends a line)'] };
  // DuckDB’s JSON reader takes the mark for a part of the first object.
  const hasMark = survey.hasMark && file.layout.kind === 'json';
  if (isMixed || hasMark || file.encoding !== 'utf-8') {
    const copy = join(folder, `${copies++}.txt`);
    await pipeline(Readable.from(withPlainLines(file, isMixed)), createWriteStream(copy));
    file = { ...file, copy };
  }
  return { file, warnings };
}

/** Makes names of copies differ. */
let copies = 0;

async function withOtherEncoding(
  file: DataFile,
  survey: Survey,
  { place, sample, words }: NonNullable<Survey['notUtf8']>,
): Promise<DataFile> {
  const where = `${file.label}, line ${await lineAt(file, place)}`;
  if (survey.hasUtf8 || file.encodingGiven) {
    throw notUtf8(where, file.encodingGiven ? WHICH_IS_SAID : 'though there is UTF-8 before them');
  }
  const encoding = singleByteEncoding(sample, words, where);
  return { ...file, encoding, guesses: [...file.guesses, encodingLabel(encoding)] };
}

function withQuoting(layout: DelimitedLayout, quotes: QuoteFacts): DelimitedLayout {
  const { guessed } = layout;
  const isQuoted = quotes.stray === 0 && (quotes.doubled > 0 || quotes.separated > 0);
  const quote = layout.quote !== '' || !guessed.quote ? layout.quote : isQuoted ? '"' : '';
  const escape = guessed.escape ? (quotes.backslashes && quote !== '' ? '\\' : quote) : layout.escape;
  return { ...layout, quote, escape };
}

function quotingGuess(
  before: DelimitedLayout,
  after: DelimitedLayout,
  { quoted, stray }: QuoteFacts,
): string[] {
  const guesses: string[] = [];
  if (before.guessed.quote && after.quote === '' && quoted + stray > 0)
    guesses.push('a `"` is a character like any other');
  if (before.guessed.quote && after.quote !== '' && ![',', ';', '|'].includes(after.separator.trim()))
    guesses.push('values in double quotes');
  if (after.guessed.escape && after.escape === '\\') guesses.push('`\\"` stands for a quote inside a value');
  return guesses;
}

async function spanningWarning(file: DataFile, { quoted, spanning }: QuoteFacts): Promise<string[]> {
  const { count, first, longest, lines } = spanning;
  const isOdd = count > 0 && (count <= FEW_SPANNING || count <= RARELY * quoted || lines >= MANY_LINES);
  if (!isOdd) return [];
  const line = await lineAt(file, lines >= MANY_LINES ? longest : first);
  return [
    `${file.label}, line ${line}: a value in double quotes spans ${lines + 1} lines` +
      `${count > 1 ? `, one of ${count} such values` : ', unlike all others'}. ` +
      'If that quote is part of the text, the lines up to the next quote are lost: set `quote` beside its `path` to "".',
  ];
}

async function* withPlainLines(file: DataFile, mend: boolean): AsyncGenerator<Buffer> {
  let isStart = true;
  let endsInReturn = false;
  for await (const piece of textOf(file)) {
    let chunk = piece;
    if (isStart && chunk.length > 0) {
      if (chunk.subarray(0, 3).equals(BYTE_ORDER_MARK)) chunk = chunk.subarray(3);
      isStart = false;
    }
    if (mend) {
      let text = chunk.toString('latin1');
      if (endsInReturn && text.startsWith('\n')) text = text.slice(1);
      endsInReturn = text === '' ? endsInReturn : text.endsWith('\r');
      chunk = Buffer.from(text.replace(/\r\n?/g, '\n'), 'latin1');
    }
    yield chunk;
  }
}
