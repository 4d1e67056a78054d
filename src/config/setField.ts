import { modify } from 'jsonc-parser';
import { isMap, isSeq, parseDocument } from 'yaml';
import type { ConfigFormat } from './parseConfig';
import type { ConfigPath, SourceRange } from './sourceTree';

/** A change of a text: what stands at `start` to `end` becomes `text`. */
export interface TextChange extends SourceRange {
  text: string;
}

/**
 * The changes that put a field into a config which leaves it out, with the objects around it; none where it would have to go
 * into what an alias stands for, which others share, or where the text has errors.
 */
export function insertField(
  text: string,
  format: ConfigFormat,
  path: ConfigPath,
  value: string | number | null,
): TextChange[] {
  if (format === 'json') {
    const indent = /^\{\s*\n([ \t]+)/.exec(text)?.[1] ?? '  ';
    const options = { insertSpaces: !indent.startsWith('\t'), tabSize: indent.length, eol: '\n' };
    return modify(text, [...path], value, { formattingOptions: options }).map(
      ({ offset, length, content }) => ({
        start: offset,
        end: offset + length,
        text: content,
      }),
    );
  }
  const document = parseDocument(text, { logLevel: 'silent' });
  const around = path.slice(0, -1).map((_, length) => document.getIn(path.slice(0, length + 1), true));
  const isOpen = around.every((node) => node === undefined || isMap(node) || isSeq(node));
  if (!isOpen || document.errors.length > 0) return [];
  document.setIn(path, value);
  return [{ start: 0, end: text.length, text: document.toString({ lineWidth: 0 }) }];
}

/** A value as it is written in place of another one, in the quotes of that one where it had some. */
export function writtenLike(replaced: string, format: ConfigFormat, value: string | number | null): string {
  const quote = /^["']/.exec(replaced)?.[0];
  if (typeof value !== 'string') return String(value);
  if (format === 'json' || quote === '"') return JSON.stringify(value);
  if (quote === "'") return `'${value.replaceAll("'", "''")}'`;
  // What could mean something else in YAML stands in quotes.
  return /^[\p{L}_][\p{L}\p{N}_./-]*$/u.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
