import { parseTree, type Node, type ParseError } from 'jsonc-parser';
import type { SourceDocument, SourceNode } from './sourceTree';

/** What jsonc-parser's error codes mean; its own names for them are no sentences. */
const MESSAGES: Partial<Record<number, string>> = {
  1: 'is not valid here. Strings need double quotes; only `true`, `false` and `null` do not',
  2: 'is not a valid number',
  3: 'appears where a field name in double quotes is expected',
  4: 'appears where a value is expected',
  5: 'appears where a colon is expected',
  6: 'appears where a comma is expected',
  7: 'appears where a closing brace `}` is expected',
  8: 'appears where a closing bracket `]` is expected',
  9: 'appears after the end of the config',
  11: 'starts a comment that is never closed',
  12: 'starts a string that is never closed',
  13: 'is not a complete number',
  14: 'has an invalid \\u escape',
  15: 'has an invalid escape character after \\',
  16: 'has an invalid character; a string must be on one line',
};
/** Reads JSON with comments and trailing commas. */
export function readJson(text: string): SourceDocument {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined || (tree === undefined && text.slice(first.offset).trim() === '')) {
    return { root: tree === undefined ? null : convert(tree, text), problems: [] };
  }
  // What follows the first error is mostly its consequence.
  const start = Math.min(first.offset, text.length);
  const end = Math.min(start + first.length, text.length);
  const message = MESSAGES[first.error] ?? 'is not valid here';
  return {
    root: null,
    problems: [{ start, end, message: `Syntax error: ${describeToken(text.slice(start, end))} ${message}.` }],
  };
}

function describeToken(token: string): string {
  const line = token.split(/[\r\n]/)[0] ?? '';
  const short = line.length > 30 ? `${line.slice(0, 30)}…` : line;
  return short === '' ? 'the end of the file' : `\`${short}\``;
}

function convert(node: Node, text: string): SourceNode {
  const range = { start: node.offset, end: node.offset + node.length };
  if (node.type === 'object') {
    const entries = (node.children ?? []).flatMap((property) => {
      const [key, value] = property.children ?? [];
      if (key === undefined || value === undefined) {
        return [];
      }
      return [
        {
          name: String(key.value),
          key: { start: key.offset, end: key.offset + key.length },
          node: convert(value, text),
        },
      ];
    });
    return { kind: 'object', entries, ...range };
  }
  if (node.type === 'array') {
    return { kind: 'list', items: (node.children ?? []).map((item) => convert(item, text)), ...range };
  }
  return {
    kind: 'scalar',
    value: node.value as string | number | boolean | null,
    text: text.slice(range.start, range.end),
    ...range,
  };
}
