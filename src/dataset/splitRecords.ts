/** How values are told apart. */
export interface Quoting {
  separator: string;
  /** Empty: no quoting. */
  quote: string;
  /** Character in front of a quote that belongs to the value; the quote itself where it is doubled. */
  escape: string;
}

/** A record, and up to its end the number of records and blank lines, which DuckDB counts alike. */
export interface SplitRecord {
  fields: string[];
  endLine: number;
}

/** The first records of a text, at most `limit`; blank lines are none. The last one may be cut off where the text is. */
export function splitRecords(
  text: string,
  { separator, quote, escape }: Quoting,
  limit: number,
): SplitRecord[] {
  const records: SplitRecord[] = [];
  let fields: string[] = [];
  let field = '';
  let line = 0;
  let quoted = false;
  let wasQuoted = false;
  const endField = () => {
    fields.push(field);
    field = '';
    wasQuoted = false;
  };
  const endRecord = () => {
    const isBlank = fields.length === 0 && field.trim() === '' && !wasQuoted;
    if (!isBlank) {
      endField();
      records.push({ fields, endLine: line });
    }
    fields = [];
    field = '';
  };
  for (let i = 0; i < text.length && records.length < limit; i++) {
    const character = text[i]!;
    const isLineEnd = character === '\n' || (character === '\r' && text[i + 1] !== '\n');
    if (isLineEnd && !quoted) line++;
    if (quoted) {
      if (character === escape && text[i + 1] === quote) {
        field += quote;
        i++;
      } else if (character === quote) quoted = false;
      else field += character;
    } else if (quote !== '' && character === quote && field === '' && !wasQuoted) quoted = wasQuoted = true;
    else if (isLineEnd) endRecord();
    else if (character === '\r') continue;
    else if (text.startsWith(separator, i)) {
      endField();
      i += separator.length - 1;
    } else field += character;
  }
  if (records.length < limit) {
    line++;
    endRecord();
  }
  return records;
}
